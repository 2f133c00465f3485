"""What a bad link does to octets, at places drawn at random. Rates are per octet: 1e-4 is once in ten thousand."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# Octets struck at once, at most: fewer than 64 frames of any APID, which a Decoder remembers to know a duplicate by.
_LONGEST = 1500

Octets = np.ndarray  # uint8
Strike = Callable[[Octets], list[Octets]]


@dataclass(frozen=True, slots=True)
class Flips:
    """Bit errors: one bit of each octet struck."""

    rate: float
    keeps_order = True

    def strike(self, octets: Octets, random: np.random.Generator) -> Octets:
        """The octets as they arrive."""
        struck = octets.copy()
        places = np.flatnonzero(random.random(len(octets), np.float32) < self.rate)
        struck[places] ^= np.uint8(1) << random.integers(0, 8, len(places), np.uint8)
        return struck


@dataclass(frozen=True, slots=True)
class Overwrites:
    """Octets replaced by any others."""

    rate: float
    keeps_order = True

    def strike(self, octets: Octets, random: np.random.Generator) -> Octets:
        """The octets as they arrive."""
        struck = octets.copy()
        places = np.flatnonzero(random.random(len(octets), np.float32) < self.rate)
        struck[places] += random.integers(1, 256, len(places), np.uint8)
        return struck


@dataclass(frozen=True, slots=True)
class Edits:
    """Stretches of up to `longest` octets of which something else comes. making: a stretch -> what comes of it, in pieces."""

    rate: float
    longest: int
    making: Strike
    keeps_order: bool = True

    def strike(self, octets: Octets, random: np.random.Generator) -> Octets:
        """The octets as they arrive."""
        many = random.poisson(self.rate * len(octets))
        places = np.sort(random.integers(0, len(octets), many))
        pieces, at = [], 0
        for place, length in zip(places.tolist(), random.integers(1, self.longest, many, endpoint=True).tolist(), strict=True):
            if place >= at:
                pieces += [octets[at:place], *self.making(octets[place : place + length])]
                at = place + length
        return np.concatenate([*pieces, octets[at:]])


def drops(rate: float) -> Edits:
    """Single octets that never arrive: a receiver that was too slow once."""
    return Edits(rate, 1, _nothing)


def cuts(rate: float) -> Edits:
    """Stretches that never arrive: a buffer that ran over, a cable that was pulled."""
    return Edits(rate, _LONGEST, _nothing)


def repeats(rate: float) -> Edits:
    """Stretches that arrive twice: whoever sends again what was not acknowledged."""
    return Edits(rate, _LONGEST, _twice)


def swaps(rate: float) -> Edits:
    """Two stretches that arrive the second first: datagrams, or a queue that is no queue."""
    return Edits(rate, 2 * _LONGEST, _swapped, keeps_order=False)


def _nothing(stretch: Octets) -> list[Octets]:
    return []


def _twice(stretch: Octets) -> list[Octets]:
    return [stretch, stretch]


def _swapped(stretch: Octets) -> list[Octets]:
    middle = len(stretch) // 2
    return [stretch[middle:], stretch[:middle]]
