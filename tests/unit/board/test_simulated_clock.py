"""SimulatedClock: order, re-entry, and a time that never goes back."""

import pytest

from freefall.board.clock import SimulatedClock


@pytest.fixture
def clock():
    return SimulatedClock()


def test_events_fire_in_order_of_time_whatever_order_they_came_in(clock):
    fired = []
    for time_ns in (30, 10, 20):
        clock.call_at(time_ns, lambda time_ns=time_ns: fired.append((time_ns, clock.now_ns())))
    clock.advance_to(100)
    assert fired == [(10, 10), (20, 20), (30, 30)]
    assert clock.now_ns() == 100


def test_equal_times_fire_first_in_first_out(clock):
    fired = []
    for name in "abc":
        clock.call_at(5, lambda name=name: fired.append(name))
    clock.advance_to(5)
    assert fired == ["a", "b", "c"]


def test_an_event_for_now_waits_for_advance(clock):
    fired = []
    clock.call_at(0, lambda: fired.append(1))
    assert fired == []
    clock.advance_to(0)
    assert fired == [1]


def test_a_callback_may_schedule_for_its_own_instant(clock):
    fired = []
    clock.call_at(5, lambda: clock.call_at(5, lambda: fired.append(clock.now_ns())))
    clock.advance_to(5)
    assert fired == [5]


def test_an_event_beyond_the_target_waits(clock):
    clock.call_at(11, lambda: pytest.fail("too early"))
    clock.advance_to(10)
    assert clock.next_event_ns() == 11


def test_the_next_event_is_none_without_one(clock):
    assert clock.next_event_ns() is None


def test_a_callback_that_lets_time_pass_fires_what_falls_due_meanwhile(clock):
    fired = []
    clock.call_at(20, lambda: fired.append(("b", clock.now_ns())))
    clock.call_at(60, lambda: fired.append(("c", clock.now_ns())))

    def transfer():
        clock.advance_to(40)
        fired.append(("a ends", clock.now_ns()))

    clock.call_at(10, transfer)
    clock.advance_to(100)
    assert fired == [("b", 20), ("a ends", 40), ("c", 60)]


def test_time_stays_where_a_callback_took_it_beyond_the_target(clock):
    clock.call_at(10, lambda: clock.advance_to(50))
    clock.advance_to(20)
    assert clock.now_ns() == 50


def test_going_back_raises(clock):
    clock.advance_to(10)
    with pytest.raises(ValueError, match=r"back to 9 ns.*10 ns already"):
        clock.advance_to(9)


def test_a_callback_going_back_raises(clock):
    clock.call_at(10, lambda: clock.advance_to(9))
    with pytest.raises(ValueError, match="back"):
        clock.advance_to(20)
    assert clock.now_ns() == 10


def test_scheduling_in_the_past_raises(clock):
    clock.advance_to(10)
    with pytest.raises(ValueError, match="9 ns"):
        clock.call_at(9, lambda: None)


def test_a_failing_callback_leaves_the_later_events_waiting(clock):
    fired = []
    clock.call_at(10, lambda: 1 / 0)
    clock.call_at(20, lambda: fired.append(1))
    with pytest.raises(ZeroDivisionError):
        clock.advance_to(30)
    assert clock.now_ns() == 10
    clock.advance_to(30)
    assert fired == [1]
