"""Across the limits of the microsecond timer: ticks_us() wraps every 2^30, and from 2^31 on its signed word is negative."""

import pytest

pytestmark = pytest.mark.emulated

# The limit is passed 0.7 s after power-up, about 0.2 s after sampling has begun.
AHEAD_US = 700_000
LIMITS = {"2^30": 2**30, "2^31": 2**31, "2^32": 2**32}

SHAKING = """
[bus.i2c0]
kind = "i2c"
scl = 5
sda = 4
freq_hz = 1000000

[sensor.frame]
driver = "adxl355"
bus = "i2c0"
address = 0x1D
range_g = 2
odr_hz = 1000

[stream.frame]
sensor = "frame"
trigger = "data_ready"
pin = 14
max_latency_ms = 50

[stream.jitter]
"""
CHANGES = (
    ("[bus.spi0]", "[housekeeping]\nperiod_ms = 100\n\n[bus.spi0]"),
    ("odr_hz = 4000", "odr_hz = 1000"),
    ("[stream.jitter]", SHAKING),
    ("rate_hz = 1.0                   #", "rate_hz = 100.0 #"),
    ("rate_hz = 1.0", "rate_hz = 8.0"),
)


@pytest.fixture(scope="module", params=LIMITS)
def run(request, image, jitter):
    """The jitter payload with an accelerometer by data-ready beside it, across one of the limits."""
    from emulated.payload_bench import PayloadBench, edited

    timer_us = LIMITS[request.param] - AHEAD_US
    # So far apart, the edges of one come at any moment of the other's interrupts.
    errors_ppm = {"accel": 20.0, "frame": 3000.0}
    bench = PayloadBench(
        edited(jitter, *CHANGES), image.path, timer_us=timer_us, symbols=image.symbols, rate_errors_ppm=errors_ppm
    )
    bench.start()
    assert bench.board.now_ns() < 1000 * AHEAD_US
    bench.run_to(800)
    assert bench.board.now_ns() > 1000 * AHEAD_US + 200_000_000
    return bench


def test_no_sample_is_lost_across_the_limit(run):
    for stream in ("jitter", "frame", "radiation", "temperature"):
        totals = run.totals(stream)
        assert (totals.bus_errors, totals.overruns, totals.late, totals.gaps, totals.lost) == (0, 0, 0, 0, 0), stream
        assert totals.seen == totals.taken > 0
    assert run.decoder.ledger.closed, run.decoder.ledger.reasons
    for stream, at_least in (("jitter", 400), ("frame", 400)):
        samples, made = run.samples(stream), run.made(stream)
        assert len(samples) >= at_least
        assert [raw[:2] for raw in samples.values()] == [sample.raw[:2] for sample in made[: len(samples)]]


def test_times_go_on_across_the_limit(run):
    assert run.stamps_off_hardware("jitter", run.made("jitter")[24:]) == {}
    made = run.made("frame")
    errors = {stamp - run.us(made[index].time_ns) for index, stamp in run.stamps_us("frame").items()}
    assert min(errors) >= -1 and max(errors) <= 150
    # By the wire: on-board time is told in seconds since boot, and never goes back.
    for stream in ("jitter", "frame"):
        table = run.collector.table(stream)
        steps_ns = table.time_ns[1:] - table.time_ns[:-1]
        assert min(steps_ns) >= 800_000 and max(steps_ns) <= 1_200_000
    reports = [item.time_ns for item in run.items if hasattr(item, "longest_pass_us")]
    assert reports == sorted(reports) and len(reports) >= 5
    assert run.decoder.ledger.stream("frame").longest_read_us < 1000


def test_allocator_is_never_called_on_either_side(run):
    assert run.allocator_calls() == []
