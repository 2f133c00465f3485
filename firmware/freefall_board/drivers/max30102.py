"""Maxim MAX30102: pulse oximeter, red and infrared, 18 bits, I2C. Registers: data sheet 19-7740 Rev. 1 (Register Maps)."""

from freefall_wire.const import const

_STATUS_1 = const(0x00)  # reading it clears its flags and releases INT
_ENABLE_1 = const(0x02)  # bit 7 A_FULL_EN, 6 PPG_RDY_EN
_FIFO_WRITE = const(0x04)  # followed by its overflow counter and read pointer
_FIFO_DATA = const(0x07)  # reads on without counting the register on
_FIFO_CONFIG = const(0x08)  # bits 7..5 SMP_AVE, 4 FIFO_ROLLOVER_EN, 3..0 FIFO_A_FULL
_MODE_CONFIG = const(0x09)  # bit 7 SHDN, 6 RESET, 2..0 MODE
_SPO2_CONFIG = const(0x0A)  # bits 6..5 ADC range, 4..2 sample rate, 1..0 pulse width
_LED_RED = const(0x0C)  # 0.2 mA each
_LED_IR = const(0x0D)
_PART_ID = const(0xFF)

_PART = const(0x15)
_RESET = const(0x40)
_SHUTDOWN = const(0x80)
_SPO2_MODE = const(0x03)
_ALMOST_FULL = const(0x80)
_NEW_SAMPLE = const(0x40)
_AVERAGING_SHIFT = const(5)
_RESETS_MS = const(50)  # the data sheet gives no time


class Max30102:
    """Red and infrared: 3 octets each, big-endian, left-justified in 18 bits. Every sample comes out of the FIFO.

    INT is released by a read of the status register, which therefore begins every read.
    """

    sample_reads = ((bytes((_STATUS_1,)), 1), (bytes((_FIFO_DATA,)), 6))
    READ_HEAD = 1
    FIFO_SAMPLES = 32
    ACTIVE_LOW = True
    LINE_HOLDS = True
    RISES_ONCE = True

    def __init__(self, device, config):
        """config: averaging_code, spo2_code, red_code and ir_code as the registers hold them; watermark, 17 to 32, or 0."""
        self._read = device.read
        self._write = device.write
        watermark = config["watermark"]
        # FIFO_A_FULL counts the samples that still find room. Without rollover a full FIFO keeps what it has.
        fifo = config["averaging_code"] << _AVERAGING_SHIFT | (self.FIFO_SAMPLES - watermark if watermark else 0)
        self._interrupt = _ALMOST_FULL if watermark else _NEW_SAMPLE
        self._settings = (
            (_MODE_CONFIG, _SHUTDOWN | _SPO2_MODE),
            (_FIFO_CONFIG, fifo),
            (_SPO2_CONFIG, config["spo2_code"]),
            (_LED_RED, config["red_code"]),
            (_LED_IR, config["ir_code"]),
        )

    def identify(self):
        """See drivers/__init__.py."""
        return self._get(_PART_ID) == _PART

    def configure(self, sleep_ms):
        """See drivers/__init__.py."""
        self._set(_MODE_CONFIG, _RESET)
        for _ in range(_RESETS_MS):
            sleep_ms(1)
            if not self._get(_MODE_CONFIG) & _RESET:
                break
        for register, value in self._settings:
            self._set(register, value)
            if self._get(register) != value:
                return False
        return True

    def start(self):
        """See drivers/__init__.py."""
        self._write(_FIFO_WRITE, b"\0\0\0")
        self._set(_ENABLE_1, self._interrupt)
        self._get(_STATUS_1)  # since power-up it holds INT active
        self._set(_MODE_CONFIG, _SPO2_MODE)

    def _get(self, register):
        value = bytearray(1)
        self._read(register, value)
        return value[0]

    def _set(self, register, value):
        self._write(register, bytes((value,)))


DRIVER = Max30102
