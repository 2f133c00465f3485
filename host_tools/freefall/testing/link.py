"""`LiveLink`: what a port sends, decoded as a test waits for it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..decode import Collector, Item, Ledger, Summary
from ..definition import Definition
from ..errors import DefinitionNeeded, FreefallError
from ..port.port import Port
from ..port.serial import DEFAULT_BAUD
from .goals import Goal, NotInTime, RowsGoal, SamplesGoal, SecondsGoal
from .ports import open_shared
from .stream import DecodedStream

# How long a board may be silent: it reports once in a period of its housekeeping.
_PATIENCE_S = 10.0
_FINISH_S = 60.0


class LiveLink:
    """A port, its octets decoded; a context manager that reads no further after its end, and leaves the port open.

    definition: the port's own by default; DefinitionNeeded where there is none. clock: monotonic, in seconds; now_ns: wall clock
    as the port's, in ns since 1970.

    items: all that was decoded, in order, and kept to the end. summary: what is known of it, `ledger` included. Both
    are of the octets taken so far, and octets are taken while something is waited for. A wait counts what came after its begin;
    what came between two waits counts for nothing but items and summary.

    A wait is over by the board's time, so that it takes a simulated board no longer than its work. It fails with NotInTime when
    the board's time has passed what it takes, twice and some seconds, and when nothing that decodes has come for some seconds;
    timeout_s stands for both. Errors of the port and the decoder pass through: DeviceError, BoardError, WrongDefinition.
    """

    def __init__(
        self,
        port: Port,
        definition: Definition | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        now_ns: Callable[[], int] = time.time_ns,
    ):
        definition = definition or port.definition
        if definition is None:
            raise DefinitionNeeded(port.definition_problem or port.url)
        self.port = port
        self.definition = definition
        self.items: list[Item] = []
        self.summary = Summary(definition)
        self._collector = Collector(definition)
        self._pieces: Iterator[tuple[int, bytes]] | None = None
        self._clock = clock
        self._now_ns = now_ns

    def __enter__(self) -> "LiveLink":
        return self

    def __exit__(self, *exc) -> None:
        if self._pieces is not None:
            self._pieces.close()

    def __repr__(self) -> str:
        return f"<link of {self.definition.name} on {self.port.url}>"

    @property
    def ledger(self) -> Ledger:
        """What became of every sample, as far as read."""
        return self.summary.decoder.ledger

    def stream(self, name: str) -> DecodedStream:
        """All samples of a stream read so far. KeyError on an unknown name."""
        return DecodedStream(self._collector.table(name))

    def wait(
        self,
        seconds: float | None = None,
        *,
        samples: int | None = None,
        stream: str | None = None,
        timeout_s: float | None = None,
    ) -> list[Item]:
        """Read for so many seconds of the board's time, or until so many samples of a stream (None: of all) have come.

        What came meanwhile.
        """
        __tracebackhide__ = True
        if (seconds is None) == (samples is None):
            raise TypeError("wait takes either seconds or samples")
        if seconds is not None:
            goal: Goal = SecondsGoal(seconds)
        else:
            goal = SamplesGoal(self.definition.streams if stream is None else [self.definition.stream(stream)], samples)
        return self._read(goal, timeout_s)

    def take(
        self, stream: str, n: int | None = None, *, seconds: float | None = None, timeout_s: float | None = None
    ) -> DecodedStream:
        """The next n samples of a stream, or those of the next seconds, from what is read from now on.

        A sample may be as old as the stream's max_latency_ms when it comes. Where values need coefficients of the sensor, it is
        waited for those too.
        """
        __tracebackhide__ = True
        if (n is None) == (seconds is None):
            raise TypeError("take takes either n or seconds")
        goal = RowsGoal(self.definition, self.definition.stream(stream), n, seconds)
        self._read(goal, timeout_s)
        return goal.rows()

    def finish(self, timeout_s: float = _FINISH_S) -> list[Item]:
        """Read a port that has an end, as a recording, up to it; timeout_s by the wall clock. What came meanwhile."""
        __tracebackhide__ = True
        before, deadline = len(self.items), self._clock() + timeout_s
        while self._next() is not None:
            if self._clock() > deadline:
                raise NotInTime(f"{self.port.url} had not ended after {timeout_s:g} s. {self._heard()}")
        return self.items[before:]

    def _read(self, goal: Goal, timeout_s: float | None) -> list[Item]:
        __tracebackhide__ = True
        patience_s = timeout_s
        if patience_s is None:
            patience_s = _PATIENCE_S + 2e-3 * self.definition.housekeeping_ms
        limit_s = patience_s if timeout_s is not None else patience_s + 2 * goal.nominal_s
        now_ns = self._now_ns()
        begin_s = latest_s = self.summary.seconds
        moved_at = self._clock()
        before = len(self.items)
        while True:
            piece = self._next()
            if piece is None:
                raise NotInTime(f"{goal}; then {self.port.url} ended. {self._heard()}")
            host_ns, items = piece
            seconds = self.summary.seconds
            if host_ns < now_ns:
                begin_s, before = seconds, len(self.items)
            elif goal.reached(items, seconds - begin_s):
                return self.items[before:]
            if seconds != latest_s:
                latest_s, moved_at = seconds, self._clock()
            if seconds - begin_s > limit_s:
                raise NotInTime(f"{goal} in {seconds - begin_s:.1f} s of the board's time. {self._heard()}")
            if (silent_s := self._clock() - moved_at) > patience_s:
                raise NotInTime(f"{goal}; nothing that decodes has come for {silent_s:.1f} s. {self._heard()}")

    def _next(self) -> tuple[int, list[Item]] | None:
        """The next piece of the port, decoded, with its host time; None when the port has ended."""
        __tracebackhide__ = True
        try:
            if self._pieces is None:
                self._pieces = self.port.chunks()
            piece = next(self._pieces, None)
            if piece is None:
                return None
            host_ns, octets = piece
            items = self.summary.feed(octets, host_ns) if octets else []
        except FreefallError as error:
            # It says all there is to say; where in Freefall it was raised is nothing to a test.
            raise error.with_traceback(None) from None
        self.items += items
        self._collector.add(items)
        return host_ns, items

    def _heard(self) -> str:
        """What the link has brought altogether, in a sentence."""
        counters = self.ledger.counters
        parts = [f"{own.samples} samples of {own.stream.name}" for own in self.summary.statistics]
        rejected = ", ".join(f"{number} {reason}" for reason, number in counters.frames_rejected.items() if number)
        parts += [f"{counters.frames_accepted} good frames", f"{counters.rejected} rejected{f' ({rejected})' * bool(rejected)}"]
        return f"On {self.port.url} altogether: {counters.octets_fed} octets, {', '.join(parts)}."


@contextmanager
def open_link(url: str, definition: Definition | None = None, baud: int = DEFAULT_BAUD) -> Iterator[LiveLink]:
    """The link of a port URL, for a fixture of one's own. Raises what freefall.port's open_port does, and DefinitionNeeded."""
    with open_shared(url, baud) as port, LiveLink(port, definition) as link:
        yield link
