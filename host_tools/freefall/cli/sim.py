"""freefall sim: run a payload without hardware."""

import sys
import time
from contextlib import nullcontext

import rich_click as click

from ..board.scenario import FILE_NAME, Signals, scenario_of
from ..board.simulated import SimulatedBoard, run
from ..decode import Item, Summary
from ..definition import Definition, load_definition
from ..recording import Recorder
from .completion import definitions
from .interrupt import held_interrupt
from .options import Seconds, force_option, recording_path
from .progress import progress_bar
from .report import print_report

_NS = 1_000_000_000


@click.command()
@click.argument("definition", metavar="DEF", type=click.Path(), shell_complete=definitions)
@click.option(
    "--board", type=click.Choice(["virtual", "emulated"]), default="virtual", show_default=True,
    help="virtual: the firmware on CPython. emulated: on a real MicroPython on an emulated RP2040.",
)  # fmt: skip
@click.option("--duration", type=Seconds(max=1e6), default=10.0, show_default=True, help="Board seconds.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the sensors' noise; same seed, same octets.")
@click.option(
    "--scenario", type=click.Path(), help=f"What the sensors feel; by default {FILE_NAME} beside the definition, if it is there."
)
@click.option(
    "--stalls", is_flag=True,
    help="Let the virtual board's work take time, make the pauses of [stalls], and let sensors' clocks be fast: what freefall "
    "check says comes true. A sample that is lost is a failure.",
)  # fmt: skip
@click.option("-o", "--output", metavar="FILE.mcap", type=recording_path, help="Record what the board sends.")
@force_option
@click.pass_obj
def sim(
    settings, definition: str, board: str, duration: float, seed: int, scenario: str | None, stalls: bool, output: str | None,
    force: bool,
) -> int:  # fmt: skip
    """Run a payload on a simulated board and say what became of every sample; Ctrl-C ends it early."""
    if stalls and board != "virtual":
        raise click.UsageError("--stalls is for the virtual board: on the emulated one work takes its time anyway.")
    checked = load_definition(definition)
    summary = Summary(checked)
    signals = scenario_of(definition, checked, scenario)
    simulated = (_stalled if stalls else _virtual if board == "virtual" else _emulated)(checked, seed, signals)
    start_ns = time.time_ns()
    source = f"sim:{board} seed {seed}{', stalls' * stalls}"
    recorder = Recorder(output, checked, source, start_ns=start_ns, overwrite=force) if output else None
    interrupted = False
    with (
        recorder or nullcontext(),
        progress_bar(checked.name, duration) as update,
        held_interrupt() as pressed,
    ):

        def receive(octets: bytes, board_ns: int) -> list[Item]:
            if recorder:
                recorder.write(octets, start_ns + board_ns)
            return summary.feed(octets, start_ns + board_ns)

        def progress(board_ns: int) -> None:
            update(board_ns / _NS, lambda: f"{board_ns / _NS:.1f} s")
            if pressed():
                raise KeyboardInterrupt

        try:
            run(simulated, checked, round(duration * _NS), receive, progress)
        except KeyboardInterrupt:
            if not summary.samples:
                if recorder:
                    recorder.discard()
                raise
            interrupted = True
    wall_s = (time.time_ns() - start_ns) / _NS
    origin = f"{source}: {simulated.now_ns() / _NS:.2f} s of its time in {wall_s:.1f} s{', interrupted' * interrupted}"
    print_report(summary, [origin], details=settings.verbosity > 0)
    if output:
        click.echo(f"Recorded in {output}")
    if stalls and any(summary.metrics()[name] for name in ("missing", "late")):
        return 1
    return 0 if interrupted or summary.decoder.ledger.closed else 1


def _virtual(definition: Definition, seed: int, scenario: Signals | None) -> SimulatedBoard:
    from ..board.virtual import VirtualBoard

    return VirtualBoard(definition, seed, scenario=scenario)


def _stalled(definition: Definition, seed: int, scenario: Signals | None) -> SimulatedBoard:
    from ..board.stalls import StalledBoard, Stalls

    return StalledBoard(definition, Stalls.declared(definition), seed, scenario=scenario)


def _emulated(definition: Definition, seed: int, scenario: Signals | None) -> SimulatedBoard:
    from ..board.emulated.board import EmulatedBoard
    from ..board.emulated.image import get_image

    image = get_image(lambda sentence: print(sentence, file=sys.stderr))
    return EmulatedBoard(definition, image, seed, scenario)
