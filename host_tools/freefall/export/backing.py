"""`Backing`: the file beneath an HDF5 file."""

import io
from collections.abc import Callable
from typing import BinaryIO


class Backing(io.RawIOBase):
    """The file that HDF5 writes to, where writing never fails: the first failure is kept, and from then on nothing is written.

    The HDF5 library cannot close a file that it could not write, and takes the process with it when that ends.
    """

    def __init__(self, file: BinaryIO):
        self._file = file
        self._failure: OSError | None = None

    def raise_failure(self) -> None:
        """Raises the OSError of the first write that failed, if one has."""
        if self._failure:
            raise self._failure

    def readinto(self, buffer) -> int:
        """As a file's."""
        return self._file.readinto(buffer)

    def write(self, octets) -> int:
        """As a file's, or keeps the failure."""
        self._try(self._file.write, octets)
        return len(octets)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As a file's, or keeps the failure: to seek is to write out what waits."""
        return self._try(self._file.seek, offset, whence) or 0

    def truncate(self, size: int | None = None) -> int:
        """As a file's, or keeps the failure."""
        return self._try(self._file.truncate, size) or 0

    def flush(self) -> None:
        """As a file's, or keeps the failure."""
        self._try(self._file.flush)

    def _try(self, call: Callable[..., int | None], *arguments) -> int | None:
        if self._failure is None:
            try:
                return call(*arguments)
            except OSError as error:
                self._failure = error
        return None
