"""Vishay VEML7700: ambient light, I2C. Command codes: data sheet 84286; start and shut down: application note 84323."""

from freefall_wire.const import const

_CONF = const(0x00)  # bits 12..11 ALS_GAIN, 9..6 ALS_IT, 0 ALS_SD: shut down
_SAVING = const(0x03)  # 0: no power saving, an integration follows the other
_ALS = const(0x04)
_WHITE = const(0x05)
_ID = const(0x07)  # low octet 0x81; the high one tells the address

_DEVICE = const(0x81)
_SHUT_DOWN = const(0x01)
_GAIN_SHIFT = const(11)
_IT_SHIFT = const(6)
_START_MS = const(5)  # 2.5 ms from ALS_SD = 0 to the first integration
_MOST_MS = const(1080)  # that a board should be busy with a sensor
_INTEGRATIONS_MS = {0x0C: 25, 0x08: 50, 0x00: 100, 0x01: 200, 0x02: 400, 0x03: 800}


class Veml7700:
    """ALS and WHITE, 2 octets each, little-endian."""

    sample_reads = ((bytes((_ALS,)), 2), (bytes((_WHITE,)), 2))

    def __init__(self, device, config):
        """config: gain_code and integration_code as the configuration register holds them."""
        self._read = device.read
        self._write = device.write
        self._conf = config["gain_code"] << _GAIN_SHIFT | config["integration_code"] << _IT_SHIFT
        self._integration_ms = _INTEGRATIONS_MS[config["integration_code"]]

    def identify(self):
        """See drivers/__init__.py."""
        identity = bytearray(2)
        self._read(_ID, identity)
        return identity[0] == _DEVICE

    def configure(self, sleep_ms):
        """See drivers/__init__.py; takes two integrations, up to 1.1 s."""
        # Shut down first: it takes new settings only then.
        for command, word in ((_CONF, self._conf | _SHUT_DOWN), (_SAVING, 0), (_CONF, self._conf)):
            octets = bytearray((word & 0xFF, word >> 8))
            self._write(command, octets)
            self._read(command, octets)
            if octets[0] | octets[1] << 8 != word:
                return False
        # No flag tells of a result, and in Adafruit's tests one took longer than an integration.
        sleep_ms(min(_START_MS + 2 * self._integration_ms, _MOST_MS))
        return True

    def start(self):
        """See drivers/__init__.py."""
        pass  # measures since it was configured


DRIVER = Veml7700
