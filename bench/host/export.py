"""How fast a long recording is exported, and in how much memory.

python -m bench.host.export [--gigabytes 2] [--payload vibration] [--to parquet] [--folder DIR] [--where] [--json]

A recording of that size is made, of octets of the virtual board or, for --payload words, of the decoder bench's board, whose
words are as many as can be; `freefall export` makes files of it in a process of its own, whose peak memory is told; the rows of
Parquet files are counted against the samples decoded. --where: also where the processor's time goes, in one thread. Recording and
files are deleted.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from freefall.board.virtual import VirtualBoard
from freefall.decode import MOST_WAITING, Collector, Pieces, Summary
from freefall.definition import Definition, load_definition
from freefall.export import EXPORTERS, FORMATS, TableFiles
from freefall.recording import Recorder, open_recording

from . import payload
from .stream import Board
from .words import ADC

PAYLOADS = Path(__file__).parents[2] / "payload_defs"
MEMORY_LIMIT_MB = 500  # issue 5
_READ = 1 << 16  # octets of a read from the port
_BOOT_S = 120  # of the virtual board, until it boots again
_CYCLES = 1000  # packets of each stream from one set of reports to the next


@dataclass(frozen=True, slots=True)
class Figures:
    """What one export took. seconds: by the clock; cpu_s: of all threads; output: octets of the files."""

    payload: str
    format: str
    recording: int
    seconds: float
    cpu_s: float
    peak_mb: float
    output: int

    @property
    def mb_per_s(self) -> float:
        """Of the recording, by the clock."""
        return self.recording / 1e6 / self.seconds


def board_octets(name: str) -> tuple[Definition, Iterator[bytes]]:
    """A definition, and what its board sends, without end."""
    if name == "words":
        definition = payload.definition(248)
        return definition, _words(Board(definition, ADC, np.random.default_rng(1)))
    definition = load_definition(PAYLOADS / name)
    board = VirtualBoard(definition, seed=1)
    return definition, _again([board.advance(10**9) for _ in range(_BOOT_S)])


def _words(board: Board) -> Iterator[bytes]:
    yield board.boot().wire.tobytes()
    while True:
        yield board.run(_CYCLES).wire.tobytes()
        yield board.report().wire.tobytes()


def _again(octets: list[bytes]) -> Iterator[bytes]:
    while True:
        yield from octets


def record(path: Path, definition: Definition, octets: Iterator[bytes], size: int) -> None:
    """A recording of about that size."""
    host_ns, done = 10**18, 0
    with Recorder(path, definition, "bench", start_ns=host_ns) as recorder:
        while done < size:
            piece = next(octets)
            for at in range(0, len(piece), _READ):
                recorder.write(piece[at : at + _READ], host_ns)
                host_ns += 10**7
            done += len(piece)


def export(recording: Path, name: str, form: str, out: Path) -> Figures:
    """Export it in a process of its own; SystemExit when that fails."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "freefall", "export", str(recording), "--to", form, "-o", str(out)]
    with open(os.devnull, "wb") as null:
        child = os.posix_spawn(sys.executable, command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, null.fileno(), 1)])
    _, status, used = os.wait4(child, 0)
    seconds = time.perf_counter() - started
    if status:
        sys.exit(f"freefall export failed: {os.waitstatus_to_exitcode(status)}")
    output = sum(path.stat().st_size for path in out.iterdir())
    return Figures(
        name, form, recording.stat().st_size, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, output
    )


def check(recording: Path, out: Path) -> int:
    """The samples in the recording; SystemExit if Parquet files of it have another number of rows."""
    import pyarrow.parquet as parquet

    opened = open_recording(recording)
    summary = Summary(opened.definition)
    for pieces in _batches(opened.chunks()):
        summary.feed_many(pieces)
    rows = sum(parquet.read_metadata(path).num_rows for path in out.iterdir())
    if rows != summary.samples:
        sys.exit(f"the files have {rows} rows, the recording {summary.samples} samples")
    return rows


def where(recording: Path, form: str, out: Path) -> dict[str, float]:
    """Processor seconds of each step of an export to tables, one step after the other."""
    spent: dict[str, float] = {}

    def timed(step: str, call: Callable):
        begun = time.process_time()
        try:
            return call()
        finally:
            spent[step] = spent.get(step, 0.0) + time.process_time() - begun

    opened = open_recording(recording)
    summary, collector = Summary(opened.definition), Collector(opened.definition, MOST_WAITING)
    batches = _batches(opened.chunks())
    with TableFiles(form, out, opened.definition, overwrite=True) as files:
        while pieces := timed("read", lambda: next(batches, None)):
            items = timed("decode and judge", lambda pieces=pieces: summary.feed_many(pieces))
            tables = timed("tables", lambda items=items: collector.add(items) or collector.drain())
            timed("write", lambda tables=tables: [files.write(table) for table in tables])
    return spent


def _batches(chunks: Iterator[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    pieces = Pieces()
    for host_ns, octets in chunks:
        if piece := pieces.add(octets, host_ns):
            yield piece
    if piece := pieces.rest():
        yield piece


def main() -> None:
    """Print the figures; exit code 1 when they exceed the limit."""
    names = sorted(path.parent.name for path in PAYLOADS.glob("*/payload.toml"))
    parser = argparse.ArgumentParser(prog="python -m bench.host.export", description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=2.0, help="of the recording (default: 2)")
    parser.add_argument("--payload", choices=["words", *names], default="vibration", help="default: vibration")
    parser.add_argument("--to", choices=FORMATS, default="parquet", help="default: parquet")
    parser.add_argument("--folder", help="for recording and files, deleted afterwards (default: the system's)")
    parser.add_argument("--where", action="store_true", help="where the processor's time goes; of formats of tables")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="freefall-bench-", dir=chosen.folder))
    try:
        recording, out = folder / "run.mcap", folder / "out"
        record(recording, *board_octets(chosen.payload), int(chosen.gigabytes * 1e9))
        figures = export(recording, chosen.payload, chosen.to, out)
        samples = check(recording, out) if chosen.to == "parquet" else None
        steps = where(recording, chosen.to, out) if chosen.where and chosen.to in EXPORTERS else {}
    finally:
        shutil.rmtree(folder)
    if chosen.json:
        known = {**asdict(figures), "mb_per_s": figures.mb_per_s, "samples": samples, "cpu_s_of": steps}
        print(json.dumps({"schema": "freefall/1", **known}))
    else:
        print(f"{figures.recording / 1e6:.0f} MB of {figures.payload} to {figures.format}: {figures.seconds:.1f} s", end=", ")
        print(f"{figures.mb_per_s:.0f} MB/s; {figures.cpu_s:.1f} s of processors; peak {figures.peak_mb:.0f} MB", end="; ")
        print(f"files of {figures.output / 1e6:.0f} MB" + (f", {samples} rows" if samples is not None else ""))
        for step, seconds in steps.items():
            print(f"  {step:16} {seconds:6.1f} s")
    sys.exit(figures.peak_mb > MEMORY_LIMIT_MB)


if __name__ == "__main__":
    main()
