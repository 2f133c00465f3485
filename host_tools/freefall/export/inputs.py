"""What is exported: a recording, the files of a run that was recorded into several, or a file of raw octets."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..definition import Definition, load_definition
from ..errors import DefinitionNeeded, InputUnreadable
from ..recording import Run, is_recording, open_recording
from .urls import is_url, open_url

_READ_LEN = 1 << 16


@dataclass(frozen=True, slots=True)
class Input:
    """Octets in pieces, each with the host's time in ns since 1970, and the definition that reads them.

    size, position(): octets of the files, and how many of them are read. problem(): what is wrong with them, once all is read.
    """

    definition: Definition
    chunks: Iterator[tuple[int, bytes]]
    size: int
    position: Callable[[], int]
    problem: Callable[[], str | None] = lambda: None


@contextmanager
def open_input(
    sources: Sequence[str], definition: Definition | None = None, otherwise: str | Path | None = None
) -> Iterator[Input]:
    """The file, or the files of one run in any order; here, or behind URLs.

    definition: instead of the recording's own; otherwise: the path of one, where it has none. Raises InputUnreadable,
    DefinitionNeeded, DefinitionError.
    """
    for source in sources:
        _refuse_no_file(source)
    if all(is_recording(source, _opener(source)) for source in sources):
        yield _recorded(sources, definition, otherwise)
        return
    if len(sources) > 1:
        raise InputUnreadable(f"{', '.join(sources)}: only recordings can be the files of one run")
    source = sources[0]
    chosen = definition or _load(otherwise, f"{source}, a file of raw octets,")
    with open_url(source) if is_url(source) else open(source, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        yield Input(chosen, _pieces(file, source), size, file.tell)


def _opener(source: str) -> Callable[[str], BinaryIO] | None:
    return open_url if is_url(source) else None


def _recorded(sources: Sequence[str], definition: Definition | None, otherwise: str | Path | None) -> Input:
    run = Run([open_recording(source, _opener(source)) for source in sources])
    if definition is None and run.definition is None and run.definition_problem:
        raise InputUnreadable(f"{run.definition_problem}; give the definition of the run with -d DEF")
    chosen = definition or run.definition or _load(otherwise, sources[0])

    def problem() -> str | None:
        # What is wrong with a definition that is not used is nobody's concern.
        return run.problem if chosen is run.definition or not run.complete else None

    return Input(chosen, run.chunks(), run.size, lambda: run.position, problem)


def _load(path: str | Path | None, what: str) -> Definition:
    if path is None:
        raise DefinitionNeeded(what)
    return load_definition(path)


def _refuse_no_file(source: str) -> None:
    path = Path(source)
    if is_url(source) or path.is_file():
        return
    if path.is_dir():
        raise InputUnreadable(f"{source} is a folder, not a recording")
    raise InputUnreadable(f"{source} is no file that can be read twice" if path.exists() else f"there is no file {source}")


def _pieces(file: BinaryIO, name: str) -> Iterator[tuple[int, bytes]]:
    try:
        while octets := file.read(_READ_LEN):
            yield time.time_ns(), octets
    except OSError as error:
        raise InputUnreadable(f"cannot read {name}: {error.strerror}") from error
