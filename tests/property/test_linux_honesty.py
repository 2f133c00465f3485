"""Whatever keeps the loop of a Linux board from its work: the ledger closes, and no sample is dated as if it were another."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fake_linux.bench import MS, LinuxBench
from freefall.definition import parse_definition

_HEAD = """
[payload]
name = "late"
apid = 64
[link]
transport = "usb"
[bus.i2c1]
kind = "i2c"
scl = 7
sda = 6
freq_hz = 1000000
"""
_BY_EDGES = """
[sensor.accel]
driver = "adxl355"
bus = "i2c1"
address = 0x1D
range_g = 2
odr_hz = 1000
[stream.samples]
sensor = "accel"
trigger = "data_ready"
pin = 15
"""
_BY_TICKS = """
[sensor.heater]
driver = "ina219"
bus = "i2c1"
address = 0x40
shunt_ohm = 0.1
[stream.samples]
sensor = "heater"
trigger = "periodic"
rate_hz = 100.0
sample_times = true
"""
# When the loop is kept away after the last time, and how long, in us: from nothing to many samples.
_STALLS = st.lists(st.tuples(st.integers(1, 60_000), st.integers(1, 30_000)), min_size=1, max_size=8)


def kept_away(text, stalls, **adapter):
    """A run whose loop is kept away."""
    text = _HEAD.replace("1000000", str(adapter["freq_hz"])) + text
    with pytest.MonkeyPatch.context() as monkeypatch, tempfile.TemporaryDirectory() as state:
        bench = LinuxBench(parse_definition(text, "late.toml"), monkeypatch, Path(state), **adapter)
        with bench:
            bench.run(150 * MS)
            for after_us, long_us in stalls:
                bench.run(after_us * 1000)
                bench.time.take(long_us * 1000)
            bench.run(100 * MS).leave()
    return bench


def assert_accounted_for(bench):
    totals = bench.totals("samples")
    assert bench.decoder.ledger.closed, bench.decoder.ledger.reasons
    assert totals.lost == 0 and totals.seen == totals.taken + totals.bus_errors + totals.overruns
    assert len(bench.samples("samples")) == totals.taken > 0


@settings(max_examples=20, deadline=None)
@given(_STALLS)
def test_edge_of_each_sample_dates_it_or_it_is_counted_as_missing(stalls):
    bench = kept_away(_BY_EDGES, stalls, freq_hz=1_000_000)
    assert_accounted_for(bench)
    made_ns = {sample.raw: sample.time_ns for sample in bench.models[0].produced}
    assert len(made_ns) == len(bench.models[0].produced), "two samples look alike"
    times_ns = bench.collector.table("samples").time_ns
    # The on-board clock is behind the models' by the same for all.
    behind_ns = [made_ns[sample] - time_ns for sample, time_ns in zip(bench.samples("samples"), times_ns, strict=True)]
    assert max(behind_ns) - min(behind_ns) <= 1000


@settings(max_examples=20, deadline=None)
@given(_STALLS)
def test_tick_is_dated_when_it_is_served(stalls):
    bench = kept_away(_BY_TICKS, stalls, freq_hz=400_000)
    assert_accounted_for(bench)
    assert bench.totals("samples").gaps == 0
    samples, given = bench.samples("samples"), bench.models[0].read_out
    read = given[len(given) - len(samples) :]
    assert samples == [one.raw for one in read]
    times_ns = bench.collector.table("samples").time_ns
    # A read takes a quarter of a millisecond, and begins when its tick is served.
    behind_ns = [one.time_ns - time_ns for one, time_ns in zip(read, times_ns, strict=True)]
    assert max(behind_ns) - min(behind_ns) <= 1000
