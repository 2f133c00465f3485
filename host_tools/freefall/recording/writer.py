"""`Recorder`: the octets of a run into a recording."""

import pathlib
from dataclasses import dataclass

from .. import __version__
from ..definition import Definition
from . import profile
from .file import RecordingFile, check_time
from .times import rfc3339


@dataclass(frozen=True, slots=True)
class Part:
    """Which file of a run it is: number from 1, the run's begin (wall clock, ns), octets of the run in the files before."""

    number: int
    run_ns: int
    octets_before: int


class Recorder(RecordingFile):
    """One recording being written; a context manager, and all that RecordingFile is.

    definition: put inside as payload.toml; None when it is not known.
    source: where the octets come from (a port URL, "sim:virtual seed 1"); note: free text.
    part: of which run it is which file; without it the only one.
    """

    def __init__(
        self,
        path: str | pathlib.Path,
        definition: Definition | None,
        source: str,
        note: str = "",
        *,
        start_ns: int,
        part: Part | None = None,
        overwrite: bool = False,
    ):
        check_time(start_ns)
        metadata = _metadata(definition, source, note, start_ns, part or Part(1, start_ns, 0))
        text = None if definition is None else definition.text
        super().__init__(path, text, metadata, start_ns=start_ns, overwrite=overwrite)


def _metadata(definition: Definition | None, source: str, note: str, start_ns: int, part: Part) -> dict[str, str]:
    return {
        "format": str(profile.RECORDING_FORMAT),
        "definition_id": "" if definition is None else f"{definition.definition_id:08x}",
        "payload": "" if definition is None else definition.name,
        "tool": f"freefall {__version__}",
        "source": source,
        "note": note,
        "start": rfc3339(start_ns),
        "run": rfc3339(part.run_ns),
        "part": str(part.number),
        "octets_before": str(part.octets_before),
    }
