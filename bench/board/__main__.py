"""Measure the board on the emulated RP2040 and print one table.

python -m bench.board [PART ...] [--seconds N] [--xip] [--json FILE]
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from freefall.board.emulated.debian import BuildFailed
from freefall.board.emulated.image import ImageUnavailable, get_image_with_symbols

from . import accelerometer, c_job, costs, entry, firmware_job, framing, link, start
from .aims import judged
from .machines import BenchFailed
from .table import Figure, as_json, as_text
from .toolchain import c_programs

# Given the directory of C programs and the MicroPython image.
Measure = Callable[[Path, Path], Iterator[Figure]]


def main() -> None:
    """Parse, measure, print."""
    options = parse()
    try:
        figures = measured(options.parts, c_programs(say), get_image_with_symbols(say))
    except (BenchFailed, BuildFailed, ImageUnavailable) as error:
        sys.exit(str(error))
    print(as_text(figures))
    print("\n".join(judged(figures)))
    if options.json:
        options.json.write_text(as_json(figures))


def parse() -> argparse.Namespace:
    """The command line; `parts` is what to measure, by name."""
    parser = argparse.ArgumentParser(prog="python -m bench.board", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2, help="emulated time the allocator is watched for (default: 2)")
    parser.add_argument("--xip", action="store_true", help="measure interrupt entry with a model of the flash cache, too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("parts", nargs="*", metavar="PART", help="what to measure (default: all)")
    options = parser.parse_args()
    parts: dict[str, Measure] = {
        "framing": framing.measure,
        "entry": entry.measure,
        "c-job": c_job.measure,
        "job": firmware_job.measure,
        "accelerometer": accelerometer.measure,
        "costs": costs.measure,
        "link": link.measure,
        "start": partial(start.measure, seconds=options.seconds),
    }
    if unknown := [part for part in options.parts if part not in parts]:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(parts)}")
    options.parts = {part: parts[part] for part in options.parts or parts}
    if options.xip:
        options.parts["entry with flash cache"] = entry.measure_with_cache
    return options


def measured(parts: dict[str, Measure], programs: Path, image: Path) -> list[Figure]:
    """All figures of these parts."""
    figures = []
    for part, measure in parts.items():
        started = time.monotonic()
        for figure in measure(programs, image):
            figures.append(figure)
            show(f"{part}: {figure.name}, {figure.case}, {figure.column}")
        show("")
        say(f"Measured {part} in {time.monotonic() - started:.0f} s.")
    return figures


def say(sentence: str) -> None:
    """Tell the user something lasting."""
    print(sentence, file=sys.stderr)


def show(state: str) -> None:
    """Tell a user at a terminal how far it is, on one line."""
    if sys.stderr.isatty():
        print(f"\r\033[K{state[:100]}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
