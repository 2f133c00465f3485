"""PNI RM3100: magnetic field, 24 bits, I2C or SPI. Registers and sections: user manual 1017252 R14 (Table 5-1)."""

from freefall_wire.const import const

_POLL = const(0x00)  # 5.3
_CMM = const(0x01)  # 5.2: reading it ends continuous measurement, so it is written and never read
_CYCLE_COUNTS = const(0x04)  # 5.1: x, y, z, 2 octets each
_TMRC = const(0x0B)  # 5.2.1: writing it ends continuous measurement
_RESULTS = const(0x24)  # 5.5: x, y, z, 3 octets each; the first read lets DRDY go
_STATUS = const(0x34)  # 5.4.1: bit 7; what the others read means nothing
_REVID = const(0x36)  # 5.6.3: 0x22

_ALL_AXES_ONCE = const(0x70)
_STOP = const(0x00)
# All axes, DRDY when all are measured. Editions of the manual disagree about bit 3: by the older ones it must be set for that, by
# the newer ones it is unused; all their examples set it.
_ALL_AXES_CONTINUOUSLY = const(0x79)
_READY = const(0x80)
_LONGEST_MS = const(30)  # a measurement at 400 cycles takes 13.5


class Rm3100:
    """Magnetic field x, y, z: 3 octets each, big-endian, two's complement."""

    SPI_READ = 0x80
    LINE_HOLDS = True
    sample_reads = ((bytes((_RESULTS,)), 9),)

    def __init__(self, device, config):
        """config: cycle_count of all axes; tmrc as the register holds it."""
        self._read = device.read
        self._write = device.write
        self._cycles = bytes((config["cycle_count"] >> 8, config["cycle_count"] & 0xFF)) * 3
        self._tmrc = bytes((config["tmrc"],))

    def identify(self):
        """See drivers/__init__.py."""
        return self._octet(_REVID) == 0x22

    def configure(self, sleep_ms):
        """See drivers/__init__.py; takes up to 30 ms."""
        self._write(_CMM, bytes((_STOP,)))
        taken = bytearray(6)
        self._write(_CYCLE_COUNTS, self._cycles)
        self._read(_CYCLE_COUNTS, taken)
        self._write(_TMRC, self._tmrc)
        if taken != self._cycles or self._octet(_TMRC) != self._tmrc[0]:
            return False
        # The results read 0 until there are any, and the first of a slow rate may be long in coming.
        self._write(_POLL, bytes((_ALL_AXES_ONCE,)))
        for _ in range(_LONGEST_MS):
            sleep_ms(1)
            if self._octet(_STATUS) & _READY:
                return True
        return False

    def start(self):
        """See drivers/__init__.py."""
        self._write(_CMM, bytes((_ALL_AXES_CONTINUOUSLY,)))

    def _octet(self, register):
        octet = bytearray(1)
        self._read(register, octet)
        return octet[0]


DRIVER = Rm3100
