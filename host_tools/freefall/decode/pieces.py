"""Octets as they are read, gathered into pieces for Decoder.feed_many."""

import numpy as np

# Enough that what a piece costs however long it is does not count; a table of it takes twenty times the memory.
PIECE_OCTETS = 1 << 22
# A frame ends with a zero. Of noise each zero ends one, and one that is rejected takes half a kilobyte: 4 MiB would take 1 GB.
PIECE_FRAMES = 1 << 16

Piece = list[tuple[int | None, bytes]]  # (host_ns, octets) of each read


class Pieces:
    """Gathers reads until they have PIECE_OCTETS, or zeros for PIECE_FRAMES; the read that brings them there is the last one.

    So memory is bounded whatever the octets are: by that of a piece and of one read.
    """

    def __init__(self):
        self._kept: Piece = []
        self._octets = self._zeros = 0

    def add(self, octets: bytes, host_ns: int | None) -> Piece | None:
        """The next read, and when it was; gives the piece that is full with it."""
        self._kept.append((host_ns, octets))
        self._octets += len(octets)
        self._zeros += len(octets) - int(np.count_nonzero(np.frombuffer(octets, np.uint8)))
        return self.rest() if self._octets >= PIECE_OCTETS or self._zeros >= PIECE_FRAMES else None

    def rest(self) -> Piece:
        """What was added since the last piece; an empty one, if nothing was."""
        kept, self._kept, self._octets, self._zeros = self._kept, [], 0, 0
        return kept
