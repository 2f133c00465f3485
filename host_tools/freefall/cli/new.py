"""freefall new: a first definition of somebody's own experiment."""

import re
from pathlib import Path

import rich_click as click

from ..definition import FILE_NAME, parse_definition
from ..definition.diagnostics import listed, meant
from ..definition.template import CannotPlace, template
from ..sensors.fields import NAME_PATTERN
from ..sensors.registry import SENSORS
from .completion import drivers
from .options import force_option
from .text import write_text

_DEFAULT = ("temperature=tmp117",)


@click.command()
@click.argument("name")
@click.option(
    "-s", "--sensor", "sensors", metavar="[NAME=]DRIVER", multiple=True, default=_DEFAULT, show_default=True,
    shell_complete=drivers,
    help="A sensor, as often as there are. Drivers: " + ", ".join(SENSORS) + ".",
)  # fmt: skip
@click.option("--discipline", default="", help="Biology, fluids, materials, ...")
@click.option("-o", "--output", metavar="FOLDER", type=click.Path(), help="By default NAME, in this folder.")
@force_option
def new(name: str, sensors: tuple[str, ...], discipline: str, output: str | None, force: bool) -> None:
    """Write a definition that passes the check, with comments that teach, for the sensors named."""
    _check_name("payload", name)
    wanted = dict(map(_sensor, sensors))
    if len(wanted) < len(sensors):
        raise click.UsageError("two sensors have one name; give each its own, as in -s inside=tmp117 -s outside=tmp117")
    try:
        text = template(name, wanted, discipline)
    except CannotPlace as refusal:
        raise click.UsageError(str(refusal)) from None
    path = Path(output or name) / FILE_NAME
    parse_definition(text, str(path))  # what it writes is sound, or it writes nothing
    write_text(path, text, force)
    click.echo(f"Wrote {path}. Next:")
    for verb in ("check", "sim"):
        click.echo(f"  freefall {verb} {path.parent}")


def _sensor(word: str):
    key, _, driver = word.rpartition("=")
    if driver not in SENSORS:
        raise click.UsageError(f'there is no driver "{driver}"{meant(driver, SENSORS, listed("known drivers", SENSORS))}')
    key = key or driver
    _check_name("sensor", key)
    return key, (driver, SENSORS[driver])


def _check_name(what: str, name: str) -> None:
    if not re.fullmatch(NAME_PATTERN, name):
        raise click.UsageError(
            f'{what} name "{name}" is not possible: a small letter, then up to 31 small letters, digits or underscores'
        )
