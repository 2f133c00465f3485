"""When the octets of a recording are due: its own times, at another speed, from here to there, once or often."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, pairwise

# At top speed nothing is due at a time of its own, and blocks are joined up to this: one write instead of many.
_JOINED_LEN = 65536


@dataclass(frozen=True, slots=True)
class Moment:
    """A place in a recording: ns after its first octets; or, absolute, host time in ns since 1970."""

    ns: int
    absolute: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """How a recording is played.

    speed: of its time to ours; None means as fast as it is taken. start: begins with the first block at or after it; stop: ends
    before the next one at or after that. loop: how often, None for ever; a pass follows the one before at once. gap_limit_ns: of
    the recorded time, the longest silence kept; longer ones are shortened to it.
    """

    speed: Fraction | float | None = Fraction(1)
    start: Moment | None = None
    stop: Moment | None = None
    loop: int | None = 1
    gap_limit_ns: int | None = None

    def __post_init__(self):
        if self.speed is not None:
            if not self.speed > 0:
                raise ValueError(f"a speed is more than 0, not {self.speed}")
            object.__setattr__(self, "speed", Fraction(self.speed))


class Timeline:
    """The blocks of a recording by schedule. Counts while it goes on:

    passes; recorded_ns: time of the recording that was played, silences shortened; gaps, gaps_ns: silences shortened, and by how
    much altogether; steps_back, steps_back_ns: places where the host's clock was set back, which cost no wait.
    """

    def __init__(self, batches: Callable[[], Iterable[list[tuple[int, bytes]]]], schedule: Schedule):
        """batches(): (host time in ns, octets) from the beginning, some at a time, as `Recording.batches` gives them."""
        self._batches = batches
        self._schedule = schedule
        self.passes = 0
        self.recorded_ns = 0
        self.gaps = self.gaps_ns = 0
        self.steps_back = self.steps_back_ns = 0

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        """(due time in ns from the first block's, octets), exact in integers: no error adds up. At top speed all are due at 0."""
        speed = self._schedule.speed
        if speed is None:
            yield from _joined(self._played())
            return
        for octets in self._played():
            yield self.recorded_ns * speed.denominator // speed.numerator, octets

    def _played(self) -> Iterator[bytes]:
        schedule = self._schedule
        all_at_once = schedule.speed is schedule.start is schedule.stop is schedule.gap_limit_ns is None
        while schedule.loop is None or self.passes < schedule.loop:
            empty = True
            for octets in self._at_once() if all_at_once else self._in_time():
                empty = False
                yield octets
            if empty:
                return  # and would be for ever
            self.passes += 1

    def _in_time(self) -> Iterator[bytes]:
        """One pass, block by block."""
        for elapsed_ns, octets in self._window():
            self.recorded_ns += self._kept(elapsed_ns)
            yield octets

    def _at_once(self) -> Iterator[bytes]:
        """One pass of all there is, with nothing to be waited for: batch by batch, for the sake of speed."""
        before_ns = None
        for batch in self._batches():
            times, blocks = map(list, zip(*batch, strict=True))
            if before_ns is not None:
                times.insert(0, before_ns)
            if times == sorted(times):
                self.recorded_ns += times[-1] - times[0]
            else:
                self.recorded_ns += sum(self._kept(after - before) for before, after in pairwise(times))
            before_ns = times[-1]
            yield b"".join(blocks)

    def _window(self) -> Iterator[tuple[int, bytes]]:
        """(host time since the block before, octets) between start and stop; the first since itself: 0."""
        start, stop = self._schedule.start, self._schedule.stop
        before_ns, position_ns, inside = None, 0, False
        for host_ns, octets in chain.from_iterable(self._batches()):
            elapsed_ns = 0 if before_ns is None else host_ns - before_ns
            before_ns = host_ns
            if elapsed_ns > 0:
                position_ns += elapsed_ns
            if not inside:
                if start is not None and not _reached(start, position_ns, host_ns):
                    continue
                inside = True
                elapsed_ns = 0
            if stop is not None and _reached(stop, position_ns, host_ns):
                return
            yield elapsed_ns, octets

    def _kept(self, elapsed_ns: int) -> int:
        """What is left of the time between two blocks."""
        limit_ns = self._schedule.gap_limit_ns
        if elapsed_ns < 0:
            self.steps_back += 1
            self.steps_back_ns -= elapsed_ns
            return 0
        if limit_ns is not None and elapsed_ns > limit_ns:
            self.gaps += 1
            self.gaps_ns += elapsed_ns - limit_ns
            return limit_ns
        return elapsed_ns


def _reached(moment: Moment, position_ns: int, host_ns: int) -> bool:
    return (host_ns if moment.absolute else position_ns) >= moment.ns


def _joined(blocks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    joined: list[bytes] = []
    size = 0
    for octets in blocks:
        joined.append(octets)
        size += len(octets)
        if size >= _JOINED_LEN:
            yield 0, b"".join(joined)
            joined, size = [], 0
    if size:
        yield 0, b"".join(joined)
