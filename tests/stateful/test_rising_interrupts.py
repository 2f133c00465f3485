"""A FIFO whose line rises once, its interrupts between any two bytecodes: no stream waits for ever, no read finds too little."""

from functools import partial
from random import Random

import pytest

from freefall_board.core.link import LinkQueue
from freefall_board.core.rising import RisingSampler
from freefall_board.core.watermark import WatermarkSampler
from stateful.injection import MEMORY, Injector, Places, check_every_interleaving
from stateful.watermark_bench import EVENT, INTERRUPT, PERIOD_US, WATERMARK, WatermarkBench
from stateful.wrong_parts import RisesWithInterruptsOn
from unit.firmware.fifo import EDGE, END

SEEDS = range(40)
_READ_US = WATERMARK * PERIOD_US
_SEQUENCES = [(EVENT,), (INTERRUPT,), (INTERRUPT, INTERRUPT)]
_RESUMING = tuple(
    function
    for sampler in (WatermarkSampler, RisingSampler)
    for name, function in vars(sampler).items()
    if callable(function) and name != "__init__"
)


class RisingBench(WatermarkBench):
    """A WatermarkBench whose line rises once; settled, it must still sample."""

    def __init__(self, depth=2, sampler=RisingSampler, **options):
        super().__init__(depth, sampler=sampler, rises_once=True, **options)

    def settle(self):
        """See WatermarkBench."""
        self.run(5000)
        taken = self.sampler.changes()
        super().settle()
        assert self.sampler.changes() > taken + 6, "the stream waits for an edge that cannot come"


def make_running(depth, **options):
    """A bench whose foreground has kept up for 2 ms."""
    bench = RisingBench(depth, **options)
    bench.fifo.arm()
    bench.run(2000)
    return bench


def make_held_back(**options):
    """The ring is full, and a read is due; when it is over the next has long been there, and no edge said so."""
    bench = make_running(2, **options)
    bench.fifo.wait(3 * _READ_US + 100)
    assert bench.ring.waiting() == 2
    return bench


def make_failed(**options):
    """A read has failed after its status was read, and is to be tried again though the line is low."""
    bench = make_running(2, **options)
    bench.fifo.bus.stops_after = 0
    bench.fifo.wait(2000)
    bench.fifo.bus.poll()
    bench.fifo.bus.stops_after = None
    assert bench.fifo.sensor.level() == 0
    return bench


def make_waiting(**options):
    """A read took about as long as the FIFO takes to fill: perhaps there will be an edge, perhaps not."""
    bench = make_running(2, **options)
    bench.fifo.bus.wait_us = _READ_US - 150
    bench.run(_READ_US)
    bench.fifo.bus.wait_us = 0
    bench.fifo.wait(750)
    return bench


@pytest.mark.parametrize("make_bench", [make_held_back, make_failed, make_waiting])
def test_foreground_survives_what_the_hardware_does_before_every_memory_access(make_bench):
    places = Places(but_not=(LinkQueue._copy,), opcodes=MEMORY)
    ways = sum(check_every_interleaving(make_bench, RisingBench.turn, [names], places) for names in _SEQUENCES)
    assert ways > 300


@pytest.mark.parametrize("make_bench", [make_held_back, make_failed])
def test_resuming_survives_two_interrupts_at_every_pair_of_places(make_bench):
    places = Places(_RESUMING, opcodes=MEMORY)
    make = partial(make_bench, first=EDGE)
    assert check_every_interleaving(make, RisingBench.turn, [(INTERRUPT,), (INTERRUPT,)], places) > 300


def run_at_random(seed, sampler=RisingSampler):
    """A run whose every choice comes of the seed, checked; returns the bench and how much came between bytecodes."""
    random = Random(seed)
    bench = RisingBench(
        random.choice([1, 2, 4]), sampler, sample_us=random.choice([20, 60, 120]), first=random.choice([EDGE, END])
    )
    bench.fifo.arm()
    bench.run(5000)
    injected = left = 0
    likely = 0.0

    def before_bytecode():
        nonlocal injected, left
        while left and random.random() < likely:
            left -= 1
            injected += 1
            bench.interrupt(random.choice([EVENT, EVENT, INTERRUPT]))
        return left

    for number in range(40):
        left = random.choice([0, 2, 10, 30])
        likely = random.choice([0.003, 0.02, 0.1, 0.5])
        bench.fifo.bus.stops_after = random.choice([None, None, None, 0, -1])
        bench.fifo.bus.wait_us = random.choice([0, 0, 100, 400])
        bench.fifo.wait(random.choice([0, 100, 1000, 5000]))
        with Injector(before_bytecode):
            bench.turn(report=number % 3 == 0)
    bench.fifo.bus.wait_us = 0
    bench.fifo.bus.stops_after = None
    bench.run(20_000)
    bench.settle()
    bench.check()
    return bench, injected


@pytest.mark.parametrize("seed", SEEDS)
def test_foreground_survives_hardware_at_random_bytecodes(seed):
    _, injected = run_at_random(seed)
    assert injected > 20


def test_random_runs_meet_what_they_are_meant_to_meet():
    benches = [run_at_random(seed)[0] for seed in SEEDS[:20]]
    assert any(bench.sampler.bus_errors() for bench in benches)
    assert any(bench.fifo.sensor.lost for bench in benches)


def test_reads_begun_by_foreground_and_interrupt_at_once_are_found():
    with pytest.raises(AssertionError):
        for seed in SEEDS:
            run_at_random(seed, RisesWithInterruptsOn)
