"""`FaultyStream`: octets in, octets out as a bad line would have left them; seeded, and every fault counted."""

import math
from dataclasses import dataclass
from random import Random

# More octets than this between two delimiters are nobody's frame; they are taken in pieces, so that what is held is bounded.
_STRETCH_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class Faults:
    """Probabilities from 0 to 1.

    Of a frame, its delimiter with it: drop: it is lost; duplicate: it comes twice; cut: its end is lost, its delimiter is not.
    Of a bit: flip. Any bit, those of delimiters too. seed: same seed, same faults; each kind has its own numbers, so the same
    frames are lost whatever else is asked for.
    """

    drop: float = 0.0
    flip: float = 0.0
    duplicate: float = 0.0
    cut: float = 0.0
    seed: int = 0

    def __post_init__(self):
        for name in ("drop", "flip", "duplicate", "cut"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a probability from 0 to 1, not {getattr(self, name)}")

    @property
    def any(self) -> bool:
        """Whether there are any."""
        return bool(self.drop or self.flip or self.duplicate or self.cut)


@dataclass(slots=True)
class FaultCounts:
    """frames: that came in; dropped, duplicated: of them. cut: copies of them. bits: flipped, in so many stretches of octets."""

    frames: int = 0
    dropped: int = 0
    duplicated: int = 0
    cut: int = 0
    bits: int = 0
    stretches: int = 0


class FaultyStream:
    """A transformation of octets. What comes out depends on the octets and the faults alone, not on how they are split.

    A frame is the octets up to a delimiter (a zero), and waits for it; lone delimiters are no frames and only their bits flip.
    Without faults everything passes at once, untouched.
    """

    def __init__(self, faults: Faults):
        self.faults = faults
        self.counts = FaultCounts()
        self._held = b""
        self._drop, self._duplicate, self._cut, self._flip = (
            Random(f"{faults.seed} {kind}") for kind in ("drop", "duplicate", "cut", "flip")
        )
        self._next_flip = self._bits_between()  # bits that pass before it

    def feed(self, octets: bytes) -> bytes:
        """What comes out for these octets: frames that they complete, and lone delimiters."""
        if not self.faults.any:
            return octets
        data = self._held + octets
        out = bytearray()
        at = 0
        while at < len(data):
            stop = data.find(0, at, at + _STRETCH_LIMIT) + 1
            if not stop:
                stop = at + _STRETCH_LIMIT
                if stop > len(data):
                    break
            self._pass(data[at:stop], out)
            at = stop
        self._held = data[at:]
        return bytes(out)

    def finish(self) -> bytes:
        """What is left of a stream that ends without a delimiter."""
        out = bytearray()
        if self._held:
            self._pass(self._held, out)
            self._held = b""
        return bytes(out)

    def _pass(self, stretch: bytes, out: bytearray) -> None:
        """One stretch, with its delimiter if it has one."""
        copies = (stretch,) if stretch == b"\0" else self._frame(stretch)
        for copy in copies:
            out += self._flipped(copy) if self.faults.flip else copy

    def _frame(self, frame: bytes) -> list[bytes]:
        faults, counts = self.faults, self.counts
        counts.frames += 1
        if faults.drop and self._drop.random() < faults.drop:
            counts.dropped += 1
            return []
        copies = [frame]
        if faults.duplicate and self._duplicate.random() < faults.duplicate:
            counts.duplicated += 1
            copies.append(frame)
        if faults.cut:
            copies = [self._shortened(copy) if self._cut.random() < faults.cut else copy for copy in copies]
        return copies

    def _shortened(self, frame: bytes) -> bytes:
        self.counts.cut += 1
        delimiter = frame[-1:] if frame.endswith(b"\0") else b""
        # Something is left where it can be, or a cut frame would be a lost one.
        size = len(frame) - len(delimiter)
        return frame[: self._cut.randrange(min(1, size - 1), size)] + delimiter

    def _flipped(self, stretch: bytes) -> bytes:
        bits = 8 * len(stretch)
        if self._next_flip >= bits:
            self._next_flip -= bits
            return stretch
        octets = bytearray(stretch)
        self.counts.stretches += 1
        at = self._next_flip
        while at < bits:
            octets[at >> 3] ^= 0x80 >> (at & 7)
            self.counts.bits += 1
            at += 1 + self._bits_between()
        self._next_flip = at - bits
        return bytes(octets)

    def _bits_between(self) -> int:
        """Bits that stay as they are before the next flip: geometrically distributed, one draw a flip instead of one a bit."""
        flip = self.faults.flip
        if flip in (0, 1):
            return 0
        return int(math.log(1 - self._flip.random()) / math.log1p(-flip))
