"""The ring against a deque: what is taken together, what is late, the smoothed interval, and when somebody should come for it."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from freefall_board.core import words as at
from freefall_board.core.ring import Ring, due_handler, ring_for
from freefall_board.core.timed_ring import TimedRing
from unit.firmware.parts import TICKS_MODULO, store

_PERIOD_US = 1000
_NEIGHBOURS = b"\xee" * 5


def take(ring, most):
    """Up to `most` reads as octets, taken to the middle of a buffer whose neighbours must stay as they are."""
    room = most * ring.read_len
    buf = bytearray(_NEIGHBOURS + bytes(room) + _NEIGHBOURS)
    taken = ring.take(buf, len(_NEIGHBOURS), most)
    stop = len(_NEIGHBOURS) + taken * ring.read_len
    assert buf[: len(_NEIGHBOURS)] == _NEIGHBOURS
    assert buf[stop:] == bytes(room - taken * ring.read_len) + _NEIGHBOURS
    return bytes(buf[len(_NEIGHBOURS) : stop])


class RingAgainstDeque(RuleBasedStateMachine):
    """Producer and consumer in any order; the model holds (number, time, octets) and knows no modulo."""

    @initialize(
        depth=st.sampled_from([1, 2, 4, 8]),
        step=st.sampled_from([1, 2, 5]),
        number=st.sampled_from([0, TICKS_MODULO - 9]),
        time=st.sampled_from([0, TICKS_MODULO - 2500]),
    )
    def build(self, depth, step, number, time):
        self.depth, self.step = depth, step
        self.ring = Ring(depth, 3, step, _PERIOD_US)
        self.model = deque()
        self.number, self.time = number, time
        self.last = None  # (number, time) of the read taken last
        self.late = 0
        self.count = 0

    @rule(missed=st.sampled_from([0, 0, 0, 1, 4, 7]), more_us=st.sampled_from([0, 0, -30, 499, 501, -499, -501, 3000]))
    def produce(self, missed, more_us):
        """The next read, with `missed` samples between it and the one before, and so much later or earlier than that."""
        if len(self.model) == self.depth:
            assert self.ring.waiting() == self.depth
            return
        self.number += self.step + missed
        self.time += (self.step + missed) * _PERIOD_US + more_us * self.step
        self.count += 1
        octets = self.count.to_bytes(3, "big") * self.step
        store(self.ring, self.number, self.time, octets)
        self.model.append((self.number, self.time, octets))

    @rule(most=st.integers(1, 9))
    def consume(self, most):
        taken = b""
        for i in range(min(most, len(self.model))):
            number, time, octets = self.model[0]
            if self.last:
                behind, elapsed = number - self.last[0], time - self.last[1]
                # By the definition: the time that so many samples take, and half of a read's.
                late = elapsed > behind * _PERIOD_US + self.step * _PERIOD_US // 2
                early = elapsed < behind * _PERIOD_US - self.step * _PERIOD_US // 2
                if i and (late or early or behind != self.step):
                    break
                self.late += late
            self.last = number, time
            taken += octets
            self.model.popleft()
        assert take(self.ring, most) == taken

    @precondition(lambda self: self.model)
    @invariant()
    def oldest_agrees(self):
        number, time, _ = self.model[0]
        assert self.ring.oldest_number() == number % TICKS_MODULO
        if self.step == 1:
            assert self.ring.oldest_stamp() == time % TICKS_MODULO

    @invariant()
    def agrees(self):
        assert self.ring.waiting() == self.ring.waiting_at(self.ring.words[at.HEAD]) == len(self.model)
        assert self.ring.late() == self.late


TestRingAgainstDeque = RingAgainstDeque.TestCase


@pytest.mark.parametrize("depth", [0, -1, 3, 6, 1023])
def test_ring_refuses_a_depth_that_is_no_power_of_two_and_names_it(depth):
    with pytest.raises(ValueError, match=f"power of two, not {depth}$"):
        Ring(depth, 2, 1, _PERIOD_US)


@pytest.mark.parametrize("depth", [1, 2, 1024])
def test_ring_holds_exactly_its_depth(depth):
    ring = Ring(depth, 1, 1, _PERIOD_US)
    for number in range(depth):
        assert ring.waiting() == number
        store(ring, number, 0, b"\0")
    assert ring.waiting() == depth


@pytest.mark.parametrize("step", [1, 3])
def test_head_of_a_read_is_not_taken(step):
    ring = Ring(2, 2, step, _PERIOD_US, head_len=3)
    assert (ring.read_len, len(ring.octets)) == (3 + 2 * step, 2 * (3 + 2 * step))
    for number in range(2):
        store(ring, number * step, number * step * _PERIOD_US, b"\xee" * 3 + bytes((number, 7)) * step)
    assert ring.take(target := bytearray(2 * 2 * step + 1), 0, 2) == 2
    assert target == bytes((0, 7)) * step + bytes((1, 7)) * step + b"\0"


def test_late_counter_wraps_at_2_to_the_30():
    ring = Ring(2, 1, 1, _PERIOD_US)
    ring.words[at.LATE] = TICKS_MODULO - 1
    store(ring, 0, 0, b"a")
    store(ring, 1, 2000, b"b")
    assert (take(ring, 2), take(ring, 2), ring.late()) == (b"a", b"b", 0)


# What can be judged: 268 s of ticks, which are as many periods as fit.


@pytest.mark.parametrize(("missed_s", "late"), [(268, 1), (269, 0)])
def test_gap_too_long_for_its_ticks_to_tell_is_not_called_late(missed_s, late):
    ring = Ring(2, 1, 1, 1_000_000)
    store(ring, 0, 0, b"a")
    store(ring, missed_s, (missed_s + 1) * 1_000_000, b"b")
    take(ring, 1)
    assert (take(ring, 1), ring.late()) == (b"b", late)


# Interval


@given(
    st.sampled_from([1, 4, 25]),
    st.integers(200, 10_000),
    st.lists(st.tuples(st.integers(-40, 40), st.sampled_from([0, 0, 0, 2, 30])), max_size=30),
)
def test_interval_is_smoothed_over_reads_that_follow_each_other(step, period_us, reads):
    ring = Ring(1, 1, step, period_us)
    read_us = step * period_us
    eighths = 8 * read_us
    assert ring.words[at.INTERVAL] == eighths
    number = time = 0
    store(ring, 0, 0, bytes(step))
    take(ring, 1)
    for per_mille, missed in reads:
        number += step + missed
        elapsed = read_us * (1000 + per_mille) // 1000 + missed * period_us
        time += elapsed
        store(ring, number, time, bytes(step))
        take(ring, 1)
        if not missed:
            eighths += elapsed - eighths // 8
        assert ring.words[at.INTERVAL] == eighths


def test_late_read_does_not_count_for_the_interval():
    ring = Ring(1, 1, 1, _PERIOD_US)
    for number, time in enumerate((0, 1000, 2501)):
        store(ring, number, time, b"a")
        take(ring, 1)
    assert (ring.late(), ring.words[at.INTERVAL]) == (1, 8 * _PERIOD_US)


@pytest.mark.parametrize("step", [2, 25])
@pytest.mark.parametrize("percent", [98, 100, 103])
def test_first_sample_of_a_read_is_dated_back_at_the_sensors_own_pace(percent, step):
    read_us = step * _PERIOD_US * percent // 100
    ring = Ring(1, 1, step, _PERIOD_US)
    for count in range(1, 81):
        stamp = TICKS_MODULO - 700_000 + count * read_us
        store(ring, count * step, stamp, bytes(step))
        true = stamp - read_us + read_us // step
        error_us = (ring.oldest_stamp() - true + TICKS_MODULO // 2) % TICKS_MODULO - TICKS_MODULO // 2
        # At first the sensor's data sheet is all that is known of its pace.
        limit_us = (step - 1) * _PERIOD_US * abs(percent - 100) / 100 + 1 if count < 60 else 2
        assert abs(error_us) <= limit_us
        take(ring, 1)


def test_read_much_too_early_does_not_count_for_the_interval():
    ring = Ring(1, 1, 1, _PERIOD_US)
    for number, time in enumerate((0, 1000, 1499)):
        store(ring, number, time, b"a")
        take(ring, 1)
    assert (ring.late(), ring.words[at.INTERVAL]) == (0, 8 * _PERIOD_US)


# Samples with their own times


def take_timed(ring, most):
    """[(offset in us, octets)] of up to `most` samples."""
    size = 4 + ring.sample_len
    buf = bytearray(_NEIGHBOURS + bytes(most * size) + _NEIGHBOURS)
    taken = ring.take(buf, len(_NEIGHBOURS), most)
    stop = len(_NEIGHBOURS) + taken * size
    assert (buf[: len(_NEIGHBOURS)], buf[stop:]) == (_NEIGHBOURS, bytes((most - taken) * size) + _NEIGHBOURS)
    samples = [bytes(buf[i : i + size]) for i in range(len(_NEIGHBOURS), stop, size)]
    return [(int.from_bytes(sample[:4], "big"), sample[4:]) for sample in samples]


def make_timed(times, numbers=None, start_us=0, period_us=_PERIOD_US):
    """A ring of samples at these times."""
    ring = TimedRing(16, 1, 1, period_us)
    for count, time in enumerate(times):
        store(ring, numbers[count] if numbers else count, start_us + time, bytes((count,)))
    return ring


@pytest.mark.parametrize("start_us", [0, TICKS_MODULO - 1500])
def test_sample_comes_after_its_time_since_the_first_whenever_it_came(start_us):
    ring = make_timed([1000, 2000, 2003, 10_000_000, 60_001_000], start_us=start_us)
    offsets = [0, 1000, 1003, 9_999_000, 60_000_000]
    assert take_timed(ring, 5) == [(offset, bytes((count,))) for count, offset in enumerate(offsets)]


def test_samples_are_taken_together_as_far_as_their_numbers_follow_each_other():
    ring = make_timed([1000, 2000, 5000, 6000], numbers=[5, 6, 9, 10])
    assert take_timed(ring, 9) == [(0, b"\0"), (1000, b"\1")]
    assert take_timed(ring, 9) == [(0, b"\2"), (1000, b"\3")]
    assert ring.late() == 0


def test_time_too_far_from_the_first_begins_another_packet():
    ring = make_timed([0, 0x03FFFFFF, 0x04000000])
    assert take_timed(ring, 9) == [(0, b"\0"), (0x03FFFFFF, b"\1")]
    assert take_timed(ring, 9) == [(0, b"\2")]


def test_sample_that_is_older_than_the_first_begins_another_packet():
    ring = make_timed([1000, 2000, 1500, 999])
    assert take_timed(ring, 9) == [(0, b"\0"), (1000, b"\1"), (500, b"\2")]
    assert take_timed(ring, 9) == [(0, b"\3")]


def test_late_samples_are_counted_once_and_end_nothing():
    ring = make_timed([1000, 2000, 3501, 4000, 6000], numbers=[0, 1, 2, 3, 5])
    assert len(take_timed(ring, 2)) == 2
    assert ring.late() == 0
    assert [offset for offset, _ in take_timed(ring, 9)] == [0, 499]
    assert ring.late() == 1
    assert take_timed(ring, 9) == [(0, b"\4")]
    assert ring.late() == 1


def test_pace_of_timed_samples_is_smoothed_over_those_that_came_when_they_should():
    ring = make_timed([1000, 1980, 2960, 4460, 4470, 5450])
    take_timed(ring, 9)
    eighths = 8 * _PERIOD_US
    for elapsed in (980, 980, 1500, 980):
        eighths += elapsed - eighths // 8
    assert ring.words[at.INTERVAL] == eighths


def test_head_of_a_timed_sample_is_not_taken():
    ring = TimedRing(2, 1, 1, _PERIOD_US, head_len=2)
    store(ring, 0, 5, b"\xee\xeea")
    store(ring, 1, 9, b"\xee\xeeb")
    assert take_timed(ring, 2) == [(0, b"a"), (4, b"b")]


def make_plan(kind="data_ready", times=False):
    return {
        "ring_depth": 8, "sample_len": 9, "samples_per_read": 1, "period_us": 2000, "sample_times": times,
        "trigger": {"kind": kind},
    }  # fmt: skip


def test_ring_is_of_the_kind_that_its_plan_asks_for():
    ring, timed = ring_for(make_plan(), 2), ring_for(make_plan(times=True), 2)
    assert [type(ring), type(timed)] == [Ring, TimedRing]
    assert [(r.depth, r.sample_len, r.read_len, r.words[at.PERIOD_US]) for r in (ring, timed)] == [
        (8, 9, 11, 2000), (8, 5, 7, 2000),
    ]  # fmt: skip


def test_pulses_are_never_late():
    ring = ring_for(make_plan("pulse", True), 0)
    for number, time in enumerate((0, 1, 50_000_000)):
        store(ring, number, time, bytes(5))
    assert len(take_timed(ring, 9)) == 3
    assert ring.late() == 0


# due


def make_due(depth=8, reads=3, max_latency_us=500):
    """A ring whose reads are stored at tick `time`, and its due(now)."""
    ring = Ring(depth, 1, 1, _PERIOD_US)
    return ring, due_handler(ring.words, reads, max_latency_us)


@pytest.mark.parametrize(("depth", "reads", "first"), [(64, 3, 3), (8, 7, 4), (2, 9, 1), (1, 1, 1)])
def test_due_when_a_packet_is_full_or_the_ring_half_full(depth, reads, first):
    ring, due = make_due(depth, reads)
    waiting = []
    for number in range(depth):
        store(ring, number, 0, b"a")
        waiting.append(due(0))
    assert waiting == [int(number + 1 >= first) for number in range(depth)]


@pytest.mark.parametrize("before", [0, 1, 3, 13])
@pytest.mark.parametrize("stamp", [0, 1000, TICKS_MODULO - 1, TICKS_MODULO - 300, TICKS_MODULO // 2])
def test_due_when_the_oldest_is_as_old_as_the_latency(stamp, before):
    ring, due = make_due()
    for number in range(before):
        store(ring, number, stamp - 100_000, b"a")
        take(ring, 1)
    store(ring, before, stamp, b"a")
    store(ring, before + 1, stamp + 400, b"b")
    found = [due((stamp + age) % TICKS_MODULO) for age in (0, 499, 500, 501, 100_000, TICKS_MODULO // 2 - 1)]
    assert found == [0, 0, 1, 1, 1, 1]


def test_due_is_not_misled_by_a_stamp_newer_than_now():
    ring, due = make_due()
    store(ring, 0, 1000, b"a")
    assert due(999) == due(1000 - 100_000_000) == 0


def test_nothing_is_due_of_an_empty_ring():
    ring, due = make_due(depth=1, reads=1, max_latency_us=0)
    assert due(12345) == 0
    store(ring, 0, 0, b"a")
    take(ring, 1)
    assert due(12345) == 0


@pytest.mark.parametrize(("is_due", "reading", "expected"), [(0, 0, 0), (1, 0, 1), (3, 0, 1), (-2, 0, 0), (1, 25, 0), (0, 25, 0)])
def test_due_when_a_read_waits_for_the_foreground(is_due, reading, expected):
    ring, due = make_due()
    ring.words[at.DUE], ring.words[at.READING] = is_due, reading
    assert due(0) == expected
