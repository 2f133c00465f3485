"""`Reconnecting`: a port that is opened again whenever it has gone away."""

import time
from collections.abc import Callable, Iterator

from ..errors import DeviceError
from ..recording import LinkBack, LinkEvent, LinkLost
from .port import Port

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
# A pause is cut into pieces, so that a user's interrupt, an end or a flush never wait longer.
_PIECE_S = 0.1

Chunk = tuple[int, bytes]


class Reconnecting:
    """The octets of a port through all its absences; a context manager.

    open: opens the port or raises DeviceError, which is passed on the first time. clock: wall clock, ns since 1970 UTC; sleep:
    takes seconds. port: the one open now, None while there is none. trouble: why there is none; None while there is one.
    """

    def __init__(
        self,
        open: Callable[[], Port],
        clock: Callable[[], int] = time.time_ns,
        sleep: Callable[[float], object] = time.sleep,
    ):
        self._open = open
        self._clock = clock
        self._sleep = sleep
        self.port: Port | None = None
        self.trouble: str | None = None

    def __enter__(self) -> "Reconnecting":
        self.port = self._open().__enter__()
        return self

    def __exit__(self, *exc) -> None:
        self._close()

    def events(self) -> Iterator[Chunk | LinkEvent]:
        """What the port gives, and in between LinkLost when it goes away and LinkBack when it is read again.

        Meanwhile there are pieces without octets. The pauses between attempts double from FIRST_PAUSE_S up to LONGEST_PAUSE_S. A
        port that opens and fails before its first piece is not back. Ends where the port's own pieces end.
        """
        pieces = self.port.chunks()
        while True:
            try:
                yield from pieces
                return
            except DeviceError as error:
                self._fail(error)
            yield LinkLost(self._clock(), self.trouble)
            pause = FIRST_PAUSE_S
            while self.trouble is not None:
                yield from self._rest(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
                try:
                    self.port = self._open().__enter__()
                    pieces = self.port.chunks()
                    first = next(pieces, None)
                    self.trouble = None
                except DeviceError as error:
                    self._fail(error)
            yield LinkBack(self._clock())
            if first is not None:
                yield first

    def _rest(self, pause: float) -> Iterator[Chunk]:
        for _ in range(round(pause / _PIECE_S)):
            self._sleep(_PIECE_S)
            yield self._clock(), b""

    def _fail(self, error: DeviceError) -> None:
        self.trouble = str(error)
        self._close()

    def _close(self) -> None:
        port, self.port = self.port, None
        if port is not None:
            port.__exit__(None, None, None)
