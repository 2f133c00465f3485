"""Plots' recent past: every peak kept, in constant memory, however samples come."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freefall.monitor.trace import BUCKETS, SPANS_S, Trace

S = 1_000_000_000
T0 = 1_800_000_000 * S


def trace_of(times_ns, values, cuts=()):
    trace = Trace(len(values))
    for part in np.split(np.arange(len(times_ns)), sorted(cuts)):
        if len(part):
            trace.add(times_ns[part], values[:, part])
    return trace


def by_hand(times_ns, values, width_ns):
    """{bucket: (least, greatest)}, of the last BUCKETS buckets."""
    buckets = {}
    for time_ns, value in zip(times_ns.tolist(), values.tolist(), strict=True):
        low, high = buckets.get(time_ns // width_ns, (np.inf, -np.inf))
        buckets[time_ns // width_ns] = min(low, value), max(high, value)
    return {bucket: ends for bucket, ends in buckets.items() if bucket > max(buckets) - BUCKETS}


@pytest.mark.parametrize("span", range(len(SPANS_S)))
@pytest.mark.parametrize("rate_hz", [0.5, 50, 4000])
def test_trace_holds_least_and_greatest_of_each_bucket(span, rate_hz):
    count = 8000 if rate_hz == 4000 else 700
    times_ns = T0 + (np.arange(count) * (S / rate_hz)).astype(np.int64)
    values = np.random.default_rng(1).normal(size=(2, count))
    points = trace_of(times_ns, values, range(0, count, 197)).points(span)
    for channel in range(2):
        found = zip(points.bucket.tolist(), zip(points.low[channel], points.high[channel], strict=True), strict=True)
        assert dict(found) == by_hand(times_ns, values[channel], points.width_ns)
    assert points.bucket.tolist() == sorted(points.bucket.tolist())


def test_a_single_peak_of_a_4_khz_stream_is_in_every_span():
    times_ns = T0 + np.arange(8000) * (S // 4000)
    values = np.zeros((1, 8000))
    values[0, 5000] = 7.0
    trace = trace_of(times_ns, values)
    for span in range(len(SPANS_S)):
        assert trace.points(span).high.max() == 7.0


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_trace_is_the_same_however_samples_are_split(data):
    count = data.draw(st.integers(1, 80))
    steps = data.draw(st.lists(st.integers(-2_000_000, 300_000_000), min_size=count, max_size=count))
    times_ns = T0 + np.cumsum(np.array(steps, np.int64))
    values = np.array(data.draw(st.lists(st.one_of(st.floats(-9, 9), st.just(np.nan)), min_size=count, max_size=count)))[None]
    one = trace_of(times_ns, values)
    other = trace_of(times_ns, values, data.draw(st.sets(st.integers(0, count), max_size=9)))
    for span in range(len(SPANS_S)):
        a, b = one.points(span), other.points(span)
        assert a.bucket.tolist() == b.bucket.tolist()
        assert np.array_equal(a.low, b.low, equal_nan=True) and np.array_equal(a.high, b.high, equal_nan=True)


def test_points_after_a_bucket_are_the_newest_ones_and_that_one():
    times_ns = T0 + np.arange(4000) * (S // 1000)
    trace = trace_of(times_ns, np.arange(4000.0)[None])
    whole = trace.points(0)
    newest = trace.points(0, int(whole.bucket[-3]))
    assert newest.bucket.tolist() == whole.bucket[-3:].tolist()
    assert newest.high.tolist() == whole.high[:, -3:].tolist()


def test_merged_points_keep_the_peaks():
    times_ns = T0 + np.arange(10_000) * (S // 1000)
    values = np.random.default_rng(2).normal(size=(1, 10_000))
    points = trace_of(times_ns, values).points(1)
    merged = points.merged(7)
    assert len(merged.bucket) == len(set((points.bucket // 7).tolist()))
    assert merged.low.min() == points.low.min() and merged.high.max() == points.high.max()
    assert Trace(1).points(1).merged(7).bucket.size == 0


def test_a_line_breaks_where_samples_are_missing_and_nowhere_else():
    times_ns = T0 + np.concatenate([np.arange(1000), np.arange(1500, 3000)]) * (S // 1000)
    points = trace_of(times_ns, np.ones((1, 2500))).points(1)
    assert len(points.lines(0, 0.0025)) == 2
    assert len(points.lines(0, None)) == 1
    first, second = points.lines(0, 0.0025)
    assert first[0][-1] < second[0][0] and second[0][0] - first[0][-1] == pytest.approx(0.5, abs=0.03)


def test_a_slow_stream_is_one_line_though_most_buckets_are_empty():
    points = trace_of(T0 + np.arange(8) * S, np.arange(8.0)[None]).points(1)
    (line,) = points.lines(0, 2.5)
    assert line[1][::2] == list(range(8))


def test_samples_without_value_are_no_points():
    values = np.array([[1.0, np.nan, 3.0]])
    ((_, line),) = trace_of(T0 + np.arange(3) * S, values).points(1).lines(0, None)
    assert line == [1.0, 1.0, 3.0, 3.0]
