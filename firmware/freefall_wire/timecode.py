"""CCSDS 301.0-B-4 CUC time codes, 4 octets of seconds and 3 of fraction (SPEC 4)."""

import struct

from .native import micropython

CUC_LEN = 7


@micropython.native
def put_cuc(buf, at, seconds, micros):
    """Write seconds (0..2^30 - 1 on a board) and micros (0..999999) as CUC at buf[at:at + 7]. Allocates nothing.

    2^24 / 10^6 = 2^18 / 15625: with micros = 15625 a + b the fraction is 2^18 a + (2^18 b) / 15625, and as
    2^18 = 16 x 15625 + 12144 nothing here exceeds 2^28, where micros x 2^24 would need 44 bits.
    """
    a = micros // 15625
    b = micros - a * 15625
    fraction = (a << 18) + 16 * b + (12144 * b + 7812) // 15625
    struct.pack_into(">IBH", buf, at, seconds, fraction >> 16, fraction & 0xFFFF)


def get_cuc(buf, at):
    """(seconds, micros) of the CUC at buf[at:at + 7], rounded to the nearest microsecond. May allocate on a board."""
    seconds, high, low = struct.unpack_from(">IBH", buf, at)
    micros = ((high << 16 | low) * 15625 + (1 << 17)) >> 18
    # A fraction no board sends (nearest microsecond is the next second) still has a meaning.
    return (seconds + 1, 0) if micros == 1000000 else (seconds, micros)
