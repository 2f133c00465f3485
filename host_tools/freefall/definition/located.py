"""Where each key and value of a TOML document stands: what `tomllib` does not tell."""

import re
import tomllib
from dataclasses import dataclass

Path = tuple[str | int, ...]  # ("stream", "vibration", "rate_hz"); an int counts in an array

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*'""")
# A multi-line string may end in up to two quotes of its own before the three that close it.
_STRING = re.compile(
    r""""{3}(?:\\[\s\S]|[^\\])*?"{3,5} | '{3}[\s\S]*?'{3,5} | "(?:\\.|[^"\\\n])*" | '[^'\n]*' """,
    re.VERBOSE,
)
_BARE = re.compile(r"[^,\]}#\n]+")


def line_column(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset; both count from 1, columns in characters."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


@dataclass(frozen=True, slots=True)
class Place:
    """Offsets in the text: where the key begins, and from where to where the value goes.

    A table that is only named, by a header or inside a longer key, has the name as its value; an array
    element has the value as its key.
    """

    key: int
    start: int
    stop: int


class Located:
    """The places of every key and value of a TOML text that `tomllib` accepts; of any other, nonsense."""

    def __init__(self, text: str):
        self.text = text.replace("\r\n", "\n")  # as tomllib does
        self.places: dict[Path, Place] = {}
        self._newest: dict[Path, int] = {}  # array of tables -> index of its newest element
        self._at = 0
        self._document()

    def written(self, path: Path) -> str:
        """The value at `path` as the author wrote it; for a table that is only named, the line."""
        place = self.places[path]
        if not self.is_header(path):
            return self.text[place.start : place.stop]
        begin = self.text.rfind("\n", 0, place.start) + 1
        return self.text[begin:].partition("\n")[0].strip()

    def is_header(self, path: Path) -> bool:
        """Whether `path` is a table that is only named, so that no value is written there."""
        return self.places[path].start == self.places[path].key

    def nearest(self, path: Path) -> Place:
        """The place of `path`, else of the nearest table around it, else the start of the text."""
        while path:
            if path in self.places:
                return self.places[path]
            path = path[:-1]
        return Place(0, 0, 0)

    def _document(self):
        table: Path = ()
        while self._skip() < len(self.text):
            if self._took("[["):
                table = self._header("]]")
                index = self._newest[table] = self._newest.get(table, -1) + 1
                self.places[(*table, index)] = self.places[table]
                table = (*table, index)
            elif self._took("["):
                table = self._header("]")
            else:
                self._pair(table)

    def _skip(self) -> int:
        """Go past blanks and comments; returns where that is."""
        self._at = _BLANK.match(self.text, self._at).end()
        return self._at

    def _took(self, mark: str) -> bool:
        """Go past `mark` and what is blank before it, if it is next."""
        if not self.text.startswith(mark, self._skip()):
            return False
        self._at += len(mark)
        return True

    def _header(self, close: str) -> Path:
        path, place = self._key(())
        self._took(close)
        self.places[path] = place  # a header of its own outranks an earlier mention inside another key
        return path

    def _pair(self, table: Path):
        path, place = self._key(table)
        self._took("=")
        self._value(path, place.key)

    def _key(self, path: Path) -> tuple[Path, Place]:
        """Read a dotted key below `path`: the full path and the place of its last name."""
        while True:
            found = _KEY.match(self.text, self._skip())
            path = (*path, _name(found.group()))
            place = Place(found.start(), found.start(), found.end())
            self._at = found.end()
            if not self._took("."):
                return path, place
            self.places.setdefault(path, place)
            if path in self._newest:
                path = (*path, self._newest[path])

    def _value(self, path: Path, key: int | None = None):
        start = self._skip()
        if self._took("["):
            index = 0
            while not self._took("]"):
                self._value((*path, index))
                self._took(",")
                index += 1
        elif self._took("{"):
            while not self._took("}"):
                self._pair(path)
                self._took(",")
        else:
            found = _STRING.match(self.text, start) or _BARE.match(self.text, start)
            self._at = start + len(found.group().rstrip())
        self.places[path] = Place(start if key is None else key, start, self._at)


def _name(written: str) -> str:
    return tomllib.loads(f"k = {written}")["k"] if written[0] in "\"'" else written
