"""One board as it is watched: octets in, snapshots and plot points out. No clock, no thread, constant memory."""

from ..decode import (
    LEVELS,
    BootEvent,
    Gap,
    Reboot,
    Reject,
    SamplePacket,
    SensorEvent,
    StreamLedger,
    Summary,
    reset_cause_text,
)
from ..definition import Definition
from .events import EventLog
from .rates import Rate
from .snapshot import BoardSnapshot, StreamView
from .texts import crossing_text, sensor_text
from .trace import Points
from .watched import WatchedStream


class BoardModel:
    """Everything fed of one board. `source` is where its octets come from, for people."""

    def __init__(self, definition: Definition, source: str):
        self.definition = definition
        self.source = source
        self.summary = Summary(definition)
        self._streams = [WatchedStream(stream) for stream in definition.streams]
        self._log = EventLog()
        self._link = Rate()
        self._state = "waiting", ""
        self._host_ns: int | None = None  # of the newest octets
        self._time_ns: int | None = None  # newest of the plots' time
        self._anchor_ns: int | None = None  # plots' time of the boot: host's less on-board time, when its first packet came

    def feed(self, octets: bytes, host_ns: int) -> None:
        """Take in octets read at that host time. Raises WrongDefinition."""
        if octets:
            self._state = "live", ""
            self._host_ns = host_ns
        waiting: dict[int, list[SamplePacket]] = {}
        for item in self.summary.feed(octets, host_ns):
            match item:
                case SamplePacket():
                    self._reach(item.time_ns, host_ns)
                    waiting.setdefault(item.stream.number, []).append(item)
                case Reboot():
                    self._take(waiting)
                    self._anchor_ns = None
                    for watched in self._streams:
                        watched.rebooted()
                    self._log.add(host_ns, "warning", "the board has booted again")
                case BootEvent():
                    self._reach(item.time_ns, host_ns)
                    cause = reset_cause_text(item.reset_cause)
                    self._log.add(host_ns, "info", f"boot {item.boot_count} of firmware {item.firmware}, after {cause}")
                case SensorEvent():
                    self._log.add(host_ns, "info" if item.kind == "back" else "critical", sensor_text(item))
                case Gap(stream=stream, count=count):
                    self._log.burst(stream.name, host_ns, "warning", count, lambda n, s=stream.name: f"{s}: {n} samples missing")
                case Reject(reason=reason):
                    self._log.burst(
                        f"rejected: {reason}", host_ns, "watch", 1, lambda n, r=reason: f"{n} rejected on the link ({r})"
                    )
        self._take(waiting)
        self._link.mark(host_ns, self.summary.decoder.counters.octets_fed)

    def say(self, state: str, why: str, host_ns: int) -> None:
        """The port's state has changed: "live", "lost" or "ended", and why."""
        if state == self._state[0]:
            return
        self._state = state, why
        if why:
            self._log.add(host_ns, "critical" if state == "lost" else "info", why)

    def note(self, level: str, text: str, host_ns: int) -> None:
        """An event from outside."""
        self._log.add(host_ns, level, text)

    def points(self, stream: int, span: int, after: int | None = None) -> Points:
        """The recent past of the stream of that number, one row for each channel; see Trace.points."""
        return self._streams[stream].trace.points(span, after)

    def snapshot(self, now_ns: int | None = None) -> BoardSnapshot:
        """As of that host time; None: of the newest octets, as for a file, which has no now."""
        decoder = self.summary.decoder
        ledger = decoder.ledger
        now_ns = self._host_ns if now_ns is None else now_ns
        reasons = ledger.reasons
        return BoardSnapshot(
            source=self.source,
            payload=self.definition.name,
            definition_id=f"{self.definition.definition_id:08x}",
            state=self._state[0],
            why=self._state[1],
            firmware=ledger.board.firmware,
            boots=ledger.board.boots,
            boot_count=ledger.board.boot_count,
            seconds=self.summary.seconds,
            verdict=self.summary.verdict,
            balance="closed" if ledger.closed else "wrong" if any(line.difference for line in ledger.lines) else "open",
            reason=reasons[0] if reasons else None,
            unclosed=ledger.unclosed,
            metrics=self.summary.metrics(),
            rejected={reason: number for reason, number in ledger.counters.frames_rejected.items() if number},
            octets=ledger.counters.octets_fed,
            link_octets_per_s=self._link.per_second(now_ns),
            time_ns=self._time_ns,
            streams=tuple(self._view(*both, now_ns) for both in zip(self._streams, ledger.streams, strict=True)),
            events=self._log.events,
        )

    def _view(self, watched: WatchedStream, ledger: StreamLedger, now_ns: int | None) -> StreamView:
        totals, statistics = ledger.totals, self.summary.statistics[watched.stream.number]
        age_s, quiet = watched.silence(now_ns)
        return StreamView(
            name=watched.stream.name,
            rate_hz=0.0 if quiet else watched.rate.per_second(),
            nominal_hz=watched.stream.rate_hz,
            samples=statistics.samples,
            missing=totals.gaps + totals.tail + totals.missing_after_report,
            lost=ledger.lost,
            invalid=statistics.invalid_samples,
            duplicates=ledger.duplicates,
            seen=totals.seen,
            bus_errors=totals.bus_errors,
            overruns=totals.overruns,
            dropped=totals.samples_dropped,
            age_s=age_s,
            quiet=quiet,
            break_s=watched.break_s,
            channels=watched.channels(),
        )

    def _reach(self, time_ns: int, host_ns: int) -> None:
        """The plots' time reaches that on-board time: the host's at the first packet of a boot, from there on by the board."""
        if self._anchor_ns is None:
            # Never back: a file of raw octets is read faster than it was made.
            self._anchor_ns = max(host_ns, self._time_ns or host_ns) - time_ns
        self._time_ns = max(self._time_ns or 0, self._anchor_ns + time_ns)

    def _take(self, waiting: dict[int, list[SamplePacket]]) -> None:
        """All packets of a stream at once: a piece of a file may hold hundreds."""
        for number, packets in waiting.items():
            for crossing, channel in self._streams[number].add(packets, self._anchor_ns):
                name = f"{packets[0].stream.name}.{channel.name}"
                level = crossing.level if crossing.level in LEVELS else "info"
                self._log.add(crossing.time_ns, level, crossing_text(name, crossing, channel))
        waiting.clear()
