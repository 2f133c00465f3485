"""The ledger, end to end: every trigger of every stream accounted for (DESIGN 3), as sums that must close.

    seen    = taken + bus errors + overruns          on the board
    taken   = framed + pending
    framed  = sent + dropped
    sent    = received + lost                        on the way
    missing = bus errors + overruns + dropped + lost

`missing` is what the indexes tell: the gaps between samples received, plus the triggers after the last of them that are
not pending. Each boot is compared at its newest report; what arrived after it is told apart (`after_report`), and what is
missing after it too (`missing_after_report`): no sum can say why. Totals are over boots; a boot that has ended is folded into
the ledger of those before it, so that neither memory nor the cost of a ledger grows with their number.
"""

from dataclasses import asdict, dataclass

from ..definition import Definition
from .accounts import Boot, ServiceAccount
from .codes import reset_cause_text
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
    most_queued_octets: int | None
    queue_octets: int | None
    service_received: int
    service_duplicates: int
    service_lost: int | None
    lines: tuple[Line, ...]

    @classmethod
    def of(cls, definition: Definition, boot: Boot, past: "BoardLedger | None") -> "BoardLedger":
        """Of this boot, by its books, and of all boots before it, by their ledger; None before the first."""
        service = boot.service
        before, own = past.lines if past else (), _service_lines(service)
        lines = (before[0].plus(own[0]),) if before and own else before or own
        newest = boot.board or past
        fields = "reset_cause", "longest_pass_us", "most_queued_octets", "queue_octets"
        return cls(
            boots=boot.ordinal + 1,
            boot_count=boot.boot_count,
            definition_id=definition.definition_id,
            firmware=boot.firmware or getattr(past, "firmware", None),
            **{field: getattr(newest, field, None) for field in fields},
            service_received=service.received + (past.service_received if past else 0),
            service_duplicates=service.duplicates + (past.service_duplicates if past else 0),
            service_lost=dict(lines[0].terms)["lost"] if lines else None,
            lines=lines,
        )


@dataclass(frozen=True, slots=True)
class Ledger:
    """What became of every sample and every octet; a snapshot, `streams` in the definition's order."""

    streams: tuple[StreamLedger, ...]
    board: BoardLedger
    counters: Counters

    @classmethod
    def of(cls, definition: Definition, boot: Boot, past: "Ledger | None", counters: Counters) -> "Ledger":
        """Of this boot, by its books, and of all boots before it, by their ledger; None before the first."""
        streams = (
            StreamLedger.of(stream, boot.ordinal, boot.streams[stream.number], past and past.streams[stream.number])
            for stream in definition.streams
        )
        return cls(tuple(streams), BoardLedger.of(definition, boot, past and past.board), counters)

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
        """Why it is not closed, in words; empty when it is. Of each stream the first ten, then how many more there are."""
        reasons = []
        for stream in self.streams:
            reasons += [f"{stream.name}: {reason}" for reason in stream.reasons]
            if more := stream.unclosed - len(stream.reasons):
                reasons.append(f"{stream.name}: and {more} more")
        return (*reasons, *self._other_reasons)

    @property
    def unclosed(self) -> int:
        """How many reasons there are why it is not closed, those not in `reasons` too."""
        return sum(stream.unclosed for stream in self.streams) + len(self._other_reasons)

    @property
    def closed(self) -> bool:
        """Whether every sum closes, of every boot, and every stream has a report to compare with."""
        return not self.unclosed

    @property
    def lost(self) -> int:
        """Samples sent and not received, over the streams where it is known."""
        return sum(stream.lost or 0 for stream in self.streams)

    @property
    def missing_after_report(self) -> int:
        """Samples missing after the newest report of their boot, over all streams: lost, and in no line."""
        return sum(stream.missing_after_report for stream in self.streams)

    @property
    def _other_reasons(self) -> list[str]:
        own = self.lines[-1 - len(self.board.lines) :]
        return [f"{line.owner}: {line}" for line in own if line.difference]

    def as_dict(self) -> dict:
        """For JSON."""
        board = asdict(self.board) | {"definition_id": f"{self.board.definition_id:08x}"}
        cause = self.board.reset_cause
        board["reset_cause_text"] = None if cause is None else reset_cause_text(cause)
        board["lines"] = [line.as_dict() for line in self.board.lines]
        return {
            "closed": self.closed,
            "reasons": list(self.reasons),
            "unclosed": self.unclosed,
            "lost": self.lost,
            "missing_after_report": self.missing_after_report,
            "streams": {stream.name: stream.as_dict() for stream in self.streams},
            "board": board,
            "counters": self.counters.as_dict(),
        }


def _service_lines(service: ServiceAccount) -> tuple[Line, ...]:
    if service.last is None or service.last is service.base:
        return ()
    built, dropped, received = (last - base for last, base in zip(service.last, service.base, strict=True))
    lost = max(0, built - dropped - received)
    return (Line("service packets", "built", built, (("received", received), ("dropped", dropped), ("lost", lost))),)
