"""Definitions from files; the payloads of this repository."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from freefall.definition import load_definition, parse_definition
from freefall.definition.reading import LARGEST
from freefall.errors import DefinitionError
from unit.definition.sample import SOUND

PAYLOADS = Path(__file__).parents[3] / "payload_defs"


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*/payload.toml")), ids=lambda path: path.parent.name)
def test_a_payload_of_this_repository_is_sound(path):
    assert load_definition(path).name == path.parent.name


def test_the_vibration_payload():
    definition = load_definition(str(PAYLOADS / "vibration"))
    assert [(s.name, s.driver, s.trigger, s.rate_hz) for s in definition.streams] == [
        ("vibration", "adxl355", "data_ready", 1000.0),
        ("temperature", "tmp117", "periodic", 1.0),
    ]
    assert definition.text == (PAYLOADS / "vibration" / "payload.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("odr", [1000, 2000, 4000])
def test_the_vibration_payload_has_time_for_the_accelerometers_fastest_rates(odr):
    text = (PAYLOADS / "vibration" / "payload.toml").read_text(encoding="utf-8").replace("odr_hz = 1000", f"odr_hz = {odr}")
    assert parse_definition(text, "payload.toml").stream("vibration").rate_hz == odr


def test_the_jitter_payload():
    definition = load_definition(PAYLOADS / "jitter")
    assert [(s.name, s.driver, s.trigger, s.rate_hz, s.samples_per_read) for s in definition.streams] == [
        ("jitter", "adxl355", "fifo_watermark", 4000.0, 25),
        ("radiation", "pulse_counter", "periodic", 1.0, 1),
        ("temperature", "tmp117", "periodic", 1.0, 1),
    ]
    assert [sensor.place for sensor in definition.sensors] == [{"cs": 17}, {}, {"address": 0x48}]


def test_the_jitter_payloads_readme_shows_what_check_says():
    readme = (PAYLOADS / "jitter" / "README.md").read_text(encoding="utf-8")
    (answer,) = re.findall(r"^```text\n(.*)\n^```", readme, re.MULTILINE)
    watermark = re.search(r"watermark = \d+", answer).group()
    text = (PAYLOADS / "jitter" / "payload.toml").read_text(encoding="utf-8").replace("watermark = 25", watermark)
    with pytest.raises(DefinitionError) as caught:
        parse_definition(text, "payload_defs/jitter/payload.toml")
    assert str(caught.value) == answer


def test_findings_name_the_file(tmp_path):
    path = tmp_path / "payload.toml"
    path.write_text(SOUND.replace("apid = 64", "apid = -1"))
    with pytest.raises(DefinitionError) as caught:
        load_definition(tmp_path)
    assert str(caught.value) == f"{path}:3:8: apid = -1 is too small; the least is 0"


def test_a_file_of_an_editor_that_marks_and_ends_lines_its_own_way(tmp_path):
    path = tmp_path / "payload.toml"
    text = SOUND.replace("range_g = 2", "range_g = 1").replace("\n", "\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    with pytest.raises(DefinitionError, match=r":16:11: range_g = 1 is not possible"):
        load_definition(path)


def test_octets_that_are_not_text_are_refused_with_their_place(tmp_path):
    path = tmp_path / "payload.toml"
    path.write_bytes(b'# ok\n[payload]\nname = "\xb5g"')
    with pytest.raises(DefinitionError, match=r":3:9: octet 0xb5 is not UTF-8 text; save the file as UTF-8"):
        load_definition(path)


def refusal(path):
    with pytest.raises(DefinitionError) as caught:
        load_definition(path)
    return str(caught.value)


def test_a_folder_without_a_definition_is_refused(tmp_path):
    assert refusal(tmp_path) == (
        f"{tmp_path}/payload.toml:1:1: the payload definition cannot be read: there is no payload.toml in this folder"
    )


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nothing.toml", "there is no such file"),
        ("loop.toml", "Too many levels of symbolic links"),
        ("plain.txt/payload.toml", "Not a directory"),
        ("no\0name", "embedded null byte"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path, name, why):
    (tmp_path / "loop.toml").symlink_to("loop.toml")
    (tmp_path / "plain.txt").touch()
    assert refusal(tmp_path / name) == f"{tmp_path}/{name}:1:1: the payload definition cannot be read: {why}"


def test_a_folder_where_the_definition_should_be_is_refused(tmp_path):
    (tmp_path / "payload.toml").mkdir()
    assert refusal(tmp_path).endswith("it is a folder; the definition is the file payload.toml in the payload's folder")


def test_a_file_that_may_not_be_read_is_refused(tmp_path, forbid):
    (tmp_path / "payload.toml").touch()
    forbid(tmp_path / "payload.toml")
    assert refusal(tmp_path).endswith("cannot be read: you are not allowed to read it")


def test_a_file_too_large_for_a_definition_is_refused_before_it_is_read_as_one(tmp_path):
    path = tmp_path / "payload.toml"
    path.write_text(SOUND + "#" * (LARGEST - len(SOUND)))
    assert load_definition(path).name == "shaker"
    path.write_text(SOUND + "#" * (LARGEST - len(SOUND) + 1))
    message = "this is no payload definition: it has more than 256 KiB, and a payload.toml has a few"
    assert refusal(path) == f"{path}:1:1: {message}"
    assert refusal("/dev/zero") == f"/dev/zero:1:1: {message}"


def test_importing_definitions_brings_no_heavy_library():
    code = "import sys, freefall.definition; print({'numpy', 'pint', 'mcap'} & set(sys.modules))"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert result.stdout.strip() == "set()"
