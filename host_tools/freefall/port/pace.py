"""Octets handed on when they are due: deadlines are absolute, so that no error adds up."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

_NS = 1_000_000_000
# While nothing is due the caller has its turn this often: a user's interrupt and a flush never wait longer.
_TURN_NS = _NS // 10
# A sleep of Linux ends some 60 us late; what is left of the wait then is spent looking at the clock. More would find the
# deadline more often on a busy machine, and cost a tenth of a processor at a thousand blocks a second.
_SPIN_NS = 100_000


@dataclass(frozen=True, slots=True)
class Clock:
    """now_ns: monotonic, in ns. sleep: takes seconds."""

    now_ns: Callable[[], int] = time.monotonic_ns
    sleep: Callable[[float], None] = time.sleep


def paced(blocks: Iterable[tuple[int, bytes]], clock: Clock) -> Iterator[tuple[int, bytes] | None]:
    """(deadline on the clock in ns, octets) of each block, not before its deadline; None when nothing was due for a moment.

    blocks: (due time in ns from the first block's, octets). A block that is due already comes at once.
    """
    begin_ns = None
    for due_ns, octets in blocks:
        if begin_ns is None:
            begin_ns = clock.now_ns()  # finding the first block took its time
        deadline_ns = begin_ns + due_ns
        while (left_ns := deadline_ns - clock.now_ns()) > 0:
            if left_ns > _TURN_NS + _SPIN_NS:
                clock.sleep(_TURN_NS / _NS)
                yield None
            elif left_ns > _SPIN_NS:
                clock.sleep((left_ns - _SPIN_NS) / _NS)
        yield deadline_ns, octets
