"""Bosch BMP390: pressure and temperature, I2C. Registers and sections: data sheet BST-BMP390-DS002."""

from freefall_wire.const import const

_CHIP_ID = const(0x00)  # 4.3.1: reads 0x60
_ERR = const(0x02)  # bits 2..0: configuration, command and fatal errors
_STATUS = const(0x03)  # bits 6..5: temperature and pressure are there
_DATA = const(0x04)  # to 0x09: pressure, temperature; of one conversion if read in one burst
_INT_CTRL = const(0x19)
_PWR_CTRL = const(0x1B)
_OSR = const(0x1C)  # bits 5..3 osr4_t, 2..0 osr_p
_ODR = const(0x1D)
_CONFIG = const(0x1F)  # bits 3..1 iir_filter
_NVM = const(0x31)  # to 0x45: T1..T3, P1..P11 (3.11.1)
_CMD = const(0x7E)

_IDENTITY = const(0x60)
_SOFT_RESET = const(0xB6)
_ERRORS = const(0x07)
_DRDY = const(0x60)
_INT_DRDY_HIGH = const(0x42)  # drdy_en; active high, push-pull, not latched: a pulse for every sample
_SLEEP = const(0x03)  # both quantities
_NORMAL = const(0x33)
_STARTUP_MS = const(3)  # 2 ms (Table 2)
_CONVERSION_MS = const(200)  # the longest takes 130 ms (3.9.2)


class Bmp390:
    """Pressure and temperature, 3 octets each, little-endian."""

    sample_reads = ((bytes((_DATA,)), 6),)

    def __init__(self, device, config):
        """config: pressure_code, temperature_code, filter_code and odr_code as the registers hold them."""
        self._read = device.read
        self._write = device.write
        self._settings = (
            (_PWR_CTRL, _SLEEP),
            (_OSR, config["temperature_code"] << 3 | config["pressure_code"]),
            (_ODR, config["odr_code"]),
            (_CONFIG, config["filter_code"] << 1),
            (_INT_CTRL, _INT_DRDY_HIGH),
            (_PWR_CTRL, _NORMAL),
        )
        self.coefficients = b""

    def identify(self):
        """See drivers/__init__.py."""
        return self._get(_CHIP_ID) == _IDENTITY

    def configure(self, sleep_ms):
        """See drivers/__init__.py; takes up to 210 ms."""
        self._write(_CMD, bytes((_SOFT_RESET,)))
        sleep_ms(_STARTUP_MS)
        coefficients = bytearray(21)
        self._read(_NVM, coefficients)
        self.coefficients = bytes(coefficients)
        for register, value in self._settings:
            self._write(register, bytes((value,)))
            if self._get(register) != value:
                return False
        if self._get(_ERR) & _ERRORS:
            return False
        for _ in range(_CONVERSION_MS):
            if self._get(_STATUS) & _DRDY == _DRDY:
                return True
            sleep_ms(1)
        return False

    def _get(self, register):
        value = bytearray(1)
        self._read(register, value)
        return value[0]

    def start(self):
        """See drivers/__init__.py."""
        pass  # measures since it was configured


DRIVER = Bmp390
