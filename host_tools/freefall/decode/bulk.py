"""Pieces of a recording to items, by columns: what Intake would do packet by packet, done at once wherever it would be plain.

Plain are packets of streams that only go forward in one boot (see Continuity.ahead). Service packets are taken one by one, each
when the books of the streams stand where they stood when it arrived. From a packet on that is not plain, be it a duplicate or of
another boot, a stretch is taken packet by packet.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter

import numpy as np

from freefall_wire import packet, reports
from freefall_wire.frame import DELIMITER, FRAME_OVERHEAD, FrameDecoder, Stretch

from ..definition import Stream
from .accelerator import deframe, judge
from .batch import SampleBatch, batched
from .continuity import Continuity, Run
from .deframe import Packets
from .intake import REMEMBERED, Intake
from .items import Item, Reject

# Packets taken one by one from one on that is not plain: where there is one there are often more, and looking ahead takes time.
_ONE_BY_ONE = 64
# Packets looked at before all are, but the first time: where a board boots over and over, each boot would else cost as much as
# all that follows.
_NEAR = 1024


def take_many(pieces: Sequence[tuple[int | None, bytes]], frames: FrameDecoder, intake: Intake) -> list[Item | SampleBatch]:
    """What ends in the pieces, (host_ns, octets) each, `batched`; rejects come first, in their order. Raises WrongDefinition."""
    parts = [data for _, data in pieces]
    octets = b"".join(parts)
    hosts = _Hosts([host_ns for host_ns, _ in pieces], parts)
    items: list[Item | SampleBatch] = []
    start = 0
    if frames.pending_bytes or not frames.in_step:
        start = octets.find(DELIMITER) + 1 or len(octets)
        for stretch in frames.feed(octets[:start]):
            intake.take(stretch, hosts.at(start), items)
    stop = max(start, octets.rfind(DELIMITER) + 1)
    middle = memoryview(octets)[start:stop]
    found = deframe(middle, intake.definition)
    offset = frames.fed_bytes
    others = [
        (end + 1, frames.judged(offset + first, end + 1 - first, octets[start + first : start + end]))
        for first, end in found.others
    ]
    rejects = [
        Reject(offset + first, end + 1 - first, reason, octets[start + first : start + end])
        for first, end, reason in found.rejects
    ]
    for reason in {reason for _, _, reason in found.rejects}:
        sizes = [item.size for item in rejects if item.reason == reason]
        frames.count_reject(sum(sizes), reason, len(sizes))
    for stream, packets in zip(intake.definition.streams, found.streams, strict=True):
        frames.count_accepted(len(packets.ends), len(packets.ends) * (stream.packet_len + FRAME_OVERHEAD))
    frames.idle_bytes += found.idle
    frames.ended_bytes += len(middle)
    frames.feed(octets[stop:])
    items += _Walk(intake, middle, found.streams, others, hosts.after(start)).items()
    rejects += (item for item in items if isinstance(item, Reject))
    rejects.sort(key=attrgetter("offset"))
    return [*rejects, *batched(item for item in items if not isinstance(item, Reject))]


class _Hosts:
    """Host times of what ends where in the pieces; None throughout unless every piece has one."""

    def __init__(self, times: list[int | None], parts: list[bytes]):
        self._times = None if None in times else np.array(times, np.int64)
        self._ends = np.fromiter(map(len, parts), np.int64, len(parts)).cumsum()

    def after(self, start: int) -> "_Hosts":
        """The same, ends counted from octet `start` on."""
        self._ends = self._ends - start
        return self

    def at(self, end: int) -> int | None:
        """Of what ends at octet `end`."""
        return None if self._times is None else self._times.item(self._ends.searchsorted(end))

    def of(self, ends: np.ndarray) -> np.ndarray | None:
        """Of what ends there, int64 (k,); ends in order."""
        if self._times is None:
            return None
        if len(ends) < len(self._ends):
            return self._times[self._ends.searchsorted(ends)]
        many = ends.searchsorted(self._ends, "right")
        many[1:] -= many[:-1].copy()
        return self._times.repeat(many)


class _Track:
    """The packets of one stream. taken: how many the intake has counted; given: how many items were made of."""

    def __init__(self, stream: Stream, octets: memoryview, packets: Packets, hosts: _Hosts):
        self.stream = stream
        self.ends = packets.ends
        self.hosts = hosts.of(packets.ends)
        self.taken = self.given = self.remembered = 0
        self._frame_len = stream.packet_len + FRAME_OVERHEAD - 1  # without its delimiter
        # A frame at each octet: what numpy takes out of this at once are bytes objects.
        places = len(octets) - self._frame_len + 1
        self._frames = np.ndarray((places,), f"V{self._frame_len}", buffer=octets, strides=(1,))
        self._packets = packets
        self._samples = 0  # in the packets given
        self._run: Run | None = None
        self._base = 0  # of the run
        self._continuity: Continuity | None = None  # that it goes on from
        self._nominal_ns: float | None = None  # in the run

    def look_ahead(self, continuity: Continuity, no_doubt: bool) -> int | None:
        """Find what is plain from here on; where the first packet that is not ends, None when all are."""
        self._base = here = self.taken
        self._continuity = continuity
        self._nominal_ns = continuity.nominal_ns
        packets = self._packets
        header = [column[here:] for column in (packets.index, packets.time_ns, packets.count, packets.sequence)]
        near = header if self._run is None else [column[:_NEAR] for column in header]
        self._run = continuity.ahead(*near, no_doubt)
        if len(self._run) == len(near[0]) < len(header[0]):
            self._run = continuity.ahead(*header, no_doubt)
        stop = here + len(self._run)
        return int(self.ends[stop]) if stop < len(self.ends) else None

    @property
    def set_anew(self) -> bool:
        """Whether the board has told another period since it was looked ahead."""
        return self._continuity.nominal_ns != self._nominal_ns

    def take(self, position: int) -> None:
        """Count the plain packets before this position."""
        self._continuity.skip(self._run, self.taken - self._base, position - self._base)
        self.taken = position

    def give(self, boot: int, coefficients: bytes | None) -> list[SampleBatch]:
        """What was taken and not yet given: a batch, or nothing."""
        if self.given == self.taken:
            return []
        run = self._run.part(self.given - self._base, self.taken - self._base)
        hosts = None if self.hosts is None else self.hosts[self.given : self.taken]
        begin = self._samples
        self._samples += int(run.count.sum())
        self.given = self.taken
        samples = self._packets.samples[begin : self._samples]
        return [SampleBatch.cut(self.stream, boot, self._nominal_ns, coefficients, run, samples, hosts)]

    def take_one(self, intake: Intake, items: list[Item]) -> None:
        """Let the intake take the next packet, as if it had come alone."""
        frame = self._frames.item(int(self.ends[self.taken]) - self._frame_len - 1)
        host_ns = None if self.hosts is None else int(self.hosts[self.taken])
        self._samples += int(self._packets.count[self.taken])
        self.taken += 1
        self.given = self.remembered = self.taken
        intake.take(Stretch(0, 0, frame, *judge(frame)), host_ns, items)

    def remember(self, intake: Intake) -> None:
        """Let the intake remember what was taken here."""
        newest = self.ends[max(self.remembered, self.taken - REMEMBERED) : self.taken]
        intake.remember(self.stream, self._frames[newest - self._frame_len - 1].tolist())
        self.remembered = self.taken


class _Walk:
    """Goes through the packets of all streams, and all else, in the order of the wire."""

    def __init__(
        self, intake: Intake, octets: memoryview, streams: list[Packets], others: list[tuple[int, Stretch]], hosts: _Hosts
    ):
        """octets: that the streams' packets came in; others: each with where it ends in them."""
        self._intake = intake
        self._others = others
        self._next = 0  # of the others
        used = [stream for stream in intake.definition.streams if len(streams[stream.number].ends)]
        self._tracks = [_Track(stream, octets, streams[stream.number], hosts) for stream in used]
        ends = np.array([end for end, _ in others], np.int64)
        # By each of the others: how many packets of each track came before it, and its host time.
        passed = [track.ends.searchsorted(ends).tolist() for track in self._tracks]
        self._positions = list(zip(*passed, strict=True)) if passed else [()] * len(others)
        host_ns = hosts.of(ends)
        self._host_ns = [None] * len(others) if host_ns is None else host_ns.tolist()
        self._items: list[Item | SampleBatch] = []

    def items(self) -> list[Item | SampleBatch]:
        """All of it."""
        while (stop := self._take_plain()) is not None:
            self._take_one_by_one(stop)
        return self._items

    def _take_plain(self) -> int | None:
        """Take packets until one that is not plain; where that ends, or None when there is none."""
        again = True
        while again:
            again = False
            accounts, no_doubt = self._intake.boot.streams, self._intake.no_doubt
            stops = [t.look_ahead(accounts[t.stream.number].continuity, no_doubt(t.stream)) for t in self._tracks]
            stop = min((stop for stop in stops if stop is not None), default=None)
            while not again and self._next < len(self._others) and (stop is None or self._others[self._next][0] < stop):
                again = self._take_other()
        self._count(len(track.ends) if stop is None else int(track.ends.searchsorted(stop)) for track in self._tracks)
        self._give(self._tracks, self._intake.boot.ordinal, self._intake.boot.coefficients)
        for track in self._tracks:
            track.remember(self._intake)
        return stop

    def _take_other(self) -> bool:
        """Take the next of the others; whether it began another boot, or told other rates, and all has to be looked at again."""
        number, (_, stretch) = self._next, self._others[self._next]
        intake, boot, known = self._intake, self._intake.boot, dict(self._intake.boot.coefficients)
        if not number or self._positions[number] != self._positions[number - 1]:  # reports come one upon the other
            self._count(self._positions[number])
        self._next += 1
        if stretch.packet is not None and packet.service_of(stretch.packet)[1] == reports.EVENT:
            for track in self._tracks:  # which a boot event may have forgotten
                track.remember(intake)
        new: list[Item] = []
        intake.take(stretch, self._host_ns[number], new)
        again = intake.boot is not boot or any(track.set_anew for track in self._tracks)
        if again:
            self._give(self._tracks, boot.ordinal, known)
        elif intake.boot.coefficients != known:
            sensors = {name for name, octets in intake.boot.coefficients.items() if known.get(name) != octets}
            self._give([track for track in self._tracks if track.stream.sensor in sensors], boot.ordinal, known)
        self._items += new
        return again

    def _take_one_by_one(self, stop: int) -> None:
        """Take the packet that ends at `stop`, which comes next, and some after it."""
        for _ in range(_ONE_BY_ONE):
            ends = [int(track.ends[track.taken]) for track in self._tracks if track.taken < len(track.ends)]
            if not ends:
                return
            end = min(ends)
            while self._next < len(self._others) and self._others[self._next][0] < end:
                self._intake.take(self._others[self._next][1], self._host_ns[self._next], self._items)
                self._next += 1
            track = next(t for t in self._tracks if t.taken < len(t.ends) and t.ends[t.taken] == end)
            track.take_one(self._intake, self._items)

    def _count(self, positions: Iterable[int]) -> None:
        for track, position in zip(self._tracks, positions, strict=True):
            if position != track.taken:
                track.take(position)
                self._intake.samples_passed()

    def _give(self, tracks: list[_Track], boot: int, coefficients: dict[str, bytes]) -> None:
        for track in tracks:
            self._items += track.give(boot, coefficients.get(track.stream.sensor))
