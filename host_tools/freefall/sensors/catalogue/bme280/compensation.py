"""The BME280's trimming parameters and its compensation in double precision (data sheet, 4.2.2 and appendix 8.1)."""

import struct
from typing import NamedTuple

_FIRST = struct.Struct("<HhhHhhhhhhhhxB")  # 0x88..0xA1; 0xA0 says nothing
_SECOND = struct.Struct("<hBbBbb")  # 0xE1..0xE7; the one in the middle, 0xE5, holds the low halves of H4 and H5
OCTETS = _FIRST.size + _SECOND.size
FIRST_OCTETS = _FIRST.size


class Trimming(NamedTuple):
    """dig_T1 ... dig_H6, as the data sheet names them."""

    t1: int
    t2: int
    t3: int
    p1: int
    p2: int
    p3: int
    p4: int
    p5: int
    p6: int
    p7: int
    p8: int
    p9: int
    h1: int
    h2: int
    h3: int
    h4: int
    h5: int
    h6: int

    @classmethod
    def from_octets(cls, octets: bytes) -> "Trimming":
        """Out of the octets of 0x88..0xA1 and 0xE1..0xE7, one after the other."""
        first = _FIRST.unpack_from(octets)
        h2, h3, h4, low, h5, h6 = _SECOND.unpack_from(octets, _FIRST.size)
        return cls(*first, h2, h3, h4 << 4 | low & 0x0F, h5 << 4 | low >> 4, h6)

    def octets(self) -> bytes:
        """The octets that from_octets() takes."""
        low = self.h4 & 0x0F | (self.h5 & 0x0F) << 4
        return _FIRST.pack(*self[:13]) + _SECOND.pack(self.h2, self.h3, self.h4 >> 4, low, self.h5 >> 4, self.h6)


# Numbers or numpy arrays alike. Where the data sheet's code truncates t_fine to an integer, the caller does.


def fine_temperature(word, trim: Trimming):
    """t_fine, in 1/5120 degC, of a temperature word of 20 bits; not yet truncated."""
    linear = (word / 16384.0 - trim.t1 / 1024.0) * trim.t2
    square = (word / 131072.0 - trim.t1 / 8192.0) ** 2 * trim.t3
    return linear + square


def pressure_pa(word, t_fine, trim: Trimming):
    """Pressure in Pa of a pressure word of 20 bits; the divisor is 0 where the data sheet's code gives up."""
    t = t_fine / 2.0 - 64000.0
    offset = (t * t * trim.p6 / 32768.0 + t * trim.p5 * 2.0) / 4.0 + trim.p4 * 65536.0
    slope = (1.0 + (trim.p3 * t * t / 524288.0 + trim.p2 * t) / 524288.0 / 32768.0) * trim.p1
    p = (1048576.0 - word - offset / 4096.0) * 6250.0 / slope
    return p + (trim.p9 * p * p / 2147483648.0 + p * trim.p8 / 32768.0 + trim.p7) / 16.0


def humidity_percent(word, t_fine, trim: Trimming):
    """Relative humidity in % of a humidity word of 16 bits; not yet limited to 0 ... 100."""
    t = t_fine - 76800.0
    h = word - (trim.h4 * 64.0 + trim.h5 / 16384.0 * t)
    by_temperature = 1.0 + trim.h3 / 67108864.0 * t
    # The double of Bosch's library has by_temperature as one more factor; the data sheet's and all integer code have not.
    h *= trim.h2 / 65536.0 * (1.0 + trim.h6 / 67108864.0 * t * by_temperature)
    return h * (1.0 - trim.h1 * h / 524288.0)
