"""freefall monitor: boards as they run, in a terminal, on a page, or as lines."""

import json
import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import rich_click as click

from ..errors import MissingExtra
from ..monitor import BoardModel, Feed, PortNews
from ..monitor.plain import PlainLog, moment
from ..port.open import is_port_url
from ..port.reconnecting import Reconnecting
from ..recording import LinkEvent, raw_only
from . import EXIT_INTERRUPTED
from .completion import definitions, sources
from .interrupt import held_interrupt
from .options import Seconds, baud_option
from .sources import choose_definition, open_port, open_source, port_definition
from .summary import one_line

_POLL_S = 0.05
_READ_LEN = 65536
_WEB_PORT = 8000


@dataclass(frozen=True, slots=True)
class Address:
    """Where a page is served."""

    host: str
    port: int


class AddressType(click.ParamType):
    """[HOST]:PORT, loopback where no host is named."""

    name = "address"

    def convert(self, value, param, ctx):
        """The Address; fails as click's types do."""
        host, colon, port = str(value).rpartition(":")
        if not colon or not port.isdecimal() or int(port) > 65535:
            self.fail(f'"{value}" is no [HOST]:PORT; write --web after SRC, or --web=:{_WEB_PORT}.', param, ctx)
        return Address(host.strip("[]") or "127.0.0.1", int(port))


@dataclass(frozen=True, slots=True)
class _Board:
    model: BoardModel
    feed: Feed
    problem: Callable[[], str | None]


@click.command()
@click.argument("sources", metavar="SRC...", nargs=-1, required=True, shell_complete=sources)
@click.option(
    "-d", "--def", "definitions", metavar="DEF", multiple=True, shell_complete=definitions,
    help="Payload definition, one for all SRC or one for each in their order. Default: a recording's own, else the "
    "environment's FREEFALL_DEF.",
)  # fmt: skip
@baud_option
@click.option("--once", is_flag=True, help="A port that goes away has ended, instead of being waited for.")
@click.option("--plain", is_flag=True, help="Lines, as where the output is no terminal: a block every --every seconds.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON lines.")
@click.option("--every", type=Seconds(), default=1.0, show_default=True, help="Seconds between two blocks of --plain.")
@click.option(
    "--web", "address", metavar="[[HOST]:PORT]", type=AddressType(), is_flag=False, flag_value=f":{_WEB_PORT}",
    help=f"Serve a page with live plots, at 127.0.0.1:{_WEB_PORT} unless told otherwise.",
)  # fmt: skip
def monitor(
    sources: tuple[str, ...], definitions: tuple[str, ...], baud: int, once: bool, plain: bool, as_json: bool, every: float,
    address: Address | None,
) -> int:  # fmt: skip
    """Watch boards while they run: rates, ledger, newest values with their limits, plots and events; ? shows the keys.

    Each SRC is one board; a port that goes away is waited for. Ends with q or Ctrl-C, lines also when every SRC has ended.
    """
    if len(definitions) not in (0, 1, len(sources)):
        raise click.UsageError(f"{len(definitions)} definitions for {len(sources)} SRC; give one, or one for each.")
    show = _shower(plain, as_json, every, address)
    with ExitStack() as stack:
        pressed = stack.enter_context(held_interrupt())
        boards = []
        for number, src in enumerate(sources):
            path = definitions[number if len(definitions) > 1 else 0] if definitions else None
            if is_port_url(src) and not once:
                boards.append(_port(stack, src, path, baud))
            else:
                boards.append(_source(stack, src, path, baud, show is _in_terminal))
        for board in boards:
            board.feed.start()
        try:
            show([board.feed for board in boards], pressed)
        finally:
            for board in boards:
                board.feed.stop()
        return _conclude(boards, pressed())


def _port(stack: ExitStack, url: str, definition_path: str | None, baud: int) -> _Board:
    """A port that is waited for whenever it has gone away."""
    given = choose_definition(definition_path) if definition_path else None
    link = stack.enter_context(Reconnecting(lambda: open_port(url, baud)))
    definition = port_definition(link.port, given)
    model = BoardModel(definition, url)
    news = (
        PortNews(event.host_ns, getattr(event, "reason", None)) if isinstance(event, LinkEvent) else event
        for event in link.events()
    )
    return _Board(model, Feed(model, news, True, time.time_ns), lambda: None)


def _source(stack: ExitStack, src: str, definition_path: str | None, baud: int, in_terminal: bool) -> _Board:
    """Anything else."""
    source = stack.enter_context(open_source(src, definition_path, baud))
    model = BoardModel(source.definition, src)
    chunks = _piped(in_terminal) if src == "-" and os.name == "posix" else source.chunks
    return _Board(model, Feed(model, chunks, source.live, time.time_ns), source.problem)


def _shower(plain: bool, as_json: bool, every: float, address: Address | None) -> Callable:
    """What shows the boards until they end or somebody ends it: show(feeds, pressed)."""
    if address:
        return lambda feeds, pressed: _on_a_page(feeds, pressed, address)
    if plain or as_json or not (sys.stdout.isatty() and sys.stderr.isatty()) or os.environ.get("TERM") == "dumb":
        return lambda feeds, pressed: _as_lines(feeds, pressed, every, as_json)
    return _in_terminal


def _as_lines(feeds: list[Feed], pressed: Callable[[], bool], every: float, as_json: bool) -> None:
    logs = [PlainLog() for _ in feeds]
    due, over = time.monotonic() + every, False
    while not over:
        while not over and time.monotonic() < due:
            time.sleep(min(_POLL_S, every))
            over = pressed() or all(feed.ended for feed in feeds)
        due += every
        for feed, log in zip(feeds, logs, strict=True):
            seen, now = feed.snapshot(), moment(time.time_ns())
            if as_json:
                click.echo(json.dumps({"time": now} | log.record(seen)))
            else:
                click.echo("\n".join([now, *log.block(seen)]))
        sys.stdout.flush()


def _in_terminal(feeds: list[Feed], pressed: Callable[[], bool]) -> None:
    try:
        from ..monitor.terminal import MonitorApp
    except ImportError as error:
        raise MissingExtra("monitor in a terminal, though not with --plain,", "monitor") from error
    MonitorApp(feeds, pressed).run()


def _on_a_page(feeds: list[Feed], pressed: Callable[[], bool], address: Address) -> None:
    try:
        from ..monitor.web import serve
    except ImportError as error:
        raise MissingExtra("monitor --web", "monitor") from error
    serve(feeds, address.host, address.port, pressed, lambda url: click.echo(f"Serving {url} until Ctrl-C", err=True))


def _piped(in_terminal: bool) -> Iterator[tuple[int, bytes]]:
    """Standard input as a port gives its octets: empty when nothing came for a moment, so that nobody has to wait for more.

    in_terminal: from now on keys are read from the terminal itself, in its place.
    """
    data = os.dup(0)
    if in_terminal:
        terminal = os.open("/dev/tty", os.O_RDWR)
        os.dup2(terminal, 0)
        os.close(terminal)
    return raw_only(_pieces(data), "standard input")


def _pieces(data: int) -> Iterator[tuple[int, bytes]]:
    try:
        while True:
            if not select.select([data], [], [], _POLL_S)[0]:
                yield time.time_ns(), b""
            elif octets := os.read(data, _READ_LEN):
                yield time.time_ns(), octets
            else:
                return
    finally:
        os.close(data)


def _conclude(boards: list[_Board], interrupted: bool) -> int:
    """The last words on standard error, and the exit code; raises the first error that ended a board."""
    for board in boards:
        with board.feed.look() as model:
            name = f"{model.source}: " if len(boards) > 1 else ""
            click.echo(name + one_line(model.summary), err=True)
        if board.feed.ended and not board.feed.error and (problem := board.problem()):
            click.echo(problem, err=True)
    for board in boards:
        if board.feed.error:
            raise board.feed.error
        if other := board.model.summary.other_payload:
            raise other
    nothing = not any(board.model.summary.decoder.counters.octets_fed for board in boards)
    return EXIT_INTERRUPTED if interrupted and nothing else 0
