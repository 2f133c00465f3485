"""Sampling a FIFO whose line rises once: nothing waits for an edge that cannot come, nothing is read that is not there."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from freefall_board.core import words as at
from freefall_board.core.rising import RisingSampler
from unit.firmware.fifo import EDGE, END, FifoBench
from unit.firmware.parts import TICKS_MODULO

_MS = 1000
_PERIOD_US = 250  # of the sensor in the bench; a read is four samples, 1000 us


def make_bench(**options):
    return FifoBench(sampler=RisingSampler, rises_once=True, **options)


def make_running(**options):
    """A bench that has sampled for 5 ms, and whose foreground has kept up."""
    bench = make_bench(**options)
    bench.arm()
    bench.run(5 * _MS)
    return bench


def check_exact(bench):
    """Every read has the number of its samples and the time of the last of them; what was lost is all that was counted."""
    bench.check()
    assert set(bench.numbering_errors()) == {0}
    assert set(bench.stamp_errors_us()) == {0}
    assert sum(bench.counts[2:]) == len(bench.sensor.lost)


def check_goes_on(bench):
    """It still samples, with all the reads that there are."""
    reads = len(bench.reads)
    bench.run(10 * _MS)
    assert len(bench.reads) >= reads + 9


@pytest.mark.parametrize("start_us", [0, TICKS_MODULO - 7 * _MS])
def test_every_rise_is_a_read(start_us):
    bench = make_bench(start_us=start_us)
    bench.arm()
    bench.run(20_500)
    check_exact(bench)
    assert bench.bus.begun == len(bench.reads) == 20


def test_line_that_rose_before_its_trigger_was_armed_is_read_when_resumed():
    bench = make_bench()
    bench.wait(1500)
    bench.arm()
    bench.run(5 * _MS)
    assert bench.reads == [], "there is no edge to come"
    bench.sampler.resume()
    bench.run(10 * _MS)
    check_goes_on(bench)
    bench.check()
    assert bench.stamp_errors_us()[-1] == 0


@pytest.mark.parametrize("stops_after", [-1, 0])
@pytest.mark.parametrize("for_us", [1500, 2200, 2900])
def test_failed_read_is_tried_again_though_its_line_is_low_and_loses_nothing(stops_after, for_us):
    bench = make_running()
    bench.bus.stops_after = stops_after
    bench.run(for_us)
    assert bench.sensor.level() == (stops_after == -1)
    bench.bus.stops_after = None
    bench.run(10 * _MS)
    check_exact(bench)
    assert bench.counts[2:] == (0, 0)
    check_goes_on(bench)


@pytest.mark.parametrize("hold_us", range(500, 4000, 125))
def test_read_held_back_by_a_full_ring_is_followed_by_those_that_no_edge_announces(hold_us):
    bench = make_running(depth=1, size=24)
    bench.wait(hold_us)
    bench.run(15 * _MS)
    check_exact(bench)
    assert bench.counts[2:] == (0, 0)
    check_goes_on(bench)


@pytest.mark.parametrize("wait_us", range(0, 2000, 50))
def test_read_that_waits_for_its_bus_is_followed_by_those_that_no_edge_announces(wait_us):
    bench = make_running(size=24, timeout_us=5000)
    bench.bus.wait_us = wait_us
    bench.run(1000)
    bench.bus.wait_us = 0
    bench.run(15 * _MS)
    check_exact(bench)
    assert bench.counts[2:] == (0, 0)
    check_goes_on(bench)


@pytest.mark.parametrize("sample_us", [50, 110, 180, 230])
def test_line_that_rises_during_a_read_is_no_sign_that_enough_is_there_after_it(sample_us):
    # Samples come in while others go out, and the FIFO may come to hold enough in the middle of the read.
    bench = make_bench(sample_us=sample_us, size=24, timeout_us=3000)
    rises = []
    bench.interrupts.handlers[EDGE] = lambda: (rises.append(bench.words[at.READING]), bench.sampler.trigger(None))
    for wait_us in range(0, 250, 10):
        bench.bus.wait_us = wait_us
        bench.run(2 * _MS)
    bench.bus.wait_us = 0
    check_exact(bench)
    assert bench.counts[2:] == (0, 0)
    assert 4 in rises, "or this tests nothing"
    check_goes_on(bench)


@pytest.mark.parametrize("popped", [1, 2, 3])
def test_samples_that_went_with_a_broken_off_read_are_told_by_the_next_edge(popped):
    bench = make_running(size=24)
    bench.bus.stops_after = popped
    while not bench.bus.broken_off:
        bench.run(100)
    bench.bus.stops_after = None
    bench.run(15 * _MS)
    bench.check()
    assert len(bench.bus.broken_off) == popped
    assert bench.counts[2:] == (popped, 0)
    # Until that edge, numbers and stamps lag by as many samples; from it on they are right again.
    lag = bench.numbering_errors()
    assert set(lag) == {0, -popped} and lag[-1] == 0
    assert bench.stamp_errors_us() == [error * _PERIOD_US for error in lag]
    check_goes_on(bench)


def test_broken_off_reads_in_a_row_never_empty_the_fifo():
    bench = make_running(size=24)
    bench.bus.stops_after = 3
    bench.run(40 * _MS)
    bench.bus.stops_after = None
    bench.run(20 * _MS)
    bench.check()
    assert len(bench.bus.broken_off) > 10
    assert (bench.numbering_errors()[-1], bench.stamp_errors_us()[-1]) == (0, 0)
    check_goes_on(bench)


@pytest.mark.parametrize("samples", range(1, 14))
def test_fifo_that_overflows_while_the_ring_is_full_is_overruns_to_the_sample(samples):
    bench = make_running()
    # The read under way and three more fill the ring, sixteen samples the FIFO.
    bench.wait((3 * 4 + 16 + samples) * _PERIOD_US)
    bench.run(15 * _MS)
    check_exact(bench)
    assert bench.counts[2:] == (0, samples)
    check_goes_on(bench)


@pytest.mark.parametrize("keeps_oldest", [False, True])
@pytest.mark.parametrize("hold_us", range(4000, 40_000, 1750))
def test_fifo_that_does_not_hold_two_reads_is_asked_for_no_more_than_it_has_after_it_was_full(hold_us, keeps_oldest):
    bench = make_running(watermark=17, size=32, depth=1, keeps_oldest=keeps_oldest)
    bench.run(20 * _MS)
    bench.wait(hold_us)
    bench.run(60 * _MS)
    bench.check()
    assert sum(bench.counts[2:]) == len(bench.sensor.lost)
    assert (bench.numbering_errors()[-1], bench.stamp_errors_us()[-1]) == (0, 0)
    reads = len(bench.reads)
    bench.run(10 * 17 * _PERIOD_US)
    assert len(bench.reads) >= reads + 9


def test_sensor_that_died_is_asked_for_no_more():
    bench = make_running()
    bench.run(500)
    bench.sensor.lose_all()
    bench.sensor._make = lambda: None
    begun = bench.bus.begun
    bench.run(50 * _MS)
    assert bench.bus.begun == begun


@pytest.mark.parametrize("percent", [97, 100, 103])
def test_sensor_whose_pace_is_off_loses_nothing_by_it(percent):
    bench = make_bench(watermark=17, size=32, true_period_us=_PERIOD_US * percent / 100, timeout_us=9000)
    bench.arm()
    for wait_us in (0, 2000, 0, 3000, 0):
        bench.bus.wait_us = wait_us
        bench.run(80 * _MS)
    bench.check()
    assert bench.counts[2:] == (0, 0)
    assert bench.ring.late() == 0


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([(1, 32), (4, 16), (4, 24), (5, 32), (17, 32)]),
    st.sampled_from([1, 2, 8]),
    st.sampled_from([20, 70, 110]),
    st.sampled_from([0, TICKS_MODULO - 9000, TICKS_MODULO - 20_000, TICKS_MODULO - 50_000]),
    st.lists(st.tuples(st.sampled_from(["run", "stall", "nak", "status", "break", "busy"]), st.integers(1, 60)), max_size=12),
    st.sampled_from([EDGE, END]),
)
# A FIFO of 32 reads overflows by one sample, and 150 periods later is still not empty enough for an edge.
@example((1, 32), 1, 110, 0, [("stall", 58), ("nak", 3), ("nak", 55)], EDGE)
def test_nothing_is_lost_but_what_is_counted(fifo, depth, sample_us, start_us, steps, first):
    watermark, size = fifo
    read_us = watermark * sample_us
    bench = make_bench(
        watermark=watermark, size=size, depth=depth, sample_us=sample_us, start_us=start_us, first=first,
        timeout_us=3 * read_us + 300,
    )  # fmt: skip
    bench.arm()
    read_periods_us = watermark * _PERIOD_US
    bench.run(8 * read_periods_us, every_us=50)
    stops_after = {"nak": -1, "status": 0, "break": watermark // 2}
    for action, quarters in steps:
        duration_us = quarters * read_periods_us // 4 // 50 * 50
        if action == "stall":
            bench.wait(duration_us)
            continue
        bench.bus.stops_after = stops_after.get(action)
        bench.bus.wait_us = read_us if action == "busy" else 0
        bench.run(duration_us, every_us=50)
        bench.bus.stops_after, bench.bus.wait_us = None, 0
        bench.run(4 * read_us + 500, every_us=50)
    # Long enough to catch up, and for an edge after that. A FIFO that may have overflowed is asked for what it surely holds: two
    # reads in the time of one, an eighth of it, a read and a pass of the foreground. At worst that makes eight periods for each
    # read that it held.
    bench.run((150 + 8 * (size // watermark)) * read_periods_us, every_us=50)
    bench.check()
    reads = len(bench.reads)
    bench.run(10 * read_periods_us, every_us=50)
    assert len(bench.reads) >= reads + 9
    if not bench.bus.broken_off:
        assert (bench.numbering_errors()[-1], bench.stamp_errors_us()[-1]) == (0, 0)
        assert sum(bench.counts[2:]) == len(bench.sensor.lost)
