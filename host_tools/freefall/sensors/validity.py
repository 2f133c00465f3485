"""When a sample is worth nothing although it arrived whole: what the part itself says of it."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from .channels import Channel, RawWord

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Crc8:
    """`octets` octets at `offset` of a sample, followed by their CRC-8 (most significant bit first, no final inversion).

    channels: whose values are worth nothing where it differs. The defaults are Sensirion's: 0x31, initial value 0xFF.
    """

    offset: int
    octets: int
    channels: tuple[str, ...]
    polynomial: int = 0x31
    initial: int = 0xFF
    reason: str = "word CRC"

    @property
    def covered(self) -> range:
        """The octets of a sample whose every use is in doubt where it fails."""
        return range(self.offset, self.offset + self.octets + 1)

    def valid(self, samples: "np.ndarray") -> "np.ndarray":
        """bool (n,) for sample octets, uint8 (n, sample_len)."""
        import numpy as np

        table = _table(self.polynomial)
        crc = np.full(len(samples), self.initial, np.uint8)
        for at in range(self.offset, self.offset + self.octets):
            crc = table[crc ^ samples[:, at]]
        return crc == samples[:, self.offset + self.octets]


@dataclass(frozen=True, slots=True)
class Sum8:
    """`octets` octets at `offset`, followed by the negative of their sum, modulo 256: as many serial sensors have it."""

    offset: int
    octets: int
    channels: tuple[str, ...]
    reason: str = "checksum"

    @property
    def covered(self) -> range:
        """The octets of a sample whose every use is in doubt where it fails."""
        return range(self.offset, self.offset + self.octets + 1)

    def valid(self, samples: "np.ndarray") -> "np.ndarray":
        """bool (n,) for sample octets, uint8 (n, sample_len)."""
        import numpy as np

        stop = self.offset + self.octets
        return samples[:, self.offset : stop + 1].sum(axis=1, dtype=np.uint8) == 0


@dataclass(frozen=True, slots=True)
class Expected:
    """A word that has one of `values` in a good sample: a fault flag that is 0, a header that is fixed."""

    word: RawWord
    values: tuple[int, ...]
    channels: tuple[str, ...]
    reason: str

    @property
    def covered(self) -> range:
        """No octets: only the channels that it names."""
        return range(0)

    def valid(self, samples: "np.ndarray") -> "np.ndarray":
        """bool (n,) for sample octets, uint8 (n, sample_len)."""
        return _is_one_of(self.word.values(samples), self.values)


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A word that has one of `values` only when there is nothing to tell: skipped, saturated, not yet measured."""

    word: RawWord
    values: tuple[int, ...]
    channels: tuple[str, ...]
    reason: str

    @property
    def covered(self) -> range:
        """No octets: only the channels that it names."""
        return range(0)

    def valid(self, samples: "np.ndarray") -> "np.ndarray":
        """bool (n,) for sample octets, uint8 (n, sample_len)."""
        return ~_is_one_of(self.word.values(samples), self.values)


@dataclass(frozen=True, slots=True)
class Blank:
    """Octets from `offset` on that read `octets` only when there is nothing to tell: as they are after power-up.

    For parts whose every word alone may have that value in a good sample.
    """

    offset: int
    octets: bytes
    channels: tuple[str, ...]
    reason: str = "not measured"

    @property
    def covered(self) -> range:
        """The octets of a sample whose every use is in doubt where it fails."""
        return range(self.offset, self.offset + len(self.octets))

    def valid(self, samples: "np.ndarray") -> "np.ndarray":
        """bool (n,) for sample octets, uint8 (n, sample_len)."""
        # Octet by octet: a reduction over so short an axis takes several times as long.
        differs = samples[:, self.offset] != self.octets[0]
        for at, octet in enumerate(self.octets[1:], self.offset + 1):
            differs |= samples[:, at] != octet
        return differs


@dataclass(frozen=True, slots=True)
class Saturated:
    """A word that is `limit` or more only when what it stands for may be anything beyond."""

    word: RawWord
    limit: int
    channels: tuple[str, ...]
    reason: str = "saturated"

    @property
    def covered(self) -> range:
        """No octets: only the channels that it names."""
        return range(0)

    def valid(self, samples: "np.ndarray") -> "np.ndarray":
        """bool (n,) for sample octets, uint8 (n, sample_len)."""
        return self.word.values(samples) < self.limit


Check = Crc8 | Sum8 | Expected | Forbidden | Saturated | Blank


def silence(octets: int, channels: tuple[str, ...]) -> tuple[Blank, Blank]:
    """For a sample of several words that never are the same by chance: nothing but zeros, as registers have it after power-up
    and a wire that is pulled down, or nothing but ones, of a wire that is pulled up.
    """
    return Blank(0, bytes(octets), channels), Blank(0, b"\xff" * octets, channels, "nobody answers")


def affects(check: Check, channel: Channel) -> bool:
    """Whether a channel's value is worth nothing in a sample that fails: named by the check, or made of octets it covers."""
    first, past = channel.raw.offset, channel.raw.offset + channel.raw.octets
    covered = check.covered
    return channel.name in check.channels or first < covered.stop and covered.start < past


@cache
def _table(polynomial: int) -> "np.ndarray":
    import numpy as np

    crc = np.arange(256, dtype=np.uint16)
    for _ in range(8):
        crc = np.where(crc & 0x80, crc << 1 ^ polynomial, crc << 1) & 0xFF
    table = crc.astype(np.uint8)
    table.setflags(write=False)
    return table


def _is_one_of(words: "np.ndarray", values: tuple[int, ...]) -> "np.ndarray":
    # numpy's own isin takes several times as long for the one or two values that there are.
    found = words == values[0]
    for value in values[1:]:
        found |= words == value
    return found
