"""One board as it is watched: octets in, snapshots and plot points out. No clock, no thread, constant memory."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import accumulate

import numpy as np

from ..decode import (
    LEVELS,
    BootEvent,
    Item,
    Reboot,
    Reject,
    SampleBatch,
    SensorEvent,
    SettingsReport,
    StreamLedger,
    Summary,
    Verification,
    reset_cause_text,
    settings_text,
    slot_text,
    verification_text,
)
from ..decode.batch import batched
from ..definition import Definition
from .events import EventLog
from .rates import Rate
from .snapshot import TROUBLE, BoardSnapshot, StreamView
from .texts import crossing_text, missing_text, rejected_text, sensor_text
from .trace import Points
from .watched import WatchedStream

# From so many octets on decoding by columns is the faster way.
_MANY = 4096


class BoardModel:
    """Everything fed of one board. `source` is where its octets come from, for people."""

    def __init__(self, definition: Definition, source: str):
        self.definition = definition
        self.source = source
        self.summary = Summary(definition)
        self._streams = [WatchedStream(stream) for stream in definition.streams]
        self._log = EventLog()
        self._settings = tuple(setting.value for setting in definition.settings)  # as known
        self._link = Rate()
        self._state = "waiting", ""
        self._host_ns: int | None = None  # of the newest octets
        self._time_ns: int | None = None  # newest of the plots' time
        self._anchor_ns: int | None = None  # plots' time of the boot: host's less on-board time, when its first packet came

    def feed(self, pieces: Sequence[tuple[int, bytes]]) -> None:
        """Take in pieces of (host ns, octets), in order. Raises WrongDefinition."""
        octets = sum(len(piece) for _, piece in pieces)
        if octets:
            self._state = "live", ""
            self._host_ns = pieces[-1][0]
        whens = _Whens(self.summary.decoder.counters.octets_fed, pieces)
        host_ns = pieces[0][0] if pieces else 0  # of what was heard last
        for item in self._items(pieces, octets):
            match item:
                case SampleBatch():
                    host_ns = int(item.host_ns[-1])
                    self._samples(item)
                case Reboot():
                    self._anchor_ns = None
                    for watched in self._streams:
                        watched.rebooted()
                    self._log.add(host_ns, "warning", "the board has booted again")
                case Reject(reason=reason):
                    text = partial(rejected_text, reason)
                    self._log.burst(f"rejected: {reason}", whens.at(item.offset), "watch", 1, text)
                case BootEvent():
                    host_ns = item.host_ns
                    self._reach(item.time_ns, host_ns)
                    cause = reset_cause_text(item.reset_cause)
                    booted = f"boot count {item.boot_count}, firmware {item.firmware}, after {cause}{slot_text(item)}"
                    self._log.add(host_ns, "warning" if item.failed_boots else "info", booted)
                case SensorEvent():
                    host_ns = item.host_ns
                    self._log.add(host_ns, "info" if item.kind == "back" else "critical", sensor_text(item))
                case SettingsReport():
                    host_ns = item.host_ns
                    if item.values != self._settings:
                        self._settings = item.values
                        self._log.add(host_ns, "info", f"settings: {settings_text(item.values, self.definition)}")
                case Verification():
                    host_ns = item.host_ns
                    level = "warning" if item.kind in ("refused", "failed") else "info"
                    self._log.add(host_ns, level, verification_text(item, self.definition))
        for watched, rate_hz in zip(self._streams, self.summary.rates_hz, strict=True):
            watched.runs_at(rate_hz)
        self._log.settle()
        if pieces:
            self._link.mark(pieces[-1][0], self.summary.decoder.counters.octets_fed)

    def say(self, state: str, why: str, host_ns: int, sentence: str = "") -> None:
        """The state has changed, see BoardSnapshot; why: in a few words, and for the events in a whole sentence."""
        before, self._state = self._state[0], (state, why)
        if state == "live" and before == "gone":
            self._log.add(host_ns, "info", "the port is back")
        elif why:
            self._log.add(host_ns, "critical" if state in TROUBLE else "info", sentence or why)
        self._log.settle()

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

    def _items(self, pieces: Sequence[tuple[int, bytes]], octets: int) -> Iterable[Item | SampleBatch]:
        if octets >= _MANY:
            return self.summary.feed_many(pieces)
        return (item for host_ns, piece in pieces for item in batched(self.summary.feed(piece, host_ns)))

    def _view(self, watched: WatchedStream, ledger: StreamLedger, now_ns: int | None) -> StreamView:
        totals, statistics = ledger.totals, self.summary.statistics[watched.stream.number]
        age_s, quiet = watched.silence(now_ns)
        return StreamView(
            name=watched.stream.name,
            rate_hz=0.0 if quiet else watched.rate.per_second(),
            nominal_hz=watched.nominal_hz,
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

    def _samples(self, batch: SampleBatch) -> None:
        """Samples of one stream and one boot, and what is missing between them."""
        stream, host_ns = batch.stream, batch.host_ns
        self._reach(int(batch.time_ns[0]), int(host_ns[0]))
        for at in np.flatnonzero(batch.missing).tolist():
            text = partial(missing_text, stream.name)
            self._log.burst(stream.name, int(host_ns[at]), "warning", int(batch.missing[at]), text)
        newest_ns, crossings = self._streams[stream.number].add(batch, self._anchor_ns)
        self._time_ns = max(self._time_ns, newest_ns)
        for crossing, channel in crossings:
            level = crossing.level if crossing.level in LEVELS else "info"
            self._log.add(crossing.time_ns, level, crossing_text(f"{stream.name}.{channel.name}", crossing, channel))


class _Whens:
    """When an octet was read: host times by its offset in everything fed, of which `offset` came before these pieces."""

    def __init__(self, offset: int, pieces: Sequence[tuple[int, bytes]]):
        self._ends = [offset + end for end in accumulate(len(octets) for _, octets in pieces)]
        self._pieces = pieces

    def at(self, offset: int) -> int:
        """Of that one, or of the first known after it."""
        return self._pieces[min(bisect_right(self._ends, offset), len(self._pieces) - 1)][0]
