"""The ledger of one stream: totals over boots, the lines that must close, and why they do not. See ledger.py."""

from dataclasses import asdict, dataclass

from ..definition import Stream
from .accounts import StreamAccount


@dataclass(frozen=True, slots=True)
class Line:
    """One sum: left = the terms together + difference. owner: a stream's name, "service packets" or "octets"."""

    owner: str
    name: str
    left: int
    terms: tuple[tuple[str, int], ...]

    @property
    def difference(self) -> int:
        """What the terms leave unexplained; 0 when the line closes."""
        return self.left - sum(value for _, value in self.terms)

    def __str__(self):
        terms = " + ".join(f"{name} {value}" for name, value in self.terms)
        return f"{self.name} {self.left} = {terms}" + (f", {self.difference:+d} unexplained" if self.difference else "")

    def as_dict(self) -> dict:
        """For JSON."""
        return {"name": self.name, "left": self.left, "terms": dict(self.terms), "difference": self.difference}


@dataclass(frozen=True, slots=True)
class Totals:
    """Samples (packets where named so) from where the books begin to the newest report, and what came after it.

    pending_before: taken, and not yet framed, where the books begin (0 at the start of a boot). gaps: missing between
    samples received; tail: triggers after the last sample received that are not pending (of books that begin late: its growth).
    """

    seen: int = 0
    taken: int = 0
    bus_errors: int = 0
    overruns: int = 0
    framed: int = 0
    pending: int = 0
    pending_before: int = 0
    samples_sent: int = 0
    samples_dropped: int = 0
    packets_sent: int = 0
    packets_dropped: int = 0
    received: int = 0
    packets_received: int = 0
    duplicates: int = 0
    gaps: int = 0
    tail: int = 0
    after_report: int = 0
    missing_after_report: int = 0

    @property
    def lost(self) -> int:
        """Samples sent and not received; never negative: a surplus shows as the difference of its line."""
        return max(0, self.samples_sent - self.received)

    @property
    def packets_lost(self) -> int:
        """Packets sent and not received; never negative."""
        return max(0, self.packets_sent - self.packets_received)

    @classmethod
    def of(cls, account: StreamAccount) -> "Totals":
        """Of one boot whose books have a report."""
        base, last, arrived = account.base, account.last, account.continuity
        same = "seen", "taken", "bus_errors", "overruns", "framed", "samples_sent", "samples_dropped", "packets_sent"
        same += "packets_dropped", "received", "packets_received", "duplicates"
        # Nothing received when an entry was made: its place in the indexes is where receiving began, now known or of no matter.
        begin = arrived.joined_at or 0
        tails = [e.seen - e.pending - (begin if e.next_index is None else e.next_index) for e in (last, base)]
        return cls(
            **{name: getattr(last, name) - getattr(base, name) for name in same},
            pending=last.pending,
            pending_before=base.pending,
            gaps=last.missing - base.missing,
            tail=tails[0] - tails[1],
            after_report=arrived.samples - last.received,
            missing_after_report=arrived.missing - last.missing,
        )

    def plus(self, other: "Totals") -> "Totals":
        """Both together."""
        return Totals(*(getattr(self, name) + getattr(other, name) for name in Totals.__slots__))

    def lines(self, owner: str) -> tuple[Line, ...]:
        """The sums that must close."""
        before = (("pending before", -self.pending_before),) if self.pending_before else ()
        errors = ("bus errors", self.bus_errors), ("overruns", self.overruns)
        lost = ("lost", self.lost)
        return (
            Line(owner, "seen", self.seen, (("taken", self.taken), *errors)),
            Line(owner, "taken", self.taken, (("framed", self.framed), ("pending", self.pending), *before)),
            Line(owner, "framed", self.framed, (("sent", self.samples_sent), ("dropped", self.samples_dropped))),
            Line(owner, "sent", self.samples_sent, (("received", self.received), lost)),
            Line(owner, "missing", self.gaps + self.tail, (*errors, ("dropped", self.samples_dropped), lost)),
            Line(owner, "packets sent", self.packets_sent, (("received", self.packets_received), ("lost", self.packets_lost))),
        )


@dataclass(frozen=True, slots=True)
class StreamLedger:
    """One stream, over all boots.

    lines: of the totals; reasons: why it is not closed, empty when it is; lost: samples sent and not received, None without
    reports to compare with; samples, packets, duplicates (packets): all that arrived, before and after reports; joined_at:
    index of the first boot that this side begins with, 0 when that boot was seen to start, None before any packet;
    last_index: the newest of the last boot, None before its first packet; most_waiting, longest_interrupt_us: over boots.
    """

    name: str
    totals: Totals
    lines: tuple[Line, ...]
    reasons: tuple[str, ...]
    lost: int | None
    samples: int
    packets: int
    duplicates: int
    joined_at: int | None
    last_index: int | None
    most_waiting: int
    longest_interrupt_us: int

    @classmethod
    def of(cls, stream: Stream, accounts: list[tuple[int, StreamAccount]]) -> "StreamLedger":
        """From (ordinal of the boot, books of the stream in it), in order."""
        totals = Totals()
        reasons = []
        compared = 0
        for ordinal, account in accounts:
            if reason := _not_comparable(account):
                reasons.append(f"boot {ordinal}: {reason}")
                continue
            own = Totals.of(account)
            totals = totals.plus(own)
            compared += 1
            reasons += [f"boot {ordinal}: {line}" for line in own.lines(stream.name) if line.difference]
            if account.continuity.joined_at == 0 and own.tail < 0:
                reasons.append(f"boot {ordinal}: received samples up to {-own.tail} past those the board had triggered")
        arrived = [account.continuity for _, account in accounts]
        reports = [account.last for _, account in accounts if account.last]
        return cls(
            name=stream.name,
            totals=totals,
            lines=totals.lines(stream.name),
            reasons=tuple(reasons),
            lost=totals.lost if compared else None,
            samples=sum(c.samples for c in arrived),
            packets=sum(c.packets for c in arrived),
            duplicates=sum(c.duplicates for c in arrived),
            joined_at=arrived[0].joined_at,
            last_index=arrived[-1].next_index - 1 if arrived[-1].packets else None,
            most_waiting=max((r.most_waiting for r in reports), default=0),
            longest_interrupt_us=max((r.longest_interrupt_us for r in reports), default=0),
        )

    @property
    def closed(self) -> bool:
        """Whether every line closes, in every boot."""
        return not self.reasons

    def as_dict(self) -> dict:
        """For JSON."""
        return asdict(self) | {
            "closed": self.closed,
            "lines": [line.as_dict() for line in self.lines],
            "reasons": list(self.reasons),
        }


def _not_comparable(account: StreamAccount) -> str | None:
    if account.last is None:
        return "no ledger report arrived"
    if account.last is account.base:
        return "joined late, and only one ledger report arrived since: two are needed to count what happened between them"
    return None
