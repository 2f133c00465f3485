"""The experimenter's guide: its commands work one after the other, its worked example is a sensor, its tables are complete."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from freefall.definition import load_definition
from freefall.sensors.registry import SENSORS

ROOT = Path(__file__).parent.parent.parent
DEFINITIONS = ROOT / "payload_defs"
GUIDE = (DEFINITIONS / "README.md").read_text()
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [found.groups() for found in _BLOCK.finditer(GUIDE)]


def run(line, folder, *more_paths):
    """A command of the guide, as a user types it."""
    path = os.pathsep.join([*map(str, more_paths), str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "PYTHONPATH": os.pathsep.join(map(str, more_paths))}
    return subprocess.run(line, shell=True, cwd=folder, env=environment, capture_output=True, text=True)


def blocks(kind, before):
    """The blocks of one kind in the part of the guide before a heading, or all after the last such."""
    part = GUIDE.partition(before)[0]
    return [text for language, name, text in (found.groups() for found in _BLOCK.finditer(part)) if language == kind and not name]


def test_commands_take_an_idea_to_a_rehearsal(tmp_path):
    scenario, additions = blocks("toml", "## The catalogue")
    for line in "".join(blocks("sh", "## The catalogue")).splitlines():
        result = run(line, tmp_path)
        assert result.returncode == 0, f"{line}\n{result.stdout}{result.stderr}"
        if "freefall new" in line:
            (tmp_path / "garden" / "scenario.toml").write_text(scenario)
            with open(tmp_path / "garden" / "payload.toml", "a") as file:
                file.write(additions)
    assert {path.name for path in (tmp_path / "build").iterdir()} >= {"garden.mcap", "garden.xml", "garden.md", "garden"}


def test_rate_that_the_guide_calls_too_fast_is_refused(tmp_path):
    run("freefall new garden -s air=bme280 -s canopy=tsl2591 --discipline ecology", tmp_path)
    path = tmp_path / "garden" / "payload.toml"
    path.write_text(path.read_text().replace("rate_hz = 1.0", "rate_hz = 500", 1))
    result = run("freefall check garden", tmp_path)
    assert result.returncode == 3
    (shown,) = [text for language, _, text in BLOCKS if language == "text"]
    assert shown.strip() in result.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with the worked example, installed as its user would."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("target")
    for _, name, text in BLOCKS:
        if name:
            path = source / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
    (source / "cabin_sensors" / "__init__.py").touch()
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--target", target, source]
    subprocess.run(command, check=True, capture_output=True)
    return target


def test_worked_example_is_a_sensor_after_installing_it(installed, tmp_path):
    lines = GUIDE.rpartition("every command knows it:")[2].partition("```sh\n")[2].partition("```")[0].splitlines()
    for line in lines:
        result = run(line, tmp_path, installed)
        assert result.returncode == 0, f"{line}\n{result.stdout}{result.stderr}"
    assert re.search(r"^temperature +degC +21\.\d", result.stdout, re.MULTILINE), result.stdout


def test_worked_example_compiles_for_the_board(installed):
    from freefall.board.firmware_files import compiled

    source = (installed / "cabin_sensors" / "mcp9808.py").read_bytes()
    assert compiled("freefall_board/drivers/mcp9808.py", source)[:1] == b"M"


def test_catalogue_lists_every_payload_with_its_discipline():
    rows = re.findall(r"^\| \[(\w+)\]\((\w+)/README\.md\) \| ([^|]+) \|", GUIDE, re.MULTILINE)
    payloads = {path.parent.name: load_definition(path).discipline for path in DEFINITIONS.glob("*/payload.toml")}
    assert {name: discipline for name, _, discipline in rows} == payloads
    assert all(name == folder and (DEFINITIONS / folder / "README.md").exists() for name, folder, _ in rows)


def test_table_of_sensors_is_what_the_registry_says():
    shown = GUIDE.partition("<!-- sensors -->\n")[2].partition("<!-- end of sensors -->")[0]
    assert shown == sensor_table(), f"the table should be\n{sensor_table()}"


def sensor_table():
    """The table of the guide, written anew."""
    lines = ["| driver | measures | on | triggers |", "| --- | --- | --- | --- |"]
    for name, sensor in SENSORS.items():
        table = sensor.table
        buses = ", ".join({"i2c": "I2C", "spi": "SPI", "uart": "UART"}[bus] for bus in getattr(table, "BUSES", ())) or "a pin"
        what = " ".join((table.__doc__ or "").split("\n\n")[0].split()).rstrip(".")
        lines.append(f"| `{name}` | {what} | {buses} | {', '.join(table.TRIGGERS)} |")
    return "\n".join(lines) + "\n"
