"""`RotatingRecorder`: the octets of a run into one file after another."""

import pathlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..definition import Definition
from ..errors import OutputExists
from .link import LinkEvent
from .profile import SUFFIX
from .writer import Part, Recorder

# Five digits keep the names in order; the file with the last number takes the rest of the run.
PART_LIMIT = 99_999
LEAST_OCTETS = 100_000  # smaller files would be mostly headers
LEAST_NS = 1_000_000_000

_OCTETS = {"kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_NS = {"s": 10**9, "min": 60 * 10**9, "h": 3600 * 10**9, "d": 86_400 * 10**9}


@dataclass(frozen=True, slots=True)
class Rotation:
    """When the next file is begun: before one would get larger than `octets`, `duration_ns` of host time after its begin.

    None: never for that reason.
    """

    octets: int | None = None
    duration_ns: int | None = None

    @classmethod
    def parse(cls, texts: Iterable[str]) -> "Rotation":
        """Of texts like "100MB", "1h" or "100MB,1h". Raises ValueError, a sentence, for what is no size and no time."""
        octets = duration_ns = None
        for text in (part.strip() for joined in texts for part in joined.split(",")):
            found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([A-Za-z]+)", text)
            number, unit = (float(found[1]), found[2].lower()) if found else (0.0, "")
            if unit in _OCTETS:
                if octets is not None:
                    raise ValueError(f"{text} is a second size; give one")
                octets = round(number * _OCTETS[unit])
                if octets < LEAST_OCTETS:
                    raise ValueError(f"{text} is too small for a file, the least is {LEAST_OCTETS // 1000}kB")
            elif unit in _NS:
                if duration_ns is not None:
                    raise ValueError(f"{text} is a second time; give one")
                duration_ns = round(number * _NS[unit])
                if duration_ns < LEAST_NS:
                    raise ValueError(f"{text} is too short for a file, the least is 1s")
            else:
                raise ValueError(
                    f'"{text}" is neither a size (a number and kB, MB, GB, KiB, MiB, GiB) nor a time (a number and s, min, h, d)'
                )
        return cls(octets, duration_ns)

    def due(self, current: Recorder, begun_ns: int, more: int, host_ns: int) -> bool:
        """Whether `more` octets at host_ns belong into the next file. A file without octets is never left."""
        if not current.octets:
            return False
        full = self.octets is not None and current.size_with(more) > self.octets
        return full or (self.duration_ns is not None and host_ns - begun_ns >= self.duration_ns)


def part_path(path: pathlib.Path, number: int) -> pathlib.Path:
    """The file of that number of a run whose first is `path`: run.mcap, run.part00002.mcap; in order as text, too."""
    if number == 1:
        return path
    stem, suffix = (path.name[: -len(SUFFIX)], SUFFIX) if path.name.endswith(SUFFIX) else (path.name, "")
    return path.with_name(f"{stem}.part{number:05}{suffix}")


def first_path(path: pathlib.Path) -> pathlib.Path:
    """The first file of the run that has a part of this name; the opposite of part_path."""
    return path.with_name(re.sub(rf"\.part\d{{5}}((?:{re.escape(SUFFIX)})?)$", r"\1", path.name))


def part_paths(path: str | pathlib.Path) -> list[pathlib.Path]:
    """The files that are there of a run whose first is `path`, in order."""
    first = pathlib.Path(path)
    head, tail = part_path(first, PART_LIMIT).name.split(f"{PART_LIMIT:05}")
    form = re.compile(re.escape(head) + r"(\d{5})" + re.escape(tail))
    beside = sorted(other for other in first.parent.glob("*") if form.fullmatch(other.name)) if first.parent.is_dir() else []
    return [other for other in (first, *beside) if other.exists()]


class RotatingRecorder:
    """A run being written, into as many files as `rotation` asks for; a context manager, used as a Recorder.

    Arguments as Recorder has them. None of the run's files may be there (OutputExists) unless `overwrite`; one that appears
    meanwhile is left alone, its number skipped. paths: what was written so far, in order. Rotation bounds the memory, too: the
    index of the file being written grows by some 50 MB a day.
    """

    def __init__(
        self,
        path: str | pathlib.Path,
        definition: Definition | None,
        source: str,
        note: str = "",
        *,
        start_ns: int,
        rotation: Rotation,
        overwrite: bool = False,
    ):
        self.path = pathlib.Path(path)
        if not overwrite:
            for other in part_paths(self.path):
                raise OutputExists(other)
        self._of_run = (definition, source, note)
        self._rotation = rotation
        self._overwrite = overwrite
        self._part = Part(1, start_ns, 0)
        self._begun_ns = start_ns
        self._current = self._begin(start_ns)
        self.paths = [self.path]

    @property
    def octets(self) -> int:
        """Of the run, in all files."""
        return self._part.octets_before + self._current.octets

    def write(self, data: bytes, host_ns: int) -> None:
        """As Recorder.write(); all of `data` goes into one file."""
        self._begun_ns = min(self._begun_ns, host_ns)  # a clock that was set back
        if data and self._part.number < PART_LIMIT and self._rotation.due(self._current, self._begun_ns, len(data), host_ns):
            self._rotate(host_ns)
        self._current.write(data, host_ns)

    def mark(self, event: LinkEvent) -> None:
        """As Recorder.mark()."""
        self._current.mark(event)

    def close(self) -> None:
        """Closes the last file; may be called again."""
        self._current.close()

    def discard(self) -> None:
        """Closes and leaves no file behind: for a run in which nothing came."""
        self._current.discard()

    def __enter__(self) -> "RotatingRecorder":
        return self

    def __exit__(self, *exc) -> None:
        self.close()

    def _rotate(self, host_ns: int) -> None:
        number = self._part.number + 1
        while not self._overwrite and number < PART_LIMIT and part_path(self.path, number).exists():
            number += 1
        previous, self._part = self._current, Part(number, self._part.run_ns, self.octets)
        try:
            self._current = self._begin(host_ns)
        finally:
            previous.close()
        self._begun_ns = host_ns
        self.paths.append(self._current.path)

    def _begin(self, host_ns: int) -> Recorder:
        path = part_path(self.path, self._part.number)
        return Recorder(path, *self._of_run, start_ns=host_ns, part=self._part, overwrite=self._overwrite)
