"""Integers and checked words in a sample, one octet at a time."""

import crcmod

# CRC-8 of Sensirion's parts: x^8 + x^5 + x^4 + 1, initial value 0xFF, nothing reflected, nothing inverted.
word_crc = crcmod.mkCrcFun(0x131, initCrc=0xFF, rev=False, xorOut=0x00)


def big(octets: bytes) -> int:
    """Unsigned."""
    return little(octets[::-1])


def little(octets: bytes) -> int:
    """Unsigned."""
    value = 0
    for place, octet in enumerate(octets):
        value = value + octet * 256**place
    return value


def two(value: int, bits: int) -> int:
    """Two's complement."""
    return value - 2**bits if value >= 2 ** (bits - 1) else value


def checked_word(octets: bytes) -> int | None:
    """Two octets and the CRC-8 of both."""
    return big(octets[0:2]) if word_crc(octets[0:2]) == octets[2] else None
