"""SRC on the command line: where octets come from, and which definition reads them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import time_ns

import rich_click as click

from ..board.serial import DEFAULT_BAUD, SerialPort, looks_like_port
from ..definition import Definition, load_definition
from ..errors import InputUnreadable, WrongDefinition
from ..recording import is_recording, open_recording

_READ_LEN = 65536

definition_option = click.option(
    "-d", "--def", "definition", metavar="DEF", envvar="FREEFALL_DEF", help="Payload definition; a recording carries its own."
)
baud_option = click.option("--baud", default=DEFAULT_BAUD, show_default=True, help="Of a serial port.")


@dataclass
class Source:
    """Octets in pieces, each with the host's time in ns, and the definition that reads them.

    size: octets the file has, None when unknown; problem(): what is wrong with the file, once all of it has been read.
    """

    definition: Definition
    chunks: Iterator[tuple[int, bytes]]
    size: int | None = None
    problem: object = staticmethod(lambda: None)


@contextmanager
def open_source(src: str, definition_path: str | None, baud: int = DEFAULT_BAUD) -> Iterator[Source]:
    """The source that SRC means. Raises InputUnreadable, DeviceError, DefinitionError, WrongDefinition, click.UsageError."""
    given = load_definition(definition_path) if definition_path else None
    if src == "-":
        yield Source(_needed(given, "standard input"), _pieces(sys.stdin.buffer))
    elif looks_like_port(src):
        with SerialPort(src, baud) as port:
            yield Source(_needed(given, src), port.chunks())
    elif not Path(src).is_file():
        raise InputUnreadable(f"there is no file {src}")
    elif is_recording(src):
        recording = open_recording(src)
        own = recording.definition
        if given and own and given.definition_id != own.definition_id:
            raise WrongDefinition(given.definition_id, own.definition_id)
        size = Path(src).stat().st_size
        yield Source(_needed(given or own, src), recording.chunks(), size, lambda: recording.problem)
    else:
        with open(src, "rb") as file:
            yield Source(_needed(given, f"{src}, a file of raw octets,"), _pieces(file), Path(src).stat().st_size)


def _needed(definition: Definition | None, what: str) -> Definition:
    if definition is None:
        raise click.UsageError(f"{what} carries no payload definition; name the one the board runs with -d DEF.")
    return definition


def _pieces(file) -> Iterator[tuple[int, bytes]]:
    while octets := file.read1(_READ_LEN):
        yield time_ns(), octets
