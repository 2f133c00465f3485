"""freefall probe: whether every sensor is wired as the definition says."""

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import rich_click as click

from ..board.own_drivers import load_drivers
from ..definition import Definition, load_definition
from ..device.probe import Access, Verdict
from ..device.probe import probe as probe_wiring
from .completion import definitions, wires
from .interrupt import held_interrupt
from .options import Value
from .progress import progress_bar
from .text import aligned, say

_NOT_BY_LINUX = "this computer asks I2C buses only; a board asks the others: freefall probe DEF -p PORT"


def _bus(text: str) -> tuple[str | None, str]:
    name, _, device = text.rpartition("=")
    if not (device.isdecimal() or device.startswith("/")):
        raise ValueError(f'"{text}" is no N, 1 for /dev/i2c-1, and no BUS=N, i2c0=1 for example')
    return name or None, device


@click.command()
@click.argument("definition", metavar="DEF", type=click.Path(), shell_complete=definitions)
@click.option(
    "-p", "--port", metavar="URL", envvar="FREEFALL_PORT", shell_complete=wires,
    help="Through the board at this port: /dev/ttyACM0, COM5. Its payload is stopped, and started again afterwards.",
)  # fmt: skip
@click.option(
    "--i2c", "buses", metavar="N|BUS=N", type=Value("bus", _bus), multiple=True,
    help="Straight from this computer's bus: 1 for /dev/i2c-1, or i2c0=1 for one bus of the definition.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="JSON Lines: one object a sensor.")
def probe(definition: str, port: str | None, buses: tuple[tuple[str | None, str], ...], as_json: bool) -> int:
    """Ask every sensor of a payload who it is, and say what is the matter with the wiring of those that do not answer well.

    Exit code 1 if there is a fault.
    """
    context = click.get_current_context()
    by_port = port and not (buses and context.get_parameter_source("port").name == "ENVIRONMENT")
    if by_port and buses:
        raise click.UsageError("-p asks through a board, --i2c from this computer: give one of them.")
    if not by_port and not buses:
        raise click.UsageError("say how: through a board, -p /dev/ttyACM0, or from this computer's I2C bus, --i2c 1.")
    checked = load_definition(definition)
    load_drivers(checked)
    with _through_board(checked, port) if by_port else _from_here(checked, buses) as accesses:
        verdicts = probe_wiring(checked, accesses)
    _print(verdicts, as_json)
    return int(any(verdict.is_fault for verdict in verdicts))


@contextmanager
def _from_here(checked: Definition, buses: tuple[tuple[str | None, str], ...]) -> Iterator[Mapping[str, Access | str]]:
    from ..device.probe.linux import LinuxI2C

    named = dict(buses)
    there = [f"{bus['kind']}{bus['id']}" for bus in json.loads(checked.plan)["buses"]]
    if unknown := [name for name in named if name and name not in there]:
        raise click.UsageError(f"the payload has no bus {unknown[0]}: it has {', '.join(there) or 'none'}.")
    with ExitStack() as opened:
        accesses: dict[str, Access | str] = {}
        for name in there:
            device = named.get(name, named.get(None)) if name.startswith("i2c") else None
            accesses[name] = opened.enter_context(LinuxI2C(device, name)) if device else _NOT_BY_LINUX
        yield accesses


@contextmanager
def _through_board(checked: Definition, port: str) -> Iterator[Mapping[str, Access]]:
    from ..device.probe.board import board_buses
    from ..device.repl import Repl

    print(f"what runs on {port} is stopped for the probe and started again afterwards", file=sys.stderr, flush=True)
    # A board that is left in the middle of an answer would not hear that it is to start again.
    with held_interrupt() as pressed:
        with progress_bar("stopping what runs", None):
            repl = Repl.open(port)
        try:
            yield board_buses(repl, json.loads(checked.plan))
        finally:
            repl.hard_reset()
        if pressed():
            raise KeyboardInterrupt


def _print(verdicts: list[Verdict], as_json: bool) -> None:
    if as_json:
        for verdict in verdicts:
            click.echo(json.dumps(verdict.as_dict()))
        return
    columns = shutil.get_terminal_size().columns
    heads = aligned([(verdict.sensor, verdict.place, verdict.kind.value + ":") for verdict in verdicts], (False, False, False))
    for head, verdict in zip(heads, verdicts, strict=True):
        say(f"{head} {verdict.sentence}", columns)
    faults = sum(verdict.is_fault for verdict in verdicts)
    click.echo(f"{len(verdicts)} sensors, {faults or 'no'} {'fault' if faults == 1 else 'faults'}")
