"""`Run`: the files of one run, read as the one stream of octets that they were."""

import contextlib
import pathlib
from collections.abc import Iterator, Sequence

from ..definition import Definition
from ..errors import InputUnreadable
from .link import LinkEvent
from .reader import Recording, open_recording
from .rotation import part_paths


class Run:
    """Recordings of one run, in order of their parts; each but once.

    definition, definition_text, metadata: the first file's. problem: what is wrong, as far as read; parts that are missing too.
    size, position: octets of all files, and how many of them were read. Raises InputUnreadable for files of several runs.
    """

    def __init__(self, recordings: Sequence[Recording]):
        self.recordings = sorted(recordings, key=part_number)
        first = self.recordings[0]
        for a, b in zip(self.recordings, self.recordings[1:], strict=False):
            if run_of(a) != run_of(b) or not run_of(a):
                raise InputUnreadable(f"{b.path} is not of the same run as {a.path}")
            if part_number(a) == part_number(b):
                raise InputUnreadable(f"{a.path} and {b.path} are the same part of a run")
        self.path = first.path
        self.definition: Definition | None = first.definition
        self.definition_text = first.definition_text
        self.definition_problem = first.definition_problem
        self.metadata = first.metadata
        self.size = sum(recording.size for recording in self.recordings)
        self.position = 0
        self._breaks: list[str] = []

    @property
    def complete(self) -> bool:
        """True when every file is and, as far as read, no octet between two of them is missing."""
        return not self._breaks and all(recording.complete for recording in self.recordings)

    @property
    def problem(self) -> str | None:
        """A sentence on what is wrong; None when nothing is, as far as read."""
        found = [recording.problem for recording in self.recordings if recording.problem]
        return "; ".join(dict.fromkeys([*found, *self._breaks])) or None

    def chunks(self) -> Iterator[tuple[int, bytes]]:
        """(host_ns, octets) of all files in order, as Recording.chunks() gives them."""
        for event in self.contents():
            if isinstance(event, tuple):
                yield event

    def contents(self) -> Iterator[tuple[int, bytes] | LinkEvent]:
        """As Recording.contents(), of all files in order."""
        self._breaks = []
        before, octets = 0, _octets_before(self.recordings[0]) if len(self.recordings) == 1 else 0
        for recording in self.recordings:
            if octets != _octets_before(recording):
                begins_at = _octets_before(recording)
                self._breaks.append(f"{recording.path} begins at octet {begins_at} of the run, but {octets} came before it")
                octets = begins_at
            for event in recording.contents():
                self.position = before + recording.position
                octets += len(event[1]) if isinstance(event, tuple) else 0
                yield event
            before += recording.position
            self.position = before


def open_run(path: str | pathlib.Path) -> Run:
    """The run whose first file is `path`, with the numbered files beside it that are of it.

    Of other runs may be what was overwritten in part. Raises InputUnreadable as open_recording() does, of the first file.
    """
    first = open_recording(path)
    others = []
    for other in part_paths(path)[1:]:
        with contextlib.suppress(InputUnreadable):  # of a run that was killed while it began this file
            others.append(open_recording(other))
    return Run([first, *(other for other in others if run_of(other) and run_of(other) == run_of(first))])


def run_of(recording: Recording) -> tuple[str, str, str]:
    """What all files of a run, and no others, have in common; empty for what was made before there were parts."""
    keys = ("run", "source", "definition_id")
    return tuple(recording.metadata[key] for key in keys) if "run" in recording.metadata else ()


def part_number(recording: Recording) -> int:
    """Which file of its run it is, from 1."""
    return _number(recording, "part", 1)


def _octets_before(recording: Recording) -> int:
    return _number(recording, "octets_before", 0)


def _number(recording: Recording, key: str, otherwise: int) -> int:
    text = recording.metadata.get(key, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else otherwise
