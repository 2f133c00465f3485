"""Whether a decoder made of what arrived what there is to be made of it, by the truth about what was sent.

What arrived whole is told without any decoder: a stretch between two zeros is a frame that was sent, octet for octet, or it is
none. So there is one right answer, and every packet delivered is held against it: its place, its time and each of its words.

A stretch that was not sent and that a decoder takes for a packet is either a fault of the decoder, or chance: one in 2^32 damaged
frames has the right CRC. The oracle, which shares no code with the decoder, tells them apart; both end the run.
"""

import sys
from dataclasses import dataclass, fields
from itertools import count, repeat
from pathlib import Path

import numpy as np

from freefall.decode import Counters, Ledger
from freefall.definition import Stream

from .heard import Heard, Listener
from .stream import Sent
from .words import Words


class Wrong(Exception):
    """The decoder did something else than there was to do; the message says what."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What was verified. passed: samples between the first and the last received of each boot: received or missing.

    missing: samples in gaps; lost: those sent and not received, up to the newest report of each boot, by the ledger where it is
    judged; again: packets delivered a second time, in another boot, as their order was changed.
    """

    octets: int = 0
    frames_sent: int = 0
    frames_arrived: int = 0
    rejected: int = 0
    duplicates: int = 0
    again: int = 0
    packets: int = 0
    samples: int = 0
    missing: int = 0
    passed: int = 0
    lost: int = 0
    boots: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))


class Arrivals:
    """What arrived whole. frames: numbers of the frames sent, in order of arrival, those that came twice too; ends: where each
    ends, its delimiter included."""

    def __init__(self, sent: Sent, wire: bytes):
        known = dict(zip(filter(None, sent.wire.tobytes().split(b"\0")), count()))
        *parts, pending = wire.split(b"\0")
        numbers = np.fromiter(map(known.get, parts, repeat(-1)), np.int64, len(parts))
        lengths = np.fromiter(map(len, parts), np.int64, len(parts))
        whole = numbers >= 0
        self.frames = numbers[whole]
        self.ends = np.cumsum(lengths + 1)[whole]
        self.octets = len(wire)
        self.accepted = int(lengths[whole].sum()) + len(self.frames)
        self.idle = int((lengths == 0).sum())
        self.pending = len(pending)
        self.damaged = [parts[at] for at in np.flatnonzero(~whole & (lengths > 0))]
        # A boot event that comes again begins another boot for every receiver, unless it comes right after itself.
        boots = self.frames[np.isin(self.frames, sent.boots)]
        self.boots_again = len(np.unique(boots)) != len(boots)


def judge(sent: Sent, arrived: Arrivals, listener: Listener, words: Words, in_order: bool, piece_ends: np.ndarray) -> Tally:
    """What was verified; raises Wrong. piece_ends: where the pieces fed end, host_ns being their numbers."""
    decoder = listener.decoder
    counters, ledger = decoder.counters, decoder.ledger
    in_order = in_order and not arrived.boots_again
    _octets(arrived, counters)
    tally = Tally(
        arrived.octets, len(sent.frames), len(arrived.frames), counters.rejected, counters.duplicates, boots=decoder.boots
    )
    duplicates = 0
    for stream, heard in zip(decoder.definition.streams, listener.heard(), strict=True):
        here = sent.frames["stream"][arrived.frames] == stream.number
        numbers, ends = arrived.frames[here], arrived.ends[here]
        delivered = _delivered(sent, stream, heard)
        _words(sent, stream, heard, delivered, words)
        first = _first_times(numbers)
        if in_order:
            _equal(f"{stream.name}: packets delivered", delivered, numbers[first])
            _equal(f"{stream.name}: boots", heard.packets["boot"], sent.frames["boot"][delivered])
            hosts = np.searchsorted(piece_ends, ends[first])
            _equal(f"{stream.name}: host times", heard.packets["host_ns"], hosts)
        else:
            _equal(f"{stream.name}: packets ever delivered", np.unique(delivered), np.unique(numbers))
        again = len(delivered) - len(first)
        own = decoder.ledger.streams[stream.number].duplicates
        _equal(f"{stream.name}: packets that came and were delivered, or duplicates", len(delivered) + own, len(numbers))
        duplicates += own
        missing, passed = _gaps(stream, heard)
        samples = int(heard.packets["count"].sum())
        tally += Tally(packets=len(delivered), samples=samples, missing=missing, passed=passed, again=again)
        if in_order:
            tally += Tally(lost=_ledger(sent, arrived, stream, ledger))
    service = int((sent.frames["stream"][arrived.frames] < 0).sum())
    board = ledger.board
    _equal("service packets", board.service_received + board.service_duplicates, service)
    _equal("duplicates", duplicates + board.service_duplicates, counters.duplicates)
    if in_order:
        _equal("boots", decoder.boots, len(np.unique(sent.frames["boot"][arrived.frames])))
        for line in ledger.lines:
            if line.difference:
                raise Wrong(f"{line.owner}: {line}")
    return tally


def _octets(arrived: Arrivals, counters: Counters) -> None:
    if counters.frames_accepted > len(arrived.frames):
        taken = [part.hex() for part in arrived.damaged if _oracle_takes(part)]
        why = f"the oracle takes {taken} too: chance, once in 2^32" if taken else "the oracle takes none: a fault"
        raise Wrong(f"{counters.frames_accepted - len(arrived.frames)} frames accepted that nobody sent; {why}")
    _equal("octets not accounted for", counters.octets_unaccounted, 0)
    _equal("octets fed", counters.octets_fed, arrived.octets)
    _equal("frames accepted", counters.frames_accepted, len(arrived.frames))
    _equal("octets accepted", counters.octets_accepted, arrived.accepted)
    _equal("frames rejected", counters.rejected, len(arrived.damaged))
    _equal("octets rejected", sum(counters.octets_rejected.values()), sum(len(part) + 1 for part in arrived.damaged))
    _equal("octets idle", counters.octets_idle, arrived.idle)
    _equal("octets pending", counters.octets_pending, arrived.pending)


def _oracle_takes(part: bytes) -> bool:
    tests = str(Path(__file__).resolve().parents[2] / "tests")
    if tests not in sys.path:
        sys.path.append(tests)
    from oracle import frames

    return frames.judge_frame(part)[0] is not None


def _delivered(sent: Sent, stream: Stream, heard: Heard) -> np.ndarray:
    """Which frame each packet delivered is."""
    numbers = np.flatnonzero(sent.frames["stream"] == stream.number)
    frames, packets = sent.frames[numbers], heard.packets
    keys = _key(frames["index"], frames["time_us"])
    order = np.argsort(keys)
    wanted = _key(packets["index"], packets["time_ns"] // 1000)
    at = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), len(order) - 1)]
    found = numbers[at]
    for name, values in (("index", packets["index"]), ("count", packets["count"])):
        _equal(f"{stream.name}: {name} of packets delivered", values, sent.frames[name][found])
    _equal(f"{stream.name}: time of packets delivered", packets["time_ns"], sent.frames["time_us"][found] * 1000)
    return found


def _key(index: np.ndarray, time_us: np.ndarray) -> np.ndarray:
    # Overflows as it may: who finds a frame by it looks whether it is the right one.
    return time_us * np.int64(0x9E3779B97F4A7C1) + index


def _words(sent: Sent, stream: Stream, heard: Heard, delivered: np.ndarray, words: Words) -> None:
    """Every word is that which belongs to its index and boot."""
    counts = heard.packets["count"]
    before = np.cumsum(counts) - counts
    index = np.repeat(sent.frames["index"][delivered] - before, counts) + np.arange(len(heard.raw))
    boots = sent.frames["boot"][delivered]
    changes = [0, *(np.flatnonzero(np.diff(boots)) + 1).tolist(), len(boots)]
    for begin, end in zip(changes, changes[1:], strict=False):
        if begin < end:
            part = slice(before[begin], before[end - 1] + counts[end - 1])
            right = words.of(stream, int(boots[begin]), index[part]).view(np.uint8).reshape(-1, stream.sensor_len)
            _equal(f"{stream.name}: octets of samples", heard.raw[part], right)


def _gaps(stream: Stream, heard: Heard) -> tuple[int, int]:
    """(missing, passed). In each boot indexes only grow, and what they skip is missing."""
    packets = heard.packets
    ends = packets["index"] + packets["count"]
    same = np.diff(packets["boot"]) == 0
    if (np.diff(packets["boot"]) < 0).any() or (np.diff(packets["time_ns"])[same] < 0).any():
        raise Wrong(f"{stream.name}: boots or times go back")
    skipped = packets["index"][1:] - ends[:-1]
    if (skipped[same] < 0).any():
        raise Wrong(f"{stream.name}: indexes go back within a boot")
    _equal(f"{stream.name}: missing", packets["missing"][1:][same], skipped[same])
    # The first of a boot: from its index 0 on, or from where this side joined.
    first = np.concatenate(([True], ~same))[: len(ends)]
    index, missing = packets["index"][first], packets["missing"][first]
    if ((missing != 0) & (missing != index)).any():
        raise Wrong(f"{stream.name}: missing before the first packet of a boot")
    last = np.concatenate((~same, [True]))[: len(ends)]
    passed = int((ends[last] - (index - missing)).sum())
    _equal(f"{stream.name}: samples passed", passed, int((packets["missing"] + packets["count"]).sum()))
    return int(packets["missing"].sum()), passed


def _ledger(sent: Sent, arrived: Arrivals, stream: Stream, ledger: Ledger) -> int:
    """Samples lost on the way as the truth has them: sent and not received, in each boot up to the last report that arrived.

    It begins with the boot where its boot event arrived, or a report from before its first sample, else with the first report.
    """
    place = np.full(len(sent.frames), -1)
    first = _first_times(arrived.frames)
    place[arrived.frames[first]] = first
    begun = {int(sent.frames["boot"][number]) for number in sent.boots if place[number] >= 0}
    mine = np.flatnonzero(sent.frames["stream"] == stream.number)
    received = place[mine]
    lost, known = 0, False
    by_boot: dict[int, list] = {}
    for report in sent.ledgers:
        if report.stream == stream.number and place[report.frame] >= 0:
            by_boot.setdefault(report.boot, []).append(report)
    for boot, said in by_boot.items():
        last, base = said[-1], said[0]
        if boot not in begun and len(said) < 2:
            continue
        known = True
        until = (received >= 0) & (received < place[last.frame]) & (sent.frames["boot"][mine] == boot)
        came = int(sent.frames["count"][mine[until]].sum())
        lost += last.samples_sent - came
        if boot not in begun and base.seen:
            before = until & (received < place[base.frame])
            lost -= base.samples_sent - int(sent.frames["count"][mine[before]].sum())
    own = ledger.streams[stream.number].lost
    _equal(f"{stream.name}: lost", own, lost if known else own)
    return lost


def _first_times(numbers: np.ndarray) -> np.ndarray:
    """Where each of these numbers stands first, in order."""
    _, first = np.unique(numbers, return_index=True)
    return np.sort(first)


def _equal(what: str, found: object, right: object) -> None:
    if np.array_equal(found, right):
        return
    if np.ndim(found) and np.shape(found) == np.shape(right):
        at = np.argwhere(np.asarray(found) != np.asarray(right))[0]
        raise Wrong(f"{what}: at {at.tolist()} {np.asarray(found)[tuple(at)]}, right is {np.asarray(right)[tuple(at)]}")
    if np.ndim(found):
        raise Wrong(f"{what}: {len(found)}, right are {len(right)}")
    raise Wrong(f"{what}: {found}, right is {right}")

