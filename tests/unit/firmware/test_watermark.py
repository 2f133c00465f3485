"""Sampling a FIFO by its level: stamps, reads one after the other, held back and tried again; what is lost is counted exactly."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freefall_board.core import words as at
from unit.firmware.fifo import EDGE, END, FifoBench
from unit.firmware.parts import TICKS_MODULO

_MS = 1000
_PERIOD_US = 250  # of the sensor in the bench; a read is four samples, 1000 us


def make_running(**options):
    """A bench that has sampled for 5 ms, and whose foreground has kept up."""
    bench = FifoBench(**options)
    bench.arm()
    bench.run(5 * _MS)
    return bench


def check_exact(bench):
    """Every read has the number of its samples and the time of the last of them; what was lost is all that was counted."""
    bench.check()
    assert set(bench.numbering_errors()) == {0}
    assert set(bench.stamp_errors_us()) == {0}
    missing = len(bench.sensor.lost) + len(bench.bus.broken_off)
    assert sum(bench.counts[2:]) == missing


@pytest.mark.parametrize("start_us", [0, TICKS_MODULO - 7 * _MS])
@pytest.mark.parametrize("latency_us", [0, 8])
def test_edge_begins_a_read_whose_stamp_is_the_edges(latency_us, start_us):
    bench = FifoBench(start_us=start_us, latency_us=latency_us)
    bench.arm()

    def handled_late(level):
        # As late as the port says.
        if level:
            bench.clock.call_at(bench.clock.now_ns() + latency_us * 1000, lambda: bench.interrupts.request(EDGE))

    bench.sensor.line = handled_late
    bench.run(20_500)
    check_exact(bench)
    assert bench.bus.begun == len(bench.reads) == 20
    assert bench.counts[2:] == (0, 0)


def test_level_still_high_after_a_read_begins_the_next_one_read_later():
    bench = make_running(timeout_us=5000)
    edges = []
    bench.interrupts.handlers[EDGE] = lambda: (edges.append(bench.ticks_us()), bench.sampler.trigger(None))
    bench.bus.wait_us = 2600  # somebody else has the bus
    bench.run(1000)
    bench.bus.wait_us = 0
    bench.run(4500)
    check_exact(bench)
    assert bench.counts[2:] == (0, 0)
    assert edges == [6000, 9000, 10_000], "none for the reads between"
    assert [stamp for _, stamp, _ in bench.reads[-5:]] == [6000, 7000, 8000, 9000, 10_000]


@pytest.mark.parametrize(("wait_us", "sees_one"), [(0, False), (20, False), (60, True), (130, True), (150, False), (240, True)])
def test_edge_during_a_read_is_none(wait_us, sees_one):
    # So slow a read lets samples in while it takes others out, and the line rises in the middle of it.
    bench = FifoBench(sample_us=110)
    bench.bus.wait_us = wait_us
    during = []
    bench.interrupts.handlers[EDGE] = lambda: (during.append(bench.words[at.READING]), bench.sampler.trigger(None))
    bench.run(50 * _MS)
    check_exact(bench)
    assert bench.counts[2:] == (0, 0)
    assert (4 in during) == sees_one


def test_ring_without_room_holds_the_read_back_and_loses_nothing():
    bench = make_running()
    bench.wait(4 * 1000 + 2000)  # the ring is full, and two reads wait in the FIFO
    begun = bench.bus.begun
    assert (bench.ring.waiting(), bench.words[at.DUE], bench.words[at.READING]) == (4, 1, 0)
    bench.wait(500)
    assert bench.bus.begun == begun
    bench.run(10 * _MS)
    check_exact(bench)
    assert bench.counts[2:] == (0, 0)


@pytest.mark.parametrize("samples", range(1, 14))
def test_fifo_that_overflows_while_the_ring_is_full_is_overruns_to_the_sample(samples):
    bench = make_running()
    # The read under way and three more fill the ring, sixteen samples the FIFO.
    bench.wait((3 * 4 + 16 + samples) * _PERIOD_US)
    bench.run(10 * _MS)
    check_exact(bench)
    assert bench.counts[2:] == (0, samples)
    assert bench.ring.late() == 0


def test_overflow_of_minutes_is_counted_as_it_grows():
    bench = make_running()
    bench.wait(16 * _PERIOD_US)
    for _ in range(100):
        bench.wait(3_000_000)
        bench.sampler.resume()  # the ring is full: nothing can be begun
    bench.run(10 * _MS)
    check_exact(bench)
    assert bench.counts[3] > 1_000_000
    assert bench.words[at.GOOD_STAMP] == bench.reads[-1][1]


@pytest.mark.parametrize("for_us", [1500, 2200, 2900])
def test_failed_read_is_tried_again_and_loses_neither_samples_nor_numbers(for_us):
    bench = make_running()
    bench.bus.stops_after = 0
    bench.run(for_us)
    bench.bus.stops_after = None
    bench.run(10 * _MS)
    check_exact(bench)
    assert bench.counts[2:] == (0, 0)
    assert bench.bus.begun > len(bench.reads) + 1


def test_failed_reads_are_errors_in_a_row_and_interrupts_for_whoever_watches():
    bench = make_running()
    bench.bus.stops_after = 0
    found = []
    changes = bench.sampler.changes()
    while len(found) < 5:
        begun = bench.bus.begun
        bench.run(100)
        if bench.bus.begun > begun and bench.sampler.errors_in_row():
            found.append(bench.sampler.errors_in_row())
    assert found == [1, 2, 3, 3, 3]
    assert bench.sampler.changes() >= changes + 10
    bench.bus.stops_after = None
    bench.run(5 * _MS)
    assert bench.sampler.errors_in_row() == 0


@pytest.mark.parametrize("samples", [1, 5, 40, 4000])
def test_fifo_that_overflows_while_reads_fail_is_bus_errors_to_the_sample(samples):
    bench = make_running()
    bench.bus.stops_after = 0
    # The reads under way and tried again hold 16 samples in the FIFO.
    bench.run(100)
    while len(bench.sensor.lost) < samples:
        bench.run(50, every_us=50)
    bench.bus.stops_after = None
    bench.run(10 * _MS)
    check_exact(bench)
    assert bench.counts[2:] == (len(bench.sensor.lost), 0)


@pytest.mark.parametrize("popped", [1, 2, 3])
def test_samples_that_went_with_a_broken_off_read_are_told_by_the_next_edge(popped):
    bench = make_running()
    bench.bus.stops_after = popped
    bench.run(300)
    while not bench.bus.broken_off:
        bench.run(100)
    bench.bus.stops_after = None
    bench.run(10 * _MS)
    bench.check()
    assert len(bench.bus.broken_off) == popped
    assert bench.counts[2:] == (popped, 0)
    # Until that edge, numbers and stamps lag by as many samples; from it on they are right again.
    lag = bench.numbering_errors()
    first, last = lag.index(-popped), len(lag) - lag[::-1].index(-popped)
    assert lag == [0] * first + [-popped] * (last - first) + [0] * (len(lag) - last)
    assert bench.stamp_errors_us() == [error * _PERIOD_US for error in lag]
    assert 1 <= last - first <= 3


@pytest.mark.parametrize("lost", [1, 2, 3, 9])
def test_fifo_that_overflows_while_a_read_waits_for_its_bus_is_told_by_the_next_edge(lost):
    bench = make_running(timeout_us=50 * _MS)
    bench.bus.wait_us = (12 + lost) * _PERIOD_US + 100
    bench.run(1000)
    bench.bus.wait_us = 0
    bench.run(15 * _MS)
    bench.check()
    assert len(bench.sensor.lost) == lost
    assert bench.counts[2:] == (0, lost)
    assert (bench.numbering_errors()[-1], bench.stamp_errors_us()[-1]) == (0, 0)


def test_line_that_rose_before_its_trigger_was_armed_is_read_when_resumed():
    bench = FifoBench()
    bench.wait(1500)
    bench.arm()
    bench.run(5 * _MS)
    assert bench.reads == [], "there is no edge to come"
    bench.sampler.resume()
    bench.run(10 * _MS)
    bench.check()
    errors = bench.stamp_errors_us()
    assert errors[-1] == 0
    assert bench.counts[0] == bench.counts[1] + bench.words[at.READING], "what was before the first read is nobody's loss"


def test_line_that_has_no_new_edge_and_nobody_noted_is_read_when_resumed():
    bench = make_running()
    bench.interrupts.handlers[EDGE] = lambda: None
    bench.wait(1500)
    bench.arm()
    bench.sampler.resume()
    bench.run(5 * _MS)
    check_exact(bench)


def test_sensor_that_makes_nothing_for_a_while_is_missed_at_its_next_edge():
    bench = make_running()
    produced = len(bench.sensor.made_us)
    level, bench.sensor.line = bench.sensor.line, lambda level: None
    bench.run(10 * _MS)
    bench.sensor.line = level
    bench.sensor.lose_all()
    bench.run(10 * _MS)
    bench.check()
    assert produced < bench.reads[-1][2][0]
    assert bench.counts[3] == len(bench.sensor.lost)
    assert set(bench.numbering_errors()) == {0}


@pytest.mark.parametrize("percent", [97, 100, 103])
def test_sensor_whose_pace_is_off_loses_nothing_by_it(percent):
    bench = FifoBench(watermark=25, size=32, true_period_us=_PERIOD_US * percent / 100)
    bench.arm()
    bench.run(400 * _MS)
    bench.check()
    assert bench.counts[2:] == (0, 0)
    assert bench.ring.late() == 0
    assert abs(bench.words[at.INTERVAL] / 8 - 25 * _PERIOD_US * percent / 100) < 2


@pytest.mark.parametrize("percent", [97, 103])
def test_overflow_of_a_sensor_whose_pace_is_off_is_counted_once_its_pace_is_known(percent):
    bench = FifoBench(watermark=25, size=32, depth=4, true_period_us=_PERIOD_US * percent / 100)
    bench.arm()
    bench.run(400 * _MS)
    bench.wait(60 * _MS)
    bench.run(50 * _MS)
    bench.check()
    assert bench.counts[3] == len(bench.sensor.lost) > 90
    assert bench.numbering_errors()[-1] == 0


@pytest.mark.parametrize("place", [at.SEEN, at.OVERRUNS, at.TAKEN])
def test_counters_wrap_at_2_to_the_30(place):
    bench = FifoBench()
    bench.words[place] = TICKS_MODULO - 2
    bench.arm()
    bench.run(5 * _MS)
    bench.wait(40 * _PERIOD_US)
    bench.run(5 * _MS)
    assert all(0 <= count < TICKS_MODULO for count in bench.counts)
    if place == at.SEEN:
        assert set(bench.numbering_errors()) == {0}
    assert bench.words[place] < 100


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([(4, 16), (1, 8), (5, 32), (25, 32)]),
    st.sampled_from([1, 2, 8]),
    st.sampled_from([20, 70, 110]),
    st.sampled_from([0, TICKS_MODULO - 9000, TICKS_MODULO - 20_000, TICKS_MODULO - 50_000]),
    st.lists(st.tuples(st.sampled_from(["run", "stall", "nak", "break"]), st.integers(1, 60)), max_size=12),
    st.sampled_from([EDGE, END]),
)
def test_nothing_is_lost_but_what_is_counted(fifo, depth, sample_us, start_us, steps, first):
    watermark, size = fifo
    read_us = watermark * sample_us
    bench = FifoBench(watermark, size, depth, sample_us=sample_us, start_us=start_us, timeout_us=read_us + 300, first=first)
    bench.arm()
    read_periods_us = watermark * _PERIOD_US
    bench.run(8 * read_periods_us, every_us=50)
    for action, quarters in steps:
        duration_us = quarters * read_periods_us // 4 // 50 * 50
        if action == "stall":
            bench.wait(duration_us)
            continue
        if action != "run":
            bench.bus.stops_after = 0 if action == "nak" else watermark // 2
        bench.run(duration_us, every_us=50)
        bench.bus.stops_after = None
        bench.run(4 * read_us + 500, every_us=50)
    # Long enough to catch up, and for an edge after that.
    bench.run(150 * read_periods_us, every_us=50)
    bench.check()
    if not bench.bus.broken_off:
        assert (bench.numbering_errors()[-1], bench.stamp_errors_us()[-1]) == (0, 0)
        assert sum(bench.counts[2:]) == len(bench.sensor.lost)
