"""Simulated interrupts: one handler at a time, edges merged as on the chip, and hardware that sees every one of them."""

import pytest

from freefall_board.ports.virtual_interrupts import EdgeStamps, InterruptController
from unit.firmware.parts import Ticks


class Bench:
    """Two lines whose handlers note when they begin and end; what `inside` does happens in between."""

    def __init__(self):
        controller = InterruptController()
        self.noted = []
        self.inside = {}
        self.a = controller.line(lambda line: self.run("a", line))
        self.b = controller.line(lambda line: self.run("b", line))

    def run(self, name, line):
        assert line is getattr(self, name)
        self.noted.append(name)
        if name in self.inside:
            self.inside.pop(name)()
        self.noted.append(name.upper())

    @property
    def text(self):
        return "".join(self.noted)


@pytest.fixture
def bench():
    return Bench()


def pulse(line):
    line.set(False)
    line.set(True)
    line.set(False)


def test_rising_edge_runs_the_handler_at_once_and_nothing_else_does(bench):
    for level in (False, True, True, False, True):
        bench.a.set(level)
    assert bench.text == "aAaA"
    assert bench.a.high


def test_handler_is_never_run_inside_another(bench):
    bench.inside["a"] = lambda: pulse(bench.b)
    pulse(bench.a)
    assert bench.text == "aAbB"


def test_edge_during_its_own_handler_runs_it_again(bench):
    bench.inside["a"] = lambda: pulse(bench.a)
    pulse(bench.a)
    assert (bench.text, bench.a.merged) == ("aAaA", 0)


def test_edges_while_a_line_waits_are_merged_and_counted(bench):
    bench.inside["a"] = lambda: [pulse(bench.b) for _ in range(4)]
    pulse(bench.a)
    assert (bench.text, bench.b.merged, bench.a.merged) == ("aAbB", 3, 0)


def test_lines_that_wait_run_in_the_order_of_their_edges(bench):
    def several():
        pulse(bench.b)
        pulse(bench.a)

    bench.inside["a"] = several
    pulse(bench.a)
    assert bench.text == "aAbBaA"


def test_controller_goes_on_after_a_handler_that_failed(bench):
    bench.inside["a"] = lambda: 1 // 0
    with pytest.raises(ZeroDivisionError):
        pulse(bench.a)
    pulse(bench.b)
    assert bench.text == "abB"


def test_hardware_sees_every_edge_when_it_comes_though_interrupts_are_late(bench):
    ticks = Ticks(5)
    stamps = EdgeStamps(ticks.now)
    bench.b.listen(stamps.take_edge, False)

    def three_edges():
        for _ in range(3):
            ticks.true_us += 100
            pulse(bench.b)
        ticks.true_us += 7
        assert (stamps.newest(), bench.text) == (305, "a")

    bench.inside["a"] = three_edges
    pulse(bench.a)
    assert (stamps.count(), stamps.newest(), stamps.count()) == (3, 305, 0)


def test_level_that_stays_high_is_one_edge_for_the_hardware(bench):
    stamps = EdgeStamps(Ticks().now)
    bench.a.listen(stamps.take_edge, False)
    for level in (True, True, False, False, True):
        bench.a.set(level)
    assert stamps.count() == 2


# Polarity


def test_active_low_line_calls_its_handler_when_it_falls(bench):
    bench.a.interrupt(bench.a.handler, True)
    for level in (True, False, False, True, False):
        bench.a.set(level)
    assert bench.text == "aAaA"
    assert (bench.a.level(True), bench.a.level(False)) == (1, 0)


def test_line_that_nobody_drives_is_inactive_whichever_way_that_is(bench):
    assert (bench.a.level(False), bench.b.level(False)) == (0, 0)
    bench.a.interrupt(bench.a.handler, True)
    assert (bench.a.high, bench.a.level(True)) == (True, 0)
    bench.a.set(False)
    assert bench.text == "aA"


def test_resistor_does_not_move_a_line_that_is_driven(bench):
    bench.a.set(False)
    bench.a.interrupt(bench.a.handler, True)
    assert (bench.a.high, bench.a.level(True), bench.text) == (False, 1, "")
    bench.a.set(True)
    bench.a.set(False)
    assert bench.text == "aA"


def test_hardware_stamps_the_falling_edges_of_an_active_low_line(bench):
    ticks = Ticks(5)
    falling, rising = EdgeStamps(ticks.now), EdgeStamps(ticks.now)
    bench.a.set(True)
    bench.a.listen(falling.take_edge, True)
    bench.a.listen(rising.take_edge, False)
    for level in (False, True, False, True):
        ticks.true_us += 10
        bench.a.set(level)
    assert (falling.count(), falling.newest(), rising.count(), rising.newest()) == (2, 35, 2, 45)
