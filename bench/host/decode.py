"""How fast the host decodes, beside others on the same octets, in one run.

python -m bench.host.decode [--size 64MB] [--rounds 9] [--seed N] [--json]

The whole job: octets of a board to frames, CRC checked, to a column of words for each stream and the index, time and count of
every packet. Each decoder is first held against the truth, clean and with one octet in 1000 another. CPU time, medians of rounds,
in each of which every decoder has its turn, in an order drawn anew. Slow ones get the first part of the octets.
"""

import argparse
import json
import random
import statistics
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from freefall.definition import Definition

from . import ours, paths, peers
from .aims import judged
from .columns import NotTheSame, check, truth
from .damage import Overwrites
from .payload import definition
from .stream import Board, Sent
from .words import ADC, UNI, Words

CYCLES = 250  # packets of each stream from one set of reports to the next
CORRUPTED = 1e-3
PIECE = 64  # octets of a piece of the live feed
LIVE = 1 << 20  # octets of it


@dataclass(frozen=True, slots=True)
class Decoder:
    """make: a definition -> what decodes. share: the part of the octets that it is given, for the slow."""

    name: str
    make: Callable[[Definition], ours.Decode]
    share: float = 1.0


OURS = (Decoder("ours, in bulk", ours.InBulk), Decoder("ours, per frame", ours.PerFrame, 1 / 8))
WAYS = {"": paths.PLAIN}
if paths.IN_C:
    WAYS[" in C"] = paths.IN_C
    OURS += (Decoder("ours, in bulk in C", partial(ours.InBulk, way=paths.IN_C)),)
    OURS += (Decoder("ours, per frame in C", partial(ours.PerFrame, way=paths.IN_C), 1 / 8),)
PEERS = (
    Decoder("cobs + crc32 + numpy by hand", peers.WithNumpy),
    Decoder("cobs + crc32 -> ccsdspy", peers.WithCcsdspy, 1 / 2),
    Decoder("cobs + crc32 -> ccsdspy's split_by_apid", peers.WithSplitByApid, 1 / 4),
    Decoder("cobs + crc32 + struct in a loop", peers.WithStruct, 1 / 8),
    Decoder("cobs + crc32 -> construct, compiled", peers.WithConstruct, 1 / 32),
)


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of octets: length of the packets, words in them, and how many octets are others than were sent."""

    packet_len: int
    words: Words
    corrupted: float = 0.0

    def __str__(self):
        damage = f", {self.corrupted:.1%} of octets corrupted" if self.corrupted else ""
        return f"{self.packet_len}-octet packets, {self.words.name}{damage}"


MAIN, BAD = Case(248, ADC), Case(248, ADC, CORRUPTED)
CASES = (MAIN, BAD, Case(128, ADC), Case(64, ADC), Case(248, UNI))


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to time: run() does it once, for so many octets (or pieces, of the live feed)."""

    case: str
    name: str
    run: Callable[[], object]
    amount: int


def octets(case: Case, size: int, seed: int) -> tuple[Sent, Definition, bytes]:
    """What a board sent, at least `size` octets of it, and what arrived."""
    payload = definition(case.packet_len)
    board = Board(payload, case.words, np.random.default_rng(seed))
    parts = [board.boot()]
    while sum(len(part.wire) for part in parts) < size:
        parts += [board.run(CYCLES), board.report()]
    sent = Sent.joined(parts)
    arrived = Overwrites(case.corrupted).strike(sent.wire, np.random.default_rng(seed)) if case.corrupted else sent.wire
    return sent, payload, arrived.tobytes()


def jobs(case: Case, size: int, seed: int, decoders: tuple[Decoder, ...]) -> Iterator[Job]:
    """Of one kind of octets, every decoder held against the truth; raises NotTheSame."""
    sent, payload, wire = octets(case, size, seed)
    right = {}
    for decoder in decoders:
        part = wire[: int(len(wire) * decoder.share)]
        if decoder.share not in right:
            right[decoder.share] = truth(sent, part, payload, case.words)
        decode = decoder.make(payload)
        check(f"{decoder.name}, {case}", decode(part), right[decoder.share], payload.streams)
        yield Job(str(case), decoder.name, lambda decode=decode, part=part: decode(part), len(part))
    source = np.frombuffer(wire, np.uint8)
    kept = source.copy()
    yield Job(str(case), "zlib.crc32", lambda: zlib.crc32(wire), len(wire))
    yield Job(str(case), "memcpy", lambda: np.copyto(kept, source), len(wire))


def live(seed: int) -> Iterator[Job]:
    """Of the live feed, one for each way to take it."""
    _, payload, wire = octets(MAIN, LIVE, seed)
    pieces = [wire[at : at + PIECE] for at in range(0, len(wire), PIECE)]
    case = f"live, pieces of {PIECE} octets"
    for name, way in WAYS.items():
        yield Job(case, f"ours, feed{name}", partial(ours.feed, payload, pieces, way), len(pieces))
        yield Job(case, f"ours, feed_many of 4 KiB{name}", partial(ours.feed_many, payload, pieces, way), len(pieces))


def measure(every: list[Job], rounds: int, seed: int, say: Callable[[str], None]) -> dict[Job, list[float]]:
    """CPU seconds of each job, one of each round."""
    order = random.Random(seed)
    seconds: dict[Job, list[float]] = {job: [] for job in every}
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        for job in order.sample(every, len(every)):
            before = time.process_time()
            job.run()
            seconds[job].append(time.process_time() - before)
    return seconds


def results(seconds: dict[Job, list[float]]) -> dict[str, dict[str, float]]:
    """Medians, by case and name: MB/s (10^6 octets of wire), of the live feed microseconds per piece."""
    found: dict[str, dict[str, float]] = {}
    for job, times in seconds.items():
        median = statistics.median(times)
        figure = 1e6 * median / job.amount if job.case.startswith("live") else job.amount / median / 1e6
        found.setdefault(job.case, {})[job.name] = figure
    return found


def main() -> None:
    """Parse, measure, print; exit code 1 if a decoder is not the same."""
    parser = argparse.ArgumentParser(prog="python -m bench.host.decode", description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=_megabytes, default=64_000_000, help="octets of each case, as 64MB (default)")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each decoder (default: 9)")
    parser.add_argument("--seed", type=int, default=1, help="of the octets and the order (default: 1)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the tables")
    options = parser.parse_args()
    try:
        every = [*live(options.seed)]
        for case in CASES:
            say(f"checking {case}")
            every += jobs(case, options.size, options.seed, OURS + PEERS)
        seconds = measure(every, options.rounds, options.seed, say)
    except NotTheSame as error:
        sys.exit(f"NOT THE SAME: {error}")
    say("")
    found = results(seconds)
    if options.json:
        times = [{"case": job.case, "decoder": job.name, "amount": job.amount, "seconds": s} for job, s in seconds.items()]
        result = {"size": options.size, "seed": options.seed, "results": found, "aims": list(judged(found)), "rounds": times}
        print(json.dumps(result))
        return
    print("\n\n".join(as_text(case, figures) for case, figures in found.items()), end="\n\n")
    for verdict in judged(found):
        print(verdict)


def as_text(case: str, figures: dict[str, float]) -> str:
    """The table of one case, fastest first."""
    if case.startswith("live"):
        return "\n".join([f"{case:44}{'us/piece':>10}", *(f"  {name:42}{us:10.2f}" for name, us in figures.items())])
    rows = [f"{case:58}{'MB/s':>9}{'x ccsdspy':>11}{'% of crc32':>12}"]
    for name, rate in sorted(figures.items(), key=lambda item: -item[1]):
        ratio, part = rate / figures["cobs + crc32 -> ccsdspy"], 100 * rate / figures["zlib.crc32"]
        rows.append(f"  {name:56}{rate:9.1f}{ratio:11.2f}{part:12.2f}")
    return "\n".join(rows)


def say(state: str) -> None:
    """Tell a user at a terminal how far it is, on one line."""
    if sys.stderr.isatty():
        print(f"\r\033[K{state[:100]}", end="", file=sys.stderr, flush=True)


def _megabytes(text: str) -> int:
    number = float(text.upper().removesuffix("MB"))
    if not number > 0:
        raise argparse.ArgumentTypeError(f"{text} is no size; as 64MB")
    return int(number * 1e6)


if __name__ == "__main__":
    main()
