"""Options and parameter types that several verbs have."""

import math

import rich_click as click

from ..port.serial import DEFAULT_BAUD


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


definition_option = click.option(
    "-d", "--def", "definition", metavar="DEF",
    help="Payload definition. Default: a recording's own, else the environment's FREEFALL_DEF.",
)  # fmt: skip
port_definition_option = click.option(
    "-d", "--def", "definition", metavar="DEF",
    help="Payload definition the board runs. Default: the environment's FREEFALL_DEF.",
)  # fmt: skip
baud_option = click.option(
    "--baud", type=click.IntRange(1, 100_000_000), default=DEFAULT_BAUD, show_default=True, help="Of a serial port."
)
force_option = click.option("--force", is_flag=True, help="Overwrite files.")
recording_path = OutputPath(dir_okay=False)
folder_path = OutputPath(file_okay=False)
