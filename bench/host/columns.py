"""What every decoder of the bench has to deliver: one column of words for each stream, and its packets' places in it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from freefall.definition import Definition, Stream

from .stream import Sent
from .verdict import Arrivals
from .words import Words, wire_dtype


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Of one stream, in order of arrival: words (n,) in this machine's byte order; of each packet index, time_ns, count (k,).

    index: of its first sample; count: of its samples. Integers of any width that holds them.
    """

    words: np.ndarray
    index: np.ndarray
    time_ns: np.ndarray
    count: np.ndarray

    def sums(self) -> tuple[int, ...]:
        """Packets, samples, and the sums of all numbers."""
        parts = self.words, self.index, self.time_ns, self.count
        return len(self.index), len(self.words), *(int(part.sum(dtype=np.int64)) for part in parts)


def truth(sent: Sent, wire: bytes, definition: Definition, words: Words) -> list[Columns]:
    """What there is to deliver of these octets, by what was sent; no duplicates, one boot."""
    arrived = sent.frames[Arrivals(sent, wire).frames]
    return [_right(stream, arrived[arrived["stream"] == stream.number], words) for stream in definition.streams]


def _right(stream: Stream, frames: np.ndarray, words: Words) -> Columns:
    places = np.arange(stream.samples_per_packet)
    index = frames["index"][:, np.newaxis] + places
    own = words.of(stream, 0, index[places < frames["count"][:, np.newaxis]])
    return Columns(own.astype(native(stream)), frames["index"], frames["time_us"] * 1000, frames["count"])


def native(stream: Stream) -> np.dtype:
    """Of its words, in this machine's byte order."""
    return wire_dtype(stream).newbyteorder("=")


class NotTheSame(Exception):
    """A decoder delivers something else than was sent; its time would mean nothing."""


def check(name: str, found: Sequence[Columns], right: Sequence[Columns], streams: Sequence[Stream]) -> None:
    """Raises NotTheSame unless counts and sums are right, every number is in its place, and words are in this machine's order."""
    for stream, mine, yours in zip(streams, found, right, strict=True):
        if mine.sums() != yours.sums():
            raise NotTheSame(f"{name}, {stream.name}: packets, samples and sums are {mine.sums()}, right is {yours.sums()}")
        for part in Columns.__slots__:
            if not np.array_equal(getattr(mine, part), getattr(yours, part)):
                raise NotTheSame(f"{name}, {stream.name}: {part} are not in their places")
        if mine.words.dtype != native(stream):
            raise NotTheSame(f"{name}, {stream.name}: words are {mine.words.dtype.str}, not {native(stream).str}")
