"""Analog Devices (Maxim) MAX31865: resistance of a platinum thermometer, 15 bits, SPI. Registers: data sheet 19-6478, Table 1."""

from freefall_wire.const import const

_CONFIGURATION = const(0x00)  # Table 2
_RTD = const(0x01)  # 2 octets: 15 bits of ratio, and in bit 0 whether the part has told a fault
_THRESHOLDS = const(0x03)  # 2 octets of the high fault threshold, 2 of the low

_BIAS = const(0x80)
_AUTO = const(0x40)
_THREE_WIRES_SHIFT = const(4)
_CLEAR_FAULTS = const(0x02)
_FILTER = const(0x01)  # not to be changed in auto conversion mode

_NO_LIMITS = b"\xff\xff\x00\x00"  # as after power-up: only a broken or a shorted element is beyond
_OTHER_LIMITS = b"\x5a\xa4\x3c\xc2"
_BIAS_MS = const(11)  # Note 4
_FIRST_MS = const(70)  # the first conversion in auto conversion mode takes as long as a single one, 66 ms at most


class Max31865:
    """The element's resistance over the reference's: 2 octets, big-endian, 15 bits and the fault bit.

    A fault stays told until the configuration is written again, which nobody can do while the bus belongs to the interrupts.
    """

    SPI_WRITE = 0x80
    SPI_MODE = 1
    ACTIVE_LOW = True
    LINE_HOLDS = True
    sample_reads = ((bytes((_RTD,)), 2),)

    def __init__(self, device, config):
        """config: three_wires, and filter_code as bit 0 of the configuration."""
        self._read = device.read
        self._write = device.write
        self._settings = _BIAS | config["three_wires"] << _THREE_WIRES_SHIFT | config["filter_code"]

    def identify(self):
        """See drivers/__init__.py. The part has no identity: that its thresholds can be set to and fro stands for one."""
        thresholds = bytearray(4)
        for limits in (_OTHER_LIMITS, _NO_LIMITS):
            self._write(_THRESHOLDS, limits)
            self._read(_THRESHOLDS, thresholds)
            # The lowest bit of either threshold means nothing.
            if bytes(octet | i & 1 for i, octet in enumerate(thresholds)) != bytes(o | i & 1 for i, o in enumerate(limits)):
                return False
        return True

    def configure(self, sleep_ms):
        """See drivers/__init__.py; takes up to 82 ms."""
        self._set(self._configuration() & _FILTER)  # a part that still converts stops, and keeps its filter so long
        self._set(self._settings | _CLEAR_FAULTS)
        sleep_ms(_BIAS_MS)
        self._set(self._settings | _AUTO)
        sleep_ms(_FIRST_MS)
        return self._configuration() == self._settings | _AUTO

    def start(self):
        """See drivers/__init__.py."""
        self._read(_RTD, bytearray(2))  # it has measured since it was configured: DRDY tells of the next

    def _configuration(self):
        octet = bytearray(1)
        self._read(_CONFIGURATION, octet)
        return octet[0]

    def _set(self, configuration):
        self._write(_CONFIGURATION, bytes((configuration,)))


DRIVER = Max31865
