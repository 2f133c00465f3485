"""`export_one`: one recording to files, by a function without state: here, in another process, or on another machine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from ..decode import Summary
from ..definition import Definition
from .inputs import open_input
from .outputs import Output
from .run import RunExport

Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class Exported(Generic[Told]):
    """files: as they are named, in the order of their streams. problem: what is wrong with the recording, for all that; or None.

    told: what was asked of the run's summary.
    """

    files: tuple[str, ...]
    problem: str | None
    told: Told


def export_one(
    src: str | Sequence[str],
    format: str,
    out: str,
    *,
    definition: Definition | None = None,
    otherwise: str | Path | None = None,
    overwrite: bool = False,
    tell: Callable[[Summary], Told] = Summary.as_dict,
    progress: Callable[[int], object] = lambda octets: None,
) -> Exported[Told]:
    """Export a recording, a file of raw octets, or the files of one run, to files of `out`, a folder or a URL of one.

    format: one of FORMATS. definition: instead of the recording's own; otherwise: the path of one, where it has none.
    overwrite: files in the way.
    tell: its result has to travel where this runs elsewhere. progress: given how many octets of the files are read so far.
    Raises InputUnreadable, DefinitionError, DefinitionNeeded, WrongDefinition, OtherPayload, OutputUnwritable,
    MissingExtra.
    """
    sources = (src,) if isinstance(src, str) else tuple(src)
    with open_input(sources, definition, otherwise) as source, Output(out, overwrite=overwrite) as output:
        with RunExport(format, output.folder, source.definition, overwrite=overwrite) as run:
            output.refuse_existing(run.paths)
            for host_ns, octets in source.chunks:
                run.feed(octets, host_ns)
                progress(source.position())
            progress(source.position())
        return Exported(output.publish(run.paths), source.problem(), tell(run.summary))
