"""Events of both runs, in order: which only one has, and which came at another time."""

from dataclasses import asdict, dataclass
from difflib import SequenceMatcher

from ..decode import (
    BootEvent,
    CoefficientReport,
    Reboot,
    SensorEvent,
    SettingsReport,
    Verification,
    outcome_text,
    reason_text,
    reset_cause_text,
    settings_text,
    slot_text,
)
from ..definition import Definition

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

    def __init__(self, definition: Definition):
        self.events: list[Event] = []
        self.count = 0
        self._definition = definition
        self._known: dict[str, tuple] = {}  # coefficients by sensor, and settings, with their boot

    def add(self, item, boot: int) -> None:
        """Take note of an item, if it is an event: not of what comes by the second and is as it was."""
        text, time_ns = _text(item, self._definition), getattr(item, "time_ns", None)
        if isinstance(item, CoefficientReport | SettingsReport):
            what, said = (item.sensor.name, item.octets) if isinstance(item, CoefficientReport) else ("", item.values)
            if self._known.get(what) == (item.boot, said):
                return
            self._known[what] = item.boot, said
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


def _text(item, definition: Definition) -> str | None:
    """A boot's count, and what a telecommand is known by, are left out: they are others in every run."""
    match item:
        case Reboot():
            return "the board has booted again"
        case BootEvent():
            return f"boot of firmware {item.firmware}, after {reset_cause_text(item.reset_cause)}{slot_text(item)}"
        case CoefficientReport():
            return f"coefficients of {item.sensor.name}: {item.octets.hex()}"
        case SettingsReport():
            return f"settings: {settings_text(item.values, definition)}"
        case Verification():
            return f"telecommand {outcome_text(item, definition)}"
        case SensorEvent(kind="absent"):
            return f"sensor {item.sensor.name} is absent: {reason_text(item.reason)}"
        case SensorEvent():
            what = "answers again" if item.kind == "back" else "has stopped answering"
            return f"sensor {item.stream.sensor} {what}, {item.bus_errors} bus errors so far in {item.stream.name}"
    return None
