"""The ADXL355's register map and which values each register takes (datasheet section "Register Map")."""

from ...part import ModelError

STATUS, FIFO_ENTRIES, TEMP2, TEMP1, XDATA3, ZDATA1, FIFO_DATA = 0x04, 0x05, 0x06, 0x07, 0x08, 0x10, 0x11
OFFSET_X_H, OFFSET_Z_L, ACT_EN, FILTER, FIFO_SAMPLES, INT_MAP = 0x1E, 0x23, 0x24, 0x28, 0x29, 0x2A
SYNC, RANGE, POWER_CTL, SELF_TEST, RESET = 0x2B, 0x2C, 0x2D, 0x2E, 0x2F
SHADOW = range(0x50, 0x55)  # factory trim, to be compared after a reset; named only in "Reset Register"

IDENTITY = {0x00: 0xAD, 0x01: 0x1D, 0x02: 0xED, 0x03: 0x01}
READ_ONLY = frozenset((*IDENTITY, *range(STATUS, FIFO_DATA + 1), *SHADOW))
# Every register that can be written and read back, with its value after reset.
RESET_VALUES = {
    **dict.fromkeys(range(OFFSET_X_H, OFFSET_Z_L + 1), 0x00),
    ACT_EN: 0x00, 0x25: 0x00, 0x26: 0x00, 0x27: 0x01, FILTER: 0x00, FIFO_SAMPLES: 0x60,
    INT_MAP: 0x00, SYNC: 0x00, RANGE: 0x81, POWER_CTL: 0x01, SELF_TEST: 0x00,
}  # fmt: skip
# While measuring, only these, RESET, and the high-pass corner in FILTER can change.
FREE_WHILE_MEASURING = frozenset((INT_MAP, POWER_CTL, SELF_TEST))

STANDBY, TEMP_OFF, DRDY_OFF = 0x01, 0x02, 0x04  # POWER_CTL
INT_POL = 0x40  # RANGE: INT1 and INT2 are active high; DRDY always is
RESET_CODE = 0x52
FIFO_LOCATIONS = 96

_SLOWEST_ODR = 10  # 4000 / 2**10 Hz
_RESERVED_BITS = {
    ACT_EN: 0xF8, FILTER: 0x80, FIFO_SAMPLES: 0x80, SYNC: 0xF8, RANGE: 0x3C, POWER_CTL: 0xF8, SELF_TEST: 0xFC,
}  # fmt: skip
_NOT_MODELLED = {ACT_EN: "activity detection", SYNC: "external synchronisation", SELF_TEST: "the self test"}


def error(what: str, section: str, register: int | None = None, value: int | None = None) -> ModelError:
    """A ModelError of this part, to be raised."""
    return ModelError("ADXL355", what, section, register, value)


def check_value(register: int, value: int) -> None:
    """Raises ModelError for a value the part does not define in a writable register, or one not modelled."""
    if value & _RESERVED_BITS.get(register, 0):
        raise error("reserved bits are set", "Register Map", register, value)
    if register == RANGE and not value & 0x03:
        raise error("range code 0 is not defined", "Range Register", register, value)
    if register == FIFO_SAMPLES and not 1 <= value <= FIFO_LOCATIONS:
        raise error("the watermark is 1 to 96 samples", "FIFO Samples Register", register, value)
    if register == FILTER:
        if value & 0x0F > _SLOWEST_ODR:
            raise error("rate codes are 0 to 10", "Filter Register", register, value)
        if value >> 4 == 7:
            raise error("high-pass codes are 0 to 6", "Filter Register", register, value)
        if value >> 4:
            raise error("the high-pass filter is not modelled yet", "Filter Register", register, value)
    if value and register in _NOT_MODELLED:
        raise error(f"{_NOT_MODELLED[register]} is not modelled yet", "Register Map", register, value)
