"""STMicroelectronics LSM6DSO: gyroscope and accelerometer, 16 bits, I2C or SPI. Registers: its data sheet."""

from freefall_wire.const import const

_COUNTER_BDR_REG1 = const(0x0B)  # bit 7 dataready_pulsed
_INT1_CTRL = const(0x0D)  # bit 1 INT1_DRDY_G
_WHO_AM_I = const(0x0F)  # 0x6C
_CTRL1_XL = const(0x10)  # ODR_XL in bits 7..4, FS_XL in 3..2
_CTRL2_G = const(0x11)  # ODR_G in bits 7..4, FS_G in 3..2, FS_125 in 1
_CTRL3_C = const(0x12)  # bit 6 BDU, bit 5 H_LACTIVE, bit 2 IF_INC, bit 0 SW_RESET
_CTRL9_XL = const(0x18)  # bit 1 I3C_disable; 0xE0 after a reset
_STATUS_REG = const(0x1E)
_OUTX_L_G = const(0x22)  # gyroscope x, y, z, then accelerometer x, y, z

_ODR_SHIFT = const(4)
_ACCEL_RANGE_SHIFT = const(2)
_GYRO_RANGE_SHIFT = const(1)
_RESET = const(0x05)  # SW_RESET, and IF_INC as it will be
_SW_RESET = const(0x01)
_RESET_MS = const(10)  # 50 us by the data sheet; 10 ms with the trim from its memory

_PULSES = const(0x80)  # of 75 us: an edge with every sample, whether the one before was read or not
_GYRO_ON_INT1 = const(0x02)  # the accelerometer's samples keep its time
_COHERENT_WORDS = const(0x44)  # BDU, IF_INC; H_LACTIVE = 0: active high
_NO_I3C = const(0xE2)
_BOTH_READY = const(0x03)  # of STATUS_REG: GDA, XLDA
_SETTLES_MS = const(350)  # AN5192: 70 ms until the gyroscope has started, and three samples, at 12.5 Hz and 10 % slow
_PERIOD_MS = const(100)  # the longest, and some


class Lsm6dso:
    """Angular rate x, y, z, then acceleration x, y, z: 2 octets each, little-endian, two's complement."""

    SPI_READ = 0x80
    sample_reads = ((bytes((_OUTX_L_G,)), 12),)

    def __init__(self, device, config):
        """config: odr_code of both sensors, accel_code and gyro_code (with FS_125) as the registers hold them."""
        self._read = device.read
        self._write = device.write
        odr = config["odr_code"] << _ODR_SHIFT
        self._accel = odr | config["accel_code"] << _ACCEL_RANGE_SHIFT
        self._gyro = odr | config["gyro_code"] << _GYRO_RANGE_SHIFT

    def identify(self):
        """See drivers/__init__.py."""
        return self._octet(_WHO_AM_I) == 0x6C

    def configure(self, sleep_ms):
        """See drivers/__init__.py; takes up to 460 ms."""
        if not self._reset(sleep_ms):
            return False
        for register, value in (
            (_CTRL9_XL, _NO_I3C),  # with both sensors off
            (_CTRL3_C, _COHERENT_WORDS),
            (_COUNTER_BDR_REG1, _PULSES),
            (_INT1_CTRL, _GYRO_ON_INT1),
            (_CTRL1_XL, self._accel),
            (_CTRL2_G, self._gyro),
        ):
            self._write(register, bytes((value,)))
            if self._octet(register) != value:
                return False
        # The flags are set from the first period on, whatever the words of a gyroscope that starts are worth.
        sleep_ms(_SETTLES_MS)
        self._read(_OUTX_L_G, bytearray(12))
        for _ in range(_PERIOD_MS):
            sleep_ms(1)
            if self._octet(_STATUS_REG) & _BOTH_READY == _BOTH_READY:
                return True
        return False

    def start(self):
        """See drivers/__init__.py."""
        pass  # measures since it was configured

    def _reset(self, sleep_ms):
        self._write(_CTRL3_C, bytes((_RESET,)))
        for _ in range(_RESET_MS):
            sleep_ms(1)
            if not self._octet(_CTRL3_C) & _SW_RESET:
                return True
        return False

    def _octet(self, register):
        octet = bytearray(1)
        self._read(register, octet)
        return octet[0]


DRIVER = Lsm6dso
