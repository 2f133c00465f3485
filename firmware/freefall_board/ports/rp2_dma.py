"""RP2040: where a DMA channel's registers lie (data sheet 2.5.7)."""

_DMA = 0x50000000
_CHANNEL_LEN = 0x40


def channel_registers(channel):
    """The address of the registers of an rp2.DMA: 0 read address, 1 write address, 2 count, 4 control, 7 count and trigger."""
    return _DMA + _CHANNEL_LEN * channel.channel
