"""freefall config: what a payload lets be changed in flight, looked at and changed on the board."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import rich_click as click

from ..definition import Definition
from ..definition.settings import Setting
from ..device.command import PATIENCE_S, Commands
from ..device.settings import (
    Values,
    differing,
    file_text,
    find_setting,
    own_values,
    parse_changes,
    plain,
    read_file,
    values_of,
)
from ..port.reconnecting import Reconnecting
from .completion import changes, settings, wires
from .options import OutputPath, Seconds, baud_option, force_option, port_definition_option
from .progress import progress_bar
from .sources import choose_definition, open_port, port_definition
from .text import aligned, write_text

_HOW_TO_DECLARE = (
    "payload {name} lets nothing be changed in flight: write into its definition, for a stream, [stream.NAME.adjustable] with "
    "rate_hz = [LEAST, MOST] or on = true, and deploy it."
)


@dataclass(frozen=True)
class _Board:
    definition: Definition
    commands: Commands

    def values(self) -> Values:
        with progress_bar("asking the board", None):
            return values_of(self.definition, self.commands.values())


def _board_options(command: Callable) -> Callable:
    port_option = click.option(
        "-p", "--port", metavar="URL", required=True, envvar="FREEFALL_PORT", shell_complete=wires,
        help="/dev/ttyACM0, COM5, socket://HOST:PORT, sim://DEF. The payload's link, or the board's USB console.",
    )  # fmt: skip
    wait_option = click.option(
        "--wait", type=Seconds(max=3600), default=PATIENCE_S, show_default=True,
        help="Seconds that an answer is waited for; four times as long for a payload that restarts.",
    )  # fmt: skip
    for option in (wait_option, baud_option, port_definition_option, port_option):
        command = option(command)
    return command


_json_option = click.option("--json", "as_json", is_flag=True, help="JSON Lines: one object a setting.")


@click.group(invoke_without_command=True)
@click.pass_context
def config(context: click.Context) -> None:
    """Look at and change what a payload lets be changed in flight: rates of streams, and whether they are on.

    A definition says what that is: [stream.NAME.adjustable]. The board itself refuses what is out of range, keeps what it takes
    through power cuts, and restarts with it at once: sampling pauses for a second or two, and no sample taken before is lost.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@config.command()
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=settings)
@_board_options
@_json_option
@click.option("--toml", "as_toml", is_flag=True, help="Print them as a file that config apply takes.")
@click.option("-o", "--output", metavar="FILE.toml", type=OutputPath(dir_okay=False), help="Write them into such a file.")
@force_option
def get(
    names: tuple[str, ...], port: str, definition: str | None, baud: int, wait: float, as_json: bool, as_toml: bool,
    output: str | None, force: bool,
) -> int:  # fmt: skip
    """Show the settings in effect on the board, beside the definition's own and what they may be."""
    with _board(port, definition, baud, wait) as board:
        with _usage():
            chosen = [find_setting(board.definition, name) for name in names] or list(board.definition.settings)
        values = board.values()
    values = {setting: values[setting] for setting in chosen}
    if output:
        write_text(Path(output), file_text(board.definition, values), force)
        click.echo(f"Written to {output}", err=True)
    elif as_toml:
        click.echo(file_text(board.definition, values), nl=False)
    elif as_json:
        for setting, value in values.items():
            _print_json(setting, value=plain(setting, value), definition=plain(setting, setting.value), **_limits(setting))
    else:
        rows = [(s.name, s.text(value), s.text(s.value), s.limits) for s, value in values.items()]
        _print_table(("setting", "board", "definition", "takes"), rows)
    return 0


@config.command("set")
@click.argument("changes", metavar="NAME=VALUE...", nargs=-1, required=True, shell_complete=changes)
@_board_options
@_json_option
def set_(changes: tuple[str, ...], port: str, definition: str | None, baud: int, wait: float, as_json: bool) -> int:
    """Set settings on the board, all of them or none: temperature.rate_hz=10 temperature.on=off

    Exit code 5 if the board refuses one, which it does for what is out of range.
    """
    with _board(port, definition, baud, wait) as board:
        with _usage():
            wanted = parse_changes(board.definition, changes)
        _change(board, wanted, as_json)
    return 0


@config.command()
@click.argument("file", metavar="[FILE.toml]", type=click.Path(), required=False)
@_board_options
@_json_option
def diff(file: str | None, port: str, definition: str | None, baud: int, wait: float, as_json: bool) -> int:
    """Show which settings on the board are not the definition's own, or not those of a file.

    Exit code 1 if some differ.
    """
    with _board(port, definition, baud, wait) as board:
        wanted = read_file(Path(file), board.definition) if file else own_values(board.definition)
        values = board.values()
    other = file or "definition"
    different = differing(values, wanted)
    if as_json:
        for setting, value in different.items():
            _print_json(setting, board=plain(setting, values[setting]), wanted=plain(setting, value))
    elif different:
        _print_table(("setting", "board", other), [(s.name, s.text(values[s]), s.text(v)) for s, v in different.items()])
    else:
        click.echo(f"The board's settings are those of {file or 'the definition'}: {_assignments(wanted)}.")
    return int(bool(different))


@config.command()
@click.argument("file", metavar="[FILE.toml]", type=click.Path(), required=False)
@click.option("--defaults", is_flag=True, help="The definition's own values.")
@_board_options
@_json_option
def apply(
    file: str | None, defaults: bool, port: str, definition: str | None, baud: int, wait: float, as_json: bool
) -> int:  # fmt: skip
    """Set what is not on the board as a file has it, or as the definition has it, in one telecommand."""
    if defaults == (file is not None):
        raise click.UsageError("say what to set: a file of settings, or --defaults.")
    with _board(port, definition, baud, wait) as board:
        _change(board, own_values(board.definition) if file is None else read_file(Path(file), board.definition), as_json)
    return 0


def _change(board: _Board, wanted: Values, as_json: bool) -> None:
    """Have the board take what is not so yet, and tell what that was."""
    before = board.values()
    changes = differing(before, wanted)
    if changes:
        with progress_bar("waiting until the payload has restarted", None):
            board.commands.set_values(changes)
    if as_json:
        for setting, value in changes.items():
            _print_json(setting, before=plain(setting, before[setting]), value=plain(setting, value))
    elif changes:
        _print_table(("setting", "before", "now"), [(s.name, s.text(before[s]), s.text(value)) for s, value in changes.items()])
        click.echo("The board has kept it and runs with it.")
    else:
        click.echo(f"Nothing to do: the board runs with {_assignments(wanted)} already.")


@contextmanager
def _board(port: str, definition: str | None, baud: int, wait: float) -> Iterator[_Board]:
    # What is wrong with it is told before a port is touched.
    given = _adjustable(choose_definition(definition)) if definition else None
    with Reconnecting(lambda: open_port(port, baud)) as link:
        found = _adjustable(port_definition(link.port, given))
        # Two programs on one link tell their answers apart.
        yield _Board(found, Commands(link, found, wait, first=os.getpid()))


def _adjustable(definition: Definition) -> Definition:
    if not definition.settings:
        raise click.UsageError(_HOW_TO_DECLARE.format(name=definition.name))
    return definition


@contextmanager
def _usage() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        sentence = str(error)
        raise click.UsageError(sentence if sentence.endswith("?") else f"{sentence}.") from error


def _assignments(values: Values) -> str:
    return ", ".join(f"{setting.name} = {setting.text(value)}" for setting, value in values.items())


def _limits(setting: Setting) -> dict[str, float | bool]:
    if setting.what == "on":
        return {}
    # Of a period the most is the least of a rate.
    return {"least": plain(setting, setting.most), "most": plain(setting, setting.least)}


def _print_json(setting: Setting, **facts: float | bool) -> None:
    click.echo(json.dumps({"setting": setting.name} | facts))


def _print_table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    for line in aligned([heads, *rows], [False] * len(heads)):
        click.echo(line)
