"""Triggers stamped by hardware: exact times, and every edge counted though interrupts were late."""

import pytest

from freefall_board.core import words as at
from freefall_board.core.sampler import StampedSampler
from unit.firmware.parts import TICKS_MODULO
from unit.firmware.sampler_bench import Bench


class Stamps:
    """Edges stamped by hardware: `edge` is one, without its interrupt."""

    def __init__(self, ticks):
        self._ticks = ticks
        self._count = 0
        self._newest = 0

    def edge(self):
        self._count += 1
        self._newest = self._ticks.now()

    def count(self):
        count, self._count = self._count, 0
        return count

    def newest(self):
        return self._newest


class StampedBench(Bench):
    """A sampler with stamps; `edges(n)` are n edges 1000 us apart."""

    def make(self, latency_us):
        self.stamps = Stamps(self.ticks)
        return StampedSampler(self.ring, self.ticks.now, self.stamps)

    def edges(self, count, interrupt_after_us):
        """Edges 1000 us apart, and one interrupt so long after the last."""
        for _ in range(count):
            self.ticks.true_us += 1000
            self.stamps.edge()
        self.ticks.true_us += interrupt_after_us
        self.sampler.trigger(None)
        if self.bus.under_way is not None:
            self.end()
        self.ticks.true_us -= interrupt_after_us


def test_stamp_is_the_edges_however_late_its_interrupt():
    bench = StampedBench()
    for after_us in (5, 700, 5):
        bench.edges(1, after_us)
    assert bench.published == [(0, 1000), (1, 2000), (2, 3000)]
    assert bench.counts == (3, 3, 0, 0)


@pytest.mark.parametrize("step", [1, 25])
def test_edges_that_share_an_interrupt_are_overruns_but_the_last(step):
    bench = StampedBench(step=step)
    bench.edges(1, 5)
    bench.edges(4, 5)
    bench.edges(1, 5)
    assert bench.published == [(0, 1000), (4 * step, 5000), (5 * step, 6000)]
    assert bench.counts == (6 * step, 3 * step, 0, 3 * step)


def test_interrupt_whose_edge_was_counted_before_is_nothing():
    bench = StampedBench()
    bench.edges(2, 5)
    before = list(bench.words)
    bench.edges(0, 5)
    assert list(bench.words) == before
    assert len(bench.bus.begun) == 1


def test_edges_from_before_the_first_interrupt_are_not_the_streams():
    bench = StampedBench()
    bench.edges(7, 5)
    bench.edges(2, 5)
    assert bench.published == [(0, 7000), (2, 9000)]
    assert bench.counts == (3, 2, 0, 1)


def test_merged_edges_without_room_are_overruns_all():
    bench = StampedBench(depth=1)
    bench.edges(1, 5)
    bench.edges(3, 5)
    assert bench.counts == (4, 1, 0, 3)


@pytest.mark.parametrize("place", [at.SEEN, at.OVERRUNS])
def test_counters_of_merged_edges_wrap_at_2_to_the_30(place):
    bench = StampedBench()
    bench.edges(1, 5)
    bench.words[place] = TICKS_MODULO - 2
    bench.edges(3, 5)
    assert bench.words[place] == (1 if place == at.SEEN else 0)
