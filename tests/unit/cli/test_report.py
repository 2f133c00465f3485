"""What the report of a run says of values: decimals, limits, and samples that have none."""

from dataclasses import replace

import pytest

from freefall.cli.report import print_report
from freefall.decode import Summary
from freefall.sensors.channels import Compensated, Linear, Polynomial, Table
from unit.decode import packets
from unit.decode.climate import climate_definition, climate_sample, settable


@pytest.fixture
def shown(capsys):
    """shown(summary): the lines of its report, split into words."""

    def show(summary):
        print_report(summary, [], details=False)
        return [line.split() for line in capsys.readouterr().out.splitlines()]

    return show


def row(lines, *words):
    """The first line that begins with these words."""
    return next(line for line in lines if line[: len(words)] == list(words))


def text(lines):
    """The lines as one, however they were broken."""
    return " ".join(" ".join(line) for line in lines)


def with_calibration(definition, name, calibration):
    stream = definition.stream("climate")
    channels = tuple(replace(c, calibration=calibration) if c.name == name else c for c in stream.channels)
    streams = tuple(replace(s, channels=channels) if s.name == "climate" else s for s in definition.streams)
    return replace(definition, streams=streams)


@pytest.mark.parametrize(
    "calibration, numbers",
    [
        (Linear(0.25, 0.0), ["25.0", "0.4", "24.8", "25.2"]),
        (Linear(2.0, 0.0), ["200", "3", "198", "202"]),
        (Linear(1e-12, 0.0), ["0.000000000"] * 4),
        (Polynomial((0.0, 0.25)), ["25.0000", "0.3536", "24.7500", "25.2500"]),
        (Polynomial((101_325.0, 0.01)), ["101326.000", "0.014", "101325.990", "101326.010"]),
        (Polynomial((0.0, 0.0, 1.0)), ["10001.0", "282.8", "9801.0", "10201.0"]),
        (Table((0.0, 1000.0), (0.0, 1e-6)), ["0.000000100", "0.000000001", "0.000000099", "0.000000101"]),
        (Polynomial((0.0, 1e9)), ["100000000000", "1414213562", "99000000000", "101000000000"]),
        (Polynomial((7.0,)), ["7.00000", "0.00000", "7.00000", "7.00000"]),
    ],
    ids=["fine line", "coarse line", "line finer than nine decimals", "polynomial", "deviation smaller than six digits",
         "square", "table of small numbers", "great numbers", "constant"],
)  # fmt: skip
def test_numbers_have_the_decimals_that_their_calibration_is_worth(climate, fed, shown, calibration, numbers):
    samples = [climate_sample(20, pressure=99), climate_sample(20, pressure=101)]
    lines = shown(fed(with_calibration(climate, "pressure", calibration), samples))
    assert row(lines, "pressure", "Pa")[2:] == numbers


def test_compensated_values_are_shown_to_six_digits(climate, fed, shown):
    lines = shown(fed(climate, [climate_sample(20), climate_sample(21)]))
    assert row(lines, "climate.temperature", "degC")[2:] == ["31.0000", "1.4142", "30.0000", "32.0000"]


def test_calibration_after_the_compensation_is_no_line_either(climate, fed, shown):
    definition = with_calibration(climate, "temperature", Compensated(Linear(1.8, 32.0)))
    lines = shown(fed(definition, [climate_sample(20)]))
    assert row(lines, "climate.temperature", "degC")[2:] == ["86.0000", "0.0000", "86.0000", "86.0000"]


def test_channel_without_any_value_is_shown_as_such(climate, fed, shown):
    lines = shown(fed(climate, [climate_sample(20, pressure=1)], coefficients=None))
    assert row(lines, "climate.temperature", "degC")[2:] == ["-"] * 4
    assert row(lines, "pressure", "Pa")[2] == "3.50000"
    assert not [line for line in lines if line[:2] == ["light", "1"]], "a channel of a stream that sent nothing is left out"


def test_samples_outside_limits_are_counted_for_the_channels_that_have_some(climate, fed, shown):
    samples = [climate_sample(20, pressure=p) for p in (0, 8, 10, 20, 30)]  # 1, 49, 71, 241 and 511 Pa
    lines = shown(fed(climate, samples))
    assert row(lines, "outside") == ["outside", "watch", "warning", "critical"]
    at = lines.index(row(lines, "outside"))
    assert lines[at + 1] == ["pressure", "Pa", "3", "-", "2"] and lines[at + 2] == []
    verdict, _, _ = text(lines).partition(": bench")
    assert verdict == "DOES NOT CLOSE; CRITICAL 2"
    lines = shown(fed(climate, samples[:2]))
    assert row(lines, "pressure", "Pa", ".") == ["pressure", "Pa", ".", "-", "."]


def test_no_limits_no_table(climate, fed, shown):
    stream = climate.stream("climate")
    plain = replace(stream, channels=tuple(replace(channel, limits=None) for channel in stream.channels))
    definition = replace(climate, streams=(*climate.streams[:2], plain, climate.streams[3]))
    assert not [line for line in shown(fed(definition, [climate_sample(20, pressure=900)])) if line[:1] == ["outside"]]


def test_invalid_samples_are_told_with_their_reasons(climate, fed, shown):
    samples = [climate_sample(20)] * 7 + [climate_sample(20, damage=1)] * 2 + [climate_sample(20, fault=1, damage=1)]
    told = text(shown(fed(climate, samples)))
    assert "INVALID 3: bench" in told
    assert "Invalid in climate: 3 of 10 samples (3 word CRC, 1 fault flag)." in told
    told = text(shown(fed(climate, samples[:1], coefficients=None)))
    assert "Invalid in climate: 1 of 1 sample (1 no coefficients)." in told
    assert "Invalid" not in text(shown(fed(climate, samples[:7])))


def test_details_have_a_histogram_of_every_trigger_early_and_late(climate, capsys):
    wire = b"\0" + packets.boot(climate)
    for n, late_us in enumerate([0, 3, 0, 0, -70, -70, 30, 30, 30]):
        wire += packets.samples(climate.streams[0], 10 * n, 10, 1000 + 10_000 * n + late_us, n)
    summary = Summary(climate)
    summary.feed(wire)
    print_report(summary, [], details=True)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    at = lines.index(["vibration", "us", "to", "early", "late"])
    assert lines[at + 1 : at + 10] == [
        ["1.0", ".", "4"], ["2.0", ".", "."], ["4.1", "1", "1"], ["8.2", ".", "."], ["16.4", ".", "."], ["32.8", ".", "."],
        ["65.5", ".", "."], ["131", "1", "1"], [],
    ]  # fmt: skip
    print_report(summary, [], details=False)
    assert "us to" not in capsys.readouterr().out


def test_rates_are_held_against_what_is_set(shown):
    definition = settable(climate_definition())
    wire = b"\0" + packets.boot(definition) + packets.settings(definition, [10**6, 0, 20_000], 1, 10)
    wire += b"".join(packets.samples(definition.stream("temperature"), 2 * n, 2, 10**6 * (1 + 2 * n), n) for n in range(4))
    summary = Summary(definition)
    summary.feed(wire)
    lines = shown(summary)
    assert row(lines, "temperature") == ["temperature", "8", "1.000", "1"]
    assert row(lines, "climate") == ["climate", "0", "-", "off"]
    assert row(lines, "light") == ["light", "0", "-", "50"]
