"""Octets out of a pipe, which has no name and cannot be read twice."""

from collections.abc import Iterable, Iterator

from ..errors import InputUnreadable
from . import profile


def raw_only(pieces: Iterable[tuple[int, bytes]], name: str) -> Iterator[tuple[int, bytes]]:
    """The pieces, (host ns, octets), as they are; name: where they come from.

    Raises InputUnreadable when they begin as a recording does: taken for a board's octets nearly all of it would be rejected.
    """
    began = False
    for host_ns, octets in pieces:
        if not began and octets.startswith(profile.MAGIC):
            raise InputUnreadable(f"{name} is a recording, not a board's octets; name its file instead of piping it")
        began = began or bool(octets)
        yield host_ns, octets
