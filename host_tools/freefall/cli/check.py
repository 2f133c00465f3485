"""freefall check: every fault of a definition at once, or the feasibility report of one without."""

import json
import shutil
import sys

import rich_click as click

from ..definition import Definition, Diagnostic, Margin, load_definition
from ..errors import DefinitionError
from .completion import definitions
from .console import complain
from .summary import count
from .text import aligned, say

_COLUMNS = 100  # where there is no terminal
_HEAD = ("subject", "rule", "value", "limit", "unit", "left")
_NUMBERS = [name in ("value", "limit", "left") for name in _HEAD]


@click.command()
@click.argument("definitions", metavar="DEF...", nargs=-1, required=True, type=click.Path(), shell_complete=definitions)
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line for each DEF, faults among it.")
@click.option("--github", is_flag=True, help="Faults as annotations of a GitHub workflow.")
@click.pass_obj
def check(settings, definitions: tuple[str, ...], as_json: bool, github: bool) -> int:
    """Check payload definitions: every fault at once, as file:line:col, and without one whether it can work.

    The report has a line for every limit, the tightest first; freefall -v check says where each number comes from.
    """
    code = 0
    for path in definitions:
        try:
            checked, faults = load_definition(path), ()
        except DefinitionError as error:
            checked, faults = None, error.diagnostics
            code = max(code, error.exit_code)
        if as_json:
            click.echo(json.dumps(_as_dict(path, checked, faults)))
        elif github:
            for fault in faults:
                click.echo(_annotation(fault))
        elif faults:
            complain(DefinitionError(faults), prefix="")
        else:
            _print(checked, details=settings.verbosity > 0)
    return code


def _print(checked: Definition, details: bool) -> None:
    click.echo(f"{checked.name}: definition {checked.definition_id:08x}, {count(len(checked.streams), 'stream')}")
    for stream in checked.streams:
        channels = ", ".join(f"{channel.name} [{channel.unit}]" for channel in stream.channels)
        _say(
            f"  {stream.name}: {stream.driver} at {stream.rate_hz:g} Hz by {stream.trigger}, {channels}; "
            f"{count(stream.samples_per_packet, 'sample')} in a packet of {stream.packet_len} octets"
        )
    limited = sorted((line for line in checked.margins if line.limit is not None), key=lambda line: line.spare)
    others = [line for line in checked.margins if line.limit is None]
    click.echo()
    head, *rows = aligned([_HEAD, *map(_cells, limited + others)], _NUMBERS)
    click.echo(head)
    for line, row in zip(limited + others, rows, strict=True):
        click.echo(row)
        if details:
            _say(f"    {line.sentence}")
    click.echo()
    tightest = limited[0]
    click.echo(f"Can work. Tightest: {tightest.rule} of {tightest.subject}, {100 * tightest.spare:.0f} % left.")


def _say(sentence: str) -> None:
    """A sentence as wide as the terminal, or else as what people read."""
    say(sentence, shutil.get_terminal_size().columns if sys.stdout.isatty() else _COLUMNS)


def _cells(line: Margin) -> tuple[str, ...]:
    limit = "" if line.limit is None else _number(line.limit)
    left = "" if line.spare is None else f"{100 * line.spare:.0f} %"
    return line.subject, line.rule, _number(line.value), limit, line.unit, left


def _number(value: float) -> str:
    """Three digits, and all of those before the point."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _as_dict(path: str, checked: Definition | None, faults: tuple[Diagnostic, ...]) -> dict:
    """Stable keys; of a definition with faults no report, for it is about what is sound."""
    return {
        "schema": "freefall/1",
        "definition": path,
        "ok": not faults,
        "payload": checked and checked.name,
        "definition_id": checked and f"{checked.definition_id:08x}",
        "faults": [
            {"file": fault.file, "line": fault.line, "column": fault.column, "message": fault.message} for fault in faults
        ],
        "margins": [_margin(line) for line in checked.margins] if checked else [],
    }


def _margin(line: Margin) -> dict:
    return {
        "rule": line.rule,
        "subject": line.subject,
        "path": ".".join(map(str, line.path)),
        "value": line.value,
        "limit": line.limit,
        "unit": line.unit,
        "left": line.spare,
        "holds": line.holds,
        "sentence": line.sentence,
    }


def _annotation(fault: Diagnostic) -> str:
    """A workflow command; what would end it early is escaped, as GitHub's runner undoes it."""
    message, file = (text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A") for text in (fault.message, fault.file))
    file = file.replace(":", "%3A").replace(",", "%2C")
    return f"::error file={file},line={fault.line},col={fault.column}::{message}"
