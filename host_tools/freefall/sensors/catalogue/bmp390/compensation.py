"""The BMP390's trimming coefficients and its compensation in floating point (data sheet, 3.11.1 and appendix 8)."""

import struct
from typing import NamedTuple

_NVM = struct.Struct("<HHbhhbbHHbbhbb")  # 0x31..0x45
OCTETS = _NVM.size


class Trimming(NamedTuple):
    """NVM_PAR_T1 ... NVM_PAR_P11, as the part holds them."""

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
    p10: int
    p11: int

    @classmethod
    def from_octets(cls, octets: bytes) -> "Trimming":
        """Out of the octets of 0x31..0x45."""
        return cls(*_NVM.unpack(octets))

    def octets(self) -> bytes:
        """The octets that from_octets() takes."""
        return _NVM.pack(*self)


# Numbers or numpy arrays alike.


def temperature_degc(word, trim: Trimming):
    """Temperature in degC of a temperature word of 24 bits."""
    above = word - trim.t1 * 2.0**8
    return above * (trim.t2 * 2.0**-30) + above * above * (trim.t3 * 2.0**-48)


def pressure_pa(word, degc, trim: Trimming):
    """Pressure in Pa of a pressure word of 24 bits, at the temperature that was measured with it."""
    t, p = degc, word * 1.0
    offset = trim.p5 * 2.0**3 + t * (trim.p6 * 2.0**-6 + t * (trim.p7 * 2.0**-8 + t * trim.p8 * 2.0**-15))
    slope = (trim.p1 - 2**14) * 2.0**-20 + t * ((trim.p2 - 2**14) * 2.0**-29 + t * (trim.p3 * 2.0**-32 + t * trim.p4 * 2.0**-37))
    curve = trim.p9 * 2.0**-48 + t * trim.p10 * 2.0**-48 + p * trim.p11 * 2.0**-65
    return offset + p * (slope + p * curve)
