"""`Sink`: where a replay's octets go."""

from collections.abc import Iterable
from typing import Protocol

# No call of a sink takes longer, so that whoever replays can be stopped.
WAIT_S = 0.1


class Sink(Protocol):
    """A receiver's end. Every call returns within about WAIT_S; DeviceError when the receiver has gone.

    url: what messages call it, and where a receiver finds it.
    """

    url: str

    def connected(self) -> bool:
        """Whether somebody receives; a replay begins when somebody does."""
        ...

    def units(self, pieces: list[bytes]) -> Iterable[bytes]:
        """What is to be offered for the pieces of one block: joined for a stream, apart for datagrams."""
        ...

    def offer(self, octets: bytes) -> int:
        """How many of them were taken, from the first on; 0 when the receiver is slow."""
        ...

    def drained(self) -> bool:
        """Whether closing now loses nothing of what was taken."""
        ...

    def close(self) -> None:
        """May be called again."""
        ...


class StreamSink:
    """What sinks of streams have in common; a context manager."""

    def connected(self) -> bool:
        """See Sink: somebody is there from the beginning."""
        return True

    def units(self, pieces: list[bytes]) -> Iterable[bytes]:
        """See Sink."""
        return (b"".join(pieces),)

    def drained(self) -> bool:
        """See Sink: what was taken arrives."""
        return True

    def close(self) -> None:
        """See Sink."""

    def __enter__(self):
        return self

    def __exit__(self, *exc) -> None:
        self.close()
