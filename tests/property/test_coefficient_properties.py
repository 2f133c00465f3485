"""Coefficients, checks and statistics of runs of any order against a model that knows every packet: one sample at a time."""

import struct
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freefall.decode import Collector, Decoder, Summary
from unit.decode import packets
from unit.decode.climate import PARTS, climate_definition, climate_sample

CLIMATE = climate_definition(vibration=8)
STREAM = CLIMATE.stream("climate")

word = st.integers(0, 65535)
sample = st.tuples(word, word, st.integers(0, 127), st.sampled_from([0, 0, 0, 1]), st.sampled_from([0, 0, 0, 7]))
step = st.one_of(
    st.lists(sample, min_size=1, max_size=5),
    st.lists(sample, min_size=1, max_size=5),
    st.sampled_from(PARTS),
    st.just("boot"),
)


class Run:
    """The frames of a run, and what the model says of every sample that is sent and not lost."""

    def __init__(self, steps):
        self.frames = [packets.boot(CLIMATE)]
        self.told = []  # (boot, sample, coefficients when it came)
        self.first = {}  # of each boot
        boot, index, sequence, service, known = 0, 0, 0, 1, None
        for at, (what, lost) in enumerate(steps):
            time_us = 1000 + at * 100_000
            if what == "boot":
                boot, index, sequence, service, known = boot + 1, 0, 0, 1, None
                self.frames.append(packets.boot(CLIMATE, boot + 1))
            elif isinstance(what, bytes):
                if not lost:
                    known = what
                    self.first.setdefault(boot, what)
                    self.frames.append(packets.coefficients(CLIMATE, 2, what, service, time_us))
                service += 1
            else:
                if not lost:
                    self.told += [(boot, one, known) for one in what]
                    octets = [climate_sample(*one) for one in what]
                    self.frames.append(packets.given(STREAM, index, octets, time_us, sequence))
                index, sequence = index + len(what), sequence + 1

    def expected(self):
        """(temperature, pressure, level, invalid) of each sample; None for no value."""
        for boot, (temperature, pressure, level, fault, damage), known in self.told:
            coefficients = known or self.first.get(boot)
            degc = None
            if coefficients and not damage:
                gain, offset = struct.unpack(">Hh", coefficients)
                degc = temperature * gain / 1000 + offset
            pa = None if fault else 1 + 2 * pressure + pressure * pressure / 2
            mm = None if fault or level > 100 else level / 10 if level <= 10 else 1 + (level - 10) / 30
            yield degc, pa, mm, bool(fault or damage or not coefficients or level > 100)


@pytest.mark.parametrize("drains", [False, True], ids=["whole", "drained"])
@settings(deadline=None, max_examples=150)
@given(steps=st.lists(st.tuples(step, st.booleans()), max_size=25), data=st.data())
def test_every_sample_has_the_value_that_the_model_gives_it(drains, steps, data):
    run = Run(steps)
    decoder, collector, tables = Decoder(CLIMATE), Collector(CLIMATE), []
    for octets in [b"\0", *run.frames]:
        collector.add(decoder.feed(octets))
        if drains and data.draw(st.booleans()):
            tables.append(collector.drain()[2])
    tables.append(collector.drain(at_end=True)[2] if drains else collector.table("climate"))
    expected = list(run.expected())
    for name, values in zip(("temperature", "pressure", "level"), zip(*expected, strict=True), strict=False):
        found = np.concatenate([table.values[name] for table in tables])
        expect = np.array([np.nan if value is None else value for value in values])
        assert found == pytest.approx(expect, rel=1e-12, abs=1e-12, nan_ok=True)
    assert sum(map(len, tables)) == len(expected)
    assert np.concatenate([table.boot for table in tables]).tolist() == [boot for boot, _, _ in run.told]


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(step, st.booleans()), max_size=25))
def test_statistics_count_what_the_model_counts(steps):
    run = Run(steps)
    summary = Summary(CLIMATE)
    for octets in [b"\0", *run.frames]:
        summary.feed(octets)
    expected = list(run.expected())
    own = summary.statistics[2]
    assert own.samples == len(expected)
    assert own.invalid_samples == summary.metrics()["invalid"] == sum(invalid for *_, invalid in expected)
    assert own.invalid["word CRC"] == sum(one[4] > 0 for _, one, _ in run.told)
    assert own.invalid["fault flag"] == sum(one[3] for _, one, _ in run.told)
    for channel, values in zip(own.channels, zip(*expected, strict=True), strict=False):
        values = [value for value in values if value is not None]
        assert channel.count == len(values)
        if values:
            numbers = channel.mean, channel.least, channel.greatest
            assert numbers == pytest.approx((fmean(values), min(values), max(values)), rel=1e-9, abs=1e-9)
    pressures = [pressure for _, pressure, _, _ in expected if pressure is not None]
    assert own.channels[1].outside == {
        "watch": sum(not 0 <= pressure <= 50 for pressure in pressures),
        "critical": sum(not 0 <= pressure <= 200 for pressure in pressures),
    }


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(step, st.booleans()), max_size=12), st.lists(st.integers(0, 3000), max_size=10))
def test_items_are_the_same_however_such_a_run_is_cut(steps, cuts):
    packets.check_cuts(CLIMATE, b"\0" + b"".join(Run(steps).frames), cuts)
