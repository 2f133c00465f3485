"""A snapshot as lines for a log or a terminal that can only print: no escape codes, nothing that moves."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime

from .events import Event
from .snapshot import BoardSnapshot, StreamView


def block(seen: BoardSnapshot, events: Iterable[Event] = ()) -> list[str]:
    """The board in a line, each stream in one, the ledger, and the events given."""
    head = state(seen), verdict(seen), f"{seen.seconds:.1f} s", link(seen)
    lines = [f"{seen.payload} ({seen.source}): {', '.join(filter(None, head))}"]
    width = max(len(stream.name) for stream in seen.streams)
    lines += [f"  {stream.name:<{width}}  {_stream(stream)}" for stream in seen.streams]
    lines.append(f"  {ledger(seen)}; {rejects(seen)}")
    return lines + [f"  {moment(event.host_ns)} {event.level:<8} {event.text}" for event in events]


def moment(host_ns: int) -> str:
    """A host time as UTC, to the second."""
    return f"{datetime.fromtimestamp(host_ns // 1_000_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def state(seen: BoardSnapshot) -> str:
    """In a few words, with the reason for one that nobody wants."""
    named = "port gone" if seen.state == "gone" else seen.state
    return f"{named}: {seen.why}" if seen.why else named


def verdict(seen: BoardSnapshot) -> str:
    """Summary's, once there is something to judge; of octets that were refused there is nothing."""
    if seen.state == "refused" and not seen.metrics["samples"]:
        return ""
    return seen.verdict if seen.octets else "nothing came yet"


def link(seen: BoardSnapshot) -> str:
    """Octets a second, and boots."""
    speed = "-" if seen.link_octets_per_s is None else f"{seen.link_octets_per_s:.0f}"
    return f"{speed} octets/s, {seen.boots} boot{'s' * (seen.boots != 1)}"


def ledger(seen: BoardSnapshot) -> str:
    """Whether it closes, or the first reason why not."""
    if seen.balance == "closed":
        return "ledger closes"
    if not seen.octets:
        return "no ledger yet"
    more = f" (and {seen.unclosed - 1} more)" if seen.unclosed > 1 else ""
    return f"ledger does not close: {seen.reason}{more}"


def rejects(seen: BoardSnapshot) -> str:
    """What was rejected, with the reasons, and what came twice."""
    reasons = ", ".join(f"{number} {reason}" for reason, number in seen.rejected.items())
    return f"{seen.metrics['rejected']} rejected{f' ({reasons})' * bool(reasons)}, {seen.metrics['duplicates']} duplicates"


def _stream(stream: StreamView) -> str:
    rate = "-" if stream.rate_hz is None else f"{stream.rate_hz:.2f}"
    age = "no packet yet" if stream.age_s is None else f"{'QUIET ' * stream.quiet}{stream.age_s:.1f} s ago"
    rate = f"{rate} of {stream.nominal_hz:g} Hz" if stream.nominal_hz else "switched off"
    parts = [rate, f"{stream.samples} samples", f"{stream.missing} missing", age]
    for channel in stream.channels:
        level = f" {channel.level.upper()}" if channel.level not in (None, "ok") else ""
        parts.append(f"{channel.name} {channel.text} {channel.unit}{level}")
    return ", ".join(parts)


class PlainLog:
    """The blocks of one board, one after the other: each event is told once, and again when a burst has grown."""

    def __init__(self) -> None:
        self._told: dict[int, int] = {}  # the count of each event that is still kept

    def news(self, seen: BoardSnapshot) -> list[Event]:
        """The events since the last call."""
        news = [event for event in seen.events if self._told.get(event.number) != event.count]
        self._told = {event.number: event.count for event in seen.events}
        return news

    def block(self, seen: BoardSnapshot) -> list[str]:
        """See block(), with the news."""
        return block(seen, self.news(seen))

    def record(self, seen: BoardSnapshot) -> dict:
        """The same for JSON."""
        news = [asdict(event) | {"time": moment(event.host_ns)} for event in self.news(seen)]
        return {"schema": "freefall/1", "type": "board"} | seen.as_dict() | {"events": news}
