"""The JSON Schema: true to draft 2020-12 and to the models, every key explained, and an editor's linter finds faults with it."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest

from freefall.definition import json_schema
from freefall.definition.drivers import DRIVERS
from unit.definition.sample import FAST, SOUND, findings, spoiled
from unit.definition.test_findings_places import CO2

PAYLOADS = Path(__file__).parents[3] / "payload_defs"
SCHEMA = json_schema()


def tables(schema):
    """Every table that the schema describes, by name, with its keys."""
    yield from ((name, table["properties"]) for name, table in schema["$defs"].items())
    yield "the definition", schema["properties"]


def test_it_is_a_schema_of_its_draft_and_complete_in_itself():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    text = json.dumps(SCHEMA)
    assert '"$id"' not in text
    references = set(re.findall(r'"\$ref": "(.*?)"', text))
    assert {reference.removeprefix("#/$defs/") for reference in references} <= set(SCHEMA["$defs"])


@pytest.mark.parametrize(("table", "keys"), list(tables(SCHEMA)), ids=lambda value: value if isinstance(value, str) else "")
def test_every_key_is_explained(table, keys):
    assert [key for key, schema in keys.items() if not schema.get("description")] == []


def test_every_table_says_what_it_is():
    assert {name for name, table in SCHEMA["$defs"].items() if not table.get("description")} == set()
    titles = [table.get("title") for table in SCHEMA["$defs"].values()]
    assert {f"driver = {driver}" for driver in DRIVERS} | {"trigger = periodic", "transport = usb", "[payload]"} <= set(titles)


def test_it_asks_for_nothing_that_toml_cannot_say():
    assert "null" not in json.dumps(SCHEMA) and "discriminator" not in json.dumps(SCHEMA)


@pytest.mark.parametrize("text", [SOUND, FAST, SOUND + CO2])
def test_a_sound_definition_is_valid(text):
    jsonschema.validate(tomllib.loads(text), SCHEMA)


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*/payload.toml")), ids=lambda path: path.parent.name)
def test_a_payload_of_this_repository_is_valid(path):
    jsonschema.validate(tomllib.loads(path.read_text(encoding="utf-8")), SCHEMA)


CALIBRATION = "rate_hz = 1.0\n[stream.vibration.calibration.x]\n"
# What one table can tell: (edits of SOUND, the lines of the faults). An editor marks them while they are typed.
STRUCTURAL = {
    "key nobody knows": ([("apid = 64", 'apid = 64\ndisciplin = "x"')], [4]),
    "key of another kind of table": ([("rate_hz = 1.0", "rate_hz = 1.0\npin = 14")], [31]),
    "section nobody knows": ([("[payload]", "[shelf]\n[payload]")], [1]),
    "bus nobody knows": ([("[bus.i2c0]", "[bus.i2c2]")], [7]),
    "missing key": ([("range_g = 2\n", "")], [12]),
    "missing section": ([('[payload]\nname = "shaker"\napid = 64\n', "")], [1]),
    "text for a whole number": ([("apid = 64", 'apid = "64"')], [3]),
    "fraction for a whole number": ([("apid = 64", "apid = 64.5")], [3]),
    "number for text": ([('sensor = "accel"', "sensor = 1")], [23]),
    "list for a number": ([("rate_hz = 1.0", "rate_hz = [1.0]")], [30]),
    "value for a section": ([("[payload]", "watchdog = 5\n[payload]")], [1]),
    "too small": ([("max_latency_ms = 100", "max_latency_ms = 9")], [26]),
    "too large": ([("baud = 921600", "baud = 9_216_000")], [6]),
    "not among the numbers": ([("odr_hz = 1000", "odr_hz = 62")], [17]),
    "address the sensor cannot have": ([("0x1D", "0x1E")], [15]),
    "pin not on the header": ([("pin = 15", "pin = 25")], [25]),
    "driver nobody knows": ([("adxl355", "adxl35")], [13]),
    "trigger that is none": ([('"data_ready"', '"data_reday"')], [24]),
    "transport that is none": ([('"uart0"', '"uart3"')], [5]),
    "name that is none": ([('"shaker"', '"Shaker 1"')], [2]),
    "polynomial of no degree": ([("rate_hz = 1.0", f"{CALIBRATION}coefficients = [1]")], [32]),
    "polynomial of too high a degree": ([("rate_hz = 1.0", f"{CALIBRATION}coefficients = {[1] * 11}")], [32]),
    "calibration of nothing": ([("rate_hz = 1.0", f"{CALIBRATION}scale = 0")], [32]),
    "calibration of two kinds": ([("rate_hz = 1.0", f"{CALIBRATION}scale = 1\ncoefficients = [0, 1]")], [31, 33]),
    "table of one point": ([("rate_hz = 1.0", f"{CALIBRATION}points = [[0, 1]]")], [32]),
    "limit with one end": ([("rate_hz = 1.0", "rate_hz = 1.0\n[limits.vibration.x]\nwatch = [1]")], [32]),
    "two faults on one line": ([("rate_hz = 1.0", "rate_hz = 1.0\n[limits.vibration]\nx = {watch = [1], warning = 5}")], [32]),
    "not TOML": ([('name = "shaker"', "name = shaker")], [2]),
    "key twice": ([("apid = 64", "apid = 64\napid = 65")], [4]),
    "character that only looks right": ([("name = ", "n\N{CYRILLIC SMALL LETTER A}me = ")], [2]),
}
# What lies between tables, or in what a text means: only `freefall check` finds it.
ONLY_OURS = {
    "pin twice": [("pin = 15", "pin = 5")],
    "address twice": [
        ("[stream.vibration]", '[sensor.other]\ndriver = "tmp117"\nbus = "i2c0"\naddress = 0x48\n[stream.vibration]')
    ],
    "pin that is not of the bus": [("scl = 5", "scl = 7")],
    "sensor not defined": [('"accel"', '"acel"')],
    "stream for a sensor": [('"warmth"', '"temperature"')],
    "sensor for a bus": [('bus = "i2c0"', 'bus = "accel"')],
    "rate beyond the part": [("rate_hz = 1.0", "rate_hz = 8.1")],
    "trigger that the part does not make": [('trigger = "periodic"\nrate_hz = 1.0', 'trigger = "data_ready"\npin = 14')],
    "bus too slow": [("freq_hz = 400000", "freq_hz = 10000")],
    "link too slow": [("baud = 921600", "baud = 38400")],
    "ring too small": [("pin = 15", "pin = 15\nring_depth = 4")],
    "channel that is not there": [("rate_hz = 1.0", "rate_hz = 1.0\n[stream.vibration.calibration.w]\nscale = 1")],
    "unit that is none": [("rate_hz = 1.0", f"{CALIBRATION}scale = 1\nunit = 'celcius'")],
    "unit of something else": [("rate_hz = 1.0", f"{CALIBRATION}scale = 1\nunit = 'degC'")],
    "polynomial that is flat": [("rate_hz = 1.0", f"{CALIBRATION}coefficients = [1, 0]")],
    "table that goes back": [("rate_hz = 1.0", f"{CALIBRATION}points = [[1, 1], [0, 2]]")],
    "limit upside down": [("rate_hz = 1.0", "rate_hz = 1.0\n[limits.vibration.x]\nwatch = [1, 0]")],
    "no stream": [(SOUND[SOUND.index("[stream.vibration]") :], "")],
}
TOMBI = shutil.which("tombi", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))


@pytest.fixture(scope="module")
def linted(tmp_path_factory):
    """What tombi says, without any network: the lines it marks, by fault."""
    folder = tmp_path_factory.mktemp("editor")
    (folder / "payload.schema.json").write_text(json.dumps(SCHEMA))
    (folder / "tombi.toml").write_text('[[schemas]]\npath = "payload.schema.json"\ninclude = ["*.toml"]\n')
    texts = {name: spoiled(*edits) for name, (edits, _) in STRUCTURAL.items()}
    texts |= {name: spoiled(*edits) for name, edits in ONLY_OURS.items()} | {"sound": SOUND, "fast": FAST}
    files = {f"{number}.toml": name for number, name in enumerate(texts)}
    for file, name in files.items():
        (folder / file).write_text(texts[name], encoding="utf-8")
    found = folder / "found.json"
    command = [TOMBI, "lint", "--offline", "--quiet", "--diagnostics-format", "json", "--diagnostics-file", str(found), *files]
    environment = os.environ | {"XDG_CACHE_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=120)
    lines = {name: set() for name in texts}
    for diagnostic in json.loads(found.read_text()):
        lines[files[Path(diagnostic["path"]).name]].add(diagnostic["range"]["start"]["line"])
    return lines


def our_lines(edits):
    return sorted({int(finding.split(":")[0]) for finding in findings(spoiled(*edits))})


@pytest.mark.parametrize("fault", STRUCTURAL)
def test_an_editors_linter_finds_what_one_table_can_tell(linted, fault):
    edits, lines = STRUCTURAL[fault]
    assert linted[fault], "nothing is marked"
    assert set(our_lines(edits)) & set(lines), "we find it somewhere else"
    assert linted[fault] & set(lines), "the linter marks another line"


@pytest.mark.parametrize("fault", ONLY_OURS)
def test_what_lies_between_tables_only_check_finds(linted, fault):
    assert linted[fault] == set()
    assert our_lines(ONLY_OURS[fault])


@pytest.mark.parametrize("sound", ["sound", "fast"])
def test_an_editors_linter_marks_nothing_in_a_sound_definition(linted, sound):
    assert linted[sound] == set()
