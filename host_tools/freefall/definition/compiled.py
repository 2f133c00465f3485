"""A payload definition without faults, as the rest of the host uses it."""

from dataclasses import dataclass

from ..sensors.channels import Channel


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor; `place` holds its `address` or `cs` on its bus, `config` register codes by name."""

    number: int
    name: str
    driver: str
    bus: str | None  # None for a sensor without a bus, which has no place either
    place: dict[str, int]
    config: dict[str, int]


@dataclass(frozen=True, slots=True)
class Stream:
    """Samples of one sensor at one trigger, and the packets they travel in.

    Lengths are in octets, ring_depth in reads. A packet holds samples of whole reads.
    """

    number: int
    name: str
    apid: int
    sensor: str
    driver: str
    trigger: str  # "data_ready" | "fifo_watermark" | "periodic"
    rate_hz: float
    sample_len: int
    samples_per_read: int
    samples_per_packet: int
    packet_len: int
    max_latency_ms: int
    ring_depth: int
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """A payload definition, checked and compiled.

    plan: canonical JSON (sorted keys, no spaces, UTF-8), what the board runs.
    definition_id: the first 4 octets, big-endian, of the plan's SHA-256. Calibration is not in the plan,
    so a better one may be applied to an old recording.
    text: the TOML source as read.
    """

    name: str
    apid: int
    description: str
    discipline: str
    board: str
    streams: tuple[Stream, ...]
    sensors: tuple[Sensor, ...]
    plan: bytes
    definition_id: int
    text: str
    housekeeping_ms: int

    def stream(self, name: str) -> Stream:
        """The stream of that name; KeyError naming the known ones."""
        for stream in self.streams:
            if stream.name == name:
                return stream
        known = ", ".join(stream.name for stream in self.streams)
        raise KeyError(f'no stream "{name}" in payload {self.name}; it has {known}')
