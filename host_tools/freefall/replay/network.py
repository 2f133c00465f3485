"""Sockets as sinks: a server that clients connect to, and datagrams."""

import contextlib
import select
import socket
import time
from collections.abc import Callable, Iterable

from ..errors import DeviceError
from .sink import WAIT_S, StreamSink

# Fits every Ethernet's 1500 with the headers of IPv6 and UDP, so that no datagram is ever in two pieces.
DATAGRAM_LIMIT = 1400
# A client that has everything closes its end at once; one that does not is left alone after this.
_FAREWELL_S = 1.0
_READ_LEN = 65536


class TcpSink(StreamSink):
    """A server: every client gets what is sent while it is connected, none loses anything, and all wait for the slowest.

    port 0: a free one, see `url` (socket://127.0.0.1:9000, as pyserial opens it). The replay begins with the first client and
    ends with DeviceError when the last has left. on_event(sentence): told who comes and goes. What clients send is forgotten.
    Raises DeviceError when it cannot listen there.
    """

    def __init__(self, host: str, port: int, on_event: Callable[[str], None] = lambda sentence: None):
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._server = socket.create_server((host, port), family=family)
        except (OSError, OverflowError) as error:
            raise DeviceError(f"cannot listen at {_pair(host, port)}: {_reason(error)}") from error
        self._server.setblocking(False)
        self.url = f"socket://{_pair(*self._server.getsockname()[:2])}"
        self._on_event = on_event
        self._clients: list[_Client] = []
        self._ended_at: float | None = None

    def connected(self) -> bool:
        """See Sink: there is a client."""
        select.select([self._server], [], [], WAIT_S)
        self._accept()
        return bool(self._clients)

    def offer(self, octets: bytes) -> int:
        """See Sink: all of them are taken, once every client has taken those before."""
        self._accept()
        if not self._flush():
            return 0
        for client in self._clients:
            client.pending = octets
        self._flush(wait_s=0)
        return len(octets)

    def drained(self) -> bool:
        """See Sink. Ends the connections, then waits a moment for the clients to do the same."""
        if self._ended_at is None:
            if not self._flush():
                return False
            self._ended_at = time.monotonic()
            for client in self._clients:
                client.end()
        talking = [client.connection for client in self._clients if client.talks]
        if not talking or time.monotonic() - self._ended_at > _FAREWELL_S:
            return True
        select.select(talking, [], [], WAIT_S)
        for client in self._clients:
            client.forget_input()
        return False

    def close(self) -> None:
        """See Sink."""
        for client in self._clients:
            client.connection.close()
        self._clients = []
        self._server.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # none waits, or it has left already
            while True:
                client = _Client(*self._server.accept())
                self._clients.append(client)
                self._on_event(f"{client.name} has connected")

    def _flush(self, wait_s: float = WAIT_S) -> bool:
        """Whether every client has taken what it was given, after one more try."""
        for client in list(self._clients):
            client.forget_input()
            if not client.send():
                client.connection.close()
                self._clients.remove(client)
                self._on_event(f"{client.name} has left")
        if not self._clients:
            raise DeviceError(f"the last client of {self.url} has left")
        slow = [client.connection for client in self._clients if client.pending]
        if slow and wait_s:
            select.select([], slow, [], wait_s)
        return not slow


class _Client:
    """One connection, and what it has not taken yet."""

    def __init__(self, connection: socket.socket, address: tuple):
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = connection
        self.name = _pair(*address[:2])
        self.pending = b""
        self.talks = True  # its end is open

    def send(self) -> bool:
        """Send what is pending, as much as it takes now; False when it has left."""
        try:
            if self.pending:
                self.pending = self.pending[self.connection.send(self.pending) :]
        except BlockingIOError:
            pass
        except OSError:
            return False
        return True

    def end(self) -> None:
        """Say that nothing more comes."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)

    def forget_input(self) -> None:
        """Read what it said: closing a connection with octets unread would take back what the client has not read yet."""
        if self.talks:
            try:
                while self.connection.recv(_READ_LEN):
                    pass
                self.talks = False
            except BlockingIOError:
                pass
            except OSError:
                self.talks = False


class UdpSink(StreamSink):
    """Datagrams to one address, of at most DATAGRAM_LIMIT octets: one for a block, or several for a long one.

    With packets instead of a stream, one for a packet. Nobody answers: what a receiver misses is lost, as with any datagram.
    Raises DeviceError when the address is not to be had.
    """

    def __init__(self, host: str, port: int):
        self.url = f"udp://{_pair(host, port)}"
        try:
            family, kind, protocol, _, self._address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
            self._socket = socket.socket(family, kind, protocol)
        except (OSError, OverflowError) as error:
            raise DeviceError(f"cannot send to {_pair(host, port)}: {_reason(error)}") from error
        self._socket.setblocking(False)

    def units(self, pieces: list[bytes]) -> Iterable[bytes]:
        """See Sink."""
        for piece in pieces:
            for at in range(0, len(piece), DATAGRAM_LIMIT):
                yield piece[at : at + DATAGRAM_LIMIT]

    def offer(self, octets: bytes) -> int:
        """See Sink: all or none."""
        try:
            return self._socket.sendto(octets, self._address)
        except BlockingIOError:
            select.select([], [self._socket], [], WAIT_S)
            return 0
        except OSError as error:
            raise DeviceError(f"cannot send to {self.url}: {_reason(error)}") from error

    def close(self) -> None:
        """See Sink."""
        self._socket.close()


def _pair(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _reason(error: Exception) -> str:
    # gaierror and create_server put more into it than the operating system's words.
    return str(getattr(error, "strerror", None) or error).partition(" (while")[0]
