"""`Port`: what every port is, whatever its octets come from."""

from collections.abc import Iterator
from types import TracebackType
from typing import Protocol, Self

from ..definition import Definition


class Port(Protocol):
    """An open port; a context manager that closes it.

    definition: what the other end runs, where the port knows; None on a wire. definition_problem: why it does not know although
    it might; None when there is nothing to say.
    """

    url: str
    definition: Definition | None
    definition_problem: str | None

    def chunks(self) -> Iterator[tuple[int, bytes]]:
        """(host time in ns since 1970, octets as they came), octets empty when nothing came for a moment.

        Ends where the other end has an end (a recording); raises DeviceError where it should have had none.
        """
        ...

    def send(self, octets: bytes) -> None:
        """Send octets to the other end, in time of the caller's. Raises DeviceError where it does not take them."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...
