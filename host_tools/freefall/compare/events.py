"""Events of both runs, in order: which only one has, and which came at another time."""

from dataclasses import asdict, dataclass
from difflib import SequenceMatcher

from ..decode import BootEvent, CoefficientReport, Reboot, SensorEvent, reason_text, reset_cause_text

EVENTS_COMPARED = 2000


@dataclass(frozen=True, slots=True)
class Event:
    """text: all that is compared but the time, which is on-board ns, None where none is known. number: in its run, from 0."""

    number: int
    boot: int
    time_ns: int | None
    text: str


@dataclass(frozen=True, slots=True)
class EventDifference:
    """An event of the first run, of the second, or of both at different times."""

    a: Event | None
    b: Event | None

    def as_dict(self) -> dict:
        """For JSON."""
        return {"a": self.a and asdict(self.a), "b": self.b and asdict(self.b)}


class EventLog:
    """The first EVENTS_COMPARED events of a run; count: of all."""

    def __init__(self):
        self.events: list[Event] = []
        self.count = 0
        self._coefficients: dict[str, tuple[int, bytes]] = {}  # by sensor, with their boot

    def add(self, item, boot: int) -> None:
        """Take note of an item, if it is an event: not of what comes by the second and is as it was."""
        text, time_ns = _text(item), getattr(item, "time_ns", None)
        if isinstance(item, CoefficientReport):
            if self._coefficients.get(item.sensor.name) == (item.boot, item.octets):
                return
            self._coefficients[item.sensor.name] = item.boot, item.octets
            time_ns = None  # which of their reports arrived says nothing of them
        if text is None:
            return
        if self.count < EVENTS_COMPARED:
            self.events.append(Event(self.count, boot, time_ns, text))
        self.count += 1


def compare_events(a: list[Event], b: list[Event], tolerance_ns: float) -> list[EventDifference]:
    """What differs, in order; events are aligned by boot and text."""
    start = 0
    while start < min(len(a), len(b)) and _key(a[start]) == _key(b[start]):
        start += 1
    found = [_late(one, other, tolerance_ns) for one, other in zip(a[:start], b[:start], strict=True)]
    a, b = a[start:], b[start:]
    matcher = SequenceMatcher(None, [_key(event) for event in a], [_key(event) for event in b], autojunk=False)
    for tag, a_from, a_to, b_from, b_to in matcher.get_opcodes() if a or b else ():
        if tag == "equal":
            found += [_late(one, other, tolerance_ns) for one, other in zip(a[a_from:a_to], b[b_from:b_to], strict=True)]
        else:
            found += [EventDifference(event, None) for event in a[a_from:a_to]]
            found += [EventDifference(None, event) for event in b[b_from:b_to]]
    return [difference for difference in found if difference]


def _late(a: Event, b: Event, tolerance_ns: float) -> EventDifference | None:
    if a.time_ns is None or b.time_ns is None or abs(a.time_ns - b.time_ns) <= tolerance_ns:
        return None
    return EventDifference(a, b)


def _key(event: Event) -> tuple[int, str]:
    return event.boot, event.text


def _text(item) -> str | None:
    """A boot's count is left out: a real board has another one in every run."""
    match item:
        case Reboot():
            return "the board has booted again"
        case BootEvent():
            return f"boot of firmware {item.firmware}, after {reset_cause_text(item.reset_cause)}"
        case CoefficientReport():
            return f"coefficients of {item.sensor.name}: {item.octets.hex()}"
        case SensorEvent(kind="absent"):
            return f"sensor {item.sensor.name} is absent: {reason_text(item.reason)}"
        case SensorEvent():
            what = "answers again" if item.kind == "back" else "has stopped answering"
            return f"sensor {item.stream.sensor} {what}, {item.bus_errors} bus errors so far in {item.stream.name}"
    return None
