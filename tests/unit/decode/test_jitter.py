"""How evenly a stream was sampled: deviations from the nominal period, and what is told of them in constant memory."""

import json
from dataclasses import replace
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freefall.decode import Summary
from freefall.decode.jitter import QUANTILE_ERROR, Jitter
from unit.decode import packets

deviations = st.lists(
    st.one_of(st.floats(-1e3, 1e3), st.floats(-1e12, 1e12), st.sampled_from([0.0, -0.0, 1.0, 32.0, 33.0, 2.0**62])), max_size=60
)


def jitter_of(values):
    jitter = Jitter()
    jitter.add(np.array(values, np.float64))
    return jitter


def heard(definition, wire, cuts=(), hosts=None):
    """Statistics of the streams of these octets, cut at these places."""
    summary = Summary(definition)
    bounds = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    for at, (a, b) in enumerate(zip(bounds, bounds[1:], strict=False)):
        summary.feed(wire[a:b], hosts[at] if hosts else None)
    return summary


@settings(deadline=None, max_examples=50)
@given(deviations.filter(bool), st.sampled_from([0.01, 0.25, 0.5, 0.9, 0.99, 1.0]))
def test_quantile_is_never_too_small_and_at_most_one_bin_too_large(values, part):
    told = jitter_of(values).quantile_ns(part)
    true = sorted(map(abs, values))[ceil(part * len(values)) - 1]
    assert true <= told <= max(true * (1 + QUANTILE_ERROR), min(max(map(abs, values)), 1 + QUANTILE_ERROR))


@settings(deadline=None, max_examples=50)
@given(deviations, st.integers(0, 60))
def test_parts_added_or_merged_are_the_whole(values, cut):
    whole, added, merged = jitter_of(values), jitter_of(values[:cut]), jitter_of(values[:cut])
    added.add(np.array(values[cut:], np.float64))
    merged.merge(jitter_of(values[cut:]))
    for other in (added, merged):
        assert other.bins() == whole.bins()
        assert (other.count, other.max_ns, other.earliest_ns) == (whole.count, whole.max_ns, whole.earliest_ns)
        assert other.mean_ns == pytest.approx(whole.mean_ns, rel=1e-9, abs=1e-3 + 1e-9 * whole.max_ns)
        assert other.deviation_ns == pytest.approx(whole.deviation_ns, rel=1e-6, abs=1e-3 + 1e-6 * whole.max_ns)


@settings(deadline=None, max_examples=50)
@given(deviations)
def test_every_deviation_is_in_one_bin_that_holds_it(values):
    bins = jitter_of(values).bins()
    assert sum(count for *_, count in bins) == len(values)
    assert all(a[1] <= b[0] for a, b in zip(bins, bins[1:], strict=False))
    for low, high, count in bins:
        inside = [v for v in values if (low <= v < high if high > 0 else low < v <= high and v < 0)]
        assert len(inside) == count


def test_mean_and_deviation_tell_a_slow_clock_from_an_uneven_one():
    slow, uneven = jitter_of([10_000.0] * 50), jitter_of([-10_000.0, 10_000.0] * 25)
    assert (slow.mean_ns, slow.deviation_ns) == (10_000, 0)
    assert (uneven.mean_ns, uneven.deviation_ns) == (0, pytest.approx(10_000, rel=0.02))
    assert slow.max_ns == uneven.max_ns == uneven.latest_ns == -uneven.earliest_ns == 10_000


def test_nothing_counted_is_told_as_nothing():
    none = Jitter()
    assert (none.quantile_ns(0.99), none.max_ns, none.bins()) == (0, 0, [])
    assert json.loads(json.dumps(none.as_dict(), allow_nan=False))["p99_us"] is None


def test_packets_are_measured_between_their_first_samples_and_over_lost_ones_by_the_index(bench):
    stream = replace(bench.streams[0], trigger="periodic")  # 1 kHz
    definition = replace(bench, streams=(stream, bench.streams[1]))
    times_us = {0: 1000, 10: 11_003, 20: 20_998, 50: 51_998, 51: 52_998}  # 21 .. 49 are lost, and the clock is late by 1 ms there
    wire = b"\0" + packets.boot(definition)
    for sequence, (index, time_us) in enumerate(times_us.items()):
        wire += packets.samples(stream, index, 1 if index in (20, 50) else 10, time_us, sequence)
    jitter = heard(definition, wire).statistics[0].jitter.triggers
    assert jitter.count == 4
    assert (jitter.earliest_ns, jitter.latest_ns) == (-5000, 1_000_000)
    assert jitter.mean_ns == pytest.approx((3000 - 5000 + 1_000_000 + 0) / 4)


def sensor_clocked(bench, times_us):
    """Jitter of stream 0, whose sensor triggers, of packets of ten with these times."""
    assert bench.streams[0].trigger == "data_ready"
    frames = (packets.samples(bench.streams[0], 10 * n, 10, time_us, n) for n, time_us in enumerate(times_us))
    return heard(bench, b"\0" + packets.boot(bench) + b"".join(frames)).statistics[0].jitter.triggers


def test_rate_of_a_sensors_own_clock_is_not_its_jitter(bench):
    even = sensor_clocked(bench, range(1000, 1_000_000, 9100))  # 9 % fast
    assert (even.count, even.max_ns) == (109, 0)
    uneven = sensor_clocked(bench, [1000 + 9100 * n + 40 * (n == 60) for n in range(110)])
    assert (uneven.earliest_ns, uneven.latest_ns) == (-40_000, 40_000) and uneven.quantile_ns(0.9) < 2


def test_late_beginning_is_one_deviation_and_not_one_of_all_that_follow(bench):
    jitter = sensor_clocked(bench, [1000 + 9100 * n + 300 * (n > 0) for n in range(700)])
    assert (jitter.count, jitter.latest_ns) == (699, 300_000) and jitter.quantile_ns(0.998) < 2


def test_clock_that_drifts_slowly_is_not_uneven(bench):
    times_us, at = [], 1000.0
    for n in range(1100):
        times_us.append(round(at))
        at += 9100 + 0.01 * n  # 0.1 % in a thousand packets
    assert sensor_clocked(bench, times_us).max_ns < 3000


def test_clock_that_is_set_is_one_deviation(bench):
    jitter = sensor_clocked(bench, [1000 + 10_000 * n + (n >= 50) * 1_700_000_000_000_000 for n in range(100)])
    assert jitter.latest_ns == 1.7e18
    assert jitter.bins()[0] == (0, 1.25, 98)


def test_time_between_boots_is_no_interval(bench):
    vibration = bench.streams[0]
    boots = (packets.boot(bench, count) + packets.samples(vibration, 0, 10, 1000 * count) for count in (1, 2, 3))
    summary = heard(bench, b"\0" + b"".join(boots))
    assert summary.decoder.boots == 3
    assert summary.statistics[0].jitter.triggers.count == 0
    assert summary.metrics()["jitter_max_us"] == 0


def light_packet(light, index, base_us, own_us, sequence):
    samples = [time_us.to_bytes(4, "big") + b"\1\1" for time_us in own_us]
    return packets.given(light, index, samples, base_us, sequence)


def test_samples_with_their_own_time_are_measured_one_by_one(climate):
    light = climate.stream("light")
    period_us = round(1e6 / light.rate_hz)
    wire = b"\0" + packets.boot(climate)
    wire += light_packet(light, 0, 1000, [0, period_us + 7, 2 * period_us], 0)
    wire += light_packet(light, 3, 1000, [3 * period_us, 4 * period_us], 1)
    wire += light_packet(light, 9, 1000, [9 * period_us - 40, 10 * period_us - 40], 3)  # 5 .. 8 are lost
    jitter = heard(climate, wire).statistics[light.number].jitter.triggers
    assert jitter.count == 6
    assert sorted(n for *_, n in jitter.bins()) == [1, 1, 1, 3]
    assert (jitter.earliest_ns, jitter.latest_ns) == (-40_000, 7000)


def test_first_samples_of_a_boot_that_are_missing_are_no_interval(climate):
    light = climate.stream("light")
    wire = b"\0" + packets.boot(climate) + light_packet(light, 4, 90_000, [0, 20_000], 1)
    summary = heard(climate, wire)
    assert summary.statistics[light.number].losses.samples == 4
    assert summary.statistics[light.number].jitter.triggers.count == 1


def test_pulses_have_no_period_to_deviate_from(climate):
    light = replace(climate.stream("light"), trigger="pulse")
    definition = replace(climate, streams=(*climate.streams[:3], light))
    wire = b"\0" + packets.boot(definition) + light_packet(light, 0, 1000, [0, 5, 900], 0)
    summary = heard(definition, wire)
    assert summary.statistics[light.number].samples == 3
    assert summary.statistics[light.number].jitter.triggers.count == 0


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 2000), max_size=8), st.lists(st.sampled_from([0, 1, 2, 9]), min_size=1, max_size=12))
def test_jitter_is_the_same_however_the_octets_come(climate, cuts, gaps):
    vibration, light = climate.streams[0], climate.stream("light")
    wire, index = b"\0" + packets.boot(climate), 0
    for sequence, gap in enumerate(gaps):
        index += gap
        wire += packets.samples(vibration, index, 2, 5000 + 1013 * index, sequence)
        wire += light_packet(light, index, 5000 + 20_000 * index, [3, 20_011], sequence)
        index += 2
    whole, parts, bulk = heard(climate, wire), heard(climate, wire, cuts), Summary(climate)
    bulk.feed_many([(None, wire)])
    for other in (parts, bulk):
        for one, same in zip(whole.statistics, other.statistics, strict=True):
            assert one.jitter.triggers.bins() == same.jitter.triggers.bins()
            assert one.jitter.triggers.max_ns == same.jitter.triggers.max_ns
            assert one.losses.as_dict() == same.losses.as_dict()


def test_arrivals_are_measured_by_the_hosts_clock_against_the_boards(bench):
    vibration = bench.streams[0]
    frames = [packets.samples(vibration, 10 * n, 10, 1000 + 10_000 * n, n) for n in range(4)]
    wire = b"\0" + packets.boot(bench) + b"".join(frames)
    ends = [len(wire) - sum(map(len, frames[n:])) for n in range(1, 4)]
    hosts = [1_000_000, 11_000_000, 21_400_000, 31_000_000]
    jitter = heard(bench, wire, ends, hosts).statistics[0].jitter
    assert (jitter.arrivals.count, jitter.arrivals.latest_ns, jitter.arrivals.earliest_ns) == (3, 400_000, -400_000)
    assert jitter.triggers.max_ns == 0
    assert heard(bench, wire).statistics[0].jitter.arrivals.count == 0


def test_metrics_tell_of_the_stream_that_is_worst(climate):
    wire = b"\0" + packets.boot(climate)
    for n in range(3):
        wire += packets.samples(climate.streams[0], 10 * n, 10, 1000 + 10_050 * n, n)
        wire += packets.samples(climate.streams[1], 3 * n, 3, 1000 + 60_000 * n - 80 * (n == 1), n)
    metrics = heard(climate, wire).metrics()
    assert (metrics["jitter_max_us"], metrics["jitter_p99_us"]) == (80, 80)
    assert 80 / (1 + QUANTILE_ERROR) <= metrics["jitter_p50_us"] <= 80
