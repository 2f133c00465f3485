"""payload_defs/SPEC.md keeps its promises: its tables of keys are the models', its examples are sound, its refusals are told."""

import importlib.util
import re
from pathlib import Path

import pytest

from freefall.definition import parse_definition
from freefall.definition.reading import LARGEST
from freefall.errors import DefinitionError
from freefall.sensors.pico import CONTROLLERS, UART_DEFAULT_PINS
from freefall_wire import PLAN_FORMAT

_LOADED = importlib.util.spec_from_file_location("language_tables", Path(__file__).with_name("language_tables.py"))
language_tables = importlib.util.module_from_spec(_LOADED)
_LOADED.loader.exec_module(language_tables)

TEXT = language_tables.SPEC.read_text(encoding="utf-8")
WHOLE, *EXAMPLES = re.findall(r"^```toml\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", TEXT, re.MULTILINE | re.DOTALL)
_HEADER = re.compile(r"^\[.*?\](?=\s*(?:#.*)?$)", re.MULTILINE)


def sections(text):
    """The text of each section, by its header."""
    starts = [found.start() for found in _HEADER.finditer(text)]
    pieces = [text[start:stop] for start, stop in zip(starts, [*starts[1:], len(text)], strict=True)]
    return {_HEADER.match(piece).group(): piece for piece in pieces}


def findings(example):
    """What is told of the whole definition with the sections of an example in place of its own, or besides them."""
    try:
        parse_definition("".join((sections(WHOLE[0]) | sections(example)).values()), "payload.toml")
    except DefinitionError as error:
        return [str(diagnostic).partition(" ")[2] for diagnostic in error.diagnostics]
    return []


def test_every_key_of_the_language_is_in_a_table():
    assert set(language_tables.marked(TEXT)) == set(language_tables.language())


@pytest.mark.parametrize(("name", "table"), language_tables.marked(TEXT).items(), ids=language_tables.marked(TEXT))
def test_a_table_of_keys_is_the_models(name, table):
    assert table == language_tables.rows(name), "python tests/repo/language_tables.py writes it anew"


def test_the_whole_definition_is_sound():
    assert parse_definition(WHOLE[0], "payload.toml").name == "cabin"


@pytest.mark.parametrize(("example", "told"), EXAMPLES, ids=lambda text: text.partition("\n")[0])
def test_an_example_is_sound_or_told_wrong_in_the_words_shown(example, told):
    assert findings(example) == told.splitlines()


def test_there_are_examples_of_every_kind_and_of_what_is_refused():
    shown = "".join(example for example, _ in EXAMPLES)
    needed = {"coefficients", "points", "scale", ".field.", ".claim.", "[limits.", "[stalls]", "uart1", '"pulse"', '"usb"'}
    assert {what for what in needed if what not in shown} == set()
    assert len([told for _, told in EXAMPLES if told]) >= 3


def test_the_tables_of_pins_are_the_chips():
    rows = re.findall(r"^\| ((?:i2c|spi|uart)[01]) \| (\d.*) \|$", TEXT, re.MULTILINE)
    shown = {name: [tuple(map(int, pins.split(", "))) for pins in row.split(" | ")] for name, row in rows}
    assert shown == {name: list(controller.pins.values()) for name, controller in CONTROLLERS.items()}
    assert UART_DEFAULT_PINS == {"uart0": {"tx": 0, "rx": 1}, "uart1": {"tx": 4, "rx": 5}}


def test_the_numbers_in_words_are_true():
    assert f"at most {LARGEST // 1024} KiB" in TEXT
    assert f"(canonical JSON, format {PLAN_FORMAT})" in TEXT
