"""Bosch BME280: temperature, pressure and humidity, I2C. Registers and sections: data sheet BST-BME280-DS002."""

from freefall_wire.const import const

_CALIB00 = const(0x88)  # to 0xA1: T1..T3, P1..P9, H1 (4.2.2)
_CALIB26 = const(0xE1)  # to 0xE7: H2..H6
_ID = const(0xD0)  # 5.4.1: reads 0x60
_RESET = const(0xE0)  # 5.4.2
_CTRL_HUM = const(0xF2)  # 5.4.3: bits 2..0 osrs_h; effective with the next write of ctrl_meas
_STATUS = const(0xF3)  # 5.4.4: bit 0 im_update, while the trimming parameters are copied
_CTRL_MEAS = const(0xF4)  # 5.4.5: osrs_t, osrs_p, mode
_CONFIG = const(0xF5)  # 5.4.6: t_sb, filter; to be written in sleep mode
_DATA = const(0xF7)  # to 0xFE: pressure, temperature, humidity; of one measurement if read in one burst

_CHIP_ID = const(0x60)
_RESET_WORD = const(0xB6)
_IM_UPDATE = const(0x01)
_NORMAL = const(0x03)
_STARTUP_TRIES = const(5)  # of 3 ms; 2 ms is the longest (Table 1)
_MEASUREMENT_MS = const(150)  # the longest takes 113 ms (9.1)
_BLANK = b"\x80\x00\x00\x80\x00\x00"  # pressure and temperature before the first measurement has ended


class Bme280:
    """Pressure and temperature, 3 octets each, big-endian, 20 bits left-justified; humidity, 2 octets, big-endian."""

    sample_reads = ((bytes((_DATA,)), 8),)

    def __init__(self, device, config):
        """config: temperature_code, pressure_code, humidity_code, filter_code and standby_code as the registers hold them."""
        self._read = device.read
        self._write = device.write
        self._humidity = config["humidity_code"]
        self._measure = config["temperature_code"] << 5 | config["pressure_code"] << 2 | _NORMAL
        self._config = config["standby_code"] << 5 | config["filter_code"] << 2
        self.coefficients = b""

    def identify(self):
        """See drivers/__init__.py."""
        identity = bytearray(1)
        self._read(_ID, identity)
        return identity[0] == _CHIP_ID

    def configure(self, sleep_ms):
        """See drivers/__init__.py; takes up to 170 ms."""
        if not self._reset(sleep_ms):
            return False
        first, second = bytearray(26), bytearray(7)
        self._read(_CALIB00, first)
        self._read(_CALIB26, second)
        self.coefficients = bytes(first + second)
        taken = bytearray(1)
        for register, value in ((_CTRL_HUM, self._humidity), (_CONFIG, self._config), (_CTRL_MEAS, self._measure)):
            self._write(register, bytes((value,)))
            self._read(register, taken)
            if taken[0] != value:
                return False
        return self._has_measured(sleep_ms)

    def _reset(self, sleep_ms):
        self._write(_RESET, bytes((_RESET_WORD,)))
        status = bytearray(1)
        for _ in range(_STARTUP_TRIES):
            sleep_ms(3)
            self._read(_STATUS, status)
            if not status[0] & _IM_UPDATE:
                return True
        return False

    def _has_measured(self, sleep_ms):
        data = bytearray(6)
        for _ in range(_MEASUREMENT_MS):
            sleep_ms(1)
            self._read(_DATA, data)
            if data != _BLANK:
                return True
        return False

    def start(self):
        """See drivers/__init__.py."""
        pass  # measures since it was configured


DRIVER = Bme280
