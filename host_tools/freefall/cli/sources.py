"""SRC on the command line: where octets come from, and which definition reads them."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from time import time_ns
from typing import BinaryIO

import rich_click as click

from ..definition import Definition, load_definition
from ..errors import DeviceError, InputUnreadable, NothingCame
from ..port.open import is_port_url
from ..port.open import open_port as _open_port
from ..port.port import Port
from ..port.serial import DEFAULT_BAUD
from ..recording import is_recording, open_recording, raw_only
from .interrupt import held_interrupt
from .parts import tell_of_parts

_READ_LEN = 65536


@dataclass
class Source:
    """Octets in pieces, each with the host's time in ns, and the definition that reads them.

    live: has no end of its own. size, position(): octets of the file, and how many of them are read; size is None when unknown.
    problem(): what is wrong with the file, once all of it has been read. metadata: a recording's. name: as it is told.
    pressed(): whether Ctrl-C has ended it.
    """

    definition: Definition
    chunks: Iterator[tuple[int, bytes]]
    live: bool = False
    size: int | None = None
    position: Callable[[], int] = lambda: 0
    problem: Callable[[], str | None] = lambda: None
    metadata: dict[str, str] = field(default_factory=dict)
    name: str = ""
    pressed: Callable[[], bool] = lambda: False

    def read(self, take: Callable[[bytes, int], object]) -> DeviceError | None:
        """Give every piece to take(octets, host ns). Ctrl-C ends a live source well.

        The error that ended it early, to be raised when what came before it has been told; None when there was none. Raises
        NothingCame when Ctrl-C was pressed before the first octet.
        """
        count, interrupted = 0, False
        try:
            for host_ns, octets in self.chunks:
                count += len(octets)
                take(octets, host_ns)
        except KeyboardInterrupt:
            if not self.live:
                raise
            interrupted = True
        except DeviceError as gone:
            return gone
        if not count and (interrupted or self.pressed()):
            raise NothingCame(self.name)
        return None


@contextmanager
def open_source(src: str, definition_path: str | None, baud: int = DEFAULT_BAUD) -> Iterator[Source]:
    """The source that SRC means. Raises InputUnreadable, DeviceError, DefinitionError, click.UsageError."""
    if src == "-":
        if sys.stdin is None:
            raise InputUnreadable("standard input is closed")
        definition = _needed(choose_definition(definition_path), "standard input")
        name = "standard input"
        yield Source(definition, raw_only(_pieces(sys.stdin.buffer, name), name), live=True, name=name)
    elif is_port_url(src):
        given = choose_definition(definition_path) if definition_path else None  # its faults are told before a port is touched
        with open_port(src, baud) as port, held_interrupt() as pressed:
            definition = port_definition(port, given)
            chunks = takewhile(lambda _: not pressed(), port.chunks())
            yield Source(definition, chunks, live=True, name=src, pressed=pressed)
    elif not Path(src).is_file():
        raise InputUnreadable(_no_file(src))
    elif is_recording(src):
        source = _recording(src, definition_path)
        tell_of_parts((src,))
        yield source
    else:
        definition = _needed(choose_definition(definition_path), f"{src}, a file of raw octets,")
        with open(src, "rb") as file:
            yield Source(definition, _pieces(file, src), size=Path(src).stat().st_size, position=file.tell)


def open_port(url: str, baud: int) -> Port:
    """The port, open. Raises what freefall.port's open_port does, and click.UsageError for what no port can be called."""
    try:
        return _open_port(url, baud)
    except ValueError as error:
        sentence = str(error)
        raise click.UsageError(sentence if sentence.endswith("?") else f"{sentence}.") from error


def choose_definition(path: str | None, own: Definition | None = None) -> Definition | None:
    """-d, else the recording's own, else FREEFALL_DEF; None when there is none. Raises DefinitionError, InputUnreadable."""
    if path is None and own is not None:
        return own
    if path is None:
        path = os.environ.get("FREEFALL_DEF") or None
    return None if path is None else load_definition(path)


def port_definition(port: Port, given: Definition | None) -> Definition:
    """What reads a port: the definition given, else its own, else FREEFALL_DEF. Raises as choose_definition, InputUnreadable."""
    if given:
        return given
    if port.definition is None and port.definition_problem:
        raise InputUnreadable(f"{port.definition_problem}; give the definition of the run with -d DEF")
    return _needed(choose_definition(None, port.definition), port.url)


def _recording(src: str, definition_path: str | None) -> Source:
    recording = open_recording(src)
    own = recording.definition
    if definition_path is None and own is None and recording.definition_problem:
        raise InputUnreadable(f"{recording.definition_problem}; give the definition of the run with -d DEF")
    definition = _needed(choose_definition(definition_path, own), src)

    def problem() -> str | None:
        # What is wrong with a definition that is not used is nobody's concern.
        return recording.problem if definition is own or not recording.complete else None

    return Source(
        definition,
        recording.chunks(),
        size=Path(src).stat().st_size,
        position=lambda: recording.position,
        problem=problem,
        metadata=recording.metadata,
    )


def _needed(definition: Definition | None, what: str) -> Definition:
    if definition is None:
        raise click.UsageError(f"{what} carries no payload definition; name the one the board runs with -d DEF.")
    return definition


def _no_file(src: str) -> str:
    path = Path(src)
    if path.is_dir():
        return f"{src} is a folder, not a recording"
    return f"{src} is neither a file nor a port; pipe it into -" if path.exists() else f"there is no file {src}"


def _pieces(file: BinaryIO, name: str) -> Iterator[tuple[int, bytes]]:
    try:
        while octets := file.read1(_READ_LEN):
            yield time_ns(), octets
    except OSError as error:
        raise InputUnreadable(f"cannot read {name}: {error.strerror}") from error
