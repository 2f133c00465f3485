"""Where a served cable ends on this computer: a pty behind a name that stays, or a TCP port."""

import errno
import os
import select
import socket
import tty
from contextlib import suppress
from pathlib import Path
from typing import Protocol

_READ_LEN = 4096
_NOBODY = (errno.EIO, errno.EAGAIN)  # of a pty that nobody has open; of one that takes no more


class End(Protocol):
    """An end that a program may open. It is there between `appear` and `vanish`; `url` opens it."""

    url: str

    def appear(self) -> None:
        """Be there, for one program."""
        ...

    def vanish(self) -> None:
        """Be gone; whoever had it open loses it."""
        ...

    def taken(self) -> bool:
        """Whether a program has it open."""
        ...

    def fileno(self) -> int:
        """What is readable when octets come from the program, or the program itself."""
        ...

    def read(self) -> bytes:
        """Octets from the program; empty when there are none."""
        ...

    def write(self, octets: bytes) -> int:
        """How many of these the program's side takes now."""
        ...


class PtyEnd:
    """A pty; `url` is a symbolic link to it, as each appearance is another pty."""

    def __init__(self, link: Path):
        self.url = str(link)
        self._link = link
        self._master = -1

    def appear(self) -> None:
        """See End."""
        self._master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(self._master, False)
        fresh = self._link.with_suffix(".new")
        fresh.symlink_to(os.ttyname(slave))
        fresh.rename(self._link)
        os.close(slave)  # while nobody has it open, the pty is hung up: that tells whether somebody has

    def vanish(self) -> None:
        """See End."""
        self._link.unlink()
        os.close(self._master)
        self._master = -1

    def taken(self) -> bool:
        """See End."""
        poll = select.poll()
        poll.register(self._master, 0)
        return not poll.poll(0)

    def fileno(self) -> int:
        """See End."""
        return self._master

    def read(self) -> bytes:
        """See End."""
        try:
            return os.read(self._master, _READ_LEN)
        except OSError as error:
            if error.errno in _NOBODY:
                return b""
            raise

    def write(self, octets: bytes) -> int:
        """See End."""
        try:
            return os.write(self._master, octets)
        except BlockingIOError:
            return 0


class TcpEnd:
    """A TCP port of this computer for one connection; while it is gone, connections are refused."""

    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._address = probe.getsockname()
        self.url = f"socket://{self._address[0]}:{self._address[1]}"
        self._listener: socket.socket | None = None
        self._peer: socket.socket | None = None

    def appear(self) -> None:
        """See End."""
        self._listener = socket.create_server(self._address, backlog=1)
        self._listener.setblocking(False)

    def vanish(self) -> None:
        """See End."""
        self._lose()
        self._listener.close()

    def taken(self) -> bool:
        """See End."""
        if self._peer is None:
            with suppress(BlockingIOError):
                self._peer = self._listener.accept()[0]
                self._peer.setblocking(False)
        return self._peer is not None

    def fileno(self) -> int:
        """See End."""
        return (self._peer or self._listener).fileno()

    def read(self) -> bytes:
        """See End."""
        try:
            octets = self._peer.recv(_READ_LEN)
        except BlockingIOError:
            return b""
        except OSError:
            octets = b""
        if not octets:
            self._lose()
        return octets

    def write(self, octets: bytes) -> int:
        """See End."""
        try:
            return self._peer.send(octets)
        except BlockingIOError:
            return 0
        except OSError:
            self._lose()
            return len(octets)

    def _lose(self) -> None:
        peer, self._peer = self._peer, None
        if peer:
            peer.close()
