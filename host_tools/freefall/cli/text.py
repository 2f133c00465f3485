"""Text as verbs print it for people: tables, sentences, and files of text."""

import os
import textwrap
from collections.abc import Sequence
from pathlib import Path

import rich_click as click

from ..errors import OutputExists, OutputUnwritable


def aligned(table: Sequence[Sequence[str]], numbers: Sequence[bool]) -> list[str]:
    """A line for each row, columns as wide as they must be: words to the left and, where `numbers`, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    pads = [str.rjust if right else str.ljust for right in numbers]
    return ["  ".join(pad(cell, width) for pad, cell, width in zip(pads, row, widths, strict=True)).rstrip() for row in table]


def say(sentence: str, columns: int) -> None:
    """Print a sentence at most so wide, and its lines after the first a little farther in; no word (a URL, a path) is cut."""
    indent = sentence[: len(sentence) - len(sentence.lstrip())]
    lines = textwrap.fill(
        sentence, max(columns, 20), subsequent_indent=indent + "  ", break_on_hyphens=False, break_long_words=False
    )
    click.echo(lines)


def write_text(path: Path, text: str, force: bool) -> None:
    """Write a file, whole or not at all, and the folders it is in. Raises OutputExists unless `force`, OutputUnwritable."""
    if path.exists() and not force:
        raise OutputExists(path)
    # A device is written to, not replaced.
    plain = path.is_file() or not path.exists()
    staged = path.with_name(f".{path.name}.{os.getpid()}.part") if plain else path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        staged.write_text(text, encoding="utf-8")
        if plain:
            os.replace(staged, path)
    except OSError as error:
        if plain:
            staged.unlink(missing_ok=True)
        raise OutputUnwritable(f"cannot write {path}: {error.strerror}") from error
