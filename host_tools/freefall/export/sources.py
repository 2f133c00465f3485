"""Many recordings: which files are meant, which of them are one run, and where each run goes."""

import contextlib
import glob
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from ..errors import InputUnreadable
from ..recording import open_recording
from ..recording.run import run_of
from .urls import glob_url, is_url, open_url

_PART = re.compile(r"(?P<run>.+)\.part\d{5}(?P<suffix>(?:\.[^./]+)?)")  # as recording.part_path names them

Run = tuple[str, ...]  # its files


def expanded(patterns: Iterable[str]) -> list[str]:
    """The files, each but once, in the order of the patterns: a name, a URL, or either with *, ?, [..] or ** in it.

    Raises InputUnreadable for a pattern that nothing matches; a name is taken as it is.
    """
    files: list[str] = []
    for pattern in patterns:
        if Path(pattern).exists() or not glob.has_magic(pattern):
            found = [pattern]
        else:
            found = glob_url(pattern) if is_url(pattern) else sorted(glob.glob(pattern, recursive=True))
            if not found:
                raise InputUnreadable(f"no file matches {pattern}")
        files += found
    return list(dict.fromkeys(files))


def runs(files: Iterable[str]) -> list[Run]:
    """The files, those of one run together, each run in the place of its first file.

    Files are of one run by their names, and if they say so themselves.
    """
    named: dict[str, list[str]] = {}
    for file in files:
        part = _PART.fullmatch(file)
        named.setdefault(part["run"] + part["suffix"] if part else file, []).append(file)
    found: list[Run] = []
    for together in named.values():
        said: dict[object, list[str]] = {}
        for file in together if len(together) > 1 else ():
            said.setdefault(_run_of(file) or file, []).append(file)
        found += map(tuple, said.values()) if said else [tuple(together)]
    return found


def _run_of(file: str) -> tuple[str, ...]:
    with contextlib.suppress(InputUnreadable):  # told when it is exported
        return run_of(open_recording(file, open_url if is_url(file) else None))
    return ()


def folders(runs: Sequence[Run]) -> list[str]:
    """A name for each run, its first file's without folder and suffix; with both where it takes them to tell runs apart."""
    plain = [PurePosixPath(run[0].replace("\\", "/")).with_suffix("") for run in runs]
    names = [path.name for path in plain]
    if len(set(names)) < len(names):
        folder = os.path.commonpath([str(path.parent) for path in plain])
        names = [path.relative_to(folder).as_posix() for path in plain]
    suffixes = [PurePosixPath(run[0]).suffix for run in runs]
    return [name if names.count(name) == 1 else name + suffix for name, suffix in zip(names, suffixes, strict=True)]
