"""Texas Instruments INA226: shunt and bus voltage, 16 bits each, I2C. Registers: data sheet SBOS547B (Table 7-1)."""

from freefall_wire.const import const

_CONFIGURATION = const(0x00)  # AVG in bits 11..9, VBUSCT in 8..6, VSHCT in 5..3, MODE in 2..0
_SHUNT_VOLTAGE = const(0x01)  # 2.5 uV
_BUS_VOLTAGE = const(0x02)  # 1.25 mV
_MASK_ENABLE = const(0x06)  # its being read clears CVRF, and lets ALERT go
_MANUFACTURER_ID = const(0xFE)  # 0x5449
_DIE_ID = const(0xFF)  # 0x226 in bits 15..4, then the revision

_RESET = const(0x8000)
_FIXED = const(0x4000)  # bits 14..12
_BOTH_CONTINUOUSLY = const(0x7)
_AVERAGES_SHIFT = const(9)
_BUS_SHIFT = const(6)
_SHUNT_SHIFT = const(3)

_READY_ON_ALERT = const(0x0400)  # CNVR; APOL = 0: active low
_READY = const(0x0008)  # CVRF: a conversion has ended since the last look
_SETTINGS_MASK = const(0xFC03)  # of Mask/Enable, without its flags
_LONGEST_CONVERSION_MS = const(20)  # both voltages at 8.244 ms, without averages, at most 10 % slow


class Ina226:
    """Shunt voltage (two's complement), then bus voltage: 2 octets each, big-endian."""

    sample_reads = (
        (bytes((_MASK_ENABLE,)), 2),  # first, so that ALERT can tell of a conversion that ends during the read
        (bytes((_SHUNT_VOLTAGE,)), 2),
        (bytes((_BUS_VOLTAGE,)), 2),
    )
    READ_HEAD = 2
    ACTIVE_LOW = True
    LINE_HOLDS = True

    def __init__(self, device, config):
        """config: averages_code, bus_code and shunt_code as the configuration holds them."""
        self._read = device.read
        self._write = device.write
        self._once = _FIXED | config["bus_code"] << _BUS_SHIFT | config["shunt_code"] << _SHUNT_SHIFT | _BOTH_CONTINUOUSLY
        self._settings = self._once | config["averages_code"] << _AVERAGES_SHIFT

    def identify(self):
        """See drivers/__init__.py."""
        return self._word(_MANUFACTURER_ID) == 0x5449 and self._word(_DIE_ID) >> 4 == 0x226

    def configure(self, sleep_ms):
        """See drivers/__init__.py; takes up to 21 ms."""
        self._set(_CONFIGURATION, _RESET)
        # The registers read 0 until a conversion ends, and one with all its averages can take 17 s: a short one first.
        self._set(_CONFIGURATION, self._once)
        if not self._converted(sleep_ms):
            return False
        self._set(_CONFIGURATION, self._settings)
        self._set(_MASK_ENABLE, _READY_ON_ALERT)
        return self._word(_CONFIGURATION) == self._settings and self._word(_MASK_ENABLE) & _SETTINGS_MASK == _READY_ON_ALERT

    def start(self):
        """See drivers/__init__.py."""
        self._word(_MASK_ENABLE)  # it has measured since it was configured: ALERT tells of the next

    def _converted(self, sleep_ms):
        for _ in range(_LONGEST_CONVERSION_MS):
            sleep_ms(1)
            if self._word(_MASK_ENABLE) & _READY:
                return True
        return False

    def _word(self, register):
        octets = bytearray(2)
        self._read(register, octets)
        return octets[0] << 8 | octets[1]

    def _set(self, register, word):
        self._write(register, bytes((word >> 8, word & 0xFF)))


DRIVER = Ina226
