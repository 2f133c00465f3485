"""What is known of a whole run: everything fed through one decoder, in constant memory."""

from collections.abc import Iterable, Sequence

from ..definition import Definition, Stream
from ..errors import OtherPayload
from .batch import SampleBatch, batched
from .decoder import Decoder
from .happenings import Happenings
from .items import Item, Reboot, Reject
from .reports import BootEvent, CoefficientReport, SensorEvent, SettingsReport, Verification
from .settings import rates_hz
from .statistics import LEVELS, StreamStatistics
from .waiting import needs_coefficients

# What a run can be judged by, in numbers. invalid: samples; watch, warning, critical: values outside that range of [limits];
# jitter: see StreamJitter.triggers, of the stream where it is greatest.
METRICS = (
    "lost", "missing", "bus_errors", "overruns", "dropped", "late", "rejected", "duplicates", "samples", "boots", "unclosed",
    "invalid", *LEVELS, "jitter_p50_us", "jitter_p99_us", "jitter_max_us",
)  # fmt: skip
STREAM_METRICS = tuple(name for name in METRICS if name not in ("rejected", "boots"))

# Items that wait to be taken in together; a few hundred packets at most.
_MOST_WAITING = 256


class Summary:
    """The decoder, statistics of every stream, and the verdict on both.

    Values are as Collector has them: samples from before the first coefficients of their boot are taken in when those arrive, and
    counted as invalid until then. Time in the run is on-board time less that of the first thing heard of the boot, and what the
    boots before it spanned.
    """

    def __init__(self, definition: Definition):
        self.decoder = Decoder(definition)
        self._statistics = [StreamStatistics(stream, needs_coefficients(definition, stream)) for stream in definition.streams]
        self._happenings = Happenings(definition)
        self._absent: set[str] = set()  # sensors that the board has not found
        self._rates_hz = rates_hz(definition)  # of the boot whose items are taken in
        self._past_on_ns = [0] * len(definition.streams)  # spanned by the boots before it in which the stream was not off
        self._waiting: list[Item] = []
        self._boot = 0
        self._past_ns = 0  # spanned by the boots before this one
        self._since_ns: int | None = None  # time in the run when the board's was 0
        self._first_ns = self._last_ns = None  # on-board times of this boot

    def feed(self, octets: bytes, host_ns: int | None = None) -> list[Item]:
        """The items that end in `octets`; raises WrongDefinition."""
        items = self.decoder.feed(octets, host_ns)
        self._waiting += items
        if len(self._waiting) >= _MOST_WAITING:
            self._settle()
        return items

    def feed_many(self, pieces: Sequence[tuple[int | None, bytes]]) -> list[Item | SampleBatch]:
        """What Decoder.feed_many gives of these pieces; raises WrongDefinition."""
        items = self.decoder.feed_many(pieces)
        self._settle()
        self._take(items)
        return items

    @property
    def statistics(self) -> list[StreamStatistics]:
        """Of every stream, in the definition's order, as of now; ask again after another feed."""
        self._settle()
        return self._statistics

    @property
    def happenings(self) -> Happenings:
        """What happened besides samples, as of now; ask again after another feed."""
        self._settle()
        return self._happenings

    def _settle(self) -> None:
        """Take in what waits: columns of many packets cost little more than those of one."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._take(batched(waiting))

    def _take(self, items: Iterable[Item | SampleBatch]) -> None:
        of_boot: list[Item | SampleBatch] = []
        for item in items:
            if isinstance(item, Reboot):
                self._take_boot(of_boot)
                of_boot = []
                self._past_ns += self._boot_ns
                self._past_on_ns = [self._on_ns(own.stream) for own in self._statistics]
                self._rates_hz = rates_hz(self.decoder.definition)
                self._first_ns = self._last_ns = self._since_ns = None
                self._boot = item.boot
                self._happenings.add(item, item.boot, self._past_ns)
            else:
                of_boot.append(item)
        self._take_boot(of_boot)

    def _take_boot(self, items: list[Item | SampleBatch]) -> None:
        """Take in items of one boot."""
        for item in items:
            if isinstance(item, SampleBatch):
                self._heard(int(item.time_ns[0]), int(item.time_ns[-1]))
            elif (time_ns := getattr(item, "time_ns", None)) is not None:
                self._heard(time_ns, time_ns)
        if self._since_ns is None and self._first_ns is not None:
            self._since_ns = self._past_ns - self._first_ns
        for item in items:
            match item:
                case SampleBatch():
                    self._statistics[item.stream.number].add(item, self._since_ns)
                case CoefficientReport():
                    for own in self._statistics:
                        if own.stream.sensor == item.sensor.name:
                            own.tell(item.boot, item.octets)
                case SettingsReport():
                    self._rates_hz = rates_hz(self.decoder.definition, item.values)
                case BootEvent() | SensorEvent() | Verification():
                    if getattr(item, "kind", None) == "absent":
                        self._absent.add(item.sensor.name)
                    self._happenings.add(item, self._boot, item.time_ns + self._since_ns)
                case Reject():
                    self._happenings.add_reject(item)

    def _heard(self, first_ns: int, last_ns: int) -> None:
        self._first_ns = first_ns if self._first_ns is None else min(self._first_ns, first_ns)
        self._last_ns = last_ns if self._last_ns is None else max(self._last_ns, last_ns)

    @property
    def rates_hz(self) -> tuple[float, ...]:
        """The nominal rate of each stream, as of now: see Decoder.rates_hz."""
        return self.decoder.rates_hz

    @property
    def off(self) -> list[str]:
        """The streams that are switched off, as of now."""
        return [own.stream.name for own in self._statistics if not self.rates_hz[own.stream.number]]

    @property
    def samples(self) -> int:
        """All that arrived."""
        return sum(own.samples for own in self.statistics)

    @property
    def seconds(self) -> float:
        """On-board time from the first to the last thing heard, over all boots."""
        self._settle()
        return (self._past_ns + self._boot_ns) / 1e9

    @property
    def other_payload(self) -> OtherPayload | None:
        """What to raise at the end when frames came and all were of another payload, which no report of a board can tell."""
        counters = self.decoder.counters
        others = counters.frames_rejected["apid"]
        return OtherPayload(self.decoder.definition.name, others) if others and not counters.frames_accepted else None

    @property
    def verdict(self) -> str:
        """OK, or everything that is not as it should be."""
        ledger, metrics = self.decoder.ledger, self.metrics()
        gone = ledger.lost + ledger.missing_after_report
        silent = [own.stream.name for own in self.statistics if not own.samples and not self._is_awaited(own.stream)]
        words = [
            "DOES NOT CLOSE" if not ledger.closed else "",
            f"LOST {gone}" if gone else f"MISSING {metrics['missing']}" if metrics["missing"] else "",
            f"NO SAMPLES from {', '.join(silent)}" if silent else "",
            f"INVALID {metrics['invalid']}" if metrics["invalid"] else "",
            f"CRITICAL {metrics['critical']}" if metrics["critical"] else "",
        ]
        return "; ".join(filter(None, words)) or "OK"

    def _is_awaited(self, stream: Stream) -> bool:
        """Whether a stream of which nothing came has given no reason to expect it yet: its first packet is not due, or not full.

        A packet is due `max_latency_ms` after its first sample; with a housekeeping period for the board's start. Time in which
        the stream was switched off does not count.
        """
        totals = self.decoder.ledger.stream(stream.name).totals
        rate_hz, on_ns = self.rates_hz[stream.number], self._on_ns(stream)
        if not rate_hz and not on_ns:
            return True
        if self._first_ns is None or totals.samples_sent or stream.sensor in self._absent:
            return False
        due_s = 1 / (rate_hz or stream.rate_hz) + (stream.max_latency_ms + self.decoder.definition.housekeeping_ms) / 1000
        return totals.pending > 0 or on_ns < due_s * 1e9

    def _on_ns(self, stream: Stream) -> int:
        """For how long, over all boots, the stream has not been switched off."""
        return self._past_on_ns[stream.number] + (self._boot_ns if self._rates_hz[stream.number] else 0)

    def metrics(self, stream: str | None = None) -> dict[str, int | float]:
        """The number behind each name in METRICS; of one stream, in STREAM_METRICS. KeyError for an unknown stream."""
        ledger = self.decoder.ledger
        ledgers = ledger.streams if stream is None else (ledger.stream(stream),)
        totals = [own.totals for own in ledgers]
        known = [own for own in self.statistics if stream in (None, own.stream.name)]
        jitters = [own.jitter.triggers for own in known]
        numbers = {
            "lost": sum(own.lost or 0 for own in ledgers),
            "missing": sum(t.gaps + t.tail + t.missing_after_report for t in totals),
            "bus_errors": sum(t.bus_errors for t in totals),
            "overruns": sum(t.overruns for t in totals),
            "dropped": sum(t.samples_dropped for t in totals),
            "late": sum(t.late for t in totals),
            "rejected": ledger.counters.rejected,
            "duplicates": ledger.counters.duplicates if stream is None else ledgers[0].duplicates,
            "samples": sum(own.samples for own in known),
            "boots": ledger.board.boots,
            "unclosed": ledger.unclosed if stream is None else ledgers[0].unclosed,
            "invalid": sum(own.invalid_samples for own in known),
            **{level: sum(channel.outside.get(level, 0) for own in known for channel in own.channels) for level in LEVELS},
            "jitter_p50_us": max((jitter.quantile_ns(0.5) for jitter in jitters), default=0.0) / 1000,
            "jitter_p99_us": max((jitter.quantile_ns(0.99) for jitter in jitters), default=0.0) / 1000,
            "jitter_max_us": max((jitter.max_ns for jitter in jitters), default=0.0) / 1000,
        }
        return {name: numbers[name] for name in (METRICS if stream is None else STREAM_METRICS)}

    def as_dict(self) -> dict:
        """For JSON, one object."""
        definition, ledger = self.decoder.definition, self.decoder.ledger
        return {
            "schema": "freefall/1",
            "payload": definition.name,
            "definition_id": f"{definition.definition_id:08x}",
            "verdict": self.verdict,
            "seconds": self.seconds,
            "boots": ledger.board.boots,
            "duplicates": ledger.counters.duplicates,
            "happenings": self.happenings.as_dict(),
            "nominal_hz": {own.stream.name: rate for own, rate in zip(self.statistics, self.rates_hz, strict=True)},
            "statistics": {own.stream.name: own.as_dict() for own in self.statistics},
            "ledger": ledger.as_dict(),
            "metrics": self.metrics(),
        }

    @property
    def _boot_ns(self) -> int:
        return 0 if self._first_ns is None else self._last_ns - self._first_ns
