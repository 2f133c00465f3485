"""Driver of the bench's sensor (bench/board/sensor.py): nine octets a sample, at whatever rate the model is given."""

_IDENTITY = 0x00
_CONTROL = 0x01
_DATA = 0x08
_SAMPLE_LEN = 9


class BenchSensor:
    """See freefall_board/drivers/__init__.py."""

    sample_reads = ((bytes((_DATA,)), _SAMPLE_LEN),)

    def __init__(self, device, config):
        self._read = device.read
        self._write = device.write

    def identify(self):
        """See drivers/__init__.py."""
        identity = bytearray(2)
        self._read(_IDENTITY, identity)
        return identity == b"\xbe\x9c"

    def configure(self, sleep_ms):
        """See drivers/__init__.py."""
        return True

    def start(self):
        """See drivers/__init__.py."""
        self._write(_CONTROL, b"\x01")


DRIVER = BenchSensor
