"""Ports for tests: read ahead, read by one at a time, over a bad line, or made of octets at hand."""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Self

from ..definition import Definition
from ..errors import DeviceError
from ..port.faults import FaultCounts, Faults, FaultyStream
from ..port.open import open_port
from ..port.port import Port
from ..port.serial import DEFAULT_BAUD, SerialPort

_TURN_S = 0.1  # after this long without octets a reader has its turn
_PORTION_LEN = 512
_JOIN_S = 2.0  # a read of a serial port returns sooner

Piece = tuple[int, bytes]


class FakePort:
    """A `Port` that gives these octets and then ends, or raises `error`; at the wall clock, as every port."""

    def __init__(
        self,
        octets: bytes | Iterable[bytes],
        definition: Definition | None = None,
        *,
        error: Exception | None = None,
        now_ns: Callable[[], int] = time.time_ns,
    ):
        self.url = "fake port"
        self.definition = definition
        self.definition_problem = None
        self._octets = [octets] if isinstance(octets, bytes) else octets
        self._error = error
        self._now_ns = now_ns

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc) -> None:
        pass

    def chunks(self) -> Iterator[Piece]:
        """See Port."""
        for piece in self._octets:
            yield self._now_ns(), piece
        if self._error is not None:
            raise self._error

    def send(self, octets: bytes) -> None:
        """See Port; nobody is there to take them."""
        raise DeviceError(f"{self.url} takes no telecommands")


class _Over:
    """A port over another one, which it closes."""

    def __init__(self, port: Port):
        self._port = port
        self.url = port.url
        self.definition = port.definition
        self.definition_problem = port.definition_problem

    def __enter__(self) -> Self:
        self._port.__enter__()
        return self

    def __exit__(self, *exc) -> None:
        self._port.__exit__(*exc)

    def send(self, octets: bytes) -> None:
        """See Port."""
        self._port.send(octets)


class FaultyLink(_Over):
    """A `Port` whose octets come over a bad line; what was done to them is in `counts`, so that a test may compare exactly."""

    def __init__(self, port: Port, faults: Faults):
        super().__init__(port)
        self._line = FaultyStream(faults)

    @property
    def counts(self) -> FaultCounts:
        """Of what was read so far."""
        return self._line.counts

    def chunks(self) -> Iterator[Piece]:
        """See Port."""
        host_ns = 0
        for host_ns, octets in self._port.chunks():
            yield host_ns, self._line.feed(octets)
        if rest := self._line.finish():
            yield host_ns, rest


class Portioned(_Over):
    """A `Port` that waits for its reader, as a recording does, in small pieces: a test takes no more than it asks for."""

    def chunks(self) -> Iterator[Piece]:
        """See Port."""
        for host_ns, octets in self._port.chunks():
            for at in range(0, len(octets), _PORTION_LEN):
                yield host_ns, octets[at : at + _PORTION_LEN]
                host_ns = time.time_ns()  # when the rest is handed on
            if not octets:
                yield host_ns, octets


class ReadAhead(_Over):
    """A `Port` that is read by a thread from when it is opened: a wire waits for no test, and its buffers are small."""

    def __init__(self, port: Port):
        super().__init__(port)
        self._queue: queue.SimpleQueue[Piece | Exception | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"reading {self.url}", daemon=True)

    def __enter__(self) -> Self:
        super().__enter__()
        self._thread.start()
        return self

    def __exit__(self, *exc) -> None:
        self._stopping.set()
        self._thread.join(_JOIN_S)
        super().__exit__(*exc)

    def chunks(self) -> Iterator[Piece]:
        """See Port; host times are those of the reading."""
        while True:
            try:
                piece = self._queue.get(timeout=_TURN_S)
            except queue.Empty:
                piece = time.time_ns(), b""
            if piece is None:
                return
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def _run(self) -> None:
        end = None
        try:
            for piece in self._port.chunks():
                if self._stopping.is_set():
                    return
                if piece[1]:
                    self._queue.put(piece)
        except Exception as error:  # it is raised where the port is read
            end = error
        self._queue.put(end)


class SharedPort(_Over):
    """A `Port` that several may read one after the other: each goes on where the one before has stopped.

    Who goes on after another has begun would see half of what came, and take the rest for lost: that is a RuntimeError.
    """

    def __init__(self, port: Port):
        super().__init__(port)
        self._pieces: Iterator[Piece] | None = None
        self._reader: object = None

    def __exit__(self, *exc) -> None:
        if self._pieces is not None:
            self._pieces.close()
        super().__exit__(*exc)

    def chunks(self) -> Iterator[Piece]:
        """See Port."""
        __tracebackhide__ = True
        if self._pieces is None:
            self._pieces = self._port.chunks()
        self._reader = reader = object()
        while self._reader is reader:
            piece = next(self._pieces, None)
            if piece is None:
                return
            yield piece
        raise RuntimeError(
            f"{self.url} has been read by another link since, and what that one read is missing here; in one test use either "
            "freefall_link, freefall_streams or one freefall_faulty"
        )


def open_shared(url: str, baud: int = DEFAULT_BAUD) -> SharedPort:
    """The port of a URL for a test, open and to be entered; a wire is read ahead, others in portions.

    Raises what freefall.port's open_port does.
    """
    port = open_port(url, baud)
    return SharedPort((ReadAhead if isinstance(port, SerialPort) else Portioned)(port))
