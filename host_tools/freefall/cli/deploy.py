"""freefall deploy: a payload onto a board, and its first frame."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress

import rich_click as click

from ..definition import Definition, load_definition
from ..device import deploy as deploying
from ..device.first_frame import HEAP_BUDGET_LEN, START_BUDGET_MS, START_S, await_payload, await_samples, restart, why_not
from ..device.repl import REPL_BAUD, Repl
from ..device.slots import BoardFiles, board_files
from ..errors import FreefallError
from ..port.port import Port
from .completion import definitions, wires
from .console import complain
from .interrupt import held_interrupt
from .options import Seconds, baud_option
from .progress import progress_bar
from .sources import open_port
from .summary import count

_INTERRUPTED = "Interrupted. The board starts again with a whole payload; the next deploy goes on from here."


@click.command()
@click.argument("definition", metavar="DEF", type=click.Path(), shell_complete=definitions)
@click.option(
    "-p", "--port", metavar="URL", required=True, envvar="FREEFALL_PORT", shell_complete=wires,
    help="The board's console: /dev/ttyACM0, COM5, id:SERIAL.",
)  # fmt: skip
@click.option(
    "--telemetry", metavar="URL", shell_complete=wires,
    help="Where the payload's link ends, if that is another port: its first samples are waited for, too.",
)  # fmt: skip
@baud_option
@click.option(
    "--profile", type=click.Choice(["bench", "flight"]), default="bench", show_default=True,
    help="flight: with the watchdog on, if the definition does not set it. bench: as the definition says.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be copied and change nothing; what runs is restarted.")
@click.option("--diff", is_flag=True, help="Name every file that differs, and every value of the plan.")
@click.option("--source", is_flag=True, help="Copy the modules as they are written, not compiled: they load twenty times slower.")
@click.option(
    "--wait", type=Seconds(max=3600), default=START_S, show_default=True, help="Seconds that the new payload is waited for.",
)  # fmt: skip
@click.option("--format", "anew", is_flag=True, help="Make a new file system first: all that is on the board is lost.")
def deploy(
    definition: str, port: str, telemetry: str | None, baud: int, profile: str, dry_run: bool, diff: bool, source: bool,
    wait: float, anew: bool,
) -> int:  # fmt: skip
    """Put the payload of a definition on a board, start it, and wait for its first frame.

    Only what changed is copied, compiled for the board, and every file is verified. The payload that ran stays there, whole:
    cut off at any moment, a deploy leaves a board that starts the one or the other; and one that fails to start three times gives
    way to the one before it. What runs is stopped meanwhile.
    """
    checked = load_definition(definition)
    files = board_files(checked, profile == "flight", source)
    with open_port(telemetry, baud) if telemetry else nullcontext() as link:
        with _stopped(port) as (repl, pause):
            with progress_bar("comparing the files on the board", None):
                deploying.interpreter(repl).check()
                if anew and not dry_run:
                    deploying.format_flash(repl)
                changes = deploying.survey(repl, files)
            click.echo(_plan_line(changes, files))
            if diff:
                for line in (*_file_lines(changes), *deploying.plan_differences(repl, changes, files)):
                    click.echo(f"  {line}")
            pause()
            if dry_run:
                repl.hard_reset()
                return 0
            if not changes.current:
                with progress_bar(f"deploying {checked.name}", changes.octets) as update:
                    for _ in deploying.steps(repl, files, changes, update):
                        pause()
                click.echo(f"verified {count(len(files.slot), 'file')}; slot {changes.target} is next{_watchdog(files)}")
            restart(repl)
        return _started(checked, port, link, changes.active if changes.current else changes.target, wait)


@contextmanager
def _stopped(port: str) -> Iterator[tuple[Repl, Callable[[], None]]]:
    """The board, its program stopped; and what raises KeyboardInterrupt if Ctrl-C was pressed, to be called between two steps.

    A board that is left in the middle of an answer would not hear that it is to start again, as it is told when a step fails.
    """

    def pause() -> None:
        if pressed():
            raise KeyboardInterrupt

    def opened() -> Repl:
        with progress_bar("stopping what runs", None):
            return Repl.open(port)

    with held_interrupt() as pressed, opened() as repl:
        try:
            yield repl, pause
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                complain(_INTERRUPTED, prefix="")
            with suppress(FreefallError):
                repl.hard_reset()
            raise


def _started(definition: Definition, port: str, link: Port | None, slot: str, wait_s: float) -> int:
    with progress_bar("waiting for the payload", None) as update:
        update(0)
        try:
            first = await_samples(link, definition, slot, wait_s) if link else None
            platform = await_payload(lambda: open_port(port, REPL_BAUD), definition, wait_s)
        except FreefallError as error:
            if (reason := _reason(port, error)) is error:
                raise
            raise reason from error
    if first:
        click.echo(f"first frame: {count(len(first.raw), 'sample')} of {first.stream.name} at {first.time_ns / 1e9:.3f} s")
    start_ms = platform.sampling_ms - platform.begun_ms
    click.echo(
        f"{definition.name} {definition.definition_id:08x} runs on {platform.text}: loaded {platform.begun_ms} ms after reset "
        f"(budget {START_BUDGET_MS}), sampling {start_ms} ms later, {platform.free_heap // 1024} kB of heap free "
        f"(at least {HEAP_BUDGET_LEN // 1024} wanted)"
    )
    over = platform.begun_ms > START_BUDGET_MS or platform.free_heap < HEAP_BUDGET_LEN
    return 1 if over else 0


def _reason(port: str, error: FreefallError) -> FreefallError:
    """What the board knows of it, while it is there."""
    try:
        with Repl.open(port, wait_s=5.0) as repl:
            reason = why_not(repl, error)
            repl.hard_reset()
            return reason
    except FreefallError:
        return error


def _plan_line(changes: deploying.Changes, files: BoardFiles) -> str:
    if changes.current:
        return f"nothing to do: slot {changes.active} has all {count(len(files.slot), 'file')}"
    parts = [f"{count(len(changes.write), 'file')} of {len(files.slot)}, {changes.octets / 1024:.1f} kB"]
    if changes.copy or changes.keep:
        kept = len(changes.copy) + len(changes.keep)
        parts.append(f"{kept} {'is' if kept == 1 else 'are'} on the board")
    before = f", slot {changes.active} stays as it is" if changes.active else ""
    return f"copy {'; '.join(parts)}, into slot {changes.target}{before}"


def _watchdog(files: BoardFiles) -> str:
    watchdog_ms = json.loads(files.mark)["watchdog_ms"]
    return f", with a watchdog of {watchdog_ms} ms" if watchdog_ms else ""


def _file_lines(changes: deploying.Changes) -> list[str]:
    lines = [f"{path}: {len(octets)} octets" for path, octets in changes.write.items()]
    lines += [f"{path}: goes" for path in changes.remove]
    return lines + [name for name, differs in (("loader", changes.loader), ("main.py", changes.main)) if differs]
