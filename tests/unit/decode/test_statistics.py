"""Statistics of a stream: samples without a value apart, counted by reason, and values outside their limits."""

import json
from dataclasses import replace
from statistics import mean, stdev

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freefall.decode import METRICS, ChannelStatistics, Summary
from freefall.sensors.channels import Limits
from unit.decode import packets
from unit.decode.climate import PARTS, climate_sample

SENSOR = 2


def fed(definition, samples, places=5):
    """A summary of a board that sent its coefficients and these samples of "climate"."""
    summary = Summary(definition)
    wire = packets.boot(definition) + packets.coefficients(definition, SENSOR, PARTS[0], 1, 10)
    for sequence, at in enumerate(range(0, len(samples), places)):
        wire += packets.given(definition.stream("climate"), at, samples[at : at + places], 1000 + 20_000 * at, sequence)
    summary.feed(b"\0" + wire)
    return summary


def test_samples_without_a_value_are_left_out_of_the_statistics_of_their_channel(climate):
    good = [climate_sample(20 + n, pressure=n, level=n) for n in range(12)]
    bad = [climate_sample(9999, 9999, 99, damage=1), climate_sample(9999, 9999, 99, fault=1)]
    summary = fed(climate, good[:7] + bad + good[7:])
    own = summary.statistics[2]
    temperature, pressure, level = own.channels
    assert own.samples == 14
    expected = [30.0 + 2 * n for n in range(12)] + [19988.0]  # the fault concerns the other channels
    assert temperature.count == 13
    assert temperature.mean == pytest.approx(mean(expected)) and temperature.deviation == pytest.approx(stdev(expected))
    assert (temperature.least, temperature.greatest) == (30.0, 19988.0)
    assert (pressure.count, level.count) == (13, 13)
    assert pressure.greatest == 1 + 2 * 9999 + 9999**2 / 2


def test_a_batch_of_nothing_but_bad_samples_leaves_the_statistics_as_they_were(climate):
    good = [climate_sample(20), climate_sample(24)]
    summary = fed(climate, good + [climate_sample(1, damage=9)] * 2, places=2)
    temperature = summary.statistics[2].channels[0]
    assert (temperature.count, temperature.mean, temperature.least, temperature.greatest) == (2, 34.0, 30.0, 38.0)


def test_invalid_samples_are_counted_by_reason_and_once_altogether(climate):
    samples = [climate_sample(20)] * 4 + [climate_sample(20, damage=1)] * 3 + [climate_sample(20, fault=1)] * 2
    samples += [climate_sample(20, fault=1, damage=1), climate_sample(20, level=101), climate_sample(20, level=101, damage=1)]
    summary = fed(climate, samples)
    own = summary.statistics[2]
    assert own.invalid == {"word CRC": 5, "fault flag": 3, "no coefficients": 0, "no value": 1}
    assert own.invalid_samples == 8
    assert summary.metrics()["invalid"] == 8
    assert "INVALID 8" in summary.verdict
    assert summary.as_dict()["statistics"]["climate"]["invalid"] == own.invalid
    assert summary.as_dict()["statistics"]["climate"]["invalid_samples"] == 8


def test_a_stream_of_straight_lines_and_no_checks_has_no_reasons(climate):
    summary = Summary(climate)
    light = climate.stream("light")
    summary.feed(b"\0" + packets.boot(climate) + packets.samples(light, 0, 1, 1000))
    own = summary.statistics[light.number]
    assert (own.invalid, own.invalid_samples) == ({}, 0)


@pytest.mark.parametrize(
    "values, outside",
    [
        ([0.0, 10.0], {"watch": 0, "warning": 0, "critical": 0}),
        ([-0.001, 10.001], {"watch": 2, "warning": 0, "critical": 0}),
        ([-5.0, 20.0, 5.0], {"watch": 2, "warning": 0, "critical": 0}),
        ([-5.5, 20.5], {"watch": 2, "warning": 2, "critical": 0}),
        ([-100.5, 101.0, 1e9], {"watch": 3, "warning": 3, "critical": 3}),
    ],
)
def test_values_outside_each_range_are_counted_and_its_ends_are_inside(values, outside):
    own = ChannelStatistics("x", "Pa", Limits(watch=(0.0, 10.0), warning=(-5.0, 20.0), critical=(-100.0, 100.0)))
    own.add(np.array(values))
    own.add(np.array([5.0]))
    assert own.outside == outside


def test_ranges_that_are_not_given_are_not_counted(climate):
    samples = [climate_sample(20, pressure=p) for p in (0, 8, 10, 20, 30)]  # 1, 49, 71, 241 and 511 Pa
    summary = fed(climate, [*samples, climate_sample(20, pressure=30, fault=1)])
    temperature, pressure, _ = summary.statistics[2].channels
    assert pressure.outside == {"watch": 3, "critical": 2}
    assert temperature.outside == {}
    assert {level: summary.metrics()[level] for level in ("watch", "warning", "critical")} == {
        "watch": 3,
        "warning": 0,
        "critical": 2,
    }
    assert summary.verdict.endswith("INVALID 1; CRITICAL 2")
    channels = summary.as_dict()["statistics"]["climate"]["channels"]
    assert channels["pressure"]["outside"] == {"watch": 3, "critical": 2} and "outside" not in channels["temperature"]


def test_metrics_of_limits_add_up_over_channels(climate):
    channels = climate.stream("climate").channels
    channels = (replace(channels[0], limits=Limits(warning=(0, 10))), *channels[1:])
    stream = replace(climate.stream("climate"), channels=channels)
    summary = fed(replace(climate, streams=(*climate.streams[:2], stream, climate.streams[3])), [climate_sample(20, pressure=10)])
    assert summary.metrics()["warning"] == summary.metrics()["watch"] == 1
    assert list(summary.metrics()) == list(METRICS)


def test_summary_is_json_also_of_channels_without_any_value(climate):
    summary = fed(climate, [climate_sample(20, damage=1, fault=1)])
    facts = json.loads(json.dumps(summary.as_dict(), allow_nan=False))
    temperature = facts["statistics"]["climate"]["channels"]["temperature"]
    assert temperature == {"unit": "degC", "count": 0, "mean": None, "deviation": None, "least": None, "greatest": None}
    assert facts["statistics"]["vibration"]["channels"]["x"]["least"] is None


def rounded(facts):
    """With floats to ten digits: sums of the same numbers in another order."""
    if isinstance(facts, dict):
        return {name: rounded(value) for name, value in facts.items()}
    if isinstance(facts, list):
        return [rounded(value) for value in facts]
    return float(f"{facts:.10g}") if isinstance(facts, float) else facts


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.sampled_from(["climate", "light", "vibration", "boot", "coefficients", "event", "noise", "skip"]), max_size=60),
    st.lists(st.integers(0, 4000), max_size=12),
    st.lists(st.integers(0, 12), max_size=3),
)
def test_summary_is_the_same_however_the_octets_come_and_however_often_it_is_asked(climate, kinds, cuts, asked):
    wire, boots, index, service = b"\0" + packets.boot(climate), 1, 0, 1
    for kind in kinds:
        time_us = 1000 + 137 * boots + 20_000 * index
        match kind:
            case "boot":
                boots, index, service = boots + 1, 0, 1
                wire += packets.boot(climate, boots)
            case "coefficients":
                wire += packets.coefficients(climate, SENSOR, PARTS[boots % 2], service, time_us)
                service += 1
            case "event":
                wire += packets.event(climate, 3, {"stream": 2, "spare": 0, "bus_errors": index}, service, time_us)
                service += 1
            case "noise":
                wire += b"\x05\x01\x02\x03\x04\0"
            case "climate":
                damage, level = index % 5 == 0, 90 + index % 15
                places = [climate_sample(20 + index % 7, pressure=n, level=level, damage=damage) for n in range(3)]
                wire += packets.given(climate.stream("climate"), index, places, time_us, index)
            case "light" | "vibration":
                wire += packets.samples(climate.stream(kind), index, 2, time_us, index)
        index += 3
    bounds = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    whole, live = Summary(climate), Summary(climate)
    whole.feed_many([(None, wire)])
    for number, (a, b) in enumerate(zip(bounds, bounds[1:], strict=False)):
        live.feed(wire[a:b])
        if number in asked:
            live.as_dict()
    expected, found = rounded(whole.as_dict()), rounded(live.as_dict())
    for own in (expected, found):
        for stream in own["statistics"].values():
            for channel in stream["channels"].values():
                channel.pop("deviation")  # of equal values it is what was rounded
    assert found == expected
