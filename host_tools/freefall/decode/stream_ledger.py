"""The ledger of one stream: totals over boots, the lines that must close, and why they do not. See ledger.py."""

from dataclasses import asdict, dataclass

from ..definition import Stream
from .accounts import StreamAccount

# A recording may hold thousands of boots; the first reasons say what is wrong, the rest are counted.
_MOST_REASONS = 10


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

    def plus(self, other: "Line") -> "Line":
        """Both together, term by term; of the same name and terms."""
        terms = ((name, value + more) for (name, value), (_, more) in zip(self.terms, other.terms, strict=True))
        return Line(self.owner, self.name, self.left + other.left, tuple(terms))

    def as_dict(self) -> dict:
        """For JSON."""
        return {"name": self.name, "left": self.left, "terms": dict(self.terms), "difference": self.difference}


@dataclass(frozen=True, slots=True)
class Totals:
    """Samples (packets where named so) from where the books begin to the newest report, and what came after it.

    pending_before: taken, and not yet framed, where the books begin (0 at the start of a boot). late: samples whose trigger
    came more than half a period later than its index says, counted from the sample before, received or not; in no sum, as a
    trigger that never came is in none. gaps: missing between samples received; tail: triggers after the last sample received
    that are not pending (of books that begin late: its growth). after_report, missing_after_report: received, and in gaps,
    after the newest report, where no sum can tell why; in a boot that has no report, all.
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
    late: int = 0
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
        same += "packets_dropped", "late", "received", "packets_received", "duplicates"
        # Nothing received when an entry was made: its place in the indexes is where receiving began, now known or of no matter.
        begin = arrived.joined_at or 0
        tails = [e.seen - e.pending - (begin if e.next_index is None else e.next_index) for e in (last, base)]
        return cls(
            **{name: getattr(last, name) - getattr(base, name) for name in same},
            pending=last.pending,
            pending_before=base.pending,
            gaps=last.missing - base.missing,
            tail=tails[0] - tails[1],
            **_after_report(account),
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

    lines: of the totals; reasons: why it is not closed, the first ten; unclosed: how many there are, 0 when it is; lost: samples
    sent and not received, None without reports to compare with; samples, packets, duplicates (packets): all that arrived,
    before and after reports; joined_at: index of the first boot that this side begins with, 0 when that boot was seen to start,
    None before any packet; last_index: the newest of the last boot, None before its first packet; most_waiting,
    longest_read_us: over boots.
    """

    name: str
    totals: Totals
    lines: tuple[Line, ...]
    reasons: tuple[str, ...]
    unclosed: int
    lost: int | None
    samples: int
    packets: int
    duplicates: int
    joined_at: int | None
    last_index: int | None
    most_waiting: int
    longest_read_us: int

    @classmethod
    def of(cls, stream: Stream, ordinal: int, account: StreamAccount, past: "StreamLedger | None") -> "StreamLedger":
        """Of the boot of that ordinal, by its books, and of all boots before it, by their ledger; None before the first."""
        arrived, report, reason = account.continuity, account.last, _not_comparable(account)
        if reason:
            own = Totals(**_after_report(account))
            reasons = [reason]
        else:
            own = Totals.of(account)
            reasons = [str(line) for line in own.lines(stream.name) if line.difference]
            if arrived.joined_at == 0 and account.base.seen == 0 and own.tail < 0:
                reasons.append(f"received samples up to {-own.tail} past those the board had triggered")
        past = past or cls.none(stream, arrived.joined_at)
        totals = past.totals.plus(own)
        return cls(
            name=stream.name,
            totals=totals,
            lines=totals.lines(stream.name),
            reasons=(*past.reasons, *(f"boot {ordinal}: {reason}" for reason in reasons))[:_MOST_REASONS],
            unclosed=past.unclosed + len(reasons),
            lost=past.lost if reason and past.lost is None else totals.lost,
            samples=past.samples + arrived.samples,
            packets=past.packets + arrived.packets,
            duplicates=past.duplicates + arrived.duplicates,
            joined_at=past.joined_at,
            last_index=arrived.next_index - 1 if arrived.packets else None,
            most_waiting=max(past.most_waiting, report.most_waiting if report else 0),
            longest_read_us=max(past.longest_read_us, report.longest_read_us if report else 0),
        )

    @classmethod
    def none(cls, stream: Stream, joined_at: int | None) -> "StreamLedger":
        """Of no boot."""
        return cls(stream.name, Totals(), (), (), 0, None, 0, 0, 0, joined_at, None, 0, 0)

    @property
    def closed(self) -> bool:
        """Whether every line closes, in every boot."""
        return not self.unclosed

    @property
    def missing_after_report(self) -> int:
        """Samples missing in gaps after the newest report of their boot: in no line, and not known to be `lost`."""
        return self.totals.missing_after_report

    def as_dict(self) -> dict:
        """For JSON."""
        return asdict(self) | {
            "closed": self.closed,
            "lines": [line.as_dict() for line in self.lines],
            "reasons": list(self.reasons),
            "missing_after_report": self.missing_after_report,
        }


def _after_report(account: StreamAccount) -> dict[str, int]:
    arrived, last = account.continuity, account.last
    if last is None:
        return {"after_report": arrived.samples, "missing_after_report": arrived.missing}
    after = arrived.samples - last.received
    # With the first sample after it the tail of the report, which its sums hold already, has become a gap.
    tail = last.seen - last.pending - last.next_index if after and last.next_index is not None else 0
    return {"after_report": after, "missing_after_report": arrived.missing - last.missing - max(0, tail)}


def _not_comparable(account: StreamAccount) -> str | None:
    if account.last is None:
        return "no ledger report arrived"
    if account.last is account.base:
        return "joined late, and only one ledger report arrived since: two are needed to count what happened between them"
    return None
