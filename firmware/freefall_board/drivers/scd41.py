"""Sensirion SCD41: CO2, temperature, humidity; I2C. Commands and sections: data sheet of the SCD4x, version 1.4 (chapter 3)."""

from freefall_wire.const import const

from ..core.crc8 import word, words_good

_STOP = b"\x3f\x86"  # 3.6.3
_READ_MEASUREMENT = b"\xec\x05"  # 3.6.2
_SERIAL_NUMBER = b"\x36\x82"  # 3.10.2
_SET_SELF_CALIBRATION = b"\x24\x16"  # 3.8.2
_GET_SELF_CALIBRATION = b"\x23\x13"  # 3.8.3

_SERIAL_LEN = const(9)
_SAMPLE_LEN = const(9)
_STOPS_MS = const(500)
_TAKES_MS = const(1)  # any other command


class Scd41:
    """CO2, temperature and humidity: words of 16 bits, big-endian, each followed by its CRC-8.

    A sample that was read is gone, and reading before the next is ready is not acknowledged.
    """

    SETTLE_US = 1000
    sample_reads = ((_READ_MEASUREMENT, _SAMPLE_LEN),)

    def __init__(self, device, config):
        """config: start_code, the command that measures at this interval; self_calibration, 1 or 0."""
        self._send = device.send
        self._receive = device.receive
        self._start = bytes((config["start_code"] >> 8, config["start_code"] & 0xFF))
        self._self_calibration = word(config["self_calibration"])
        self._sleep_ms = None

    def halt(self, sleep_ms):
        """See drivers/__init__.py; takes half a second."""
        self._sleep_ms = sleep_ms
        self._send(_STOP)
        sleep_ms(_STOPS_MS)

    def identify(self):
        """See drivers/__init__.py; after halt()."""
        serial = self._ask(_SERIAL_NUMBER, _SERIAL_LEN)
        return words_good(serial)

    def configure(self, sleep_ms):
        """See drivers/__init__.py."""
        self._send(_SET_SELF_CALIBRATION + self._self_calibration)
        sleep_ms(_TAKES_MS)
        return self._ask(_GET_SELF_CALIBRATION, len(self._self_calibration)) == self._self_calibration

    def start(self):
        """See drivers/__init__.py; the first sample is ready one interval later."""
        self._send(self._start)

    def _ask(self, command, count):
        answer = bytearray(count)
        self._send(command)
        self._sleep_ms(_TAKES_MS)  # pyright: ignore[reportOptionalCall]: halt() comes first
        self._receive(answer)
        return answer


DRIVER = Scd41
