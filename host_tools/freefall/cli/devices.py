"""freefall devices: the boards of this computer."""

import json
import time

import rich_click as click

from ..device.discovery import Device, Watch, find_devices, volume_devices
from ..errors import DeviceError
from .completion import wires
from .console import complain
from .text import aligned

_LOOK_S = 1.0
_HEADS = ("ID", "PORT", "CHIP", "RUNS", "PAYLOAD", "DEFINITION", "SLOT")
_RUNS = {"silent": "no answer", "unknown": "not known", "unusable": "cannot be opened"}
_NONE = DeviceError(
    "there is no board: no serial port on USB, and no bootloader volume. Plug one in with a cable that carries data; a new one "
    "shows when BOOTSEL is held meanwhile. A port that is not on USB: name it with -p"
)


@click.command()
@click.option(
    "-p", "--port", "urls", metavar="URL", multiple=True, shell_complete=wires,
    help="Ask at this port, too: one that is not on USB, or /dev/pts/3, socket://HOST:PORT.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="JSON Lines, one for each board.")
@click.option("--watch", is_flag=True, help="Go on, and tell what is plugged in and out, until Ctrl-C.")
def devices(urls: tuple[str, ...], as_json: bool, watch: bool) -> int:
    """List the boards of this computer: every serial port on USB and every bootloader volume, and who is there.

    Nothing that runs is stopped: a payload is heard or asked and goes on; MicroPython's prompt, where nothing runs, is asked
    more. A port that another program holds is not asked; the program is named. Exit code 4 without any board, or when a port
    named with -p cannot be used.
    """
    found = [*find_devices(urls), *volume_devices()]
    if as_json:
        _print_json(found, "there")
    elif found:
        _print_table(found)
    if watch:
        return _watch(found, as_json)
    if not found:
        raise _NONE
    return 0 if all(device.usable for device in found if device.place in urls) else DeviceError.exit_code


def _watch(found: list[Device], as_json: bool) -> int:
    try:
        if not found:
            complain("There is no board yet; Ctrl-C ends.", prefix="")
        seen = Watch(found)
        while True:
            time.sleep(_LOOK_S)
            for event, device in seen.changes():
                if as_json:
                    _print_json([device], event)
                else:
                    click.echo(f"{event}  {'  '.join(cell for cell in _row(device) if cell != '-')}")
                    if event == "came":
                        _print_note(device)
    except KeyboardInterrupt:
        return 0


def _print_json(found: list[Device], event: str) -> None:
    for device in found:
        click.echo(json.dumps({"schema": "freefall/1", "type": "device", "event": event} | device.as_dict()))


def _print_table(found: list[Device]) -> None:
    lines = aligned([_HEADS, *map(_row, found)], [False] * len(_HEADS))
    click.echo(lines[0])
    for line, device in zip(lines[1:], found, strict=True):
        click.echo(line)
        _print_note(device)


def _print_note(device: Device) -> None:
    if device.identity.note:
        click.echo(f"  {device.identity.note}")


def _row(device: Device) -> tuple[str, ...]:
    who = device.identity
    runs = f"MicroPython {who.micropython}" if who.micropython else _RUNS.get(who.state, who.state)
    cells = (device.id, device.place, who.chip, runs, who.payload, who.definition_id, who.slot)
    return tuple(cell or "-" for cell in cells)
