"""Findings about a definition: all of them, in file order, each with its place and what was meant."""

import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from .located import Located, Path, line_column

_LONGEST_QUOTE = 40


@dataclass(frozen=True, order=True)
class Diagnostic:
    """One finding; line and column count from 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self):
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class Findings:
    """Collects findings by TOML path and knows which parts of the definition they make doubtful."""

    def __init__(self, file: str, located: Located):
        self._file = file
        self._located = located
        self._found: list[tuple[Path, Diagnostic]] = []
        self._doubtful: set[Path] = set()
        self._around: set[Path] = set()  # the tables around what is doubtful, and that itself
        self._doubtful_names: set[Path] = set()  # the tables they are in

    def add(self, path: Path, message: str, at_key: bool = False):
        """Report at the value (or key) of `path`; if the text lacks it, at the nearest table around it."""
        place = self._located.nearest(path)
        offset = place.key if at_key else place.start
        self._found.append((path, Diagnostic(self._file, *line_column(self._located.text, offset), message)))
        self.doubt(path)
        if at_key:
            self._doubtful_names.add(path[:-1])

    def misplaced(self, path: Path, setting: str, why: str):
        """Report that the key of `path` does not go with `setting`."""
        self.add(path, f"{self.quote(path)} does not go with {setting}: {why}; remove it", at_key=True)

    def doubt(self, path: Path):
        """Let nobody judge `path`: its value is not known."""
        self._doubtful.add(path)
        self._around.update(path[:depth] for depth in range(len(path) + 1))

    def doubt_names(self, table: Path):
        """Let nobody judge references to what is in `table`: nobody knows what there will be."""
        self._doubtful_names.add(table)

    def retract(self, paths: Iterable[Path]):
        """Take back what was reported at `paths`: another finding changes what they should be. They stay in doubt."""
        paths = set(paths)
        self._found = [found for found in self._found if found[0] not in paths]

    def doubtful(self, path: Path) -> bool:
        """Whether `path`, a table around it or anything inside it is reported or doubted."""
        return path in self._around or any(path[:depth] in self._doubtful for depth in range(len(path)))

    def doubtful_name(self, table: Path) -> bool:
        """Whether a name in `table` is reported: nobody knows what it will be."""
        return table in self._doubtful_names

    def quote(self, path: Path) -> str:
        """`key = value`, or `[section]`, as the author wrote it; long values are shortened. In a list: `element in key`."""
        element = isinstance(path[-1], int)
        place = self._located.places[path]
        written = self._located.text[place.start : place.stop] if element else self._located.written(path)
        written = " ".join(written.split())
        if len(written) > _LONGEST_QUOTE:
            written = written[: _LONGEST_QUOTE - 3] + "..."
        if element:
            return f"{written} in {next(key for key in reversed(path) if isinstance(key, str))}"
        return written if self._located.is_header(path) else f"{path[-1]} = {written}"

    def offset(self, path: Path) -> int:
        """Where `path`, or the nearest table around it, stands in the text: to tell which comes first."""
        return self._located.nearest(path).start

    def sorted(self) -> tuple[Diagnostic, ...]:
        """All findings in file order."""
        return tuple(sorted(diagnostic for _, diagnostic in self._found))


def table_name(path: Path) -> str:
    """`[stream.vibration]`, `entry 2 of [sensor.gas.setup]`, or words for the whole file."""
    if path and isinstance(path[-1], int):
        return f"entry {path[-1] + 1} of {table_name(path[:-1])}"
    return f"[{'.'.join(map(str, path))}]" if path else "the definition"


def closest(word: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """The known word that was probably meant, capitals aside; likeness: of 1, how much alike the two must be."""
    by_small = {other.lower(): other for other in known}
    close = difflib.get_close_matches(word.lower(), list(by_small), 1, likeness)
    return by_small[close[0]] if close else None


def meant(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """The end of a message about an unknown `word`: what was probably meant, or else `otherwise`."""
    close = closest(word, known)
    return foreign(word) + (f'; did you mean "{close}"?' if close else otherwise)


def foreign(word: str) -> str:
    """The end of a message about a `word`: which of its characters no keyword has; it may look like one that they have."""
    odd = next((character for character in word if not character.isascii()), None)
    return f"; {named(odd)} is in it" if odd else ""


def named(character: str) -> str:
    """A character with its number and name, for it may look like another, or like nothing."""
    name = unicodedata.name(character, "no character").lower()
    shown = f'"{character}" ' if character.isprintable() and not character.isspace() else ""
    return f"the character {shown}(U+{ord(character):04X}, {name})"


def listed(title: str, known: Iterable[str]) -> str:
    """The end of a message: all there is."""
    known = list(known)
    return f"; {title}: {', '.join(known)}" if known else f"; there are no {title}"
