"""Octets to whoever is connected by TCP, from then on; what they send goes up the link. Nobody is waited for."""

import contextlib
import select
import socket
from collections.abc import Callable

from ..errors import DeviceError

# A client may be so far behind. Beyond that it is let go of: the link does not wait, and a stream with holes is no service.
_MOST_BEHIND = 1 << 20
_READ_LEN = 4096


class LiveServer:
    """Raises DeviceError when it cannot listen there. port 0: a free one, see `url`; on_event(sentence): who comes and goes."""

    def __init__(self, host: str, port: int, on_event: Callable[[str], None] = lambda sentence: None):
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._server = socket.create_server((host, port), family=family)
        except (OSError, OverflowError) as error:
            reason = str(getattr(error, "strerror", None) or error).partition(" (while")[0]
            raise DeviceError(f"cannot listen at {_pair(host, port)}: {reason}") from error
        self._server.setblocking(False)
        self.url = f"socket://{_pair(*self._server.getsockname()[:2])}"
        self._on_event = on_event
        self._clients: dict[socket.socket, tuple[str, bytearray]] = {}

    def __enter__(self) -> "LiveServer":
        return self

    def __exit__(self, *_exception) -> None:
        self.close()

    def exchange(self, octets: bytes) -> bytes:
        """Give these to every client; what clients have sent."""
        with contextlib.suppress(BlockingIOError, ConnectionError):
            connection, address = self._server.accept()
            connection.setblocking(False)
            name = _pair(*address[:2])
            self._clients[connection] = name, bytearray()
            self._on_event(f"{name} has connected")
        came = bytearray()
        for connection, (_, waiting) in list(self._clients.items()):
            waiting += octets
            self._serve(connection, waiting, came)
        return bytes(came)

    def close(self) -> None:
        """End all connections, after a moment for what waits."""
        waiting = [connection for connection, (_, octets) in self._clients.items() if octets]
        if waiting:
            select.select([], waiting, [], 1.0)
            self.exchange(b"")
        for connection in self._clients:
            connection.close()
        self._clients.clear()
        self._server.close()

    def _serve(self, connection: socket.socket, waiting: bytearray, came: bytearray) -> None:
        try:
            with contextlib.suppress(BlockingIOError):
                if waiting:
                    del waiting[: connection.send(waiting)]
            with contextlib.suppress(BlockingIOError):
                if not (read := connection.recv(_READ_LEN)):
                    self._let_go(connection, "has left")
                came += read
        except OSError:
            self._let_go(connection, "has left")
        if len(waiting) > _MOST_BEHIND:
            self._let_go(connection, "does not read, and is let go of")

    def _let_go(self, connection: socket.socket, why: str) -> None:
        if client := self._clients.pop(connection, None):
            connection.close()
            self._on_event(f"{client[0]} {why}")


def _pair(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
