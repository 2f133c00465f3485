"""What happened in a run besides samples, with its place: boots, sensors that fail, octets rejected. Bounded memory."""

from dataclasses import asdict, dataclass

from ..definition import Definition
from .codes import reason_text, reset_cause_text
from .items import Reboot, Reject
from .reports import BootEvent, SensorEvent, Verification
from .sentences import slot_text, verification_text

EVENTS_KEPT = 200
REJECTS_KEPT = 20

_Told = Reboot | BootEvent | SensorEvent | Verification


@dataclass(frozen=True, slots=True)
class Happening:
    """kind: "boot" (the board said so), "reboot" (seen by the decoder; a boot event may follow), "absent", "stopped" or "back",
    "accepted", "refused", "completed" or "failed" (a telecommand).

    run_ns: time in the run, see Summary; boot: its ordinal in what was fed, from 0, where `text`, in words, has the board's own
    boot count; time_ns: on-board time, None of a reboot.
    """

    run_ns: int
    boot: int
    time_ns: int | None
    kind: str
    text: str

    @classmethod
    def of(cls, definition: Definition, item: _Told, boot: int, run_ns: int) -> "Happening":
        """Of an item that a decoder gave in that boot."""
        match item:
            case Reboot():
                return cls(run_ns, boot, None, "reboot", "the board has booted again")
            case BootEvent():
                text = f"boot count {item.boot_count}, firmware {item.firmware}, after {reset_cause_text(item.reset_cause)}"
                text += slot_text(item)
                return cls(run_ns, boot, item.time_ns, "boot", text)
            case Verification():
                text = verification_text(item, definition)
                return cls(run_ns, boot, item.time_ns, item.kind, text)
            case SensorEvent(kind="absent"):
                text = f"sensor {item.sensor.name} is absent: {reason_text(item.reason)}"
                return cls(run_ns, boot, item.time_ns, item.kind, text)
        what = "answers again" if item.kind == "back" else "has stopped answering"
        text = f"sensor {item.stream.sensor} {what}, {item.bus_errors} bus errors so far in {item.stream.name}"
        return cls(run_ns, boot, item.time_ns, item.kind, text)


@dataclass(frozen=True, slots=True)
class RejectPlace:
    """`size` octets from octet `offset` of everything fed were no packet, for that reason."""

    offset: int
    size: int
    reason: str


class Happenings:
    """events: the first EVENTS_KEPT, in order; count: of all. rejects: the first REJECTS_KEPT (all: see Counters)."""

    def __init__(self, definition: Definition):
        self._definition = definition
        self.events: list[Happening] = []
        self.count = 0
        self.rejects: list[RejectPlace] = []

    def add(self, item: _Told, boot: int, run_ns: int) -> None:
        """Take note of an item."""
        self.count += 1
        if len(self.events) < EVENTS_KEPT:
            self.events.append(Happening.of(self._definition, item, boot, run_ns))

    def add_reject(self, item: Reject) -> None:
        """Take note of octets rejected."""
        if len(self.rejects) < REJECTS_KEPT:
            self.rejects.append(RejectPlace(item.offset, item.size, item.reason))

    def as_dict(self) -> dict:
        """For JSON."""
        return {
            "count": self.count,
            "events": [asdict(event) for event in self.events],
            "rejects": [asdict(place) for place in self.rejects],
        }
