"""Sensirion SLF3S: liquid flow, I2C. Commands and sections: data sheet of the SLF3S-1300F (section 4.3)."""

from freefall_wire.const import const

from ..core.crc8 import words_good

_STOP = b"\x3f\xf9"
_PREPARE_PRODUCT = b"\x36\x7c"
_READ_PRODUCT = b"\xe1\x02"

_PRODUCT_LEN = const(18)  # product number, 2 words; serial number, 4 words
_SAMPLE_LEN = const(9)  # flow, temperature, flags
_STOPS_MS = const(1)  # 0.5, until it listens again
_WARM_MS = const(60)  # until its first value is as good as all others; the first comes after 12


class Slf3s:
    """Flow, temperature and flags: words of 16 bits, big-endian, two's complement, each followed by its CRC-8."""

    sample_reads = ((b"", _SAMPLE_LEN),)

    def __init__(self, device, config):
        """config: start_code, the command that measures this liquid; product_code, a product number without its revision."""
        self._send = device.send
        self._receive = device.receive
        self._start = bytes((config["start_code"] >> 8, config["start_code"] & 0xFF))
        self._product = config["product_code"]

    def halt(self, sleep_ms):
        """See drivers/__init__.py."""
        try:
            self._send(_STOP)
        except OSError:
            pass  # it is idle, or not there, which identify() finds
        sleep_ms(_STOPS_MS)

    def identify(self):
        """See drivers/__init__.py."""
        product = bytearray(_PRODUCT_LEN)
        self._send(_PREPARE_PRODUCT)
        self._send(_READ_PRODUCT)
        self._receive(product)
        number = product[0] << 16 | product[1] << 8 | product[3]  # octet 2 is a CRC, 4 the revision
        return words_good(product) and number == self._product

    def configure(self, sleep_ms):
        """See drivers/__init__.py; measures from here on, and takes 60 ms to warm up."""
        self._send(self._start)
        sleep_ms(_WARM_MS)
        sample = bytearray(_SAMPLE_LEN)
        self._receive(sample)
        return words_good(sample)

    def start(self):
        """See drivers/__init__.py."""


DRIVER = Slf3s
