"""The interrupt's half: each trigger has one outcome, counted; how long it took; when a failing sensor is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freefall_board.core.ring import Ring
from freefall_board.core.sampler import STOPPED, Sampler
from unit.firmware.parts import TICKS_MODULO, Ticks

_ASKED_EVERY = 32
_READ_US, _FAILED_READ_US = 300, 1000


class Bench:
    """A sampler on a ring, with a sensor that fails while `failing`."""

    def __init__(self, depth=1024, seen=0, start_us=0):
        self.ticks = Ticks(start_us)
        self.ring = Ring(depth, 2)
        self.sampler = Sampler(self.ring, self.read_into, self.ticks.now, self.ticks.diff)
        self.sampler.seen = self.sampler.taken = seen
        self.failing = False
        self.asked = []  # trigger numbers
        self.read_us = _READ_US

    def read_into(self, buf):
        self.asked.append((self.sampler.seen - 1) % TICKS_MODULO)
        if self.failing:
            self.ticks.true_us += _FAILED_READ_US
            raise OSError(110)
        self.ticks.true_us += self.read_us
        buf[:] = self.asked[-1].to_bytes(4, "big")[2:]

    def trigger(self, times=1):
        for _ in range(times):
            self.sampler.trigger(None)

    @property
    def counts(self):
        sampler = self.sampler
        return sampler.seen, sampler.taken, sampler.bus_errors, sampler.overruns


def test_sampler_takes_a_sample_with_its_number_and_the_time_of_its_trigger():
    bench = Bench(start_us=77)
    bench.trigger()
    bench.trigger()
    slots = [(bench.ring.numbers[i], bench.ring.stamps[i], bytes(bench.ring.slots[i])) for i in (0, 1)]
    assert slots == [(0, 77, b"\0\0"), (1, 77 + _READ_US, b"\0\1")]
    assert bench.counts == (2, 2, 0, 0)


def test_sampler_counts_a_failed_read_and_gives_its_slot_back():
    bench = Bench()
    bench.failing = True
    bench.trigger()
    bench.failing = False
    bench.trigger()
    assert bench.counts == (2, 1, 1, 0)
    assert (bench.ring.waiting(), bench.ring.numbers[0]) == (1, 1)


def test_sampler_counts_an_overrun_and_leaves_the_bus_and_the_ring_alone():
    bench = Bench(depth=2)
    bench.trigger(5)
    assert bench.counts == (5, 2, 0, 3)
    assert bench.asked == [0, 1]
    assert list(bench.ring.numbers) == [0, 1]


def test_longest_is_that_of_a_read():
    bench = Bench()
    bench.trigger()
    assert bench.sampler.longest_us == _READ_US
    bench.read_us = 10
    bench.trigger()
    assert bench.sampler.longest_us == _READ_US


def test_longest_is_that_of_a_failing_read():
    bench = Bench()
    bench.failing = True
    bench.trigger()
    assert bench.sampler.longest_us == _FAILED_READ_US


@pytest.mark.parametrize("state", ["full", "stopped"])
def test_longest_is_measured_where_no_read_is_made(state):
    bench = Bench(depth=1)
    if state == "stopped":
        bench.failing = True
        bench.trigger(4)
    else:
        bench.trigger()
    looks = iter((0, 5000))
    bench.sampler._ticks_us = lambda: next(looks)
    asked = len(bench.asked)
    bench.trigger()
    assert (bench.sampler.longest_us, len(bench.asked)) == (5000, asked)


def test_longest_is_right_where_the_tick_wraps():
    bench = Bench(start_us=TICKS_MODULO - 1)
    bench.trigger()
    assert bench.sampler.longest_us == _READ_US


def test_failing_sensor_is_asked_three_times_in_a_row_and_then_at_every_32nd_trigger():
    bench = Bench(seen=5)
    bench.failing = True
    bench.trigger(200)
    assert bench.asked == [5, 6, 7, *range(_ASKED_EVERY, 205, _ASKED_EVERY)]
    assert bench.sampler.errors_in_row == STOPPED == 3
    assert bench.counts == (205, 5, 200, 0)


def test_sensor_that_answers_again_is_asked_at_every_trigger_at_once():
    bench = Bench()
    bench.failing = True
    bench.trigger(40)
    bench.failing = False
    bench.trigger(26)  # triggers 40 to 65: the sensor is asked at 64
    assert bench.asked[-3:] == [32, 64, 65]
    assert (bench.sampler.taken, bench.sampler.errors_in_row) == (2, 0)


def test_one_good_read_forgets_two_failures():
    bench = Bench()
    for failing in (True, True, False, True, True):
        bench.failing = failing
        bench.trigger()
    assert (bench.sampler.errors_in_row, bench.asked) == (2, [0, 1, 2, 3, 4])


def test_fault_of_a_driver_is_not_swallowed():
    bench = Bench()
    bench.sampler._read_into = lambda buf: 1 // 0
    with pytest.raises(ZeroDivisionError):
        bench.trigger()


@pytest.mark.parametrize("counter", ["seen", "taken", "bus_errors", "overruns"])
def test_counter_wraps_at_2_to_the_30(counter):
    bench = Bench(depth=1)
    setattr(bench.sampler, counter, TICKS_MODULO - 1)
    if counter == "bus_errors":
        bench.failing = True
    if counter == "overruns":
        bench.trigger()
    bench.trigger()
    assert getattr(bench.sampler, counter) == 0


def test_counter_of_errors_not_asked_for_wraps_at_2_to_the_30():
    bench = Bench(seen=1)
    bench.failing = True
    bench.trigger(3)
    bench.sampler.bus_errors = TICKS_MODULO - 1
    bench.trigger()
    assert (bench.sampler.bus_errors, len(bench.asked)) == (0, 3)


@given(
    st.integers(0, TICKS_MODULO - 1) | st.integers(TICKS_MODULO - 60, TICKS_MODULO - 1),
    st.lists(st.sampled_from(["good", "failing", "release"]), max_size=150),
)
def test_every_trigger_has_one_outcome(seen, steps):
    bench = Bench(depth=4, seen=seen)
    triggers = 0
    for step in steps:
        if step == "release":
            if bench.ring.waiting():
                bench.ring.release()
            continue
        bench.failing = step == "failing"
        bench.trigger()
        triggers += 1
        now_seen, taken, bus_errors, overruns = bench.counts
        assert now_seen == (seen + triggers) % TICKS_MODULO
        assert (taken + bus_errors + overruns - now_seen) % TICKS_MODULO == 0
        assert all(0 <= count < TICKS_MODULO for count in bench.counts)
        assert bench.sampler.errors_in_row <= STOPPED
