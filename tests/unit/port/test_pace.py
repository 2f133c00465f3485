"""Waiting for deadlines, with a clock that only we move."""

import random
import time

import pytest

from freefall.port.pace import Clock, paced
from unit.port.fake_clock import FakeClock

MS, S = 1_000_000, 1_000_000_000


def run(dues, clock):
    """(lateness in ns, None for a turn without a block) of blocks with these due times, and when they began."""
    begin, late = None, []
    for block in paced(((due, bytes([i & 0xFF])) for i, due in enumerate(dues)), clock.clock()):
        if block is None:
            late.append(None)
            continue
        deadline, octets = block
        if begin is None:
            begin = deadline
        assert deadline == begin + dues[len([x for x in late if x is not None])]
        late.append(clock.now - deadline)
    return late


@pytest.mark.parametrize("overshoot_us", [0, 60, 150])
def test_ten_minutes_end_as_exactly_as_they_began(overshoot_us):
    noise = random.Random(1)
    clock = FakeClock(lambda: noise.randrange(overshoot_us * 1000 + 1))
    late = [ns for ns in run([i * 100 * MS for i in range(6001)], clock) if ns is not None]
    assert len(late) == 6001 and min(late) >= 0
    # A sleep that ends late costs its own block that much, and no other; what is left is one look at the clock.
    assert max(late) <= max(overshoot_us - 100, 0) * 1000 + 5_000
    assert max(late[-100:]) <= max(late[:100]) + 5_000


def test_blocks_that_are_late_come_at_once_and_the_next_are_on_time_again():
    clock = FakeClock()
    got = []
    for block in paced([(0, b"a"), (MS, b"b"), (2 * MS, b"c"), (90 * MS, b"d")], clock.clock()):
        got.append((block[1], clock.now - block[0]))
        if block[1] == b"a":
            clock.now += 50 * MS  # the receiver was slow
    late = dict(got)
    assert 48 * MS <= late[b"c"] < late[b"b"] < 50 * MS
    assert late[b"d"] < 6_000
    assert clock.slept == 1


def test_while_nothing_is_due_the_caller_has_a_turn_every_tenth_of_a_second():
    clock = FakeClock()
    late = run([0, 10 * S], clock)
    assert late.count(None) == pytest.approx(100, abs=1)
    assert late[-1] < 6_000


def test_time_spent_before_the_first_block_delays_nothing_after_it():
    clock = FakeClock()

    def slow_to_begin():
        clock.now += 30 * S
        yield 0, b"a"
        yield MS, b"b"

    assert all(clock.now - deadline < 6_000 for deadline, _ in paced(slow_to_begin(), clock.clock()))


def test_real_time_is_kept_with_little_work():
    begin, spent = time.monotonic(), time.process_time()
    late = [time.monotonic_ns() - deadline for deadline, _ in paced([(i * MS, b"x") for i in range(1001)], Clock())]
    assert 1.0 <= time.monotonic() - begin < 5
    assert min(late) >= 0
    assert sorted(late)[500] < 20 * MS  # 0.01 ms here; others may need the machine
    assert time.process_time() - spent < 0.5  # a tenth of a second here; waiting by looking alone would take the whole one
