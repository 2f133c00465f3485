"""Fields of an experimenter's own: [stream.NAME.field.FIELD], values that no driver takes out of a sample."""

from typing import Annotated

from pydantic import Field

from ..sensors.channels import Channel, Linear, RawWord
from ..sensors.fields import Table, one_of
from .calibrations import Scale, Unit

_OCTET_BITS = 8


class FieldTable(Table):
    """[stream.NAME.field.FIELD]: some bits of every sample are a value. raw = (word >> shift), its lowest `width` bits."""

    octet: Annotated[int, Field(ge=0, description="the first octet of its word in the sample, counted from 0")]
    octets: Annotated[int, Field(ge=1, le=4, description="of its word")] = 1
    order: Annotated[
        one_of(str, ("big", "little")), Field(description='which octet of the word comes first: the "big" or the "little" end')
    ] = "big"
    shift: Annotated[int, Field(ge=0, le=31, description="bits to the right of the value in its word")] = 0
    width: Annotated[
        int | None, Field(ge=1, le=32, description="bits of the value; all that are left of the word if not given")
    ] = None
    signed: Annotated[bool, Field(description="whether its highest bit is a sign (two's complement)")] = False
    scale: Annotated[Scale, Field(description="engineering value = raw value * scale + offset")] = 1.0
    offset: Annotated[float, Field(description="of the engineering value, in its unit")] = 0.0
    unit: Annotated[Unit, Field(description='of the engineering value; "1" for a number without one')] = "1"

    def bits(self) -> int:
        """Bits of the value; none or fewer when `shift` leaves none."""
        return self.octets * _OCTET_BITS - self.shift if self.width is None else self.width

    def channel(self, name: str) -> Channel:
        """The channel it makes: anybody's raw values, so that they may stand for anything."""
        word = RawWord(self.octet, self.octets, self.order, self.shift, self.bits(), self.signed)
        return Channel(name, self.unit, word, Linear(self.scale, self.offset), transducer=True)
