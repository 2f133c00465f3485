"""`compare`: both runs read in step."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

from ..decode import Ledger
from ..definition import Definition
from .events import EventDifference, compare_events
from .layout import require_same_layout
from .side import Side
from .stream import StreamComparison
from .tolerance import Tolerances

# Of a stream's books those that the octets in common decide, not the moment of the last report.
_COUNTED = ("bus_errors", "overruns", "samples_dropped", "late")


@dataclass(frozen=True, slots=True)
class Run:
    """A run to compare: a name for people, the definition that reads it, and its octets in pieces (host ns or None, octets)."""

    name: str
    definition: Definition
    chunks: Iterable[tuple[int | None, bytes]]


@dataclass(frozen=True, slots=True)
class CounterDifference:
    """A counter at the end of each run."""

    name: str
    a: int
    b: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two runs.

    streams: in the order of the first's definition. events: those that differ; events_beyond: how many of each run were too many
    to be compared. counters: those that differ.
    """

    names: tuple[str, str]
    definition_ids: tuple[int, int]
    streams: tuple[StreamComparison, ...]
    events: tuple[EventDifference, ...]
    events_beyond: tuple[int, int]
    counters: tuple[CounterDifference, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs beyond the tolerances."""
        rest = self.events or self.counters or self.events_beyond[0] != self.events_beyond[1]
        return not rest and all(stream.same for stream in self.streams)

    def as_dict(self) -> dict:
        """For JSON, one object."""
        return {
            "schema": "freefall/1",
            "type": "diff",
            "same": self.same,
            "names": list(self.names),
            "definition_ids": [f"{number:08x}" for number in self.definition_ids],
            "streams": {stream.name: stream.as_dict() for stream in self.streams},
            "events": [event.as_dict() for event in self.events],
            "events_beyond": list(self.events_beyond),
            "counters": [asdict(counter) for counter in self.counters],
        }


def compare(
    a: Run, b: Run, tolerances: Tolerances | None = None, progress: Callable[[], object] = lambda: None
) -> Comparison:
    """Read both runs to their ends, each once, and compare them. progress: called now and then.

    Memory does not grow with the length of the runs, but with how far they are apart: samples of a stream are kept while the
    other run has not come to them, so a stream that only one of them has is kept until the end. Raises DefinitionsDiffer,
    WrongDefinition, and ValueError, a sentence, for a tolerance of no channel.
    """
    tolerances = tolerances or Tolerances()
    require_same_layout(a.definition, b.definition, (a.name, b.name))
    tolerances.check(a.definition.streams)
    sides = Side(a.definition, a.chunks), Side(b.definition, b.chunks)
    streams = [StreamComparison(own, b.definition.stream(own.name), tolerances) for own in a.definition.streams]
    while not all(side.ended for side in sides):
        behind = min((side for side in sides if not side.ended), key=lambda side: side.progress)
        behind.advance()
        progress()
        for stream in streams:
            queues = [side.parts[stream.name] for side in sides]
            stream.match(*queues)
            for number, side in enumerate(sides):
                if side.ended and not queues[number]:
                    stream.rest(1 - number, queues[1 - number])
    logs = [side.events for side in sides]
    events = compare_events(logs[0].events, logs[1].events, tolerances.time_ns())
    return Comparison(
        names=(a.name, b.name),
        definition_ids=(a.definition.definition_id, b.definition.definition_id),
        streams=tuple(streams),
        events=tuple(events),
        events_beyond=tuple(log.count - len(log.events) for log in logs),
        counters=tuple(_counters(*(side.decoder.ledger for side in sides))),
    )


def _counters(a: Ledger, b: Ledger) -> list[CounterDifference]:
    numbers = [_numbers(ledger) for ledger in (a, b)]
    return [
        CounterDifference(name, number, numbers[1][name]) for name, number in numbers[0].items() if number != numbers[1][name]
    ]


def _numbers(ledger: Ledger) -> dict[str, int]:
    """What is compared, by name."""
    found = {
        f"{stream.name}.{name}": getattr(stream.totals, name)
        for stream in sorted(ledger.streams, key=lambda stream: stream.name)
        for name in _COUNTED
    }
    found |= {f"rejected.{reason}": number for reason, number in ledger.counters.frames_rejected.items()}
    return found | {"boots": ledger.board.boots, "duplicates": ledger.counters.duplicates}
