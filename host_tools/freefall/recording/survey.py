"""`Survey`: what a recording is, read from front to end in memory that does not grow with it."""

from collections.abc import Callable
from dataclasses import dataclass

from .link import LinkGap
from .reader import Recording
from .times import from_rfc3339, rfc3339
from .walk import Damage


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found in a recording.

    octets, blocks: of channel raw. start_ns: when it was begun, else the first block's time; end_ns: the last block's; None where
    neither is known. file_octets: the file's length. damages: the first hundred of damage_count.
    """

    recording: Recording
    file_octets: int
    octets: int
    blocks: int
    start_ns: int | None
    end_ns: int | None
    cut_at: int | None
    damages: tuple[Damage, ...]
    damage_count: int
    gaps: tuple[LinkGap, ...]

    @property
    def complete(self) -> bool:
        """True when the file was closed and every checksum is right."""
        return self.cut_at is None and not self.damage_count

    @property
    def seconds(self) -> float | None:
        """From start to end by the host's wall clock, which may have been set meanwhile; None without octets."""
        return None if self.end_ns is None else (self.end_ns - self.start_ns) / 1e9

    def as_dict(self) -> dict:
        """For JSON; times in RFC 3339, None for what is not known."""
        metadata = self.recording.metadata
        return {
            "file": str(self.recording.path),
            "payload": metadata.get("payload") or None,
            "definition": metadata.get("definition_id") or None,
            "definition_problem": self.recording.definition_problem,
            "source": metadata.get("source"),
            "note": metadata.get("note"),
            "start": _text(self.start_ns),
            "end": _text(self.end_ns),
            "seconds": self.seconds,
            "octets": self.octets,
            "blocks": self.blocks,
            "file_octets": self.file_octets,
            "complete": self.complete,
            "cut_at": self.cut_at,
            "damage_count": self.damage_count,
            "damages": [{"offset": damage.offset, "reason": damage.reason} for damage in self.damages],
            "gaps": [
                {"lost": _text(gap.lost_ns), "back": _text(gap.back_ns), "seconds": gap.seconds, "reason": gap.reason}
                for gap in self.gaps
            ],
            "metadata": metadata,
        }


def survey(recording: Recording, progress: Callable[[int], object] = lambda position: None) -> Survey:
    """Reads all of the recording; progress(octets of the file read so far). Raises InputUnreadable."""
    octets = blocks = 0
    first_ns = last_ns = None
    for event in recording.contents():
        if isinstance(event, tuple):
            last_ns, data = event
            first_ns = last_ns if first_ns is None else first_ns
            octets += len(data)
            blocks += 1
            progress(recording.position)
    start_ns = from_rfc3339(recording.metadata.get("start", ""))
    return Survey(
        recording=recording,
        file_octets=recording.size,
        octets=octets,
        blocks=blocks,
        start_ns=first_ns if start_ns is None else start_ns,
        end_ns=last_ns,
        cut_at=recording.cut_at,
        damages=tuple(recording.damages),
        damage_count=recording.damage_count,
        gaps=tuple(recording.gaps),
    )


def _text(time_ns: int | None) -> str | None:
    return None if time_ns is None else rfc3339(time_ns)
