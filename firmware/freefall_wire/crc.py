"""CRC-32 (IEEE 802.3) as SPEC 2.1 has it: as an integer for receivers, and written in place for boards."""

from array import array
from binascii import crc32

__all__ = ("TABLE_HIGH", "TABLE_LOW", "crc32", "put_crc32")

_POLYNOMIAL_HIGH = 0xEDB8
_POLYNOMIAL_LOW = 0x8320


def _tables():
    # The table as two of 16 bits: a 32-bit value does not fit a small integer on the board, and would allocate.
    high = array("H", bytes(512))
    low = array("H", bytes(512))
    # An entry is the XOR of the entries of its bits.
    upper, lower = 0, 1
    step = 128
    while step:
        carry = lower & 1
        lower = lower >> 1 | (upper & 1) << 15
        upper >>= 1
        if carry:
            upper ^= _POLYNOMIAL_HIGH
            lower ^= _POLYNOMIAL_LOW
        for i in range(0, 256, 2 * step):
            high[i + step] = high[i] ^ upper
            low[i + step] = low[i] ^ lower
        step >>= 1
    return high, low


TABLE_HIGH, TABLE_LOW = _tables()


def put_crc32(buf, start, stop):
    """Write the CRC-32 of buf[start:stop], big-endian, into buf[stop:stop + 4].

    Allocates nothing; the portable reference that faster versions of a port must equal.
    """
    high_table = TABLE_HIGH
    low_table = TABLE_LOW
    high = low = 0xFFFF
    for i in range(start, stop):
        k = (low ^ buf[i]) & 0xFF
        low = (low >> 8 | (high & 0xFF) << 8) ^ low_table[k]
        high = high >> 8 ^ high_table[k]
    buf[stop] = high >> 8 ^ 0xFF
    buf[stop + 1] = high & 0xFF ^ 0xFF
    buf[stop + 2] = low >> 8 ^ 0xFF
    buf[stop + 3] = low & 0xFF ^ 0xFF
