"""`Player`: a recording to a sink, every block when it is due, and how late it was."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from ..port.faults import FaultCounts, Faults, FaultyStream
from ..port.pace import Clock, paced
from ..port.timeline import Schedule, Timeline
from ..recording import open_recording
from .lateness import Lateness
from .packets import PacketStream
from .sink import Sink


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a replay.

    blocks, octets: played from the recording; sent: octets taken by the sink. begin_ns: when the first block was due, on the
    clock; due_ns: of the last one, after that; took_ns: when the last one was taken, after that. lateness: per block, from its
    due time until the sink has taken the last of it; empty at top speed, where nothing is due. timeline: its counts. faults,
    packets: None where there were none. interrupted: stopped before its end. problem: what is wrong with the file, None when
    nothing is.
    """

    blocks: int
    octets: int
    sent: int
    begin_ns: int
    due_ns: int
    took_ns: int
    lateness: Lateness
    timeline: Timeline
    faults: FaultCounts | None
    packets: PacketStream | None
    interrupted: bool
    problem: str | None


class Player:
    """One replay, played once by run(). Raises InputUnreadable when the file is no recording.

    schedule: when; faults: on the line; packets: send the space packets of good frames instead of the stream as recorded.
    clock: monotonic; what a test may replace. recording, timeline, lateness and the counts are up to date at any time.
    """

    def __init__(
        self,
        path: str | Path,
        sink: Sink,
        schedule: Schedule | None = None,
        faults: Faults | None = None,
        *,
        packets: bool = False,
        clock: Clock | None = None,
    ):
        self.recording = open_recording(path)
        self.lateness = Lateness()
        self.blocks = self.octets = self.sent = 0
        self._sink = sink
        self._schedule = schedule or Schedule()
        self.timeline = Timeline(self.recording.batches, self._schedule)
        self._line = FaultyStream(faults or Faults())
        self._packets = PacketStream() if packets else None
        self._clock = clock or Clock()
        self._begin_ns = self._due_ns = self._sent_ns = 0

    def run(self, stopped: Callable[[], bool] = lambda: False, on_turn: Callable[[], None] = lambda: None) -> Played:
        """Play to the end, or until stopped() is true; on_turn() is called after every block, and while none is due.

        Raises DeviceError when the receiver has gone: played() has what came before.
        """
        blocks = self.timeline.blocks()
        first = next(blocks, None)
        if first is None:
            return self.played(interrupted=False)  # nobody is waited for to be sent nothing
        finished = (
            self._until(self._sink.connected, stopped, on_turn)
            and self._play(chain((first,), blocks), stopped, on_turn)
            and self._until(self._sink.drained, stopped, on_turn)
        )
        return self.played(interrupted=not finished)

    def played(self, interrupted: bool) -> Played:
        """What became of it up to now."""
        return Played(
            blocks=self.blocks,
            octets=self.octets,
            sent=self.sent,
            begin_ns=self._begin_ns,
            due_ns=self._due_ns - self._begin_ns,
            took_ns=self._sent_ns - self._begin_ns,
            lateness=self.lateness,
            timeline=self.timeline,
            faults=self._line.counts if self._line.faults.any else None,
            packets=self._packets,
            interrupted=interrupted,
            problem=self.recording.problem,
        )

    def _play(self, blocks: Iterable[tuple[int, bytes]], stopped: Callable[[], bool], on_turn: Callable[[], None]) -> bool:
        """Every block; False when stopped."""
        timed = self._schedule.speed is not None
        now_ns = self._clock.now_ns
        for block in paced(blocks, self._clock):
            if stopped():
                return False
            if block is not None:
                deadline_ns, octets = block
                if not self.blocks:
                    self._begin_ns = deadline_ns
                self.blocks += 1
                self.octets += len(octets)
                if not self._send(self._line.feed(octets), stopped):
                    return False
                self._due_ns, self._sent_ns = deadline_ns, now_ns()
                if timed:
                    self.lateness.add(self._sent_ns - deadline_ns)
            on_turn()
        return self._send(self._line.finish(), stopped)

    def _send(self, octets: bytes, stopped: Callable[[], bool]) -> bool:
        """Give the sink everything, however slow it is; False when stopped."""
        pieces = [octets] if self._packets is None else self._packets.feed(octets)
        for unit in map(memoryview, self._sink.units(pieces)):
            while unit:
                taken = self._sink.offer(unit)
                self.sent += taken
                if taken < len(unit) and stopped():
                    return False
                unit = unit[taken:]
        return True

    @staticmethod
    def _until(ready: Callable[[], bool], stopped: Callable[[], bool], on_turn: Callable[[], None]) -> bool:
        while not ready():
            if stopped():
                return False
            on_turn()
        return True


def play(
    path: str | Path,
    sink: Sink,
    schedule: Schedule | None = None,
    faults: Faults | None = None,
    *,
    packets: bool = False,
    clock: Clock | None = None,
) -> Played:
    """Play a recording to a sink, to its end; see Player."""
    return Player(path, sink, schedule, faults, packets=packets, clock=clock).run()
