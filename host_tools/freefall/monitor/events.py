"""What happened, newest last: a bounded log in which bursts of one kind are one event."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from operator import itemgetter

_MOST = 200
_BURST_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Event:
    """number: rises with each event, and stays when a burst grows. host_ns: of its first. level: "info", or one of LEVELS."""

    number: int
    host_ns: int
    level: str
    text: str
    count: int = 1


class EventLog:
    """The last events, at most 200; `total` is how many there were. What is added is entered, in order of time, by settle()."""

    def __init__(self) -> None:
        self.total = 0
        self._added: list[tuple[int, Callable[[], None]]] = []
        self._events: deque[Event] = deque(maxlen=_MOST)
        self._bursts: dict[str, Event] = {}  # the newest of each kind; there are few kinds

    def add(self, host_ns: int, level: str, text: str) -> None:
        """One that stands for itself."""
        self._added.append((host_ns, lambda: self._append(Event(self.total, host_ns, level, text))))

    def burst(self, kind: str, host_ns: int, level: str, count: int, describe: Callable[[int], str]) -> None:
        """`count` more of a kind: added to the event of its last second, if there is one. describe(count) is its text."""
        self._added.append((host_ns, lambda: self._grow(kind, host_ns, level, count, describe)))

    def settle(self) -> None:
        """Enter what was added since the last time: octets decoded together are not told of in the order they came in."""
        for _, enter in sorted(self._added, key=itemgetter(0)):
            enter()
        self._added.clear()

    @property
    def events(self) -> tuple[Event, ...]:
        """Those kept, oldest first."""
        return tuple(self._events)

    def _grow(self, kind: str, host_ns: int, level: str, count: int, describe: Callable[[int], str]) -> None:
        begun = self._bursts.get(kind)
        if begun and host_ns - begun.host_ns < _BURST_NS and begun.number >= self.total - _MOST:
            grown = replace(begun, count=begun.count + count, text=describe(begun.count + count))
            self._events[begun.number - self.total] = self._bursts[kind] = grown
        else:
            self._bursts[kind] = event = Event(self.total, host_ns, level, describe(count), count)
            self._append(event)

    def _append(self, event: Event) -> None:
        self._events.append(event)
        self.total += 1
