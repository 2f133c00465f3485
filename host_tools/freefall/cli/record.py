"""freefall record: a board's octets into a file or several, exactly as read."""

import re
import time
from pathlib import Path

import rich_click as click

from ..decode import Summary
from ..definition import Definition
from ..errors import BoardError, DeviceError, OtherPayload, WrongDefinition
from ..port.reconnecting import Reconnecting
from ..recording import LinkEvent, LinkLost, RotatingRecorder, Rotation
from . import EXIT_INTERRUPTED
from .completion import ports
from .console import complain
from .interrupt import held_interrupt
from .options import Seconds, baud_option, force_option, port_definition_option, recording_path
from .progress import progress_bar
from .sources import choose_definition, open_port
from .summary import count, lost, one_line


def _rotation(_context, _parameter, texts: tuple[str, ...]) -> Rotation:
    try:
        return Rotation.parse(texts)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error


@click.command()
@click.option(
    "-p", "--port", metavar="URL", required=True, envvar="FREEFALL_PORT", shell_complete=ports,
    help="/dev/ttyACM0, COM5, socket://HOST:PORT, sim://DEF, replay:FILE.",
)  # fmt: skip
@click.option(
    "-o", "--output", metavar="FILE.mcap", type=recording_path,
    help="Default: the time and the payload or port, in this folder: 2026-11-21T044721Z_vibration.mcap.",
)  # fmt: skip
@port_definition_option
@baud_option
@click.option("--duration", type=Seconds(), help="Seconds; without it until Ctrl-C.")
@click.option(
    "--rotate", "rotation", metavar="SIZE|TIME", multiple=True, callback=_rotation,
    help="Begin another file before one gets larger than SIZE (100MB) or after TIME (1h); both: 100MB,1h. "
    "The files: NAME.mcap, NAME.part00002.mcap, ...",
)  # fmt: skip
@click.option("--once", is_flag=True, help="End when the port goes away, instead of waiting for it.")
@click.option("--note", default="", help="Text kept in the recording.")
@force_option
def record(
    port: str, output: str | None, definition: str | None, baud: int, duration: float | None, rotation: Rotation, once: bool,
    note: str, force: bool,
) -> int:  # fmt: skip
    """Record a board until Ctrl-C or the end of --duration.

    When the port goes away, it is waited for, and the gap is kept in the recording. With a definition (-d) the recording carries
    it, and what arrives is decoded and counted meanwhile.
    """
    gone: DeviceError | None = None
    given = choose_definition(definition) if definition else None  # its faults are told before a port is touched
    with Reconnecting(lambda: open_port(port, baud)) as link:
        checked = given or choose_definition(None, link.port.definition)
        start_ns = time.time_ns()
        path = Path(output) if output else default_name(start_ns, checked, port)
        with (
            RotatingRecorder(path, checked, port, note, start_ns=start_ns, rotation=rotation, overwrite=force) as recorder,
            progress_bar(f"recording {port}", duration) as update,
            held_interrupt() as pressed,
        ):
            take = _Take(recorder, Summary(checked) if checked else None, link)
            begin = time.monotonic()
            try:
                for event in link.port.chunks() if once else link.events():
                    take(event)
                    elapsed = time.monotonic() - begin
                    update(elapsed, take.progress)
                    if pressed() or (duration and elapsed >= duration):
                        break
            except DeviceError as error:
                gone = error
                recorder.mark(LinkLost(time.time_ns(), str(error)))
            if not take.octets:
                recorder.discard()
        if link.trouble and not pressed():
            gone = DeviceError(f"{link.trouble} (at the end, the port was still away)")
    if not take.octets:
        nothing = f"nothing came from {port}, no recording is left"
        if pressed():
            complain(nothing, prefix="")
            return EXIT_INTERRUPTED
        raise DeviceError(f"{gone}; {nothing}") if gone else BoardError(nothing)
    click.echo(take.conclusion(), err=True)
    click.echo(f"Recorded in {_files(recorder.paths)}", err=True)
    if not checked:
        click.echo("The recording carries no definition; decode it with -d DEF.", err=True)
    if other := take.other_payload:
        complain(f"{other}. The octets are recorded all the same.")
    if refusal := take.refusal or other:
        if gone:
            complain(gone)
        return refusal.exit_code
    if gone:
        raise gone
    return 0


def default_name(start_ns: int, definition: Definition | None, port: str) -> Path:
    """When it was begun, and of what: 2026-11-21T044721Z_vibration.mcap, ..._ttyACM0.mcap."""
    what = definition.name if definition else port.removeprefix("/dev/")
    plain = re.sub(r"[^A-Za-z0-9._]+", "-", what).strip("-.") or "port"
    begun = time.strftime("%Y-%m-%dT%H%M%SZ", time.gmtime(start_ns // 10**9))
    return Path(f"{begun}_{plain[:80]}.mcap")


def _files(paths: list[Path]) -> str:
    return str(paths[0]) if len(paths) == 1 else f"{count(len(paths), 'file')}, {paths[0]} to {paths[-1].name}"


class _Take:
    """Octets on their way into the recording, counted; decoded besides, as long as the definition is the board's."""

    def __init__(self, recorder: RotatingRecorder, summary: Summary | None, link: Reconnecting):
        self._recorder = recorder
        self._summary = summary
        self._link = link
        self._lost_ns = 0
        self._gaps = 0
        self.octets = 0
        self.refusal: WrongDefinition | None = None

    def __call__(self, event: tuple[int, bytes] | LinkEvent) -> None:
        if isinstance(event, tuple):
            self._read(*event)
            return
        self._recorder.mark(event)
        if isinstance(event, LinkLost):
            self._lost_ns = event.host_ns
            self._gaps += 1
            complain(f"{event.reason}. Waiting for it; Ctrl-C ends the recording.", prefix="")
        else:
            complain(f"The port is back after {(event.host_ns - self._lost_ns) / 1e9:.1f} s; recording goes on.", prefix="")

    def _read(self, host_ns: int, octets: bytes) -> None:
        self._recorder.write(octets, host_ns)  # also when nothing came: a flush may be due
        self.octets += len(octets)
        if self._summary and octets:
            try:
                self._summary.feed(octets, host_ns)
            except WrongDefinition as error:
                self.refusal = error
                self._summary = None
                complain(f"{error}. Recording goes on without decoding.")

    @property
    def other_payload(self) -> OtherPayload | None:
        """As Summary has it, where it was decoded."""
        return self._summary.other_payload if self._summary else None

    def progress(self) -> str:
        """Beside the bar."""
        if self._link.trouble:
            return f"waiting: {self._link.trouble}"
        return f"{self._summary.samples} samples, {lost(self._summary)}" if self._summary else f"{self.octets} octets"

    def conclusion(self) -> str:
        """What came, in one line."""
        line = one_line(self._summary) if self._summary else f"{self.octets} octets, not decoded"
        return f"{line}, {count(self._gaps, 'gap')} while the port was away" if self._gaps else line
