"""freefall replay: a recording, sent to whoever listens, when it is due."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import rich_click as click

from ..errors import DeviceError, InputUnreadable
from ..port import options as values
from ..port.timeline import Schedule
from ..replay import DescriptorSink, Faults, Played, Player, PtySink, SerialSink, Sink, TcpSink, UdpSink
from . import EXIT_INTERRUPTED
from .completion import recordings, wires
from .console import complain
from .interrupt import held_interrupt
from .options import ADDRESS, Value, baud_option
from .parts import tell_of_parts
from .progress import progress_bar
from .replay_report import as_dict, lines

_SWITCH_S = 0.0002


_SPEED, _MOMENT, _LOOP = Value("speed", values.parse_speed), Value("time", values.parse_moment), Value("times", values.parse_loop)
_GAP, _P = Value("seconds", values.parse_seconds), Value("probability", values.parse_probability)


@click.command()
@click.argument("file", metavar="FILE.mcap", type=click.Path(), shell_complete=recordings)
@click.option("-p", "--port", metavar="URL", shell_complete=wires, help="To a port: /dev/ttyUSB0, COM5, socket://host:port.")
@baud_option
@click.option("--pty", is_flag=True, help="To a new pseudo terminal; its name is printed, and somebody to open it waited for.")
@click.option(
    "--tcp", metavar="[HOST]:PORT", type=ADDRESS,
    help="To those who connect there; the first is waited for. Port 0: a free one. The URL is printed.",
)  # fmt: skip
@click.option("--udp", metavar="[HOST]:PORT", type=ADDRESS, help="As datagrams: one a block, or several of at most 1400 octets.")
@click.option("--packets", is_flag=True, help="Send the bare CCSDS space packets of good frames instead of the recorded stream.")
@click.option("--speed", metavar="2x|max", type=_SPEED, default="1x", show_default=True, help="How fast.")
@click.option("--from", "start", metavar="SECONDS|TIME", type=_MOMENT, help="Begin there: from the first octets, or RFC 3339.")
@click.option("--to", "stop", metavar="SECONDS|TIME", type=_MOMENT, help="End before that.")
@click.option("--loop", metavar="N|inf", type=_LOOP, default="1", show_default=True, help="Play it so often.")
@click.option("--gap-limit", "gap_limit_ns", metavar="SECONDS", type=_GAP, help="Shorten longer silences to this.")
@click.option("--drop", metavar="P", type=_P, default="0", help="Lose a frame with this probability: 0.01 or 1%.")
@click.option("--duplicate", metavar="P", type=_P, default="0", help="Send a frame twice.")
@click.option("--cut", metavar="P", type=_P, default="0", help="Lose the end of a frame.")
@click.option("--flip", metavar="P", type=_P, default="0", help="Flip a bit; this probability is that of one bit.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the faults; same seed, same faults.")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines on standard output: where it goes, and what became of it.")
def replay(
    file: str, port: str | None, baud: int, pty: bool, tcp: tuple[str, int] | None, udp: tuple[str, int] | None, packets: bool,
    speed, start, stop, loop, gap_limit_ns: int | None, drop: float, duplicate: float, cut: float, flip: float, seed: int,
    as_json: bool,
) -> int:  # fmt: skip
    """Play a recording as if the board were there: to a port, a terminal, a network, or standard output.

    Every block of octets is sent when it is due by the recording's host times, and how late it was is told at the end.
    """
    schedule = Schedule(speed, start, stop, loop, gap_limit_ns)
    faults = Faults(drop, flip, duplicate, cut, seed)
    where = [option for option in (port, pty, tcp, udp) if option]
    if len(where) > 1:
        raise click.UsageError("-p, --pty, --tcp and --udp exclude each other.")
    if not where and (as_json or sys.stdout.isatty() or os.name != "posix"):
        raise click.UsageError("say where to: -p URL, --pty, --tcp :PORT, --udp HOST:PORT, or pipe standard output somewhere.")
    with closing(_sink(port, baud, pty, tcp, udp)) as sink:
        player = Player(file, sink, schedule, faults, packets=packets)
        tell_of_parts((file,))
        if pty or tcp:
            _print({"type": "port", "url": sink.url} if as_json else sink.url)
        played, gone = _run(player, sink, schedule.loop)
    if as_json:
        _print(as_dict(played, file, sink.url, schedule, faults))
    for line in lines(played, file, sink.url, schedule, faults):
        complain(line, prefix="")
    if gone:
        raise gone
    if not played.blocks and not played.interrupted:
        if start or stop:
            raise click.UsageError(f"{file} holds no octets between --from and --to; there was nothing to send.")
        raise InputUnreadable(f"{file} holds no octets; there was nothing to send")
    return EXIT_INTERRUPTED if not played.sent and played.interrupted else 0


def _run(player: Player, sink: Sink, loop: int | None) -> tuple[Played, DeviceError | None]:
    """What became of it, and why it ended early if its receiver has gone."""
    # By place in the file: how long it takes only its end could tell.
    size = Path(player.recording.path).stat().st_size
    with progress_bar(f"to {sink.url}", loop and size * loop) as update, held_interrupt() as pressed, _at_once():

        def show() -> None:
            # What is read ahead while nobody listens yet is not played.
            done = player.timeline.passes * size + player.recording.position % size if player.blocks else 0
            update(done, lambda: _beside(player))

        try:
            return player.run(pressed, show), None
        except DeviceError as error:
            return player.played(interrupted=True), error


@contextmanager
def _at_once() -> Iterator[None]:
    """The thread that draws the bar hands over soon to the one that has something due."""
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(usual_s)


def _beside(player: Player) -> str:
    if not player.blocks:
        return "waiting for somebody to listen"
    late = f", at most {player.lateness.max_ns / 1e6:.1f} ms late" if player.lateness.count else ""
    return f"{player.sent} octets{late}"


def _sink(port: str | None, baud: int, pty: bool, tcp: tuple[str, int] | None, udp: tuple[str, int] | None) -> Sink:
    if port:
        try:
            return SerialSink(port, baud)
        except ValueError as error:
            raise click.UsageError(f"{error}.") from error
    if pty:
        return PtySink()
    if tcp:
        return TcpSink(*tcp, on_event=lambda sentence: complain(sentence, prefix=""))
    if udp:
        return UdpSink(*udp)
    return DescriptorSink(sys.stdout.fileno(), "standard output")


def _print(what: dict | str) -> None:
    """One line, at once: who starts a replay waits for it."""
    click.echo(json.dumps({"schema": "freefall/1"} | what) if isinstance(what, dict) else what)
    sys.stdout.flush()
