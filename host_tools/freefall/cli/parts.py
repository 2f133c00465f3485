"""A hint for who names only some of the files that a run was recorded into."""

import contextlib
import shlex
from collections.abc import Sequence
from pathlib import Path

from ..errors import InputUnreadable
from ..recording import open_recording, part_path, part_paths
from ..recording.rotation import PART_LIMIT, first_path
from ..recording.run import part_number, run_of
from .console import complain

_ANY = "?" * 5  # a part's number, in a pattern


def tell_of_parts(files: Sequence[str], several: bool = False) -> None:
    """Say on standard error that a run has more files than these, which are files of one run, and what to do.

    several: whether the verb takes all of them. Nothing is said of what is no recording, or not here.
    """
    paths = [Path(file) for file in files]
    first = first_path(paths[0])
    others = [path for path in part_paths(first) if path not in paths]
    with contextlib.suppress(InputUnreadable):  # told by who reads it
        if not others or not run_of(own := open_recording(paths[0])):
            return
        if not any(_is_of(path, run_of(own)) for path in others):
            return
        which = "the first" if part_number(own) == 1 else f"number {part_number(own)}"
        what = f"{files[0]} is {which} of several files" if len(files) == 1 else f"{', '.join(files)} are not all files"
        pattern = first.with_name(part_path(first, PART_LIMIT).name.replace(f"{PART_LIMIT:05}", _ANY))
        names = shlex.join([*([str(first)] if first.exists() else []), str(pattern)])
        todo = f"name them all: {names}" if several else f"make one of them: freefall info {names} --recover whole.mcap"
        complain(f"{what} that one run is in; to have all of it, {todo}", prefix="")


def _is_of(path: Path, run: tuple[str, ...]) -> bool:
    with contextlib.suppress(InputUnreadable):  # of a run that was killed while it began this file
        return run_of(open_recording(path)) == run
    return False
