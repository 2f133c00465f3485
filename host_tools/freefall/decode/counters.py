"""Where every octet fed went."""

from dataclasses import asdict, dataclass

from freefall_wire.frame import FrameDecoder


@dataclass(frozen=True, slots=True)
class Counters:
    """Octets and frames by what became of them; `rejected` by reason (SPEC 8), every reason present.

    octets_pending: not yet ended by a delimiter. frames_accepted includes duplicates, which are not delivered.
    """

    octets_fed: int
    octets_accepted: int
    octets_idle: int
    octets_pending: int
    octets_rejected: dict[str, int]
    frames_accepted: int
    frames_rejected: dict[str, int]
    duplicates: int

    @classmethod
    def of(cls, frames: FrameDecoder, duplicates: int) -> "Counters":
        """A snapshot."""
        return cls(
            octets_fed=frames.fed_bytes,
            octets_accepted=frames.accepted_bytes,
            octets_idle=frames.idle_bytes,
            octets_pending=frames.pending_bytes,
            octets_rejected=dict(frames.rejected_bytes),
            frames_accepted=frames.accepted,
            frames_rejected=dict(frames.rejected),
            duplicates=duplicates,
        )

    @property
    def rejected(self) -> int:
        """Stretches rejected, whatever the reason."""
        return sum(self.frames_rejected.values())

    @property
    def octets_unaccounted(self) -> int:
        """Octets fed, less accepted, idle, pending and rejected ones: 0, or octets were miscounted."""
        rejected = sum(self.octets_rejected.values())
        return self.octets_fed - self.octets_accepted - self.octets_idle - self.octets_pending - rejected

    def as_dict(self) -> dict:
        """For JSON."""
        return asdict(self) | {"octets_unaccounted": self.octets_unaccounted}
