"""The DMA controller of rp2040py, corrected where a firmware that samples by DMA leans on it.

What is wrong with the stock model of rp2040py 0.3.6:

- CHAN_ABORT reads as all ones, so a firmware that polls it, as the data sheet demands, waits for ever.
- A channel triggered with a count of 0 is busy for ever, and so is one that was busy when the chip was reset.
- A transfer once begun happens even if its request is gone by then: it reads an empty FIFO, or overfills a full one.
- Transfers without pacing take no time, and pacing timers run at Y/X of the clock instead of X/Y.

A transfer on request happens at the emulated instant of the request, whether the core runs or sleeps; the part needs a few cycles
more. Not modelled: the sniffer, bus errors, priorities, and erratum RP2040-E13 (an abort may raise the channel's interrupt).
"""

from collections import defaultdict

from rp2040py.peripherals.dma import CHAN_ABORT, FIFO_LEVELS, RPDMA, TIMER0, TREQ, RPDMAChannel
from rp2040py.rp2040 import RP2040

_CHANNELS = 12
_BASE = 0x50000


class PacedChannel(RPDMAChannel):
    """One channel."""

    def reset(self) -> None:
        """Registers as after power-up."""
        self.abort()
        self._read_addr = self._write_addr = self._trans_count = self._trans_count_reload = 0
        super().reset()

    def start(self) -> None:
        """A trigger: nothing happens when the channel is busy, not enabled, or has nothing to transfer."""
        if self._trans_count_reload:
            super().start()

    def schedule_transfer(self) -> None:
        """Make the next transfer when its request is there."""
        treq = self._treq_value
        if treq >= TREQ.TIMER0:
            if period_ns := self.dma.period_ns(treq):
                self.transfer_alarm.schedule(period_ns)
        elif self.dma.dreq.get(treq):
            self.transfer_alarm.schedule(0)
        elif self not in self.dma.waiting[treq]:
            self.dma.waiting[treq].append(self)

    def transfer(self) -> None:
        """One transfer, unless the request was taken back."""
        treq = self._treq_value
        if treq < TREQ.TIMER0 and not self.dma.dreq.get(treq):
            self.schedule_transfer()
        else:
            super().transfer()


class PacedDMA(RPDMA):
    """The twelve channels, their triggers and interrupts, and the requests of the peripherals."""

    def __init__(self, mcu: RP2040):
        super().__init__(mcu, "DMA")
        # By request; a channel that was stopped in the meantime may still be listed.
        self.waiting: defaultdict[int, list[PacedChannel]] = defaultdict(list)
        self.channels = [PacedChannel(self, mcu, index) for index in range(_CHANNELS)]
        self.dreq = mcu.dma.dreq  # what the peripherals have asked for so far

    def read_uint32(self, offset: int) -> int:
        """A register read by the firmware or by a channel."""
        if offset in (CHAN_ABORT, FIFO_LEVELS):
            return 0  # nothing is ever under way between two transfers
        return super().read_uint32(offset)

    def set_dreq(self, dreq_channel: int) -> None:
        """A peripheral asks for transfers, until clear_dreq."""
        if not self.dreq.get(dreq_channel):
            self.dreq[dreq_channel] = True
            for channel in self.waiting.pop(dreq_channel, ()):
                if channel.active and channel.treq == dreq_channel:
                    channel.schedule_transfer()

    def period_ns(self, treq: int) -> float:
        """Time between two transfers of a channel paced by a timer, or by nothing but the clock; 0 when that timer stands."""
        cycle_ns = 1e9 / self.rp2040.clk_sys
        if treq == TREQ.PERMANENT:
            return cycle_ns
        timer = self.read_uint32(TIMER0 + 4 * (treq - TREQ.TIMER0))
        dividend, divisor = timer >> 16, timer & 0xFFFF
        return divisor / dividend * cycle_ns if dividend else 0


def fit_dma(mcu: RP2040) -> None:
    """Put a PacedDMA in the place of the DMA controller."""
    mcu.dma = mcu.peripherals[_BASE] = PacedDMA(mcu)
