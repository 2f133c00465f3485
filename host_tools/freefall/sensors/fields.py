"""The kinds of values a definition holds, with their limits and the words in which a wrong one is refused."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from .pico import ADC_PINS, HEADER_PINS

NAME_PATTERN = r"^[a-z][a-z0-9_]{0,31}$"
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]

NOT_ALLOWED = "freefall_not_allowed"  # the pydantic error type of `not_allowed`
REFUSED = "freefall_refused"  # and of `refused`


class Table(BaseModel):
    """A TOML table: no unknown keys, no guessing of types, not changed once read."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def one_of(kind: type, choices: Sequence, show=None, allowed: str | None = None):
    """The type of a value of `kind` among `choices`; `show` spells one (by default as one writes it), `allowed` all of them."""
    show = show or ('"{}"'.format if kind is str else str)
    spelled = [show(choice) for choice in choices]
    allowed = allowed or ("one of " if len(spelled) > 1 else "") + ", ".join(spelled)

    def check(value):
        if value not in choices:
            raise not_allowed(allowed)
        return value

    return Annotated[kind, AfterValidator(check), Field(json_schema_extra={"enum": list(choices)})]


def not_allowed(allowed: str) -> PydanticCustomError:
    """The refusal of a value: what is allowed in words."""
    return PydanticCustomError(NOT_ALLOWED, "not allowed", {"allowed": allowed})


def refused(why: str) -> PydanticCustomError:
    """The refusal of a value in a sentence of its own, that goes on after the value."""
    return PydanticCustomError(REFUSED, "refused", {"why": why})


def address_of(*addresses: int):
    """The type of an I2C address that must be one of `addresses`."""
    return one_of(int, addresses, "0x{:02X}".format)


def _ascending(value: list[float]) -> list[float]:
    if len(value) != 2:
        raise not_allowed("two numbers: [low, high]" + ", with decimal points" * (len(value) == 4))
    low, high = value
    if low >= high:
        raise refused("is upside down: the first number is the low end, and must be less than the second")
    return value


Range = Annotated[list[float], AfterValidator(_ascending), Field(json_schema_extra={"minItems": 2, "maxItems": 2})]
Positive = Annotated[float, Field(gt=0)]
Pin = one_of(int, HEADER_PINS, allowed="a pin on the pico's header: 0..22, 26, 27 or 28")
AdcPin = one_of(int, ADC_PINS)
