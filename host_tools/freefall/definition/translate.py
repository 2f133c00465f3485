"""pydantic's findings in an experimenter's words."""

from .diagnostics import Findings, closest, listed, meant, table_name
from .fields import NOT_ALLOWED
from .located import Path
from .model import table_at, value_at
from .sensors import DRIVERS

# pydantic error type -> what the value must be
_KINDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "text in quotes",
    "string_unicode": "text in quotes",
    "string_too_short": "text of at least one character",
    "string_pattern_mismatch": "a name: a small letter, then up to 31 small letters, digits or underscores",
    "dict_type": "a section: [{table}]",
    "model_type": "a section: [{table}]",
    "model_attributes_type": "a section: [{table}]",
}


def translate(errors: list[dict], data: dict, findings: Findings):
    """Report `errors`, pydantic's list for `data` as a Document, one finding for each fault."""
    # Unknown keys first: what a misspelt key was meant to be is then not reported as missing.
    for error in sorted(errors, key=lambda error: error["type"] != "extra_forbidden"):
        path, is_key = _path(error["loc"])
        kind = error["type"]
        if kind == "extra_forbidden":
            _unknown_key(path, table_at(path[:-1], data).model_fields, data, findings)
        elif kind in ("missing", "union_tag_not_found"):
            _missing(path if kind == "missing" else (*path, "driver"), data, findings)
        elif kind == "union_tag_invalid":
            _driver((*path, "driver"), data, findings)
        else:
            subject = f'{path[-2]} name "{path[-1]}"' if is_key else findings.quote(path)
            findings.add(path, f"{subject} {_refusal(error, path)}", at_key=is_key)


def _path(loc: tuple) -> tuple[Path, bool]:
    """The TOML path of a pydantic location, and whether the finding is about the key itself."""
    is_key = loc[-1] == "[key]"
    if is_key:
        loc = loc[:-1]
    if loc[0] == "sensor" and len(loc) > 2:
        loc = loc[:2] + loc[3:]  # pydantic puts the driver's name there
    return loc, is_key


def _unknown_key(path: Path, known, data: dict, findings: Findings):
    table, key = path[:-1], path[-1]
    what = "key" if table else "section"
    end = meant(key, known, listed(f"known {what}s", known))
    findings.add(path, f'unknown {what} "{key}" in {table_name(table)}{end}', at_key=True)
    close = closest(key, known)
    if close and value_at((*table, close), data) is None:
        findings.doubt((*table, close))


def _missing(path: Path, data: dict, findings: Findings):
    if findings.doubtful(path):
        return
    table, key = path[:-1], path[-1]
    misspelt = closest(key, value_at(table, data)) if key == "driver" else None
    if misspelt:  # without a driver pydantic does not look at the other keys
        _unknown_key((*table, misspelt), [key], data, findings)
    elif table:
        findings.add(path, f"{table_name(table)} needs {key}")
    else:
        findings.add(path, f"the definition has no [{key}] section")


def _driver(path: Path, data: dict, findings: Findings):
    driver = value_at(path, data)
    if isinstance(driver, str):
        end = meant(driver, DRIVERS, listed("known drivers", DRIVERS))
        refusal = f"is not in the catalogue of sensors{end}"
    else:
        refusal = f"must be {_KINDS['string_type']}"
    findings.add(path, f"{findings.quote(path)} {refusal}")


def _refusal(error: dict, path: Path) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == NOT_ALLOWED:
        return f"is not possible; it must be {context['allowed']}"
    if kind == "greater_than_equal":
        return f"is too small; the least is {context['ge']}"
    if kind == "less_than_equal":
        return f"is too large; the most is {context['le']}"
    return f"must be {_KINDS[kind].format(table='.'.join(path))}"
