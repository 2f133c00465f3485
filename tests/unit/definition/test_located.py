"""Every place the scanner gives is where tomllib's value stands, in whatever style a document is written."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freefall.definition.located import Located, line_column

_NAMES = st.text(st.sampled_from("ab1_- .#='\"é[]{}\\"), max_size=4)
_SCALARS = st.sampled_from(
    """
    0|-17|0x1D|1_000|+3.5|6e-6|inf|true|1979-05-27|07:32:00|1979-05-27T07:32:00Z|1979-05-27 07:32:00.5|""|''
    """.strip().split("|")
    + [r'"a # b = [c] \" \\ \u00e9"', r"'no \escape # ] }'"]
    + ['"""\nmore\n# lines""\\\n  ends"""""', "'''\n'x' ''''"]
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=8,
)
_TABLES = st.dictionaries(_NAMES, _VALUES, max_size=4)


class Writer:
    """Writes nested dicts and lists of TOML spellings as a document, in styles chosen by `random`."""

    def __init__(self, random):
        self.random = random

    def key(self, name):
        bare = name != "" and all(c.isascii() and (c.isalnum() or c in "_-") for c in name)
        literal = "'" not in name
        quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"').replace("é", r"\u00e9") + '"'
        return self.random.choice([quoted] + [name] * bare + [f"'{name}'"] * literal)

    def dotted(self, path):
        return self.random.choice([".", " . ", "\t."]).join(map(self.key, path))

    def blank(self):
        return self.random.choice(["", " ", "\t  "])

    def gap(self):
        """What may stand between the elements of an array."""
        return self.random.choice(["", " ", "\n", " # ] } , 'no' \"end\n  ", "\r\n"])

    def value(self, value):
        if isinstance(value, list):
            elements = (self.gap() + self.value(v) + self.gap() for v in value)
            comma = self.random.choice(["", ","]) if value else ""
            return "[" + ",".join(elements) + comma + self.gap() + "]"
        if isinstance(value, dict):
            pairs = (f"{self.blank()}{self.key(k)} ={self.blank()}{self.value(v)}" for k, v in value.items())
            return "{" + ",".join(pairs) + self.blank() + "}"
        return value

    def pair(self, path, value):
        if isinstance(value, dict) and value and self.random.random() < 0.4:
            return "".join(self.pair((*path, k), v) for k, v in value.items())
        end = self.random.choice(["\n", "  # x = 1\n", "\r\n", "\n\n#[y]\n"])
        return self.blank() + self.dotted(path) + self.blank() + "=" + self.blank() + self.value(value) + end

    def header(self, path, brackets):
        name = self.blank() + self.dotted(path) + self.blank()
        return self.blank() + "[" * brackets + name + "]" * brackets + "\n"

    def table(self, data, path=(), brackets=1):
        own, below = self.header(path, brackets) if path else "", []
        for name, value in data.items():
            inner = (*path, name)
            if isinstance(value, dict) and self.random.random() < 0.6:
                below.append(self.table(value, inner))
            elif isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
                below.append("".join(self.table(v, inner, 2) for v in value))
            else:
                own += self.pair((name,), value)
        self.random.shuffle(below)
        # A table may come after those inside it, unless its header begins a new element of an array.
        if path and brackets == 1 and self.random.random() < 0.3:
            return "".join(below) + own
        return own + "".join(below)


def _everything(data, path=()):
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for name, value in inside:
        yield (*path, name), value
        yield from _everything(value, (*path, name))


@given(_TABLES, st.randoms(use_true_random=False))
def test_every_value_stands_where_the_scanner_says(data, random):
    text = Writer(random).table(data)
    parsed = dict(_everything(tomllib.loads(text)))
    located = Located(text)
    assert set(located.places) == set(parsed)
    for path, place in located.places.items():
        if isinstance(path[-1], str):
            rest = located.text[place.key :]
            assert any(_parses(f"{rest[:stop]}=1", {path[-1]: 1}) for stop in range(1, len(rest) + 1))
        if not located.is_header(path):
            written = located.written(path)
            assert written == written.strip()
            assert _parses(f"v = {written}", {"v": parsed[path]})


def _parses(text, data):
    try:
        return repr(tomllib.loads(text)) == repr(data)
    except tomllib.TOMLDecodeError:
        return False


@pytest.mark.parametrize(
    ("text", "path", "key", "value"),
    [
        ("a = 1", ("a",), (1, 1), (1, 5)),
        ("# c\r\n\r\n  a\t=\t'x'", ("a",), (3, 3), (3, 7)),
        ("[s.t] # [no]\nrate = 2.0 # = 3", ("s", "t", "rate"), (2, 1), (2, 8)),
        ("[s.t]", ("s",), (1, 2), (1, 2)),
        ("[s.t]\n[s]", ("s",), (2, 2), (2, 2)),
        ("[s]\na.'b c' . \"d\" = 1", ("s", "a", "b c", "d"), (2, 11), (2, 17)),
        ("p = {x = 1, y.z = {w = [1, 22]}}", ("p", "y", "z", "w", 1), (1, 28), (1, 28)),
        ('t = """\n"] x = 5\n"""\nu = 1', ("u",), (4, 1), (4, 5)),
        ("[[a]]\nb=1\n[[a]]\nb=2\n[a.c]\nd=3", ("a", 1, "c", "d"), (6, 1), (6, 3)),
    ],
)
def test_places(text, path, key, value):
    located = Located(text)
    place = located.places[path]
    assert (line_column(located.text, place.key), line_column(located.text, place.start)) == (key, value)


def test_what_is_not_there_is_placed_at_the_table_around_it():
    located = Located("\n[s.t]\na = 1")
    assert line_column(located.text, located.nearest(("s", "t", "b")).start) == (2, 4)
    assert line_column(located.text, located.nearest(("u",)).start) == (1, 1)
