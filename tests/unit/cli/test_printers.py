"""Samples and reports as `freefall decode` prints them."""

import csv
import io
import json

import pytest

from freefall.cli.printers import CsvPrinter, JsonPrinter, TextPrinter
from freefall.decode import Decoder
from oracle import codec
from unit.decode import packets
from unit.decode.climate import PARTS, climate_sample


def show(printer, definition, octets):
    for item in Decoder(definition).feed(octets):
        printer.show(item)


@pytest.fixture
def run(climate, wire):
    """A boot, coefficients, a good sample and one whose CRC and flag are bad."""
    return wire(climate, [climate_sample(20, 4, 10), climate_sample(20, 4, 10, fault=1, damage=1)])


def test_json_has_null_for_a_value_that_nobody_can_tell(climate, run, capsys):
    show(JsonPrinter(), climate, run)
    lines = [json.loads(line, parse_constant=lambda word: pytest.fail(word)) for line in capsys.readouterr().out.splitlines()]
    good, bad = lines[2:]
    assert good["values"] == {"temperature": 30.0, "pressure": 17.0, "level": 1.0}
    assert bad["values"] == {"temperature": None, "pressure": None, "level": None}
    assert bad["raw"] == good["raw"] == {"temperature": 20, "pressure": 4, "level": 10}


def test_json_tells_the_coefficients_as_they_are(climate, run, capsys):
    show(JsonPrinter(), climate, run)
    line = json.loads(capsys.readouterr().out.splitlines()[1])
    place = {"time_ns": 10_000, "boot": 0, "sensor": "climate"}
    assert line == {"schema": "freefall/1", "type": "coefficients", **place, "octets": PARTS[0].hex()}


def test_text_leaves_coefficients_out_and_shows_nan(climate, run, capsys):
    show(TextPrinter(), climate, run)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and lines[0].split()[2:6] == ["boot", "count", "1", "(power-on"]
    assert lines[1].endswith("temperature +30.000000 degC  pressure +17.000000 Pa  level +1.000000 mm")
    assert lines[2].endswith("temperature +nan degC  pressure +nan Pa  level +nan mm")


def test_csv_has_nan_and_the_coefficients_nowhere(climate, run, capsys):
    show(CsvPrinter(climate.stream("climate")), climate, run)
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
    show(printer(), climate, b"\0" + packets.given(light, 0, samples, 2_000_000))
    lines = capsys.readouterr().out.splitlines()
    if printer is TextPrinter:
        assert [line.split()[2] for line in lines] == ["2.000000", "2.000001", "3.500000"]
    else:
        assert [json.loads(line)["time_ns"] for line in lines] == [2_000_000_000, 2_000_001_000, 3_500_000_000]
