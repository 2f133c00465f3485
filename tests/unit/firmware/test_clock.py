"""On-board time against plain integers and fractions, across wraps of the tick."""

from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from freefall_board.core.clock import OnBoardClock
from unit.firmware.parts import TICKS_MODULO, Ticks

_SECOND = 1_000_000
_MOST_US = 500 * _SECOND


def make_clock(true_us=0):
    ticks = Ticks(true_us)
    return ticks, OnBoardClock(ticks.now, ticks.diff)


def put(clock, true_us):
    """The seven octets for the tick of that instant, written with neighbours that must stay as they are."""
    buf = bytearray(b"\xee" * 9)
    clock.put(buf, 1, true_us % TICKS_MODULO)
    assert (buf[0], buf[8]) == (0xEE, 0xEE)
    return bytes(buf[1:8])


def cuc(time_us):
    """CUC by the definition: seconds, then the fraction nearest to the microseconds."""
    fraction = (Fraction(time_us % _SECOND * 2**24, _SECOND) + Fraction(1, 2)).__floor__()
    return (time_us // _SECOND).to_bytes(4, "big") + fraction.to_bytes(3, "big")


@given(st.integers(0, 2 * TICKS_MODULO), st.lists(st.integers(0, _MOST_US), max_size=30), st.integers(-_MOST_US, _MOST_US))
@example(TICKS_MODULO - 1, [1, 1], 0)
@example(0, [TICKS_MODULO // 2 - 1] * 5, -_MOST_US)
@example(0, [], -1)
def test_clock_dates_any_tick_within_500_s_of_its_last_update(start_us, steps_us, offset_us):
    ticks, clock = make_clock(start_us)
    for step_us in steps_us:
        ticks.true_us += step_us
        assert clock.update() == ticks.now() == clock.now
        assert (clock.seconds, clock.micros) == divmod(ticks.true_us - start_us, _SECOND)
    # A tick from before the clock was made has no on-board time: zero.
    expected_us = max(0, ticks.true_us - start_us + offset_us)
    before = clock.seconds, clock.micros, clock.now
    assert put(clock, ticks.true_us + offset_us) == cuc(expected_us)
    assert (clock.seconds, clock.micros, clock.now) == before, "dating a stamp is not taking the time"


def test_clock_counts_on_where_the_tick_wraps():
    ticks, clock = make_clock(TICKS_MODULO - 3)
    ticks.true_us += 5
    assert clock.update() == 2
    assert put(clock, ticks.true_us) == cuc(5)


def test_clock_borrows_a_second_for_a_stamp_before_its_update():
    ticks, clock = make_clock()
    ticks.true_us = 2 * _SECOND
    clock.update()
    assert put(clock, 2 * _SECOND - 1) == cuc(1_999_999)


def test_clock_says_zero_for_a_stamp_from_before_boot():
    ticks, clock = make_clock(5 * _SECOND)
    ticks.true_us += 300
    clock.update()
    assert put(clock, 5 * _SECOND - 1) == put(clock, 4 * _SECOND + 1) == bytes(7)
    assert put(clock, 5 * _SECOND) == bytes(7)
    assert put(clock, 5 * _SECOND + 1) == cuc(1)


def test_clock_runs_for_a_day_of_half_wraps_without_losing_a_microsecond():
    ticks, clock = make_clock(123_456_789)
    while ticks.true_us < 86_400 * _SECOND:
        ticks.true_us += TICKS_MODULO // 2 - 1
        clock.update()
    assert (clock.seconds, clock.micros) == divmod(ticks.true_us - 123_456_789, _SECOND)
