"""The JSON Schema of payload.toml, for editors: what each key is as hover help, and faults as soon as they are typed.

It knows what one value or one table can tell. Units, and what is between tables (references, pins, loads), only `check` knows.
"""

import re

from pydantic.json_schema import GenerateJsonSchema

from .model import Document

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TITLE = "Freefall payload definition"
_KIND_KEYS = {"transport": "", "trigger": "", "driver": "which part it is: what drives it on the board"}
_SECTION = re.compile(r"\[[^]]+\]")


def json_schema() -> dict:
    """The schema, of draft 2020-12, complete in itself."""
    schema = _tidied(Document.model_json_schema(schema_generator=_Generator))
    for table in schema["$defs"].values():
        _entitle(table)
    return {"$schema": _DIALECT, "title": _TITLE} | schema


class _Generator(GenerateJsonSchema):
    """Without what TOML cannot say: it has no null, and a key that is not given is not there."""

    def nullable_schema(self, schema) -> dict:
        """The schema of what is there."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema) -> dict:
        """With the default, where it is one value that could be written."""
        generated = super().default_schema(schema)
        if isinstance(generated.get("default"), dict | list | None):
            generated.pop("default", None)
        return generated


def _tidied(schema):
    """No titles made from names, no hints for other tools than editors; names that no pattern knows are refused."""
    if isinstance(schema, list):
        return [_tidied(element) for element in schema]
    if not isinstance(schema, dict):
        return schema
    tidied = {}
    for key, value in schema.items():
        if key in ("properties", "$defs", "patternProperties"):
            tidied[key] = {name: _tidied(inner) for name, inner in value.items()}
        elif key == "description":
            tidied[key] = " ".join(value.split())
        elif key not in ("title", "discriminator"):
            tidied[key] = value if key in ("default", "const", "enum", "required") else _tidied(value)
    if "patternProperties" in tidied:
        tidied["additionalProperties"] = False
    return tidied


def _entitle(table: dict):
    """Call a table by its section, or by the value of the key that makes it one of several kinds; say what that key is."""
    if section := _SECTION.match(table["description"]):
        table["title"] = section.group()
    for key, description in _KIND_KEYS.items():
        if kind := table["properties"].get(key):
            values = [kind["const"]] if "const" in kind else kind["enum"]
            table["title"] = f"{key} = {' or '.join(values)}"
            kind.setdefault("description", description)
