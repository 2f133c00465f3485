"""One page on the local machine: the page itself, and a websocket that pushes snapshots and new plot points to it.

A client says {"span": number of SPANS_S}; the server sends at most ten times a second, and no faster than the client takes it:

    {"schema": "freefall/1", "span": 1, "whole": true, "boards": [{...snapshot, "events": [new ones], "points": [{
        "width": seconds, "bucket": [...], "low": [[...] for each channel], "high": [...]} for each stream]} for each board]}

whole: the points are all there are; else those from the newest bucket sent before on, which may have grown, and replace it.
"""

import asyncio
import contextlib
import ipaddress
import json
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import uvicorn
import websockets  # noqa: F401 -- uvicorn wants it only when it serves
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.responses import FileResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from ..errors import DeviceError, OutputUnwritable
from . import uplot
from .feed import Feed
from .plain import PlainLog
from .trace import SPANS_S, Points

_STATIC = Path(__file__).parent / "static"
_EVERY_S = 0.1
_POLL_S = 0.1
_SPAN = 1
_DIGITS = 7
# Nothing from elsewhere, not even by a mistake of ours.
_POLICY = {"Content-Security-Policy": "default-src 'self'; img-src 'self' data:", "Cache-Control": "no-store"}


def serve(feeds: list[Feed], host: str, port: int, stopping: Callable[[], bool], started: Callable[[str], None]) -> None:
    """Serve the page until `stopping`; started(url) once it can be opened. Port 0 is any free one.

    Raises OutputUnwritable when uPlot is not installed, DeviceError when nobody can listen there.
    """
    if not uplot.is_there():
        raise OutputUnwritable(
            "the page needs uPlot, which was not to be had when freefall was installed; with npm and a network "
            "python -m freefall.monitor.uplot fetches it"
        )
    with _listening(host, port) as listener:
        local = f"[{host}]" if ":" in host else host
        config = uvicorn.Config(
            make_app(feeds, host), log_config=None, lifespan="off", ws="websockets-sansio", timeout_graceful_shutdown=1
        )
        server = _Server(config)
        started(f"http://{local}:{listener.getsockname()[1]}/")
        asyncio.run(_until(server, listener, stopping))


def make_app(feeds: list[Feed], host: str = "127.0.0.1") -> Starlette:
    """The page of these boards, as served at `host`."""

    async def page(_request) -> FileResponse:
        return FileResponse(_STATIC / "page.html", headers=_POLICY)

    async def push(websocket: WebSocket) -> None:
        if not _may_look(websocket, host):
            await websocket.close(1008)
            return
        await websocket.accept()
        await _Viewer(feeds).serve(websocket)

    return Starlette(routes=[Route("/", page), WebSocketRoute("/boards", push), Mount("/static", StaticFiles(directory=_STATIC))])


class _Viewer:
    """One open page: what it has been sent so far."""

    def __init__(self, feeds: list[Feed]):
        self._feeds = feeds
        self._logs = [PlainLog() for _ in feeds]
        self._choose(_SPAN)

    async def serve(self, websocket: WebSocket) -> None:
        listening = asyncio.create_task(self._listen(websocket))
        try:
            while not listening.done():
                # In a thread: a look may wait for a feed that is taking in a piece.
                await websocket.send_text(await asyncio.to_thread(self._message))
                await asyncio.wait([listening], timeout=_EVERY_S)
        except (WebSocketDisconnect, RuntimeError):
            pass  # it has left
        finally:
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect):
                await listening

    async def _listen(self, websocket: WebSocket) -> None:
        while True:
            with contextlib.suppress(ValueError, TypeError, KeyError):
                span = json.loads(await websocket.receive_text())["span"]
                if span in range(len(SPANS_S)):
                    self._choose(span)

    def _choose(self, span: int) -> None:
        """Points of that span from now on, and all of them first."""
        self._plots = span, [[None] * len(feed.definition.streams) for feed in self._feeds]

    def _message(self) -> str:
        span, sent = self._plots  # while these are sent another span may be chosen: then they are the last of theirs
        whole = all(after is None for board in sent for after in board)
        boards = [self._board(*each, span) for each in zip(self._feeds, self._logs, sent, strict=True)]
        message = {"schema": "freefall/1", "spans": SPANS_S, "span": span, "whole": whole, "boards": boards}
        return json.dumps(message, separators=(",", ":"), allow_nan=False)

    def _board(self, feed: Feed, log: PlainLog, sent: list[int | None], span: int) -> dict:
        seen = feed.snapshot()
        with feed.look() as model:
            points = [model.points(stream, span, after) for stream, after in enumerate(sent)]
        for stream, own in enumerate(points):
            if len(own.bucket):
                sent[stream] = int(own.bucket[-1])
        return log.record(seen) | {"points": [_points(own) for own in points]}


def _points(points: Points) -> dict:
    return {
        "width": points.width_ns / 1e9,
        "bucket": points.bucket.tolist(),
        "low": [_numbers(row) for row in points.low],
        "high": [_numbers(row) for row in points.high],
    }


def _numbers(row: np.ndarray) -> list[float | None]:
    return [None if value != value else float(f"{value:.{_DIGITS}g}") for value in row.tolist()]


def _may_look(connection: HTTPConnection, served_at: str) -> bool:
    """Whether the page that asks is ours: any page a browser shows may open a websocket to this machine."""
    own = connection.headers.get("host", "")
    origin = connection.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != own:
        return False
    # A foreign name that leads to this machine is none of ours either.
    return not _is_loopback(served_at) or _is_loopback(urlsplit(f"//{own}").hostname or "")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@contextlib.contextmanager
def _listening(host: str, port: int):
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        reason = error.strerror or error
        other = port + 1 if 0 < port < 65535 else 8001
        raise DeviceError(f"cannot serve at {host}:{port}: {reason}; choose another place, as --web :{other}") from error
    with listener:
        yield listener


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self):
        """Ctrl-C is heard already, by who says `stopping`."""
        yield


async def _until(server: uvicorn.Server, listener: socket.socket, stopping: Callable[[], bool]) -> None:
    serving = asyncio.create_task(server.serve([listener]))
    while not stopping() and not serving.done():
        await asyncio.wait([serving], timeout=_POLL_S)
    server.should_exit = True
    await serving
