"""freefall record: a board's octets into a file, exactly as read."""

import time

import rich_click as click

from ..decode import Summary
from ..errors import BoardError, DeviceError, WrongDefinition
from ..recording import Recorder
from . import EXIT_INTERRUPTED
from .console import complain
from .interrupt import held_interrupt
from .options import Seconds, baud_option, force_option, port_definition_option, recording_path
from .progress import progress_bar
from .sources import choose_definition, open_port
from .summary import lost, one_line


@click.command()
@click.option(
    "-p", "--port", metavar="URL", required=True, envvar="FREEFALL_PORT", help="/dev/ttyACM0, COM5, socket://host:port."
)
@click.option("-o", "--output", metavar="FILE.mcap", required=True, type=recording_path)
@port_definition_option
@baud_option
@click.option("--duration", type=Seconds(), help="Seconds; without it until Ctrl-C.")
@click.option("--note", default="", help="Text kept in the recording.")
@force_option
def record(port: str, output: str, definition: str | None, baud: int, duration: float | None, note: str, force: bool) -> int:
    """Record a board until Ctrl-C, the end of --duration, or the port goes away.

    With a definition (-d) the recording carries it, and what arrives is decoded and counted meanwhile.
    """
    checked = choose_definition(definition)
    gone: DeviceError | None = None
    with (
        open_port(port, baud) as source,
        Recorder(output, checked, port, note, start_ns=time.time_ns(), overwrite=force) as recorder,
        progress_bar(f"recording {port}", duration) as update,
        held_interrupt() as pressed,
    ):
        take = _Take(recorder, Summary(checked) if checked else None)
        begin = time.monotonic()
        try:
            for host_ns, octets in source.chunks():
                take(octets, host_ns)
                elapsed = time.monotonic() - begin
                update(elapsed, take.progress)
                if pressed() or (duration and elapsed >= duration):
                    break
        except DeviceError as error:
            gone = error
        if not take.octets:
            recorder.discard()
    if not take.octets:
        nothing = f"nothing came from {port}, no recording is left"
        if pressed():
            complain(nothing, prefix="")
            return EXIT_INTERRUPTED
        raise DeviceError(f"{gone}; {nothing}") if gone else BoardError(nothing)
    click.echo(take.conclusion(), err=True)
    click.echo(f"Recorded in {output}", err=True)
    if not checked:
        click.echo("The recording carries no definition; decode it with -d DEF.", err=True)
    if take.refusal:
        if gone:
            complain(gone)
        return take.refusal.exit_code
    if gone:
        raise gone
    return 0


class _Take:
    """Octets on their way into the recording, counted; decoded besides, as long as the definition is the board's."""

    def __init__(self, recorder: Recorder, summary: Summary | None):
        self._recorder = recorder
        self._summary = summary
        self.octets = 0
        self.refusal: WrongDefinition | None = None

    def __call__(self, octets: bytes, host_ns: int) -> None:
        self._recorder.write(octets, host_ns)  # also when nothing came: a flush may be due
        self.octets += len(octets)
        if self._summary and octets:
            try:
                self._summary.feed(octets, host_ns)
            except WrongDefinition as error:
                self.refusal = error
                self._summary = None
                complain(f"{error}. Recording goes on without decoding.")

    def progress(self) -> str:
        """Beside the bar."""
        return f"{self._summary.samples} samples, {lost(self._summary)}" if self._summary else f"{self.octets} octets"

    def conclusion(self) -> str:
        """What came, in one line."""
        return one_line(self._summary) if self._summary else f"{self.octets} octets, not decoded"
