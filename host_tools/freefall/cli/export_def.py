"""freefall export-def: a definition for other tools."""

import sys
from pathlib import Path

import rich_click as click

from ..definition import load_definition
from ..interop import FORMATS
from .completion import definitions
from .options import force_option
from .text import write_text


@click.command("export-def")
@click.argument("definition", metavar="DEF", type=click.Path(), shell_complete=definitions)
@click.option(
    "--to", "form", type=click.Choice(list(FORMATS)), required=True,
    help="XTCE 1.2, COSMOS tlm.txt, Wireshark's Lua dissector, ICD, C header.",
)  # fmt: skip
@click.option("-o", "--output", metavar="FILE", type=click.Path(), help="By default standard output.")
@force_option
def export_def(definition: str, form: str, output: str | None, force: bool) -> None:
    """Write the packets of a payload definition for another tool: a ground system, a handbook, a C program."""
    text = FORMATS[form](load_definition(definition))
    if output in (None, "-"):
        sys.stdout.write(text)
        return
    path = Path(output)
    write_text(path, text, force)
    click.echo(f"Wrote {path}")
