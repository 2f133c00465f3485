"""The tables of keys in payload_defs/SPEC.md, made from the JSON Schema, which is made from the models.

Run as a program (python tests/repo/language_tables.py) it writes them anew, each after its line `<!-- keys: NAME -->`.
"""

import json
import re
from pathlib import Path

from freefall.definition import json_schema
from freefall.sensors.fields import NAME_PATTERN
from freefall.sensors.pico import HEADER_PINS

SPEC = Path(__file__).parents[2] / "payload_defs" / "SPEC.md"
SCHEMA = json_schema()
HEAD = "| key | value | default | what it is |\n| --- | --- | --- | --- |\n"
_MARK = re.compile(r"<!-- keys: (\w+) -->\n(?:\|.*\n)*")
# Whose keys the specification does not list: the catalogue's own parts, which come and go without changing the language.
LANGUAGE_DRIVERS = {"adc", "pulse_counter", "registers"}


def language() -> dict[str, dict]:
    """The tables of the language by their model's name, "Document" for the whole."""
    tables = {"Document": SCHEMA, "Stream": _common()}
    for name, table in SCHEMA["$defs"].items():
        driver = table["properties"].get("driver")
        if driver is None or driver["const"] in LANGUAGE_DRIVERS:
            tables[name] = table
    return tables


def rows(name: str) -> str:
    """The rows of one table; of a kind of stream, those that not every stream has."""
    table = language()[name]
    required = table.get("required", ())
    left_out = _common()["properties"] if name.endswith("Stream") and name != "Stream" else ()
    keys = {key: schema for key, schema in table["properties"].items() if key not in left_out}
    return HEAD + "".join(_row(key, schema, key in required) for key, schema in keys.items())


def _common() -> dict:
    """What every stream has."""
    first, *others = (table for name, table in SCHEMA["$defs"].items() if name.endswith("Stream"))
    keys = {
        key: schema
        for key, schema in first["properties"].items()
        if all(other["properties"].get(key) == schema for other in others)
    }
    return {"properties": keys, "required": [key for key in first["required"] if key in keys]}


def marked(text: str) -> dict[str, str]:
    """The tables in a text, by name."""
    return {found[1]: found[0].partition("\n")[2] for found in _MARK.finditer(text)}


def _row(key: str, schema: dict, required: bool) -> str:
    default = "needed" if required else f"`{json.dumps(schema['default'])}`" if "default" in schema else ""
    return f"| `{key}` | {_value(schema)} | {default} | {schema['description']} |\n"


def _value(schema: dict) -> str:
    if "$ref" in schema or "oneOf" in schema or schema.get("type") == "object":
        most = f", at most {schema['maxProperties']}" if "maxProperties" in schema else ""
        return "section" if schema.get("type") != "object" else "sections" + most
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if choices := schema.get("enum"):
        spelled = [f"`{json.dumps(choice)}`" for choice in choices]
        return "pin" if choices == list(HEADER_PINS) else ("one of " if len(spelled) > 1 else "") + ", ".join(spelled)
    if schema.get("pattern") == NAME_PATTERN:
        return "name"
    if schema.get("type") == "array":
        return _list(schema)
    if "anyOf" in schema:  # a number that is also 0
        inner = schema["anyOf"][1]
        return f"{_KINDS[schema['type']]}, 0 or {inner['minimum']} to {inner['maximum']}"
    return _KINDS[schema["type"]] + _range(schema)


_KINDS = {"integer": "whole number", "number": "number", "string": "text", "boolean": "`true` or `false`"}


def _list(schema: dict) -> str:
    inner = "table" if "$ref" in schema["items"] else _value(schema["items"])
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    count = "two" if least == most == 2 else f"{least} to {most}" if most else f"{least} or more"
    return f"list of {count}, each: {inner}"


def _range(schema: dict) -> str:
    if "exclusiveMinimum" in schema:
        return f" above {schema['exclusiveMinimum']:g}"
    if "minimum" not in schema:
        return ", not 0" if schema.get("not") == {"const": 0} else ""
    least = _number(schema["minimum"])
    return f", {least} to {_number(schema['maximum'])}" if "maximum" in schema else f" from {least}"


def _number(limit: float) -> str:
    return str(int(limit)) if limit == int(limit) else f"{limit:g}"


def main() -> None:
    """Write the tables anew."""
    text = SPEC.read_text(encoding="utf-8")
    SPEC.write_text(_MARK.sub(lambda found: f"<!-- keys: {found[1]} -->\n{rows(found[1])}", text), encoding="utf-8")


if __name__ == "__main__":
    main()
