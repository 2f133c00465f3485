"""A file descriptor as a sink: a pipe, standard output, a port that the operating system knows."""

import contextlib
import os
import select

from .sink import WAIT_S, StreamSink

# A pipe of Linux holds 64 KiB, which one block of a replay at top speed fills: its reader and we would wait for each other in
# turns. With four times that the reader is busy while the next block is made; more did not make it faster.
_PIPE_LEN = 1 << 18


class DescriptorSink(StreamSink):
    """Writes to an open descriptor, and never blocks on it; its mode is restored by close(), which does not close it.

    A pipe is made to hold more where that can be (Linux), and stays so. Raises the operating system's own errors: BrokenPipeError
    when the reader of a pipe has left.
    """

    def __init__(self, descriptor: int, url: str):
        self.url = url
        self._descriptor: int | None = descriptor
        self._blocking = os.get_blocking(descriptor)
        os.set_blocking(descriptor, False)
        _widen(descriptor)
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)

    def offer(self, octets: bytes) -> int:
        """See Sink."""
        try:
            return os.write(self._descriptor, octets)
        except BlockingIOError:
            self._poll.poll(WAIT_S * 1000)
            return 0

    def close(self) -> None:
        """See Sink."""
        if self._descriptor is not None:
            os.set_blocking(self._descriptor, self._blocking)
            self._descriptor = None


def _widen(descriptor: int) -> None:
    with contextlib.suppress(ImportError, AttributeError, OSError):  # not Linux, not a pipe, or the user has no more of them
        import fcntl

        if fcntl.fcntl(descriptor, fcntl.F_GETPIPE_SZ) < _PIPE_LEN:
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_LEN)
