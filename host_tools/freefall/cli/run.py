"""freefall run: a payload on this computer, in real time."""

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import rich_click as click

from ..board.linux import LinuxBoard
from ..board.linux_devices import GPIO, devices_of
from ..board.live_server import LiveServer
from ..decode import Summary
from ..definition import Definition, load_definition
from ..recording import Recorder
from .completion import definitions
from .interrupt import held_interrupt
from .options import ADDRESS, Seconds, Value, force_option, recording_path
from .progress import progress_bar
from .report import print_report

_NS = 1_000_000_000
# Octets are looked at in pieces of this much time.
_PIECE_NS = 20_000_000


def _bus(text: str) -> tuple[str, str]:
    name, _, device = text.partition("=")
    if not name or not _is_device(device):
        raise ValueError(f'"{text}" is no BUS=N, i2c0=1 for example, or BUS=/dev/NAME')
    return name, device


def _chip(text: str) -> str:
    if not _is_device(text):
        raise ValueError(f'"{text}" is no number of a chip, and no /dev/NAME')
    return text


def _is_device(text: str) -> bool:
    return text.isdecimal() or text.startswith("/")


@click.command()
@click.argument("definition", metavar="DEF", type=click.Path(), shell_complete=definitions)
@click.option(
    "--board", type=click.Choice(["linux"]), default="linux", show_default=True,
    help="linux: this computer, with its I2C, SPI and GPIO; pins are lines of its first GPIO chip.",
)  # fmt: skip
@click.option("--duration", type=Seconds(max=1e9), help="Seconds; without it until Ctrl-C.")
@click.option("-o", "--output", metavar="FILE.mcap", type=recording_path, help="Record what the payload sends.")
@force_option
@click.option(
    "--tcp", metavar="[HOST]:PORT", type=ADDRESS,
    help="Send to those who connect there, and take their telecommands. Port 0: a free one. The URL is printed.",
)  # fmt: skip
@click.option(
    "--i2c", "--spi", "--uart", "buses", metavar="BUS=N", type=Value("bus", _bus), multiple=True,
    help="A bus of the definition is the computer's of another number, i2c0=1 for /dev/i2c-1, or a device, uart0=/dev/ttyAMA2.",
)  # fmt: skip
@click.option("--gpio", metavar="N", type=Value("chip", _chip), help="The chip whose lines are the pins: 4 for /dev/gpiochip4.")
@click.pass_obj
def run(
    settings, definition: str, board: str, duration: float | None, output: str | None, force: bool,
    tcp: tuple[str, int] | None, buses: tuple[tuple[str, str], ...], gpio: str | None,
) -> int:  # fmt: skip
    """Run a payload on this computer and say what became of every sample; Ctrl-C ends it well."""
    checked = load_definition(definition)
    try:
        devices = devices_of(json.loads(checked.plan), dict(buses) | ({GPIO: gpio} if gpio else {}))
    except ValueError as error:
        raise click.UsageError(f"{error}.") from None
    summary = Summary(checked)
    with LinuxBoard(checked, devices, _state_folder(checked)) as linux:
        with LiveServer(*tcp, _say) if tcp else nullcontext() as server:
            if server:
                _say(f"sending to {server.url}")
            recorder = Recorder(output, checked, "run:linux", start_ns=time.time_ns(), overwrite=force) if output else None

            def receive(octets: bytes) -> None:
                if octets:
                    if recorder:
                        recorder.write(octets, time.time_ns())
                    summary.feed(octets, time.time_ns())
                if server:
                    linux.send(server.exchange(octets))

            with recorder or nullcontext(), held_interrupt() as pressed:
                _run(linux, checked, duration, receive, pressed)
        seconds = linux.now_ns() / _NS
    print_report(summary, [f"run:linux: {seconds:.2f} s"], details=settings.verbosity > 0)
    if output:
        click.echo(f"Recorded in {output}")
    return 0 if summary.decoder.ledger.closed else 1


def _run(
    linux: LinuxBoard, checked: Definition, duration: float | None, receive: Callable[[bytes], None], pressed: Callable[[], bool]
) -> None:
    with progress_bar(checked.name, duration) as update:
        while linux.running:
            receive(linux.advance(_PIECE_NS))
            update(linux.now_ns() / _NS, lambda: f"{linux.now_ns() / _NS:.1f} s")
            if linux.running and (pressed() or duration and linux.now_ns() >= duration * _NS):
                receive(linux.leave())


def _state_folder(definition: Definition) -> Path:
    folder = Path(os.environ.get("XDG_STATE_HOME", ""))
    if not folder.is_absolute():  # the XDG rule: a relative path counts as not set
        folder = Path.home() / ".local" / "state"
    return folder / "freefall" / definition.name


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
