"""What a sample holds: which bits are a channel's raw value, and how it becomes an engineering value."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class RawWord:
    """A raw value inside a sample: raw = (word >> shift) masked to `width` bits, sign-extended when `signed`.

    The word is `octets` (1..4) octets from octet `offset` of the sample, in byte order `order`.
    """

    offset: int
    octets: int
    order: Literal["big", "little"]
    shift: int
    width: int
    signed: bool


@dataclass(frozen=True, slots=True)
class Linear:
    """A linear calibration: engineering value = raw value * scale + offset."""

    scale: float
    offset: float


@dataclass(frozen=True, slots=True)
class Channel:
    """One measured quantity inside a sample; `unit` is that of the engineering value."""

    name: str
    unit: str
    raw: RawWord
    calibration: Linear
