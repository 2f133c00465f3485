"""What a link is waited for, and how it is told when it does not come."""

from collections.abc import Iterable
from typing import Protocol

from ..decode import Collector, Item, SamplePacket
from ..decode.waiting import needs_coefficients
from ..definition import Definition, Stream
from .stream import DecodedStream


class NotInTime(AssertionError):
    """What was waited for did not come; the message says what was, and what came."""


class Goal(Protocol):
    """nominal_s: how long it takes where all goes well, in seconds of the board's time."""

    nominal_s: float

    def reached(self, items: Iterable[Item], elapsed_s: float) -> bool:
        """Whether it is, with these items more, elapsed_s of the board's time after the begin."""
        ...

    def __str__(self) -> str:
        """What is waited for, and what came: "waited for A, and B came"."""
        ...


class SecondsGoal:
    """So many seconds of the board's time."""

    def __init__(self, seconds: float):
        self.nominal_s = seconds
        self._elapsed_s = 0.0

    def reached(self, items: Iterable[Item], elapsed_s: float) -> bool:
        """See Goal."""
        self._elapsed_s = elapsed_s
        return elapsed_s >= self.nominal_s

    def __str__(self) -> str:
        return f"waited for {self.nominal_s:g} s of the board's time, and {self._elapsed_s:.3f} s came"


class SamplesGoal:
    """So many samples of these streams together."""

    def __init__(self, streams: Iterable[Stream], samples: int):
        self._streams = {stream.number: stream for stream in streams}
        self._samples = samples
        self._came = 0
        self.nominal_s = samples / sum(stream.rate_hz for stream in self._streams.values())

    def reached(self, items: Iterable[Item], elapsed_s: float) -> bool:
        """See Goal."""
        self._came += sum(
            len(item.raw) for item in items if isinstance(item, SamplePacket) and item.stream.number in self._streams
        )
        return self._came >= self._samples

    def __str__(self) -> str:
        names = " and ".join(stream.name for stream in self._streams.values())
        return f"waited for {self._samples} samples of {names}, and {self._came} came"


class RowsGoal:
    """Samples of one stream to look at: so many, or those of so many seconds from the first one on; with their coefficients."""

    def __init__(self, definition: Definition, stream: Stream, samples: int | None, seconds: float | None):
        self._stream = stream
        self._samples, self._seconds = samples, seconds
        self._collector = Collector(definition)
        self._told = not needs_coefficients(definition, stream)
        self._came = 0
        self._span_ns = 0
        self._last: SamplePacket | None = None
        # The sample that ends the seconds is one more.
        self.nominal_s = samples / stream.rate_hz if seconds is None else seconds + 1 / stream.rate_hz

    def reached(self, items: Iterable[Item], elapsed_s: float) -> bool:
        """See Goal."""
        for item in items:
            self._collector.add([item])
            if isinstance(item, SamplePacket) and item.stream.number == self._stream.number:
                self._take(item)
        enough = self._came >= self._samples if self._seconds is None else self._span_ns >= self._seconds * 1e9
        return enough and self._told

    def rows(self) -> DecodedStream:
        """What was waited for, and nothing more."""
        all_that_came = DecodedStream(self._collector.table(self._stream))
        return all_that_came.first(self._samples) if self._seconds is None else all_that_came.first_seconds(self._seconds)

    def _take(self, packet: SamplePacket) -> None:
        self._came += len(packet.raw)
        self._told = self._told or packet.coefficients is not None
        if self._last and self._last.boot == packet.boot:
            self._span_ns += packet.time_ns - self._last.time_ns
        self._last = packet

    def __str__(self) -> str:
        wanted = f"{self._samples} samples" if self._seconds is None else f"{self._seconds:g} s"
        without = "" if self._told else " (without the sensor's coefficients)"
        return f"waited for {wanted} of {self._stream.name}, and {self._came} came{without}"
