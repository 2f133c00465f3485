"""Interrupts of the linux port: in what order, how many at a time, and when the loop has its turn."""

import pytest

from fake_linux.time import SimulatedTime
from freefall_board.ports.linux_interrupts import Interrupts, System

_US, _MS = 1_000, 1_000_000


class Line:
    """A source whose edges come at given times; takes what its handler does."""

    def __init__(self, time, edges_ns, handler):
        self._time = time
        self._edges = list(edges_ns)
        self._handler = handler
        for edge_ns in edges_ns:
            time.clock.call_at(edge_ns, lambda: None)

    def fileno(self):
        return 7

    def came(self):
        return bool(self._edges) and self._edges[0] <= self._time.now_ns()

    def deliver(self, before_ns):
        due = [edge for edge in self._edges if edge < before_ns and edge <= self._time.now_ns()]
        del self._edges[: len(due)]
        if due:
            self._handler(due[-1])
        return bool(due)


@pytest.fixture
def time():
    return SimulatedTime()


@pytest.fixture
def interrupts(time):
    return Interrupts(time)


@pytest.fixture
def told():
    return []


def test_tick_comes_after_each_period_and_the_loop_after_each_tick(interrupts, time, told):
    interrupts.on_tick(1000, lambda tick: told.append(time.now_ns()))
    passes = 0
    while time.now_ns() < 5 * _MS:
        interrupts.idle(10_000)
        passes += 1
    assert told == [1 * _MS, 2 * _MS, 3 * _MS, 4 * _MS, 5 * _MS]
    assert passes == 5


def test_ticks_that_fell_due_together_are_one_and_the_next_is_on_time(interrupts, time, told):
    ticks = []

    def on_tick(tick):
        told.append(time.now_ns())
        ticks.append(tick)

    interrupts.on_tick(1000, on_tick)
    time.take(3_400 * _US)
    for _ in range(2):
        interrupts.idle(10_000)
    assert told == [3_400 * _US, 4_000 * _US]
    assert ticks[-1].merged == 2


def test_idle_lasts_as_long_as_nothing_comes(interrupts, time):
    interrupts.idle(700)
    assert time.now_ns() == 700 * _US
    interrupts.idle(0)
    assert time.now_ns() == 700 * _US


def test_idle_ends_with_what_comes(interrupts, time, told):
    line = Line(time, [300 * _US], told.append)
    time.readable = lambda file: line.came()
    interrupts.add(line)
    interrupts.idle(5_000)
    # The edge is before the next instant, in which the loop looks again.
    assert told == [300 * _US] and time.now_ns() <= 301 * _US


def test_edge_before_the_end_of_a_read_comes_first_and_one_after_it_does_not(interrupts, time, told):
    for edge_ns in (100 * _US, 300 * _US):
        interrupts.add(Line(time, [edge_ns], lambda at_ns: told.append(at_ns)))
    time.take(200 * _US)
    interrupts.read_ended(lambda: told.append("end"))
    time.take(200 * _US)
    interrupts.idle(0)
    assert told == [100 * _US, "end", 300 * _US]


def test_end_of_a_read_comes_before_a_tick_that_fell_due_during_it(interrupts, time, told):
    interrupts.on_tick(100, lambda tick: told.append("tick"))
    time.take(150 * _US)
    interrupts.read_ended(lambda: told.append("end"))
    interrupts.idle(0)
    assert told == ["end", "tick"]


def test_reads_that_end_by_beginning_another_leave_the_loop_its_turn(interrupts, time, told):
    def end():
        told.append(time.now_ns())
        time.take(10 * _US)
        interrupts.read_ended(end)

    interrupts.read_ended(end)
    interrupts.idle(0)
    assert 0 < len(told) <= 2


def test_timer_comes_once_then_or_later(interrupts, time, told):
    interrupts.call_at(200 * _US, lambda: told.append(time.now_ns()))
    interrupts.idle(100)
    assert told == []
    interrupts.idle(1_000)
    interrupts.idle(1_000)
    assert told == [200 * _US]


def test_no_handler_runs_inside_another(interrupts, time, told):
    def on_tick(tick):
        told.append("begin")
        time.take(2 * _MS)
        told.append("end")

    for period_us in (500, 700):
        interrupts.on_tick(period_us, on_tick)
    for _ in range(5):
        interrupts.idle(1_000)
    assert told[::2] == ["begin"] * (len(told) // 2) and told[1::2] == ["end"] * (len(told) // 2)


def test_stopped_ticks_are_gone(interrupts, time, told):
    interrupts.on_tick(1000, told.append)
    interrupts.stop_ticks()
    interrupts.idle(5_000)
    assert told == [] and time.now_ns() == 5 * _MS


def test_the_computers_clock_is_the_one_that_stamps_edges():
    before_ns = System.now_ns()
    System.wait((), 2 * _MS)
    assert System.now_ns() - before_ns >= 2 * _MS
