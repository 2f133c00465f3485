"""Replay measured from the other end: how late a reader gets every block, and how fast blocks go as fast as they are taken.

python -m bench.host.replay                # ten minutes in real time, then top speed
python -m bench.host.replay --minutes 1
"""

import argparse
import json
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
import tty
from array import array
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

from freefall.port.timeline import Timeline
from freefall.recording import Recorder, open_recording
from freefall.replay import DescriptorSink, Played, PtySink, Schedule, play

END_LIMIT_MS = 5.0
# Of what plain writes of the same blocks reach. Below it, it is us and not the pipe; noise is several percent.
RATIO_LIMIT = 0.9
_START_NS = 1_790_000_000_000_000_000
_READ_LEN = 65536
_FORK = multiprocessing.get_context("fork")


def make_recording(path: Path, steps: Iterator[tuple[int, int]], seed: int) -> int:
    """A recording of random octets in blocks of (ns since the one before, size); how many octets."""
    noise, host_ns, total = random.Random(seed), _START_NS, 0
    store = noise.randbytes(1 << 20)
    with Recorder(path, None, f"bench.host.replay seed {seed}", start_ns=_START_NS) as recorder:
        for step_ns, size in steps:
            host_ns += step_ns
            at = noise.randrange(len(store) - size)
            recorder.write(store[at : at + size], host_ns)
            total += size
    return total


def as_a_port_is_read(minutes: float, seed: int) -> Iterator[tuple[int, int]]:
    """Blocks of 16 to 250 octets 1 to 16 ms apart: a payload of 15 kB/s, read whenever something has come."""
    noise, elapsed_ns = random.Random(seed), 0
    while elapsed_ns < minutes * 60e9:
        step_ns = noise.randrange(1_000_000, 16_000_000)
        elapsed_ns += step_ns
        yield step_ns, noise.randrange(16, 250)


class Reader:
    """Another process that reads a descriptor to its end, and when each octet had come."""

    def __init__(self, open_it: Callable[[], int], not_ours: int | None = None):
        """open_it(): the descriptor, in that process. not_ours: the end it must not keep open."""
        self._results, theirs = _FORK.Pipe(duplex=False)
        self._process = _FORK.Process(target=_read, args=(open_it, not_ours, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def results(self) -> tuple[bytes, array, array]:
        """SHA-256 of what came; after every read the octets up to then, and the monotonic time in ns."""
        results = self._results.recv()
        self._process.join()
        return results


def _opened(sink: PtySink) -> int:
    """The terminal's other side, in a process that has inherited this one and must not keep it open."""
    sink.close()
    return os.open(sink.url, os.O_RDWR | os.O_NOCTTY)


def _read(open_it: Callable[[], int], not_ours: int | None, results) -> None:
    if not_ours is not None:
        os.close(not_ours)
    descriptor, pieces = open_it(), []
    counts, times_ns, total = array("q"), array("q"), 0
    try:
        while octets := os.read(descriptor, _READ_LEN):
            times_ns.append(time.monotonic_ns())
            total += len(octets)
            counts.append(total)
            pieces.append(octets)
    except OSError:
        pass  # a terminal ends so
    results.send((_digest(pieces), counts, times_ns))


def in_real_time(minutes: float, seed: int) -> dict:
    """A replay at 1x over a pseudo terminal: its own report, and what the reader at the other end saw."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "real.mcap"
        make_recording(path, as_a_port_is_read(minutes, seed), seed)
        sink = PtySink()
        reader = Reader(lambda: _opened(sink))
        spent_s = time.process_time()
        with sink:
            played = play(path, sink)
        spent_s = time.process_time() - spent_s
        digest, counts, times_ns = reader.results()
        blocks = list(Timeline(open_recording(path).batches, Schedule()).blocks())
    return {
        "minutes": minutes,
        "blocks": played.blocks,
        "octets": played.octets,
        "identical": digest == _digest(octets for _, octets in blocks),
        "due_s": played.due_ns / 1e9,
        "ended_late_ms": (played.took_ns - played.due_ns) / 1e6,
        "said_ms": _said(played),
        "seen_ms": _seen(played.begin_ns, blocks, counts, times_ns),
        "processor": spent_s / (played.took_ns / 1e9),
    }


def _said(played: Played) -> dict[str, float]:
    late = played.lateness
    return {"p50": late.percentile_ns(50) / 1e6, "p99": late.percentile_ns(99) / 1e6, "max": late.max_ns / 1e6}


def _seen(begin_ns: int, blocks: list[tuple[int, bytes]], counts: array, times_ns: array) -> dict[str, float]:
    """Lateness of the last octet of every block at the reader."""
    late, reads, sent = [], 0, 0
    for due_ns, octets in blocks:
        sent += len(octets)
        while counts[reads] < sent:
            reads += 1
        late.append((times_ns[reads] - begin_ns - due_ns) / 1e6)
    ordered = sorted(late)
    percentiles = {
        name: ordered[min(len(ordered) * share // 100, len(ordered) - 1)] for name, share in (("p50", 50), ("p99", 99))
    }
    return {"least": ordered[0], **percentiles, "max": ordered[-1], "last": late[-1]}


def at_top_speed(megabytes: float, rounds: int, seed: int) -> list[dict]:
    """Replays at top speed beside plain os.write of the same blocks from memory, through the same kind of pipe, in turns."""
    order, rows = random.Random(seed), []
    with tempfile.TemporaryDirectory() as folder:
        for size in (135, 4096):
            sizes = random.Random(seed)
            count = int(megabytes * 1e6 / size)
            path = Path(folder) / f"{size}.mcap"
            make_recording(path, ((1_000_000, sizes.randrange(size // 2, size * 3 // 2)) for _ in range(count)), seed)
            blocks = [octets for _, octets in open_recording(path).chunks()]
            for link, through in (("pipe", _through_pipe), ("pty", _through_pty)):
                speeds = {"plain": [], "ours": []}
                for _ in range(rounds):
                    for who in order.sample(sorted(speeds), 2):
                        speeds[who].append(through(path, blocks, plain=who == "plain"))
                medians = {who: statistics.median(values) for who, values in speeds.items()}
                rows.append({"link": link, "block": size, "mb_per_s": medians, "ratio": medians["ours"] / medians["plain"]})
    return rows


def _through_pipe(path: Path, blocks: list[bytes], plain: bool) -> float:
    out, into = os.pipe()
    reader = Reader(lambda: out, not_ours=into)
    os.close(out)
    begin_ns = time.monotonic_ns()
    if plain:
        for octets in blocks:
            os.write(into, octets)
    else:
        with DescriptorSink(into, "pipe") as sink:
            play(path, sink, Schedule(speed=None))
    os.close(into)
    return _speed(reader, blocks, begin_ns)


def _through_pty(path: Path, blocks: list[bytes], plain: bool) -> float:
    """The time it takes to find a reader and to let it rest at the end is not counted."""
    if not plain:
        sink = PtySink()
        reader = Reader(lambda: _opened(sink))
        with sink:
            begin_ns = play(path, sink, Schedule(speed=None)).begin_ns
        return _speed(reader, blocks, begin_ns)
    master, slave = os.openpty()
    tty.setraw(slave)
    reader = Reader(lambda: slave, not_ours=master)
    begin_ns = time.monotonic_ns()
    for octets in blocks:
        while octets:
            octets = octets[os.write(master, octets) :]
    time.sleep(1)  # what is unread when a terminal closes is lost
    os.close(slave)
    os.close(master)
    return _speed(reader, blocks, begin_ns)


def _speed(reader: Reader, blocks: list[bytes], begin_ns: int) -> float:
    digest, counts, times_ns = reader.results()
    if digest != _digest(blocks):
        raise SystemExit(f"WRONG: {counts[-1] if counts else 0} octets came that are not those that were sent")
    return counts[-1] / (times_ns[-1] - begin_ns) * 1e3


def _digest(pieces) -> bytes:
    digest = sha256()
    for octets in pieces:
        digest.update(octets)
    return digest.digest()


def failures(real: dict | None, rows: list[dict]) -> list[str]:
    """What is not as it must be."""
    failed = []
    if real and not real["identical"]:
        failed.append("other octets came than were recorded")
    if real and real["ended_late_ms"] > END_LIMIT_MS:
        failed.append(f"the replay ended {real['ended_late_ms']:.1f} ms late, more than {END_LIMIT_MS:g} ms")
    for row in rows:
        if row["ratio"] < RATIO_LIMIT:
            failed.append(f"{row['link']}, blocks of {row['block']}: {row['ratio']:.2f} of plain writes, less than {RATIO_LIMIT}")
    return failed


def show(real: dict | None, rows: list[dict]) -> None:
    """The tables."""
    if real:
        print(f"{real['minutes']:g} minutes at 1x over a pty: {real['blocks']} blocks, {real['octets']} octets, ", end="")
        print(f"{100 * real['processor']:.1f} % of a processor")
        print(f"due after {real['due_s']:.3f} s, ended {real['ended_late_ms']:.3f} ms later")
        print("late, ms             p50      p99      max     last")
        said, seen = real["said_ms"], real["seen_ms"]
        print(f"as it reports   {said['p50']:8.3f} {said['p99']:8.3f} {said['max']:8.3f} {real['ended_late_ms']:8.3f}")
        print(f"at the reader   {seen['p50']:8.3f} {seen['p99']:8.3f} {seen['max']:8.3f} {seen['last']:8.3f}")
    if rows:
        print("\ntop speed, MB/s  block  plain os.write  replay  ratio")
    for row in rows:
        speeds = row["mb_per_s"]
        print(f"{row['link']:15s} {row['block']:6d} {speeds['plain']:15.1f} {speeds['ours']:7.1f} {row['ratio']:6.2f}")


def main() -> int:
    """0, or 1 when something is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10, help="in real time; 0: only top speed")
    parser.add_argument("--megabytes", type=float, default=20, help="at top speed; 0: only in real time")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    begin_load = os.getloadavg()
    real = in_real_time(args.minutes, args.seed) if args.minutes else None
    rows = at_top_speed(args.megabytes, args.rounds, args.seed) if args.megabytes else []
    failed = failures(real, rows)
    load = {"before": begin_load, "after": os.getloadavg()}
    if args.json:
        print(json.dumps({"real_time": real, "top_speed": rows, "failed": failed, "load": load, "processors": os.cpu_count()}))
        return bool(failed)
    show(real, rows)
    print(f"\nload average {load['before'][0]:.1f} before, {load['after'][0]:.1f} after, on {os.cpu_count()} processors")
    for sentence in failed:
        print(f"FAILED: {sentence}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
