"""Analog Devices ADXL355: 3-axis accelerometer, 20 bits, I2C or SPI. Register numbers and sections: data sheet Rev. D."""

from freefall_wire.const import const

_DEVID_AD = const(0x00)  # "Analog Devices ID", reads 0xAD, 0x1D, 0xED in registers 00..02
_STATUS = const(0x04)  # bit 4 NVM_BUSY: only this register answers during a reset
_XDATA3 = const(0x08)  # x, y, z: 3 octets each, left-justified; a burst read is coherent
_FIFO_DATA = const(0x11)  # reads on without counting the register on; 3 octets an entry, one axis each
_FILTER = const(0x28)  # bits 3..0 ODR_LPF
_FIFO_ENTRIES = const(0x29)  # FIFO_SAMPLES: entries that count as full
_INT_MAP = const(0x2A)
_RANGE = const(0x2C)  # bit 7 I2C_HS, bit 6 INT_POL, bits 1..0 range
_POWER_CTL = const(0x2D)  # bit 0 standby
_RESET = const(0x2F)
_SHADOW = const(0x50)  # 5 octets of factory trim, which a reset loads anew

_I2C_HIGH_SPEED = const(0x80)  # its reset value; the bus may run above 400 kHz
_INTERRUPT_HIGH = const(0x40)
_FIFO_FULL_ON_INT1 = const(0x02)
_AXES = const(3)
_SAMPLE_LEN = const(9)
_NVM_BUSY = const(0x10)
_STANDBY = const(0x01)
_MEASURE = const(0x00)
_RESET_CODE = const(0x52)
_RESET_TRIES = const(3)
_RESET_MS = const(20)  # the data sheet gives no time; parts take about 5


class Adxl355:
    """x, y, z as the part delivers them: 3 octets each, big-endian, 20 bits left-justified, marks below them in the FIFO."""

    SPI_SHIFT = 1
    SPI_READ = 1
    FIFO_SAMPLES = 32  # of 3 entries each

    def __init__(self, device, config):
        """config: range_code and odr_code as the registers hold them; watermark: samples of a read by FIFO, or 0."""
        self._read = device.read
        self._write = device.write
        self._range = _I2C_HIGH_SPEED | _INTERRUPT_HIGH | config["range_code"]
        self._odr = config["odr_code"]
        self._watermark = config["watermark"]
        self.sample_reads = ((bytes((_FIFO_DATA if self._watermark else _XDATA3,)), _SAMPLE_LEN),)

    def identify(self):
        """See drivers/__init__.py."""
        identity = bytearray(3)
        self._read(_DEVID_AD, identity)
        return identity == b"\xad\x1d\xed"

    def configure(self, sleep_ms):
        """See drivers/__init__.py; takes up to 60 ms."""
        if not self._reset(sleep_ms):
            return False
        settings = [(_POWER_CTL, _STANDBY), (_FILTER, self._odr), (_RANGE, self._range)]
        if self._watermark:
            settings += [(_FIFO_ENTRIES, _AXES * self._watermark), (_INT_MAP, _FIFO_FULL_ON_INT1)]
        taken = bytearray(1)
        for register, value in settings:
            self._write(register, bytes((value,)))
            self._read(register, taken)
            if taken[0] != value:
                return False
        return True

    def _reset(self, sleep_ms):
        # Parts of revision 1 can come out of a reset with the wrong trim (Linux adxl355_core.c); another reset cures it.
        before, after = bytearray(5), bytearray(5)
        self._read(_SHADOW, before)
        for _ in range(_RESET_TRIES):
            self._write(_RESET, bytes((_RESET_CODE,)))
            self._wait_while_busy(sleep_ms)
            self._read(_SHADOW, after)
            if after == before:
                return True
        return False

    def _wait_while_busy(self, sleep_ms):
        status = bytearray(1)
        for _ in range(_RESET_MS):
            sleep_ms(1)
            self._read(_STATUS, status)
            if not status[0] & _NVM_BUSY:
                return

    def start(self):
        """See drivers/__init__.py."""
        self._write(_POWER_CTL, bytes((_MEASURE,)))


DRIVER = Adxl355
