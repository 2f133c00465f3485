"""The ledger, end to end: every trigger of every stream accounted for (DESIGN 3), as sums that must close.

    seen    = taken + bus errors + overruns          on the board
    taken   = framed + pending
    framed  = sent + dropped
    sent    = received + lost                        on the way
    missing = bus errors + overruns + dropped + lost

`missing` is what the indexes tell: the gaps between samples received, plus the triggers after the last of them that are
not pending. Each boot is compared at its newest report; what arrived after it is told apart (`after_report`). Totals are
over boots.
"""

from dataclasses import asdict, dataclass

from ..definition import Definition
from .accounts import Boot
from .counters import Counters
from .stream_ledger import Line, StreamLedger


@dataclass(frozen=True, slots=True)
class BoardLedger:
    """The board and its service packets. From the newest board report: None where none arrived.

    service_lost: built and sent, not received, over the boots that can be compared; None if there is none.
    """

    boots: int
    boot_count: int | None
    definition_id: int
    firmware: str | None
    reset_cause: int | None
    longest_pass_us: int | None
    most_frames_waiting: int | None
    queue_depth: int | None
    service_received: int
    service_duplicates: int
    service_lost: int | None
    lines: tuple[Line, ...]

    @classmethod
    def of(cls, definition: Definition, boots: list[Boot]) -> "BoardLedger":
        """From the books of every boot."""
        accounts = [boot.service for boot in boots]
        known = [(a.last, a.base) for a in accounts if a.last is not None and a.last is not a.base]
        built, dropped, received = (sum(last[i] - base[i] for last, base in known) for i in range(3))
        lost = max(0, built - dropped - received)
        terms = ("received", received), ("dropped", dropped), ("lost", lost)
        newest = next((boot.board for boot in reversed(boots) if boot.board), None)
        fields = "reset_cause", "longest_pass_us", "most_frames_waiting", "queue_depth"
        return cls(
            boots=len(boots),
            boot_count=boots[-1].boot_count,
            definition_id=definition.definition_id,
            firmware=next((boot.firmware for boot in reversed(boots) if boot.firmware), None),
            **{field: getattr(newest, field, None) for field in fields},
            service_received=sum(a.received for a in accounts),
            service_duplicates=sum(a.duplicates for a in accounts),
            service_lost=lost if known else None,
            lines=(Line("service packets", "built", built, terms),) if known else (),
        )


@dataclass(frozen=True, slots=True)
class Ledger:
    """What became of every sample and every octet; a snapshot, `streams` in the definition's order."""

    streams: tuple[StreamLedger, ...]
    board: BoardLedger
    counters: Counters

    @classmethod
    def of(cls, definition: Definition, boots: list[Boot], counters: Counters) -> "Ledger":
        """From the books of every boot, in order."""
        streams = (
            StreamLedger.of(stream, [(boot.ordinal, boot.streams[stream.number]) for boot in boots])
            for stream in definition.streams
        )
        return cls(tuple(streams), BoardLedger.of(definition, boots), counters)

    def stream(self, name: str) -> StreamLedger:
        """The ledger of the stream of that name; KeyError if there is none."""
        for stream in self.streams:
            if stream.name == name:
                return stream
        raise KeyError(name)

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every sum that must close: the streams', the service packets', and the octets'."""
        c = self.counters
        terms = [("accepted", c.octets_accepted), ("idle", c.octets_idle), ("pending", c.octets_pending)]
        terms += [(f"rejected ({reason})", octets) for reason, octets in c.octets_rejected.items() if octets]
        octets = Line("octets", "fed", c.octets_fed, tuple(terms))
        return (*(line for stream in self.streams for line in stream.lines), *self.board.lines, octets)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not closed, in words; empty when it is."""
        board = (f"{line.owner}: {line}" for line in self.lines[-1 - len(self.board.lines) :] if line.difference)
        return (*(f"{s.name}: {reason}" for s in self.streams for reason in s.reasons), *board)

    @property
    def closed(self) -> bool:
        """Whether every sum closes, of every boot, and every stream has a report to compare with."""
        return not self.reasons

    @property
    def lost(self) -> int:
        """Samples sent and not received, over the streams where it is known."""
        return sum(stream.lost or 0 for stream in self.streams)

    def as_dict(self) -> dict:
        """For JSON."""
        board = asdict(self.board)
        board["lines"] = [line.as_dict() for line in self.board.lines]
        return {
            "closed": self.closed,
            "reasons": list(self.reasons),
            "lost": self.lost,
            "streams": {stream.name: stream.as_dict() for stream in self.streams},
            "board": board,
            "counters": self.counters.as_dict(),
        }
