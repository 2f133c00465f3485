"""`recover`: a whole, closed recording of all that is readable of one or of the files of a run."""

import pathlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

from ..errors import InputUnreadable, OutputUnwritable
from . import profile
from .file import RecordingFile
from .run import Run
from .times import from_rfc3339, rfc3339

RECOVERED_FROM = "recovered_from"


@dataclass(frozen=True, slots=True)
class Rescue:
    """What recover() has put into `path`, and what was the matter (None: nothing) with what it was read from."""

    path: pathlib.Path
    octets: int
    blocks: int
    problem: str | None


def recover(
    run: Run, path: str | pathlib.Path, *, overwrite: bool = False, progress: Callable[[int], object] = lambda position: None
) -> Rescue:
    """Writes octets, times, gaps, definition and metadata of `run` into a new recording, and that it was recovered from what.

    progress(octets of the run's files read so far). Raises OutputExists, OutputUnwritable; InputUnreadable also when
    no octets are left.
    """
    out = pathlib.Path(path)
    if out.exists() and any(out.samefile(recording.path) for recording in run.recordings):
        raise OutputUnwritable(f"{path} is what is to be recovered; give the rescued recording another name")
    contents = run.contents()
    opening = []
    for event in contents:
        opening.append(event)
        if isinstance(event, tuple):
            break
    else:
        names = ", ".join(str(recording.path) for recording in run.recordings)
        raise InputUnreadable(f"there is nothing to recover: not one octet of a board can be read in {names}")
    start_ns = from_rfc3339(run.metadata.get("start", ""))
    if start_ns is None:  # lost with the metadata
        start_ns = opening[0][0] if isinstance(opening[0], tuple) else opening[0].host_ns
    blocks = 0
    metadata = _metadata(run, start_ns)
    with RecordingFile(out, run.definition_text, metadata, start_ns=start_ns, overwrite=overwrite) as file:
        for event in chain(opening, contents):
            if isinstance(event, tuple):
                host_ns, data = event
                file.write(data, host_ns)
                blocks += 1
            else:
                file.mark(event)
            progress(run.position)
    return Rescue(out, file.octets, blocks, run.problem)


def _metadata(run: Run, start_ns: int) -> dict[str, str]:
    """The run's, completed where it was lost."""
    definition = run.definition
    known = {
        "format": str(profile.RECORDING_FORMAT),
        "definition_id": "" if definition is None else f"{definition.definition_id:08x}",
        "payload": "" if definition is None else definition.name,
        "start": rfc3339(start_ns),
    }
    return known | run.metadata | {RECOVERED_FROM: ", ".join(recording.path.name for recording in run.recordings)}
