"""Settings by name and in files: what is written is read as the same, and what is wrong is told with what may be meant."""

import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freefall.device import settings
from freefall.errors import InputUnreadable
from unit.device.fake_payload import definition_of

DEFINITION = definition_of("[stream.vibration.adjustable]\non = true\n")
RATE, ON, SHAKE = (
    settings.find_setting(DEFINITION, f"{name}") for name in ("temperature.rate_hz", "temperature.on", "vibration.on")
)
OWN = {SHAKE: 1, RATE: 1_000_000, ON: 1}


def test_own_and_reported_values_are_in_the_order_of_the_definition():
    assert list(settings.own_values(DEFINITION).items()) == list(OWN.items())
    assert settings.values_of(DEFINITION, (0, 5000, 1)) == {SHAKE: 0, RATE: 5000, ON: 1}
    assert settings.differing(OWN, {ON: 0, SHAKE: 1, RATE: 5000}) == {ON: 0, RATE: 5000}


def test_changes_are_parsed_in_the_order_they_are_given():
    changes = settings.parse_changes(DEFINITION, ["temperature.on=off", "temperature.rate_hz=50"])
    assert list(changes.items()) == [(ON, 0), (RATE, 20_000)]


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["temperature.rate=1"], "payload shaker has no setting temperature.rate; did you mean temperature.rate_hz?"),
        (["x=1"], "payload shaker has no setting x; there is vibration.on, temperature.rate_hz, temperature.on"),
        (["temperature.on"], '"temperature.on" is no NAME=VALUE, for example vibration.on=on'),
        (["temperature.on=on", "temperature.on=off"], "temperature.on is given twice"),
        (["temperature.on=2"], "temperature.on is on or off, not 2"),
        (["temperature.rate_hz="], "temperature.rate_hz is a number of samples per second, 0.1 to 10 samples/s, not "),
    ],
)
def test_changes_that_are_none_are_told(texts, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        settings.parse_changes(DEFINITION, texts)


def test_a_file_is_toml_with_a_section_a_stream():
    text = settings.file_text(DEFINITION, {SHAKE: 0, RATE: 500_000, ON: 1})
    assert tomllib.loads(text) == {"vibration": {"on": False}, "temperature": {"rate_hz": 2, "on": True}}
    assert text.startswith("# Settings of payload shaker: ")


@given(st.fixed_dictionaries({}, optional={SHAKE: st.integers(0, 1), RATE: st.integers(1, 2**32 - 1), ON: st.integers(0, 1)}))
def test_what_is_written_is_read_as_the_same(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("settings") / "a.toml"
    path.write_text(settings.file_text(DEFINITION, values))
    if values:
        assert settings.read_file(path, DEFINITION) == values
    else:
        with pytest.raises(InputUnreadable, match="holds no settings; freefall config get -o FILE writes a file of them"):
            settings.read_file(path, DEFINITION)


@pytest.mark.parametrize(
    ("octets", "sentence"),
    [
        (b"[temperature", " is no TOML: "),
        (b"\xff", " is no TOML: 'utf-8' codec can't decode byte 0xff"),
        (b"rate_hz = 1", ": payload shaker has no setting rate_hz; "),
        (b"[temprature]\nrate_hz = 1", ": payload shaker has no setting temprature.rate_hz; did you mean temperature.rate_hz?"),
        (
            b"[temperature]\nrate_hz = true",
            ": temperature.rate_hz is a number of samples per second, 0.1 to 10 samples/s, not True",
        ),
        (b"[temperature]\non = 0.5", ": temperature.on is on or off, not 0.5"),
        (b"[temperature]\non = {a = 1}", ": temperature.on is on or off, not {'a': 1}"),
        (b"", " holds no settings"),
    ],
)
def test_a_file_of_something_else_is_told(tmp_path, octets, sentence):
    path = tmp_path / "a.toml"
    path.write_bytes(octets)
    with pytest.raises(InputUnreadable, match=f"^{re.escape(str(path) + sentence)}"):
        settings.read_file(path, DEFINITION)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputUnreadable, match="^cannot read .*no.toml: No such file or directory$"):
        settings.read_file(tmp_path / "no.toml", DEFINITION)
