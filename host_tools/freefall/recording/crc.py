"""CRC-32 of octets in two stretches, from the CRC of each: what was checked once is not gone through again."""

import zlib
from functools import cache

_BITS = 32


def crc_of_both(first: int, second: int, second_len: int) -> int:
    """zlib.crc32(a + b) of zlib.crc32(a), zlib.crc32(b) and len(b), in a few microseconds however long b is.

    A CRC is linear: that of both is that of `a` followed by as many zeros, with b's own added.
    """
    for power in range(second_len.bit_length()):
        if second_len >> power & 1:
            first = _followed(_zeros(power), first)
    return first ^ second


def _followed(tables: list[list[int]], crc: int) -> int:
    low, second, third, high = tables
    return low[crc & 0xFF] ^ second[crc >> 8 & 0xFF] ^ third[crc >> 16 & 0xFF] ^ high[crc >> 24]


@cache
def _zeros(power: int) -> list[list[int]]:
    """What 2**power zeros make of each of a CRC's four octets, the lowest first: 256 values for each."""
    if power:
        half = _zeros(power - 1)
        images = [_followed(half, _followed(half, 1 << bit)) for bit in range(_BITS)]
    else:
        images = [zlib.crc32(b"\0", 1 << bit) ^ zlib.crc32(b"\0") for bit in range(_BITS)]
    tables = []
    for at in range(0, _BITS, 8):
        table = [0]
        for image in images[at : at + 8]:
            table += [image ^ entry for entry in table]
        tables.append(table)
    return tables
