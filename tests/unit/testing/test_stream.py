"""A stream's numbers are those of its rows, counted one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx

from freefall.decode import Table
from freefall.testing import DecodedStream

# Of each boot, in steps of the index from sample to sample; the first counts from the beginning of the boot.
boots = st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=12), max_size=4)
PERIOD_NS = 1_000_003


def made(stream, steps_of_boots):
    rows = [(boot, index) for boot, steps in enumerate(steps_of_boots) for index in np.cumsum(steps)]
    boot, index = np.array(rows, np.int64).reshape(-1, 2).T
    column = {"x": index * 10}
    return DecodedStream(Table(stream, index, index * PERIOD_NS, boot, column, {"x": column["x"].astype(float)}))


@given(steps=boots)
def test_losses_and_rate_are_counted_within_boots(steps, definition):
    stream = made(definition.stream("vibration"), steps)
    within = [step for boot in steps for step in boot[1:]]
    assert len(stream) == sum(map(len, steps))
    assert stream.lost == sum(step - 1 for step in within)
    assert (stream.rate_hz is None) == (not within)
    if within:
        assert stream.rate_hz == approx(1e9 / PERIOD_NS, rel=1e-12)


@given(steps=boots, seconds=st.integers(0, 40).map(lambda n: n * PERIOD_NS / 1e9))
def test_seconds_are_those_from_the_first_sample_on(steps, seconds, definition):
    stream = made(definition.stream("vibration"), steps)
    kept, elapsed_ns = 0, 0
    for boot in steps:
        for number, step in enumerate(boot):
            elapsed_ns += step * PERIOD_NS if number else 0
            if kept and elapsed_ns >= round(seconds * 1e9):
                break
            kept += 1
        else:
            continue
        break
    cut = stream.first_seconds(seconds)
    assert cut.table.index.tolist() == stream.table.index[:kept].tolist()
    assert cut.values["x"].tolist() == stream.values["x"][:kept].tolist()


@given(steps=boots, samples=st.integers(0, 50))
def test_first_samples_are_the_first_of_every_column(steps, samples, definition):
    stream = made(definition.stream("vibration"), steps)
    cut = stream.first(samples)
    for name in ("index", "time_ns", "boot"):
        assert getattr(cut.table, name).tolist() == getattr(stream.table, name)[:samples].tolist()
    assert cut.table.raw["x"].tolist() == stream.table.raw["x"][:samples].tolist()


def test_stream_says_in_short_what_it_is(definition):
    stream = made(definition.stream("vibration"), [[1, 1, 3]])
    assert repr(stream) == "<vibration: 3 samples, 2 lost, 999.997 Hz>"
    assert repr(made(definition.stream("vibration"), [])) == "<vibration: 0 samples, 0 lost, no rate>"
