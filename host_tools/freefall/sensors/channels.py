"""What a sample holds: which bits are a channel's raw value, and how it becomes an engineering value.

Plain data, all of it; `apply` and `values` take whole columns (numpy), never a sample at a time. numpy is imported only where
one is made, so that checking a definition does not wait for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np


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

    def values(self, samples: "np.ndarray") -> "np.ndarray":
        """The raw values, int64 (n,), in sample octets: uint8 (n, sample_len)."""
        import numpy as np

        order = ">" if self.order == "big" else "<"
        octets = samples[:, self.offset : self.offset + self.octets]
        if self.octets == 3:
            first = self.order == "big"
            octets = np.zeros((len(samples), 4), np.uint8)
            octets[:, first : 3 + first] = samples[:, self.offset : self.offset + 3]
        size = octets.shape[1]
        words = np.ascontiguousarray(octets).view(f"{order}{'i' if self.signed else 'u'}{size}")[:, 0]
        if self.width == 8 * size:
            return words.astype(np.int64)
        # Up to the top of 32 bits, and down again: what is above goes, and the sign comes along.
        words = words.astype(np.int32 if self.signed else np.uint32)
        words <<= 32 - self.shift - self.width
        words >>= 32 - self.width
        return words.astype(np.int64)


@dataclass(frozen=True, slots=True)
class Linear:
    """A linear calibration: engineering value = raw value * scale + offset."""

    scale: float
    offset: float

    def apply(self, raw: "np.ndarray") -> "np.ndarray":
        """Engineering values, float64 (n,)."""
        return raw * float(self.scale) + self.offset


@dataclass(frozen=True, slots=True)
class Polynomial:
    """A polynomial calibration: the sum of coefficients[k] * raw value ** k, by Horner's rule."""

    coefficients: tuple[float, ...]

    def apply(self, raw: "np.ndarray") -> "np.ndarray":
        """Engineering values, float64 (n,)."""
        total = raw * 0.0 + self.coefficients[-1]
        for coefficient in reversed(self.coefficients[:-1]):
            total = total * raw + coefficient
        return total


@dataclass(frozen=True, slots=True)
class Table:
    """A calibration by table: straight lines between points (raw, value) of rising raw; nan outside, where nobody measured."""

    raw: tuple[float, ...]
    value: tuple[float, ...]

    def apply(self, raw: "np.ndarray") -> "np.ndarray":
        """Engineering values, float64 (n,)."""
        import numpy as np

        return np.interp(raw, self.raw, self.value, left=np.nan, right=np.nan)


@dataclass(frozen=True, slots=True)
class Compensated:
    """The driver's own compensation gives the value, from several raw values and what the part said of itself at boot.

    after: a calibration of the compensated value, as a definition may add one.
    """

    after: "Linear | Polynomial | Table | None" = None


Calibration = Linear | Polynomial | Table | Compensated

# A driver's own compensation: (raw values int64 (n,) by channel name, the part's coefficients as the board sent them or None)
# -> float64 (n,) for each Compensated channel; nan where it cannot tell, all nan without coefficients that it needs.
Compensation = Callable[["Mapping[str, np.ndarray]", bytes | None], "Mapping[str, np.ndarray]"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Ranges (low, high) of an engineering value, each within the next: outside `watch` it is worth a look; None: not given."""

    watch: tuple[float, float] | None = None
    warning: tuple[float, float] | None = None
    critical: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """One measured quantity inside a sample; `unit` is that of the engineering value.

    transducer: what it measures stands for something else (a voltage for a temperature), so a calibration may give it any unit.
    """

    name: str
    unit: str
    raw: RawWord
    calibration: Calibration
    transducer: bool = False
    limits: Limits | None = None
