"""Options and parameter types that several verbs have."""

import math
from collections.abc import Callable

import rich_click as click

from ..port.serial import DEFAULT_BAUD
from .completion import definitions

_LOOPBACK = "127.0.0.1"


class Seconds(click.FloatRange):
    """A finite number of seconds from 0.001 on."""

    name = "seconds"

    def __init__(self, max: float | None = None):
        super().__init__(min=0.001, max=max)

    def convert(self, value, param, ctx):
        """The number; fails as click's types do."""
        seconds = super().convert(value, param, ctx)
        if not math.isfinite(seconds):
            self.fail(f"{value} is no number of seconds.", param, ctx)
        return seconds


class OutputPath(click.Path):
    """A file or folder to make."""

    def convert(self, value, param, ctx):
        """The path; fails as click's types do."""
        if value == "":
            self.fail("the name is empty.", param, ctx)
        if value == "-":
            self.fail("writing to standard output is not possible, give a name; freefall decode prints.", param, ctx)
        return super().convert(value, param, ctx)


class Value(click.ParamType):
    """What one of freefall.port.options' parsers makes of a text."""

    def __init__(self, name: str, parse: Callable[[str], object]):
        self.name = name
        self._parse = parse

    def convert(self, value, param, ctx):
        """The value; fails as click's types do."""
        if not isinstance(value, str):
            return value
        try:
            return self._parse(value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535 or ":" not in text:
        raise ValueError(f'"{text}" is no HOST:PORT with a port up to 65535')
    return host.removeprefix("[").removesuffix("]") or _LOOPBACK, int(port)


ADDRESS = Value("address", _address)

definition_option = click.option(
    "-d", "--def", "definition", metavar="DEF", shell_complete=definitions,
    help="Payload definition. Default: a recording's own, else the environment's FREEFALL_DEF.",
)  # fmt: skip
port_definition_option = click.option(
    "-d", "--def", "definition", metavar="DEF", shell_complete=definitions,
    help="Payload definition the board runs. Default: the environment's FREEFALL_DEF.",
)  # fmt: skip
baud_option = click.option(
    "--baud", type=click.IntRange(1, 100_000_000), default=DEFAULT_BAUD, show_default=True, help="Of a serial port."
)
force_option = click.option("--force", is_flag=True, help="Overwrite files.")
recording_path = OutputPath(dir_okay=False)
folder_path = OutputPath(file_okay=False)
