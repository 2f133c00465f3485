"""Payload definitions: a payload.toml in, a checked and compiled `Definition` out.

All faults are found at once, each with file, line and column (DefinitionError).
"""

import pathlib
from dataclasses import replace

from pydantic import ValidationError

from ..errors import DefinitionError
from ..sensors.channels import Channel, Linear, RawWord
from .checks import check
from .compile import compile_document
from .compiled import Definition, Sensor, Stream
from .diagnostics import Diagnostic, Findings
from .feasibility import Margin
from .model import Document
from .reading import FILE_NAME, read_file, read_toml
from .schema import json_schema
from .translate import translate

__all__ = [
    "FILE_NAME",
    "Channel",
    "Definition",
    "Diagnostic",
    "Linear",
    "Margin",
    "RawWord",
    "Sensor",
    "Stream",
    "json_schema",
    "load_definition",
    "parse_definition",
]


def load_definition(path: str | pathlib.Path) -> Definition:
    """The definition in a payload.toml, or in the folder of one. Raises DefinitionError, also when it cannot be read."""
    return parse_definition(*read_file(pathlib.Path(path)))


def parse_definition(text: str, name: str, *, infeasible: bool = False) -> Definition:
    """The definition in a TOML text; `name` stands for the file in messages.

    Raises DefinitionError with all findings, and nothing else whatever the text is. infeasible: also a definition of which the
    feasibility report says that it loses samples, to see it do so.
    """
    data, located = read_toml(text, name)
    findings = Findings(name, located)
    try:
        document = Document.model_validate(data)
    except ValidationError as error:
        translate(error.errors(include_url=False), data, findings)
    margins = check(data, findings, infeasible)
    if diagnostics := findings.sorted():
        raise DefinitionError(diagnostics)
    return replace(compile_document(document, text), margins=margins)
