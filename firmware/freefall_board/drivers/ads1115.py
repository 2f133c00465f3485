"""Texas Instruments ADS1115: a voltage, 16 bits, I2C. Registers and sections: data sheet SBAS444E (8.1)."""

from freefall_wire.const import const

_CONVERSION = const(0x00)
_CONFIG = const(0x01)  # OS in bit 15, MUX in 14..12, PGA in 11..9, MODE in 8, DR in 7..5, COMP_POL in 3, COMP_QUE in 1..0
_LO_THRESH = const(0x02)
_HI_THRESH = const(0x03)

_RESET = const(0x0583)  # what the configuration is after power-up, but for OS, which written would begin a conversion
_IDLE = const(0x8000)  # OS read: no conversion is under way
_SETTINGS_MASK = const(0x7FFF)
_MUX_SHIFT = const(12)
_RANGE_SHIFT = const(9)
_RATE_SHIFT = const(5)
_LONGEST_CONVERSION_MS = const(150)  # 125 at 8 Hz, and at most 10 % more

# These thresholds make ALERT/RDY tell of conversions (7.3.8): a pulse of 8 us each, active low with COMP_POL = 0, if COMP_QUE is
# not 11.
_LOWEST_HIGH = const(0x8000)
_HIGHEST_LOW = const(0x0000)


class Ads1115:
    """The newest conversion: 2 octets, big-endian, two's complement."""

    ACTIVE_LOW = True
    sample_reads = ((bytes((_CONVERSION,)), 2),)

    def __init__(self, device, config):
        """config: input_code, range_code and rate_code as MUX, PGA and DR hold them."""
        self._read = device.read
        self._write = device.write
        # MODE = 0: conversions follow one another; COMP_QUE = 00
        self._settings = (
            config["input_code"] << _MUX_SHIFT | config["range_code"] << _RANGE_SHIFT | config["rate_code"] << _RATE_SHIFT
        )

    def identify(self):
        """See drivers/__init__.py. The part has no identity: that it takes its configuration of a power-up stands for one.

        An ADS1015 would be taken for it.
        """
        self._set(_CONFIG, _RESET)
        return self._word(_CONFIG) & _SETTINGS_MASK == _RESET

    def configure(self, sleep_ms):
        """See drivers/__init__.py; takes up to 300 ms."""
        # A conversion from an earlier boot ends with its own settings, and would be the first sample.
        self._set(_CONFIG, _RESET)
        if not self._idle(sleep_ms):
            return False
        for register, value in ((_LO_THRESH, _HIGHEST_LOW), (_HI_THRESH, _LOWEST_HIGH)):
            self._set(register, value)
            if self._word(register) != value:
                return False
        self._set(_CONFIG, self._settings)
        if self._word(_CONFIG) & _SETTINGS_MASK != self._settings:
            return False
        # Nothing tells of the first conversion but the pin, and until it ends the result is 0.
        sleep_ms(_LONGEST_CONVERSION_MS)
        return True

    def start(self):
        """See drivers/__init__.py."""
        pass  # converts since it was configured

    def _idle(self, sleep_ms):
        for _ in range(_LONGEST_CONVERSION_MS):
            if self._word(_CONFIG) & _IDLE:
                return True
            sleep_ms(1)
        return False

    def _word(self, register):
        octets = bytearray(2)
        self._read(register, octets)
        return octets[0] << 8 | octets[1]

    def _set(self, register, word):
        self._write(register, bytes((word >> 8, word & 0xFF)))


DRIVER = Ads1115
