"""What is known of a board at one moment: frozen, for whoever draws it."""

from dataclasses import asdict, dataclass
from math import floor, log10

from .events import Event

# Decimals of a value: at most so many, and six digits in all where a step of the raw value does not say.
_MOST_DECIMALS = 6
_DIGITS = 6
# States that nobody wants.
TROUBLE = "gone", "refused", "failed"


@dataclass(frozen=True, slots=True)
class ChannelView:
    """The newest sample of a channel; value is None before the first, and where it has none.

    level: None without limits, else see ChannelLevel. limits: those given, outermost last, as (level, low, high).
    decimals: as the calibration is worth, None where it does not say.
    """

    name: str
    unit: str
    value: float | None
    level: str | None
    limits: tuple[tuple[str, float, float], ...]
    decimals: int | None

    @property
    def text(self) -> str:
        """The value with its decimals, without unit; `-` for none."""
        return "-" if self.value is None else shown(self.value, self.decimals)


@dataclass(frozen=True, slots=True)
class StreamView:
    """A stream so far. rate_hz: received, over the last seconds of its board's clock; 0 when quiet, None before two packets.
    nominal_hz: what it is set to, 0 when it is switched off.

    missing: known not to have arrived, wherever lost; lost: sent and not received, None without reports to compare with. seen,
    bus_errors, overruns, dropped: the board's, up to its newest report. age_s: since its last packet, by the host's clock; quiet:
    that is longer than its packets may be apart. break_s: samples farther apart are not to be joined by a line. None of the last
    two is told of a stream whose trigger is a pulse, which may come when it likes.
    """

    name: str
    rate_hz: float | None
    nominal_hz: float
    samples: int
    missing: int
    lost: int | None
    invalid: int
    duplicates: int
    seen: int
    bus_errors: int
    overruns: int
    dropped: int
    age_s: float | None
    quiet: bool
    break_s: float | None
    channels: tuple[ChannelView, ...]


@dataclass(frozen=True, slots=True)
class BoardSnapshot:
    """One board. state: "waiting" for the first octets, "live" or "ended"; "gone" (the port), "refused" (the octets) or "failed"
    (the source), and why in a few words (may be empty).

    verdict, metrics: Summary's. balance: the ledger's, "closed", "open" as long as there are too few reports to compare with, or
    "wrong" where a sum does not close; reason: the first of `unclosed` why it is not closed. link_octets_per_s: by the
    host's clock, over the last seconds. time_ns: newest of the plots' time, None before it. events: oldest first.
    """

    source: str
    payload: str
    definition_id: str
    state: str
    why: str
    firmware: str | None
    boots: int
    boot_count: int | None
    seconds: float
    verdict: str
    balance: str
    reason: str | None
    unclosed: int
    metrics: dict[str, int]
    rejected: dict[str, int]
    octets: int
    link_octets_per_s: float | None
    time_ns: int | None
    streams: tuple[StreamView, ...]
    events: tuple[Event, ...]

    @property
    def worst(self) -> str:
        """What a light on the board's name would show: "critical", "warning" or "ok"."""
        levels = {channel.level for stream in self.streams for channel in stream.channels}
        if "critical" in levels or self.state in TROUBLE or self.balance == "wrong" or self.metrics["lost"]:
            return "critical"
        quiet = any(stream.quiet for stream in self.streams) and self.state == "live"
        return "warning" if quiet or levels & {"warning", "watch"} or self.metrics["missing"] else "ok"

    def as_dict(self) -> dict:
        """For JSON, events excepted: how many of them a reader has, only he knows."""
        facts = asdict(self) | {"worst": self.worst}
        del facts["events"]
        for stream, facts_of_stream in zip(self.streams, facts["streams"], strict=True):
            for channel, facts_of_channel in zip(stream.channels, facts_of_stream["channels"], strict=True):
                facts_of_channel["text"] = channel.text
        return facts


def shown(value: float, decimals: int | None = None) -> str:
    """A number for people: so many decimals, else six digits."""
    if decimals is None:
        decimals = min(_MOST_DECIMALS, max(0, _DIGITS - 1 - floor(log10(abs(value))))) if value else 1
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def decimals_of(step: float) -> int:
    """Decimals that one step of a raw value is worth."""
    return min(_MOST_DECIMALS, max(0, -floor(log10(abs(step))))) if step else 0
