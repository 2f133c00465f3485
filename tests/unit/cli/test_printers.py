"""Samples and reports as `freefall decode` prints them."""

import csv
import io
import json

import pytest

from freefall.cli.printers import CsvPrinter, JsonPrinter, TextPrinter
from freefall.decode import Decoder
from oracle import codec
from unit.decode import packets
from unit.decode.climate import PARTS, climate_definition, climate_sample, settable


def show(printer, definition, octets):
    for item in Decoder(definition).feed(octets):
        printer.show(item)


@pytest.fixture
def run(climate, wire):
    """A boot, coefficients, a good sample and one whose CRC and flag are bad."""
    return wire(climate, [climate_sample(20, 4, 10), climate_sample(20, 4, 10, fault=1, damage=1)])


def test_json_has_null_for_a_value_that_nobody_can_tell(climate, run, capsys):
    show(JsonPrinter(climate), climate, run)
    lines = [json.loads(line, parse_constant=lambda word: pytest.fail(word)) for line in capsys.readouterr().out.splitlines()]
    good, bad = lines[2:]
    assert good["values"] == {"temperature": 30.0, "pressure": 17.0, "level": 1.0}
    assert bad["values"] == {"temperature": None, "pressure": None, "level": None}
    assert bad["raw"] == good["raw"] == {"temperature": 20, "pressure": 4, "level": 10}


def test_json_tells_the_coefficients_as_they_are(climate, run, capsys):
    show(JsonPrinter(climate), climate, run)
    line = json.loads(capsys.readouterr().out.splitlines()[1])
    place = {"time_ns": 10_000, "boot": 0, "sensor": "climate"}
    assert line == {"schema": "freefall/1", "type": "coefficients", **place, "octets": PARTS[0].hex()}


def test_text_leaves_coefficients_out_and_shows_nan(climate, run, capsys):
    show(TextPrinter(climate), climate, run)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and lines[0].split()[2:6] == ["boot", "count", "1", "(power-on"]
    assert lines[1].endswith("temperature +30.000000 degC  pressure +17.000000 Pa  level +1.000000 mm")
    assert lines[2].endswith("temperature +nan degC  pressure +nan Pa  level +nan mm")


def test_csv_has_nan_and_the_coefficients_nowhere(climate, run, capsys):
    show(CsvPrinter(climate, climate.stream("climate")), climate, run)
    out, err = capsys.readouterr()
    header, good, bad = csv.reader(io.StringIO(out))
    assert header[3:] == ["temperature_raw", "temperature [degC]", "pressure_raw", "pressure [Pa]", "level_raw", "level [mm]"]
    assert good[3:] == ["20", "30.0", "4", "17.0", "10", "1.0"]
    assert bad[3:] == ["20", "nan", "4", "nan", "10", "nan"]
    assert len(err.splitlines()) == 1 and "boot" in err


@pytest.mark.parametrize("printer", [TextPrinter, JsonPrinter])
def test_samples_are_shown_at_their_own_times(climate, capsys, printer):
    light = climate.stream("light")
    samples = [codec.timed_sample(own_us, b"\1\0") for own_us in (0, 1, 1_500_000)]
    show(printer(climate), climate, b"\0" + packets.given(light, 0, samples, 2_000_000))
    lines = capsys.readouterr().out.splitlines()
    if printer is TextPrinter:
        assert [line.split()[2] for line in lines] == ["2.000000", "2.000001", "3.500000"]
    else:
        assert [json.loads(line)["time_ns"] for line in lines] == [2_000_000_000, 2_000_001_000, 3_500_000_000]


@pytest.fixture(scope="module")
def answers():
    """A definition with settings, and what its board answers to telecommands."""
    definition = settable(climate_definition())
    request = 0x1864C001
    octets = (
        b"\0" + packets.event(definition, 1, boot_values(definition)) + packets.settings(definition, [100_000, 0, 1000], 1, 10)
    )
    octets += packets.verification(definition, "accepted", 2, 20, request=request)
    octets += packets.verification(definition, "refused", 3, 30, request=request, code=5, number=0, value=2 * 10**6, limit=10**6)
    platform = codec.platform({"begun_ms": 812, "sampling_ms": 1034, "free_heap": 123_456}, "micropython 1.26.1 rp2")
    octets += packets.parameter(definition, codec.NAME, b"climate", 4, 40)
    octets += packets.parameter(definition, codec.PLATFORM, platform, 5, 50) + packets.alive(definition, 6, 60)
    return definition, octets


def boot_values(definition):
    values = {"boot_count": 4, "version_major": 0, "version_minor": 1, "version_patch": 2, "wire_format": 1}
    return values | {"definition_id": definition.definition_id, "reset_cause": 3, "slot": 1, "failed_boots": 3}


def test_json_tells_what_a_board_answers_in_numbers_and_in_words(answers, capsys):
    show(JsonPrinter(answers[0]), *answers)
    boot, settings, accepted, refused, name, platform, alive = map(json.loads, capsys.readouterr().out.splitlines())
    assert (boot["slot"], boot["failed_boots"]) == ("a", 3)
    named = {"temperature.rate_hz": 100_000, "climate.on": 0, "light.rate_hz": 1000}
    assert settings == {"schema": "freefall/1", "type": "settings", "time_ns": 10_000, "boot": 0, "values": named}
    assert (accepted["type"], accepted["kind"], accepted["request"]) == ("verification", "accepted", "1864c001")
    numbers = {"code": 5, "number": 0, "value": 2 * 10**6, "limit": 10**6}
    assert numbers.items() <= refused.items() and refused["reason"] == "above the most"
    assert refused["text"].endswith("refused: temperature.rate_hz takes 1 to 1000 samples/s, not 0.5")
    assert (name["type"], name["name"], name["time_ns"]) == ("name", "climate", 40_000)
    told = {"type": "platform", "begun_ms": 812, "sampling_ms": 1034, "free_heap": 123_456, "text": "micropython 1.26.1 rp2"}
    assert told.items() <= platform.items()
    assert alive == {"schema": "freefall/1", "type": "alive", "time_ns": 60_000}


def test_text_tells_what_a_board_answers_in_words(answers, capsys):
    show(TextPrinter(answers[0]), *answers)
    boot, accepted, refused, name, platform, alive = capsys.readouterr().out.splitlines()
    assert "(software)" in boot and boot.endswith(", fell back to slot a after 3 failed boots of slot b")
    assert accepted == "0.000020 s  telecommand 1864c001 accepted" and "refused: temperature.rate_hz takes" in refused
    assert name == "0.000040 s  payload climate" and "platform micropython 1.26.1 rp2, 123456 octets" in platform
    assert alive == "0.000060 s  the board is alive"
