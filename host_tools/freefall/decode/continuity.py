"""Where one stream is within one boot: indexes unwrapped, gaps exact, the sample period measured, arrivals counted."""

from freefall_wire import packet

from ..definition import Stream

_INDEX_MODULO = 1 << 32
_HALF = _INDEX_MODULO // 2
_PERIOD_TOLERANCE = 0.05


class Continuity:
    """Within a boot, index and time only grow (SPEC 4, 6): `unwrap` refuses a packet that breaks this.

    next_index: one past the last sample received; None before the first packet of a stream joined late. joined_at: the index
    this side of the ledger begins with. samples, packets, missing (samples, in gaps), duplicates (packets): so far.
    next_sequence: the sequence count of the next packet if none is lost, or None.
    """

    __slots__ = (
        "next_index", "joined_at", "samples", "packets", "missing", "duplicates", "next_sequence",
        "_nominal_ns", "_index", "_time_ns",
    )  # fmt: skip

    def __init__(self, stream: Stream, from_start: bool):
        """from_start: the stream is known from its sample 0 on, so that samples before the first packet are missing."""
        self.next_index = 0 if from_start else None
        self.joined_at = self.next_index
        self.samples = 0
        self.packets = 0
        self.missing = 0
        self.duplicates = 0
        self.next_sequence = 0 if from_start else None
        self._nominal_ns = 1e9 / stream.rate_hz
        self._index = None  # of the last packet's first sample
        self._time_ns = 0

    def begins_at_zero(self) -> None:
        """The board has said that no sample was triggered yet."""
        if self.next_index is None:
            self.next_index = self.joined_at = 0

    def unwrap(self, index: int, time_ns: int) -> int | None:
        """The index (modulo 2^32 on the wire) within its boot, or None for a packet that does not go forward.

        Half of the range counts as back: a gap of 2^31 samples would be six days at 4 kHz.
        """
        if self.next_index is None:
            return index
        forward = (index - self.next_index) % _INDEX_MODULO
        return self.next_index + forward if forward < _HALF and time_ns >= self._time_ns else None

    def take(self, index: int, time_ns: int, count: int, sequence: int) -> tuple[int, float]:
        """Count a packet, its index unwrapped; returns (samples missing before it, sample period in ns).

        The period is that between the first samples of the packet before and of this one, where it is within 5 % of the nominal
        one: a sensor runs on its own clock, and a longer silence is not a slower clock.
        """
        if self.next_index is None:
            self.next_index = self.joined_at = index
        missing = index - self.next_index
        period_ns = self._nominal_ns
        if self._index is not None:
            measured = (time_ns - self._time_ns) / (index - self._index)
            if abs(measured - period_ns) <= _PERIOD_TOLERANCE * period_ns:
                period_ns = measured
        self._index = index
        self._time_ns = time_ns
        self.next_index = index + count
        self.next_sequence = (sequence + 1) % packet.SEQUENCE_MODULO
        self.samples += count
        self.packets += 1
        self.missing += missing
        return missing, period_ns
