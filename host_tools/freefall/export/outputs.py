"""`Output`: the folder that files are made in, here or behind a URL of fsspec (extra "archive")."""

import contextlib
import pathlib
import tempfile
from collections.abc import Iterable

from ..errors import InputUnreadable, OutputExists, OutputUnwritable
from .urls import file_system, is_url


class Output(contextlib.ExitStack):
    """A context manager. folder: where to make the files: `out` itself; of a URL, a temporary folder until they are published.

    Raises OutputUnwritable, MissingExtra.
    """

    def __init__(self, out: str, *, overwrite: bool = False):
        super().__init__()
        self._overwrite = overwrite
        self._remote = None
        if not is_url(out):
            self.folder = pathlib.Path(out)
            return
        try:
            self._remote, self._path = file_system(out)
        except InputUnreadable as error:
            raise OutputUnwritable(str(error)) from error
        self._out = out.rstrip("/")
        self.folder = pathlib.Path(self.enter_context(tempfile.TemporaryDirectory(prefix="freefall-export-")))

    def refuse_existing(self, paths: Iterable[pathlib.Path]) -> None:
        """Raises OutputExists if one of these files of the folder is where they are published, unless `overwrite`."""
        if self._remote is not None and not self._overwrite:
            for path in paths:
                with self._reaching():
                    exists = self._remote.exists(self._target(path))
                if exists:
                    raise OutputExists(self._name(path))

    def publish(self, paths: Iterable[pathlib.Path]) -> tuple[str, ...]:
        """The names of these files of the folder where they are from now on."""
        paths = list(paths)
        if self._remote is None:
            return tuple(map(str, paths))
        self.refuse_existing(paths)
        for path in paths:
            with self._reaching():
                self._remote.makedirs(self._path, exist_ok=True)
                self._remote.put_file(str(path), self._target(path))
        return tuple(map(self._name, paths))

    def _target(self, path: pathlib.Path) -> str:
        return f"{self._path.rstrip('/')}/{path.name}"

    def _name(self, path: pathlib.Path) -> str:
        return f"{self._out}/{path.name}"

    @contextlib.contextmanager
    def _reaching(self):
        try:
            yield
        except Exception as error:  # of many kinds: every file system has its own
            raise OutputUnwritable(f"cannot write to {self._out}: {error}") from error
