"""Limit levels: the worst of the last second, and each crossing once."""

from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from freefall.monitor.levels import ChannelLevel, Crossing
from freefall.sensors.channels import Limits

MS = 1_000_000
LIMITS = Limits(watch=(-1, 1), warning=(-2, 2), critical=(-3, 3))


def level_of(limits=LIMITS):
    return ChannelLevel(SimpleNamespace(limits=limits))


def feed(level, samples):
    """samples: (ms, value)."""
    times, values = zip(*samples, strict=True)
    return level.add(np.array(times, np.int64) * MS, np.array(values, float))


def test_level_is_the_outermost_range_that_is_left():
    for value, name in ((0, "ok"), (1.5, "watch"), (-2.5, "warning"), (3.5, "critical"), (1, "ok"), (3, "warning")):
        level = level_of()
        feed(level, [(0, value)])
        assert level.level == name
    level = level_of(Limits(critical=(-3, 3)))
    feed(level, [(0, 2.5)])
    assert level.level == "ok"


def test_a_short_peak_holds_for_a_second_and_is_one_event_each_way():
    level = level_of()
    samples = [(ms, 3.5 if ms == 500 else 0.0) for ms in range(1400)]
    assert feed(level, samples) == [Crossing(500 * MS, "critical", "ok", 3.5)]
    assert level.level == "critical"
    assert feed(level, [(1499, 0.0)]) == []
    assert feed(level, [(1500, 0.0)]) == [Crossing(1500 * MS, "ok", "critical", None)]
    assert level.level == "ok"


def test_noise_across_a_limit_is_one_event():
    level = level_of()
    assert len(feed(level, [(ms, 1.1 if ms % 2 else 0.9) for ms in range(5000)])) == 1


def test_a_level_falls_to_the_next_that_was_seen_since():
    level = level_of()
    assert [c.level for c in feed(level, [(0, 3.5), (400, 2.5), (700, 1.5), (2000, 0.0)])] == [
        "critical", "warning", "watch", "ok",
    ]  # fmt: skip


def test_a_crossing_tells_the_first_value_beyond():
    (crossing,) = feed(level_of(), [(0, 0.0), (1, -2.25), (2, -2.5)])
    assert crossing == Crossing(1 * MS, "warning", "ok", -2.25)


def test_samples_without_value_are_at_no_level():
    level = level_of()
    assert feed(level, [(0, np.nan), (1, np.nan)]) == []
    assert level.level == "ok"


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_crossings_are_the_same_however_samples_are_split(data):
    steps = data.draw(st.lists(st.integers(0, 1500), min_size=1, max_size=60))
    values = data.draw(st.lists(st.sampled_from([0, 1.5, 2.5, 3.5, -1.5, np.nan]), min_size=len(steps), max_size=len(steps)))
    samples = list(zip(np.cumsum(steps).tolist(), values, strict=True))
    together, singly = level_of(), level_of()
    one_by_one = [crossing for sample in samples for crossing in feed(singly, [sample])]
    assert feed(together, samples) == one_by_one
    assert together.level == singly.level
    for before, after in zip(one_by_one, one_by_one[1:], strict=False):
        assert after.before == before.level != after.level and after.time_ns >= before.time_ns
