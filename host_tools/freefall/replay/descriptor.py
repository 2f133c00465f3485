"""A file descriptor as a sink: a pipe, standard output, a port that the operating system knows."""

import os
import select

from .sink import WAIT_S, StreamSink


class DescriptorSink(StreamSink):
    """Writes to an open descriptor, and never blocks on it; its mode is restored by close(), which does not close it.

    Raises the operating system's own errors: BrokenPipeError when the reader of a pipe has left.
    """

    def __init__(self, descriptor: int, url: str):
        self.url = url
        self._descriptor: int | None = descriptor
        self._blocking = os.get_blocking(descriptor)
        os.set_blocking(descriptor, False)
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
