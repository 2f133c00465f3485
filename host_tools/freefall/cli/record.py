"""freefall record: a board's octets into a file, exactly as read."""

import time

import rich_click as click

from ..board.serial import SerialPort
from ..definition import load_definition
from ..errors import DeviceError
from ..recording import Recorder
from .progress import progress_bar
from .sources import baud_option, definition_option
from .summary import Summary

_NS = 1_000_000_000


@click.command()
@click.option(
    "-p", "--port", metavar="URL", required=True, envvar="FREEFALL_PORT", help="/dev/ttyACM0, COM5, socket://host:port."
)
@click.option("-o", "--output", metavar="FILE.mcap", required=True, type=click.Path(dir_okay=False))
@definition_option
@baud_option
@click.option("--duration", type=click.FloatRange(min=0.001), help="Seconds; without it until Ctrl-C.")
@click.option("--note", default="", help="Text kept in the recording.")
@click.option("--force", is_flag=True, help="Overwrite FILE.")
def record(port: str, output: str, definition: str | None, baud: int, duration: float | None, note: str, force: bool) -> int:
    """Record a board until Ctrl-C, the end of --duration, or the port goes away.

    With a definition (-d) the recording carries it, and what arrives is decoded and counted meanwhile.
    """
    checked = load_definition(definition) if definition else None
    summary = Summary(checked) if checked else None
    octets_read = 0
    ending = None

    def report() -> str:
        return summary.one_line() if summary else f"{octets_read} octets"

    with (
        SerialPort(port, baud) as source,
        Recorder(output, checked, port, note, start_ns=time.time_ns(), overwrite=force) as recorder,
        progress_bar(f"recording {port}", duration) as update,
    ):
        start_ns = time.time_ns()
        try:
            for host_ns, octets in source.chunks():
                if octets:
                    recorder.write(octets, host_ns)
                    octets_read += len(octets)
                    if summary:
                        summary.feed(octets, host_ns)
                update((host_ns - start_ns) / _NS, report)
                if duration and host_ns - start_ns >= duration * _NS:
                    break
        except KeyboardInterrupt:
            if not octets_read:
                raise
        except DeviceError as gone:
            ending = gone
    click.echo(report(), err=True)
    click.echo(f"Recorded in {output}", err=True)
    if not checked:
        click.echo("The recording carries no definition; decode it with -d DEF.", err=True)
    if ending:
        raise ending
    return 0
