"""How much values may differ."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import isfinite

from ..definition import Stream

TIME = "time"


@dataclass(frozen=True, slots=True)
class Tolerances:
    """Greatest differences allowed, in a channel's unit, by pattern; the last that matches holds. Else nothing may differ.

    A pattern is of a channel's name, or of STREAM.CHANNEL where it has a dot. On-board times are named "time" (or STREAM.time),
    in seconds; no pattern with *, ? or [] means them.
    """

    given: tuple[tuple[str, float], ...] = ()

    @classmethod
    def parse(cls, texts: Iterable[str]) -> "Tolerances":
        """Of texts like "acc_*=0.05" or "*=1". Raises ValueError, a sentence."""
        given = []
        for text in texts:
            pattern, equals, number = text.partition("=")
            try:
                value = float(number)
            except ValueError:
                value = -1.0
            if not pattern.strip() or not equals or not isfinite(value) or value < 0:
                raise ValueError(f'"{text}" is no tolerance like x=0.05, a channel and how much it may differ')
            given.append((pattern.strip(), value))
        return cls(tuple(given))

    def of(self, stream: Stream, channel: str) -> float:
        """That of a channel, in its unit."""
        own = (value for pattern, value in reversed(self.given) if _matches(pattern, stream.name, channel))
        return next(own, 0.0)

    def time_ns(self, stream: Stream | None = None) -> float:
        """That of the times of a stream; None: of events."""
        names = {TIME} | ({f"{stream.name}.{TIME}"} if stream else set())
        return next((value * 1e9 for pattern, value in reversed(self.given) if pattern in names), 0.0)

    def check(self, streams: Iterable[Stream]) -> None:
        """Raises ValueError, a sentence, for a pattern that nothing matches."""
        streams = list(streams)
        names = [(stream.name, channel.name) for stream in streams for channel in stream.channels]
        times = {TIME, *(f"{stream.name}.{TIME}" for stream in streams)}
        for pattern, _ in self.given:
            if pattern not in times and not any(_matches(pattern, *name) for name in names):
                known = ", ".join(f"{stream}.{channel}" for stream, channel in names)
                raise ValueError(f'no channel is named "{pattern}"; there is {known}, and {TIME}')


def _matches(pattern: str, stream: str, channel: str) -> bool:
    return fnmatchcase(f"{stream}.{channel}" if "." in pattern else channel, pattern)
