"""pydantic's findings in an experimenter's words."""

import re

from ..sensors.fields import NOT_ALLOWED, REFUSED, Table
from ..sensors.pico import CONTROLLERS
from ..sensors.table import BusSensorTable
from .buses import I2CBus, SpiBus, UartBus
from .diagnostics import Findings, closest, foreign, listed, meant, table_name
from .drivers import DRIVERS
from .located import Path
from .model import Document, choice_at, needed, table_at, value_at
from .streams import TRIGGERS

_MOST_KINDS = 3  # that a message names
_SURELY = 0.8  # of 1: so much alike, a key is a misspelt one of its own section, even where another has it
_NAMES = {"bus": ".NAME", "sensor": ".NAME", "stream": ".NAME", "limits": ".STREAM.CHANNEL"}  # of sections, behind their kind
_SECTION = "a section: [{table}]"
_ENTRY = "a table in braces: {key = value, ...}"  # where it is in a list
# pydantic error type -> what the value must be
_KINDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "list_type": "a list: [..., ...]",
    "string_type": "text in quotes",
    "string_unicode": "text in quotes",
    "string_too_short": "text of at least one character",
    "string_pattern_mismatch": "a name: a small letter, then up to 31 small letters, digits or underscores",
    "dict_type": _SECTION,
    "model_type": _SECTION,
    "model_attributes_type": _SECTION,
}
_NO_TEXT = ("int_type", "float_type", "bool_type")
_UNQUOTED = re.compile(r"\d|true|false", re.IGNORECASE)  # what text has that was meant for such a value
# pydantic error type -> what is wrong
_BOUNDS = {
    "greater_than_equal": "is too small; the least is {ge}",
    "less_than_equal": "is too large; the most is {le}",
    "greater_than": "is too small; it must be more than {gt}",
    "less_than": "is too large; it must be less than {lt}",
    "too_short": "has too few elements; the least is {min_length}",
    "too_long": "has too many elements; the most is {max_length}",
    "string_too_long": "is too long; the most is {max_length} characters",
}


def translate(errors: list[dict], data: dict, findings: Findings):
    """Report `errors`, pydantic's list for `data` as a Document, one finding for each fault."""
    places = [(*_path(error["loc"]), error) for error in errors]
    # A bus of one kind by its name and of another by its `kind`: nobody knows what its keys must be.
    kinds = [path for path, _, error in places if path[::2] == ("bus", "kind") and error["type"] == NOT_ALLOWED]
    unknown = {path[:2] for path in kinds}
    # Unknown keys first: what a misspelt key was meant to be is then not reported as missing.
    for path, is_key, error in sorted(places, key=lambda place: place[-1]["type"] != "extra_forbidden"):
        kind = error["type"]
        if path[:2] in unknown and path not in kinds:
            continue
        if kind == "extra_forbidden":
            _unknown_key(path, data, findings)
        elif kind == "missing":
            _missing(path, data, findings)
        elif kind == "union_tag_not_found":
            _missing((*path, choice_at(path).key), data, findings)
        elif kind == "union_tag_invalid":
            _unknown_kind(path, data, findings)
        else:
            subject = f'{path[-2]} name "{path[-1]}"' if is_key else findings.quote(path)
            findings.add(path, f"{subject} {_refusal(error, path)}", at_key=is_key)
    for path in unknown:
        findings.doubt(path)


def _path(loc: tuple) -> tuple[Path, bool]:
    """The TOML path of a pydantic location, and whether the finding is about the key itself."""
    is_key = loc[-1] == "[key]"
    if is_key:
        loc = loc[:-1]
    for depth in range(1, len(loc)):
        if choice_at(loc[:depth]):
            return loc[:depth] + loc[depth + 1 :], is_key  # pydantic puts the kind's name there
    return loc, is_key


def _unknown_key(path: Path, data: dict, findings: Findings):
    table, key = path[:-1], path[-1]
    choice = choice_at(table)
    kinds = [f'"{kind}"' for kind, model in choice.kinds.items() if key in model.model_fields] if choice else []
    if kinds:
        setting = f'{choice.key} = "{value_at((*table, choice.key), data)}"'
        others = f"{choice.key} = {' or '.join(kinds)}" if len(kinds) <= _MOST_KINDS else f"another {choice.key}"
        findings.misplaced(path, setting, f"it is for {others}")
    elif table == ("bus",):
        message = f'bus name "{key}" is not possible; it must be one of {", ".join(CONTROLLERS)}'
        findings.add(path, message, at_key=True)
    else:
        _no_such_key(path, table_at(table, data).model_fields, data, findings)


def _no_such_key(path: Path, known, data: dict, findings: Findings):
    table, key = path[:-1], path[-1]
    what = "key" if table else "section"
    home = _home(key, table) if table and not closest(key, known, _SURELY) else None
    end = home or meant(key, known, listed(f"known {what}s", known))
    findings.add(path, f'unknown {what} "{key}" in {table_name(table)}{end}', at_key=True)
    close = None if home else closest(key, known)
    if close and value_at((*table, close), data) is None:
        findings.doubt((*table, close))
    elif close and not table:  # what is in both is one section
        findings.doubt_names((close,))


def _home(key: str, table: Path) -> str | None:
    """The end of a message about a key that is one of another section than `table`: which."""
    tables = {
        name: [field.annotation] for name, field in Document.model_fields.items() if isinstance(field.annotation, type(Table))
    }
    tables |= {"bus": [I2CBus, SpiBus, UartBus], "sensor": [BusSensorTable], "stream": TRIGGERS.values()}
    homes = [name for name, kinds in tables.items() if any(key in kind.model_fields for kind in kinds)]
    if len(homes) == 1 and (homes[0] != table[0] or len(table) > 2):
        return f"; it belongs into [{homes[0]}{_NAMES.get(homes[0], '')}]"
    return f"; it is a section of its own: [{key}{_NAMES.get(key, '')}]" if key in Document.model_fields else None


def _quoted(words) -> str:
    return ", ".join(f'"{word}"' for word in words)


def _missing(path: Path, data: dict, findings: Findings):
    if findings.doubtful(path):
        return
    table, key = path[:-1], path[-1]
    choice = choice_at(table)
    misspelt = closest(key, value_at(table, data)) if choice and key == choice.key else None
    if misspelt:  # without the kind pydantic does not look at the other keys
        _no_such_key((*table, misspelt), [key], data, findings)
    elif table:
        findings.add(path, needed(path, data))
    else:
        findings.add(path, f"the definition has no [{key}] section")


def _unknown_kind(table: Path, data: dict, findings: Findings):
    choice = choice_at(table)
    path = (*table, choice.key)
    value = value_at(path, data)
    if not isinstance(value, str):
        refusal = f"must be {_KINDS['string_type']}"
    elif choice.kinds is DRIVERS:
        refusal = f"is not in the catalogue of sensors{meant(value, DRIVERS, listed('known drivers', DRIVERS))}"
    else:
        refusal = f"is not possible; it must be one of {_quoted(choice.kinds)}"
    findings.add(path, f"{findings.quote(path)} {refusal}")


def _refusal(error: dict, path: Path) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == REFUSED:
        return context["why"]
    if kind == NOT_ALLOWED:
        return f"is not possible; it must be {context['allowed']}"
    if kind in _BOUNDS:
        return _BOUNDS[kind].format(**{name: _number(limit) for name, limit in context.items() if isinstance(limit, int | float)})
    if kind in _NO_TEXT and isinstance(error["input"], str) and _UNQUOTED.search(error["input"]):
        return f"must be {_KINDS[kind]}, without quotes"
    if kind not in _KINDS:  # a sensor of another package may ask for more than we have words for
        return f"is not possible: {error['msg']}"
    if _KINDS[kind] is _SECTION and isinstance(path[-1], int):
        return f"must be {_ENTRY}"
    if _KINDS[kind] is _SECTION and path[:-1] in (("sensor",), ("stream",)) and not isinstance(error["input"], list):
        return f"must be a section: {table_name(path)}; keys stand in such sections, [{path[0]}.NAME]"
    end = foreign(error["input"]) if kind == "string_pattern_mismatch" else ""
    return f"must be {_KINDS[kind].format(table='.'.join(map(str, path)))}{end}"


def _number(limit: float) -> str:
    return str(int(limit)) if limit == int(limit) else f"{limit:g}"
