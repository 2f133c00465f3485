"""`StagedFile`, `TableWriter`: what every format's writer has in common; a file appears whole or not at all."""

import contextlib
import os
import pathlib
from abc import ABC, abstractmethod
from typing import BinaryIO, ClassVar

from ..decode import Table
from ..definition import Definition, Stream
from ..errors import FreefallError, OutputExists, OutputUnwritable


class StagedFile(ABC):
    """One file being written; a context manager, committing when its block ends well and discarding otherwise.

    path: the file to make; an existing one is refused (OutputExists) unless `overwrite`, and kept until the new one is whole.

    A subclass writes to self._file, opened here under a temporary name beside `path`. OutputUnwritable when writing fails.
    """

    suffix: ClassVar[str]

    def __init__(self, path: str | pathlib.Path, *, overwrite: bool = False):
        self.path = pathlib.Path(path)
        self._overwrite = overwrite
        self._staged = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        self._file: BinaryIO | None = None
        with self._discarding():
            self._refuse_existing()
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(self._staged, "w+b")  # noqa: SIM115 - closed by finish or discard
            self._begin()

    def finish(self) -> None:
        """Writes everything kept; the file still has its temporary name. Refuses a file that appeared meanwhile."""
        if self._file is None or self._file.closed:
            return
        with self._discarding():
            self._end()
            self._file.close()
            self._refuse_existing()

    def close(self) -> None:
        """Ends the file and gives it its name; may be called again. After a failure there is no file, and nothing happens."""
        self.finish()
        if self._file is None:
            return
        with self._discarding():
            os.replace(self._staged, self.path)
            self._file = None

    def discard(self) -> None:
        """Leaves no file behind; after close() it does nothing."""
        if self._file is None:
            return
        if not self._file.closed:
            with contextlib.suppress(OSError):  # closing tries to write once more; that file is not wanted
                self._abandon()
            with contextlib.suppress(OSError):
                self._file.close()
        self._file = None
        self._staged.unlink(missing_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, *exc) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    @abstractmethod
    def _begin(self) -> None:
        """Writes what the file begins with."""

    def _end(self) -> None:  # noqa: B027 - most formats keep nothing
        """Writes everything kept."""

    def _abandon(self) -> None:  # noqa: B027 - most formats keep nothing open
        """Lets go of what the format keeps open besides the file."""

    def _refuse_closed(self) -> None:
        if self._file is None or self._file.closed:
            raise FreefallError(f"{self.path} is closed; nothing more can be written to it")

    def _refuse_existing(self) -> None:
        if not self._overwrite and self.path.exists():
            raise OutputExists(self.path)

    @contextlib.contextmanager
    def _discarding(self):
        try:
            yield
        except OSError as error:
            self.discard()
            raise OutputUnwritable(f"cannot write {self.path}: {error.strerror or error}") from error
        except BaseException:
            self.discard()
            raise


class TableWriter(StagedFile):
    """One stream into one file. definition: recorded in the file where the format has a place for it."""

    def __init__(
        self,
        path: str | pathlib.Path,
        stream: Stream,
        definition: Definition | None = None,
        *,
        overwrite: bool = False,
    ):
        self.stream = stream
        self._definition = definition
        super().__init__(path, overwrite=overwrite)

    def write(self, table: Table) -> None:
        """Appends the rows of a table of this stream. Memory use does not grow with the number of tables.

        The arrays of the table belong to the writer from then on: it may keep them for a while, and does not copy them.
        """
        self._refuse_closed()
        if table.stream.name != self.stream.name:
            raise ValueError(f"a table of stream {table.stream.name} does not belong in {self.path}")
        with self._discarding():
            self._append(table)

    @abstractmethod
    def _append(self, table: Table) -> None:
        """Writes or keeps the rows."""


class BlockWriter(TableWriter):
    """A TableWriter whose format is best written in blocks of at least `block_rows` rows."""

    block_rows: ClassVar[int] = 1 << 16

    def __init__(self, path, stream, definition=None, *, overwrite=False):
        self._kept: list[Table] = []
        self._kept_rows = 0
        super().__init__(path, stream, definition, overwrite=overwrite)

    @abstractmethod
    def _write_block(self, tables: list[Table]) -> None:
        """Writes the rows of these tables, none of them empty."""

    def _append(self, table: Table) -> None:
        if len(table):
            self._kept.append(table)
            self._kept_rows += len(table)
        if self._kept_rows >= self.block_rows:
            self._write_kept()

    def _end(self) -> None:
        self._write_kept()

    def _write_kept(self) -> None:
        if self._kept:
            self._write_block(self._kept)
        self._kept, self._kept_rows = [], 0
