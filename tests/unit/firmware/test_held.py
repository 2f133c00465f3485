"""Sampling by a line that holds: no failure silences it, and what was not read is numbered, dated and counted as it was made."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freefall_board.core import words as at
from unit.firmware.fifo import EDGE, END
from unit.firmware.held import PERIOD_US, HeldBench
from unit.firmware.parts import TICKS_MODULO

_MS = 1000


def make_running(**options):
    """A bench that has sampled for 5.3 ms, and whose foreground has kept up."""
    bench = HeldBench(**options)
    bench.arm()
    bench.run(5 * _MS + 300)
    return bench


def check_goes_on(bench):
    """It still samples, each sample that there is."""
    bench.run(4 * PERIOD_US)
    reads = len(bench.reads)
    bench.run(10 * PERIOD_US)
    assert len(bench.reads) == reads + 10
    assert bench.words[at.DUE] == 0


@pytest.mark.parametrize("start_us", [0, TICKS_MODULO - 7 * _MS])
@pytest.mark.parametrize("latency_us", [0, 8])
def test_edge_begins_a_read_whose_stamp_is_the_edges(latency_us, start_us):
    bench = HeldBench(start_us=start_us, latency_us=latency_us)
    bench.arm()

    def handled_late(level):
        if level:
            bench.clock.call_at(bench.clock.now_ns() + latency_us * 1000, lambda: bench.interrupts.request(EDGE))

    bench.sensor.line = handled_late
    bench.run(20_500)
    assert (bench.check_exact(), bench.counts[2:]) == ([], (0, 0))
    assert bench.bus.begun == len(bench.reads) == 20


def test_line_that_was_active_before_its_trigger_was_armed_is_read_by_a_look():
    bench = HeldBench()
    bench.wait(1500)
    bench.arm()
    bench.run(3 * _MS)
    assert bench.reads == [], "there is no edge to come"
    bench.look()
    bench.run(200)
    # Nobody knows when the first was made.
    assert bench.reads == [(0, 4500, 3)]
    check_goes_on(bench)
    assert [number for number, _, _ in bench.reads] == list(range(15))
    assert bench.counts[2:] == (0, 0)


@pytest.mark.parametrize("for_us", [100, 500, 850])
def test_read_that_fails_is_tried_again_and_costs_nothing_before_the_next_sample(for_us):
    bench = make_running()
    bench.run(600)
    bench.bus.fails = True
    bench.run(100 + for_us)
    assert bench.words[at.ERRORS_IN_ROW] > 0
    bench.bus.fails = False
    check_goes_on(bench)
    assert (bench.check_exact(), bench.counts[2:]) == ([], (0, 0))


@pytest.mark.parametrize("periods", [1, 2, 7, 400])
def test_samples_that_a_failing_part_never_gave_are_bus_errors_to_the_sample(periods):
    bench = make_running()
    bench.bus.fails = True
    bench.run(700 + periods * PERIOD_US)
    bench.bus.fails = False
    check_goes_on(bench)
    missing = bench.check_exact()
    assert bench.counts[2:] == (len(missing), 0)
    assert len(missing) == periods


def test_part_that_dies_with_its_line_active_is_tried_at_its_own_pace_of_numbers():
    bench = make_running()
    bench.bus.fails = True
    bench.run(50 * PERIOD_US)
    assert bench.bus.begun > 100, "it is tried in every pass"
    seen, taken, bus_errors, overruns = bench.counts
    assert (taken, overruns) == (5, 0)
    assert abs(bus_errors - 50) <= 1
    assert bench.words[at.ERRORS_IN_ROW] == 3


@pytest.mark.parametrize("hold_us", [3500, 4500, 9900, 40_000])
def test_samples_that_found_the_ring_full_are_overruns_to_the_sample_but_the_newest(hold_us):
    bench = make_running()
    bench.wait(hold_us)
    assert bench.ring.waiting() == min(4, hold_us // PERIOD_US)
    check_goes_on(bench)
    missing = bench.check_exact()
    assert bench.counts[2:] == (0, len(missing))
    assert len(missing) == max(0, (300 + hold_us) // PERIOD_US - 5)


@pytest.mark.parametrize("wait_us", [850, 880, 905, 930, 960])
def test_read_that_the_next_sample_overtakes_is_not_good_and_the_next_sample_is_read(wait_us):
    bench = make_running(timeout_us=5000)
    bench.bus.wait_us = wait_us
    bench.run(700)
    bench.bus.wait_us = 0
    check_goes_on(bench)
    missing = bench.check_exact()
    assert missing == ([] if wait_us + 100 <= PERIOD_US else [5])
    assert bench.counts[2:] == (len(missing), 0)


@pytest.mark.parametrize("wait_us", [1010, 1500, 2200])
def test_read_that_waits_for_its_bus_beyond_the_next_sample_is_not_taken_for_its_own(wait_us):
    # The line is active all the time: no edge says that the sample it gets is not the one that it was begun for.
    bench = make_running(timeout_us=5000)
    bench.bus.wait_us = wait_us
    bench.run(700)
    bench.bus.wait_us = 0
    bench.run(20 * PERIOD_US)
    missing = bench.check_exact()
    assert bench.counts[2:] == (len(missing), 0)
    assert 1 <= len(missing) <= 1 + wait_us // PERIOD_US
    check_goes_on(bench)


def test_read_that_hangs_takes_its_sample_with_it_and_the_next_edge_tells():
    bench = make_running()
    bench.bus.hangs = True
    bench.run(700)
    bench.bus.hangs = False
    bench.run(900)
    assert bench.sensor.level() == 0
    check_goes_on(bench)
    missing = bench.check_exact()
    assert bench.counts[2:] == (len(missing), 0) == (1, 0)


def test_sample_that_no_edge_announced_is_read_by_a_look():
    bench = make_running()
    bench.interrupts.handlers[EDGE] = lambda: None
    bench.wait(900)
    bench.arm()
    bench.look()
    check_goes_on(bench)
    assert (bench.check_exact(), bench.counts[2:]) == ([], (0, 0))


def test_samples_that_no_edge_announced_are_overruns_but_the_newest():
    bench = make_running()
    bench.interrupts.handlers[EDGE] = lambda: None
    bench.wait(3900)
    bench.arm()
    bench.look()
    check_goes_on(bench)
    assert (bench.check_exact(), bench.counts[2:]) == ([5, 6, 7], (0, 3))


def test_look_at_an_idle_line_does_nothing():
    bench = make_running()
    before = list(bench.words)
    for _ in range(10):
        bench.look()
    assert list(bench.words) == before


def test_due_sample_of_a_part_that_lost_its_power_keeps_nobody_busy():
    bench = make_running()
    bench.bus.hangs = True
    bench.run(700)
    bench.bus.hangs = False
    bench.sensor.makes = False
    bench.run(1500)
    assert bench.due(bench.ticks_us()) == 0
    assert bench.words[at.READING] == 0
    begun = bench.bus.begun
    bench.run(10 * PERIOD_US)
    bench.look()
    assert bench.bus.begun == begun


@pytest.mark.parametrize("percent", [97, 103])
def test_part_whose_pace_is_off_is_counted_by_its_own_pace(percent):
    bench = HeldBench(true_period_us=PERIOD_US * percent / 100)
    bench.arm()
    bench.run(100 * _MS)
    assert bench.counts[2:] == (0, 0)
    bench.bus.fails = True
    bench.run(40 * _MS)
    bench.bus.fails = False
    bench.run(20 * _MS)
    missing = bench.check()
    assert len(missing) >= 38
    assert sum(bench.counts[2:]) == len(missing)


@pytest.mark.parametrize("place", [at.SEEN, at.OVERRUNS, at.BUS_ERRORS, at.TAKEN])
def test_counters_wrap_at_2_to_the_30(place):
    bench = HeldBench()
    bench.words[place] = TICKS_MODULO - 2
    bench.arm()
    bench.run(5 * _MS)
    bench.wait(9 * _MS)
    bench.run(2 * _MS)
    bench.bus.fails = True
    bench.run(5 * _MS)
    bench.bus.fails = False
    bench.run(5 * _MS)
    assert all(0 <= count < TICKS_MODULO for count in bench.counts)
    assert bench.words[place] < 100


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([1, 2, 8]),
    st.sampled_from([20, 100, 400]),
    st.sampled_from([0, TICKS_MODULO - 9000, TICKS_MODULO - 20_000, TICKS_MODULO - 50_000]),
    st.lists(st.tuples(st.sampled_from(["run", "stall", "fail", "hang", "busy"]), st.integers(1, 60)), max_size=12),
    st.sampled_from([EDGE, END]),
)
def test_stream_goes_on_and_every_sample_has_its_number_and_its_time_whatever_happened(depth, read_us, start_us, steps, first):
    bench = HeldBench(depth, read_us=read_us, start_us=start_us, first=first, timeout_us=2500)
    bench.arm()
    bench.run(8 * PERIOD_US, every_us=50)
    for action, quarters in steps:
        duration_us = quarters * PERIOD_US // 4
        if action == "stall":
            bench.wait(duration_us)
            continue
        bench.bus.fails, bench.bus.hangs = action == "fail", action == "hang"
        bench.bus.wait_us = 1700 if action == "busy" else 0
        bench.run(duration_us, every_us=50)
        bench.bus.fails = bench.bus.hangs = False
        bench.bus.wait_us = 0
        bench.run(5 * PERIOD_US, every_us=50)
    bench.run(20 * PERIOD_US, every_us=50)
    bench.check_exact()
    reads = len(bench.reads)
    bench.run(10 * PERIOD_US, every_us=50)
    assert len(bench.reads) == reads + 10
