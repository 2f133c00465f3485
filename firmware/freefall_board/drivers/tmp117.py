"""Texas Instruments TMP117: thermometer, 16 bits of 7.8125 m degC, I2C. Registers and sections: data sheet SNOSD82 (7.6)."""

from freefall_wire.const import const

_TEMP_RESULT = const(0x00)  # 7.6.1.2
_CONFIGURATION = const(0x01)  # 7.6.1.3
_DEVICE_ID = const(0x0F)  # 7.6.1.11: bits 11..0 read 0x117

_DATA_READY = const(0x20)  # bit 13 of the configuration, in its first octet: a conversion has ended since the last look
_LONGEST_CYCLE_MS = const(1100)  # 64 averages, Table 7-7, and some

_AVERAGES_SHIFT = const(5)
_CONTINUOUS = const(0)  # MOD = 00
_SETTINGS_MASK = const(0x0FE0)  # MOD, CONV, AVG; the rest are flags


class Tmp117:
    """Temperature: 2 octets, big-endian, two's complement."""

    sample_reads = ((bytes((_TEMP_RESULT,)), 2),)

    def __init__(self, device, config):
        """device: see ports/__init__.py; config: averages_code as bits 6..5 of the configuration hold it."""
        self._read = device.read
        self._write = device.write
        self._settings = _CONTINUOUS | config["averages_code"] << _AVERAGES_SHIFT

    def identify(self):
        """See drivers/__init__.py."""
        word = bytearray(2)
        self._read(_DEVICE_ID, word)
        return (word[0] & 0x0F) == 0x01 and word[1] == 0x17

    def configure(self, sleep_ms):
        """See drivers/__init__.py."""
        # CONV = 000 gives the shortest cycle the number of averages allows.
        word = bytearray((self._settings >> 8, self._settings & 0xFF))
        self._write(_CONFIGURATION, word)
        self._read(_CONFIGURATION, word)
        if (word[0] << 8 | word[1]) & _SETTINGS_MASK != self._settings:
            return False
        # Before its first conversion has ended the part reads -256 degC.
        for _ in range(_LONGEST_CYCLE_MS):
            if word[0] & _DATA_READY:
                return True
            sleep_ms(1)
            self._read(_CONFIGURATION, word)
        return False

    def start(self):
        """See drivers/__init__.py."""
        pass  # measures from power-up


DRIVER = Tmp117
