"""A bad link by the million frames: never a wrong value, only counted missing ones.

python -m bench.host.faults [--frames N] [--seed N] [--workers N] [--json]
"""

import argparse
import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from multiprocessing import get_context

import numpy as np

from freefall.definition import Definition

from . import paths
from .heard import InBulk, Listener, PerFrame
from .payload import definition
from .scenarios import SCENARIOS, Scenario
from .verdict import Arrivals, Tally, Wrong, judge
from .words import ADC, UNI, Words

EPISODE = 100_000  # frames of one run of a board
BATCH = 2 << 20  # octets given to the bulk path at once
PACKET_LENS = 32, 64, 128, 248
# One of so many episodes is fed per frame, too: prime, so that every scenario has its turn.
PER_FRAME_EVERY = 11


@dataclass(frozen=True, slots=True)
class Episode:
    """One run of a board on a bad link, the same whenever it is run again. number: among the episodes of the seed."""

    scenario: Scenario
    words: Words
    frames: int
    seed: int
    number: int

    def run(self, listeners: Sequence[Callable[[Definition], Listener]] = (InBulk,)) -> Tally:
        """Feed each kind of listener with it; what was verified, of one of them. Raises Wrong, saying which episode it was."""
        random = np.random.default_rng([self.seed, self.number])
        sent = self.scenario.sent(_payload(), self.words, self.frames, random)
        wire = self.scenario.arrives(sent.wire, random).tobytes()
        ends = _cut(len(wire), random)
        arrived = Arrivals(sent, wire)
        try:
            heard = [listen(kind(_payload()), wire, ends) for kind in listeners]
            for listener in heard:
                tally = judge(sent, arrived, listener, self.words, self.scenario.keeps_order, ends)
            for one, other in itertools.pairwise(heard):
                same(one, other)
        except Wrong as error:
            raise Wrong(f"{self.scenario.name}, {self.words.name}, seed {self.seed}, episode {self.number}: {error}") from None
        return tally


def listen(listener: Listener, wire: bytes, ends: np.ndarray) -> Listener:
    """The listener, fed with all of the wire, cut there, in batches; the host time of a piece is its number."""
    begin, batch, size = 0, [], 0
    for number, end in enumerate(ends.tolist()):
        batch.append((number, wire[begin:end]))
        size += end - begin
        begin = end
        if size >= BATCH or end == len(wire):
            listener.feed(batch)
            batch, size = [], 0
    return listener


def same(one: Listener, other: Listener) -> None:
    """Raises Wrong unless both made the same of it: packets, events, rejects, counters and ledger."""
    for stream, (mine, yours) in zip(one.decoder.definition.streams, zip(one.heard(), other.heard(), strict=True), strict=True):
        if not mine.same(yours):
            raise Wrong(f"{stream.name}: the two paths do not agree")
    for name in ("events", "rejects"):
        if getattr(one, name) != getattr(other, name):
            raise Wrong(f"the two paths do not agree in {name}")
    if one.decoder.counters != other.decoder.counters or one.decoder.ledger != other.decoder.ledger:
        raise Wrong("the two paths do not agree in their books")


def episodes(frames: int, seed: int, size: int = EPISODE) -> Iterator[Episode]:
    """At least so many frames, of all scenarios alike, with both kinds of words."""
    rounds = -(-frames // (size * len(SCENARIOS)))
    for number, (turn, scenario) in enumerate(itertools.product(range(rounds), SCENARIOS)):
        yield Episode(scenario, (ADC, UNI)[turn // 2 % 2], size, seed, number)


def run(episode: Episode) -> tuple[str, Tally]:
    """One episode in one of the ways, some in all and per frame; its scenario's name and what was verified."""
    ways = [partial(InBulk, way=way) for way in paths.ALL]
    # A turn of all scenarios each.
    kinds = [ways[episode.number // len(SCENARIOS) % len(ways)]]
    if episode.number % PER_FRAME_EVERY == 0:
        kinds = [*ways, *(partial(PerFrame, way=way) for way in paths.ALL)]
    return episode.scenario.name, episode.run(kinds)


@cache
def _payload() -> Definition:
    return definition(*PACKET_LENS)


def _cut(octets: int, random: np.random.Generator) -> np.ndarray:
    """Where pieces end: of a few octets, as a UART gives them, up to those of a file."""
    sizes = 1 << random.integers(4, 17, 2 + octets // 4096)
    ends = np.cumsum(np.concatenate((sizes, np.full(1 + octets // 65536, 65536))))
    return np.append(ends[ends < octets], octets)


def measure(frames: int, seed: int, workers: int) -> dict[str, Tally]:
    """What was verified, by scenario; raises Wrong."""
    tallies = {scenario.name: Tally() for scenario in SCENARIOS}
    every = list(episodes(frames, seed))
    if workers == 1:
        for name, tally in map(run, every):
            tallies[name] += tally
    else:
        with get_context("spawn").Pool(workers) as pool:
            for name, tally in pool.imap_unordered(run, every):
                tallies[name] += tally
    return tallies


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.host.faults", description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=float, default=1e7, help="to send at least (default: 1e7)")
    parser.add_argument("--seed", type=int, default=1, help="of everything random (default: 1)")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes (default: one per processor)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    options = parser.parse_args()
    started = time.monotonic()
    try:
        tallies = measure(int(options.frames), options.seed, options.workers)
    except Wrong as error:
        sys.exit(f"WRONG: {error}")
    seconds = time.monotonic() - started
    if options.json:
        rows = {name: asdict(tally) for name, tally in tallies.items()}
        print(json.dumps({"seed": options.seed, "seconds": round(seconds, 1), "scenarios": rows}, indent=1))
        return
    print(as_text(tallies))
    total = sum(tallies.values(), Tally())
    print(f"\n{total.frames_sent} frames, {total.samples} samples verified in {seconds:.0f} s; none was wrong.")


def as_text(tallies: dict[str, Tally]) -> str:
    """A row for every scenario and one for all."""
    rows = {**tallies, "all": sum(tallies.values(), Tally())}
    columns = list(asdict(Tally()))
    cells = [["", *(name.replace("_", " ") for name in columns)]]
    cells += [[name, *(str(getattr(tally, column)) for column in columns)] for name, tally in rows.items()]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    padded = ([cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)] for row in cells)
    return "\n".join("  ".join((row[0].ljust(widths[0]), *rest)) for row, rest in zip(cells, padded, strict=True))


if __name__ == "__main__":
    main()
