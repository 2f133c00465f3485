"""A payload definition without faults, as the rest of the host uses it."""

from dataclasses import dataclass, field

from freefall_wire.packet import SAMPLE_TIME_LEN

from ..sensors.channels import Channel, Compensation, Limits
from ..sensors.table import SensorTable
from ..sensors.validity import Check
from .feasibility.margin import Margin
from .settings import Setting


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor; `place` holds its `address` or `cs` on its bus, `config` register codes by name.

    coefficients: octets of them that the board reads from the part and sends; 0 for a part that has none.
    """

    number: int
    name: str
    driver: str
    bus: str | None  # None for a sensor without a bus, which has no place either
    place: dict[str, int]
    config: dict[str, int | list]
    coefficients: int = 0
    table: SensorTable | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """Samples of one sensor at one trigger, and the packets they travel in.

    Lengths are in octets, ring_depth in reads. A packet holds samples of whole reads. sample_len is what travels: with `times`
    a sample's own time comes before the octets of the sensor, from which the raw words of channels and checks count.
    compensation makes the values of Compensated channels; it is not compared, for it belongs to one reading of the definition.
    """

    number: int
    name: str
    apid: int
    sensor: str
    driver: str
    trigger: str  # "data_ready" | "fifo_watermark" | "periodic" | "pulse"
    rate_hz: float
    sample_len: int
    samples_per_read: int
    samples_per_packet: int
    packet_len: int
    max_latency_ms: int
    ring_depth: int
    channels: tuple[Channel, ...]
    times: bool = False
    checks: tuple[Check, ...] = ()
    compensation: Compensation | None = field(default=None, compare=False)

    @property
    def sensor_len(self) -> int:
        """Octets of a sample as the sensor delivered it."""
        return self.sample_len - SAMPLE_TIME_LEN * self.times


@dataclass(frozen=True, slots=True)
class Claim:
    """What the experiment wants to see in a channel: an amplitude (rms, in the channel's unit) in a band of frequencies."""

    stream: str
    channel: str
    amplitude: float
    unit: str
    low_hz: float
    high_hz: float
    standard: str | None


@dataclass(frozen=True, slots=True)
class Stalls:
    """The longest pauses that others cause on the board."""

    interrupts_off_ms: float
    foreground_ms: float


@dataclass(frozen=True, slots=True)
class Definition:
    """A payload definition, checked and compiled.

    plan: canonical JSON (sorted keys, no spaces, UTF-8), what the board runs.
    definition_id: the first 4 octets, big-endian, of the plan's SHA-256. Calibration is not in the plan,
    so a better one may be applied to an old recording.
    text: the TOML source as read. settings: what can be changed while the payload runs, in the plan and so in the definition id.
    margins: the feasibility report, a line a number.
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
    stalls: Stalls
    claims: tuple[Claim, ...]
    settings: tuple[Setting, ...] = ()
    margins: tuple[Margin, ...] = field(default=(), compare=False)

    @property
    def limits(self) -> dict[tuple[str, str], Limits]:
        """The limits of channels that have some, by names of stream and channel."""
        return {(s.name, c.name): c.limits for s in self.streams for c in s.channels if c.limits}

    def stream(self, name: str) -> Stream:
        """The stream of that name; KeyError naming the known ones."""
        for stream in self.streams:
            if stream.name == name:
                return stream
        known = ", ".join(stream.name for stream in self.streams)
        raise KeyError(f'no stream "{name}" in payload {self.name}; it has {known}')
