"""The link to the board, lost and back: what is known of octets that could not be read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from . import profile
from .times import from_rfc3339, rfc3339


@dataclass(frozen=True, slots=True)
class LinkLost:
    """The port went away; `reason`: a sentence. host_ns: wall clock, ns since 1970 UTC."""

    host_ns: int
    reason: str


@dataclass(frozen=True, slots=True)
class LinkBack:
    """The port was read again."""

    host_ns: int


LinkEvent = LinkLost | LinkBack


@dataclass(frozen=True, slots=True)
class LinkGap:
    """From the loss of the port to its return; back_ns is None when the recording ended before."""

    lost_ns: int
    back_ns: int | None
    reason: str

    @property
    def seconds(self) -> float | None:
        """How long nothing could be read, by the host's wall clock."""
        return None if self.back_ns is None else (self.back_ns - self.lost_ns) / 1e9


def gaps_in(events: Iterable[LinkEvent]) -> list[LinkGap]:
    """Every loss with its return. A return whose loss was not recorded (the file was damaged) makes no gap."""
    gaps: list[LinkGap] = []
    for event in events:
        if isinstance(event, LinkLost):
            gaps.append(LinkGap(event.host_ns, None, event.reason))
        elif gaps and gaps[-1].back_ns is None:
            gaps[-1] = LinkGap(gaps[-1].lost_ns, event.host_ns, gaps[-1].reason)
    return gaps


def to_metadata(event: LinkEvent) -> tuple[str, dict[str, str]]:
    """Name and content of the metadata record that keeps the event."""
    if isinstance(event, LinkLost):
        return profile.LINK_LOST, {"time": rfc3339(event.host_ns), "reason": event.reason}
    return profile.LINK_BACK, {"time": rfc3339(event.host_ns)}


def from_metadata(name: str, content: Mapping[str, str]) -> LinkEvent | None:
    """The event that a metadata record keeps; None for other records and such as make no sense."""
    host_ns = from_rfc3339(content.get("time", ""))
    if host_ns is None:
        return None
    if name == profile.LINK_LOST:
        return LinkLost(host_ns, content.get("reason", ""))
    return LinkBack(host_ns) if name == profile.LINK_BACK else None
