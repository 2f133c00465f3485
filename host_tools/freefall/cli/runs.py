"""Several SRC: which are files of one run, and the sources that they are."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ..errors import DefinitionNeeded, InputUnreadable
from ..export.sources import expanded, runs
from ..port.open import is_port_url
from ..port.serial import DEFAULT_BAUD
from ..recording import LinkGap, Run, is_recording, open_recording
from .sources import Source, choose_definition, open_source


def grouped(sources: Sequence[str]) -> list[tuple[str, ...]]:
    """The sources in order; files of one run together. Raises InputUnreadable for a pattern that nothing matches."""
    found: list[tuple[str, ...]] = []
    files: list[str] = []
    for source in [*sources, None]:
        if source is not None and source != "-" and not is_port_url(source):
            files.append(source)
            continue
        found += runs(expanded(files))
        files = []
        if source is not None:
            found.append((source,))
    return found


@contextmanager
def open_group(
    group: tuple[str, ...], definition: str | None, baud: int = DEFAULT_BAUD
) -> Iterator[tuple[Source, Callable[[], list[LinkGap]]]]:
    """The source that a group is, and, once it is read, the gaps of its link. Raises as open_source."""
    if len(group) == 1 and not _is_recording(group[0]):
        with open_source(group[0], definition, baud) as source:
            yield source, list
        return
    run = Run([open_recording(file) for file in group])
    if definition is None and run.definition is None and run.definition_problem:
        raise InputUnreadable(f"{run.definition_problem}; give the definition of the run with -d DEF")
    chosen = choose_definition(definition, run.definition)
    if chosen is None:
        raise DefinitionNeeded(group[0])

    def problem() -> str | None:
        # What is wrong with a definition that is not used is nobody's concern.
        return run.problem if chosen is run.definition or not run.complete else None

    source = Source(
        chosen, run.chunks(), size=run.size, position=lambda: run.position, problem=problem, metadata=run.metadata
    )
    yield source, lambda: [gap for recording in run.recordings for gap in recording.gaps]


def _is_recording(source: str) -> bool:
    return source != "-" and not is_port_url(source) and os.path.isfile(source) and is_recording(source)
