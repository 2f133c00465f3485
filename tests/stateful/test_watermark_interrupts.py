"""The FIFO's two interrupts between any two bytecodes of the foreground, which itself begins reads: nothing lost uncounted."""

from functools import partial
from random import Random

import pytest

from freefall_board.core.link import LinkQueue
from freefall_board.core.reporter import Reporter
from freefall_board.core.sampler import Sampler
from freefall_board.core.watermark import WatermarkSampler
from stateful.injection import MEMORY, Injector, Places, check_every_interleaving
from stateful.watermark_bench import EVENT, INTERRUPT, PERIOD_US, WATERMARK, WatermarkBench
from stateful.wrong_parts import CountsUnnoticed, ResumesWithInterruptsOn
from unit.firmware.fifo import EDGE, END

SEEDS = range(60)
_READ_US = WATERMARK * PERIOD_US
_UNTOUCHED = (LinkQueue._copy,)
_SEQUENCES = [(EVENT,), (INTERRUPT,), (INTERRUPT, INTERRUPT)]
_RESUMING = tuple(function for name, function in vars(WatermarkSampler).items() if callable(function) and name != "__init__")


def make_running(depth, **options):
    """A bench whose foreground has kept up for 2 ms."""
    bench = WatermarkBench(depth, **options)
    bench.fifo.arm()
    bench.run(2000)
    return bench


def make_held_back(**options):
    """The ring is full, and a read is due."""
    bench = make_running(2, **options)
    bench.fifo.wait(3 * _READ_US + 100)
    assert bench.ring.waiting() == 2
    return bench


def make_overflowed(**options):
    """The ring is full, and five samples are gone."""
    bench = make_running(1, **options)
    bench.fifo.wait(_READ_US + 17 * PERIOD_US)
    return bench


def make_failed(**options):
    """A read has failed and is to be tried again."""
    bench = make_running(2, **options)
    bench.fifo.bus.stops_after = 0
    bench.fifo.wait(2000)
    bench.fifo.bus.poll()
    bench.fifo.bus.stops_after = None
    return bench


def make_power_cycled(**options):
    """The ring is full, the line low, and samples are gone that the next edge will tell of."""
    bench = make_running(1, **options)
    bench.fifo.wait(100)
    for _ in range(5):
        bench.fifo.sensor.lose_all()
        bench.fifo.wait(2 * PERIOD_US)
    bench.fifo.sensor.lose_all()
    return bench


STATES = [make_held_back, make_overflowed, make_failed, make_power_cycled]


def check_single_places(make_bench, **options):
    """Check what the hardware may do before every bytecode; returns the number of ways."""
    make = partial(make_bench, **options)
    return sum(check_every_interleaving(make, WatermarkBench.turn, [names], Places(but_not=_UNTOUCHED)) for names in _SEQUENCES)


@pytest.mark.parametrize("make_bench", STATES)
def test_foreground_survives_what_the_hardware_does_before_every_single_bytecode(make_bench):
    assert check_single_places(make_bench) > 2000


@pytest.mark.parametrize("make_bench", [make_held_back, make_overflowed, make_failed])
def test_resuming_survives_two_interrupts_at_every_pair_of_places(make_bench):
    places = Places(_RESUMING, opcodes=MEMORY)
    make = partial(make_bench, first=EDGE)
    assert check_every_interleaving(make, WatermarkBench.turn, [(INTERRUPT,), (INTERRUPT,)], places) > 300


def check_report(**options):
    """Check a ledger report while the hardware tells of samples that are gone; returns the number of ways."""
    places = Places((Reporter.ledger, Sampler.snapshot))
    make = partial(make_power_cycled, **options)
    return sum(check_every_interleaving(make, WatermarkBench.report, [names], places) for names in _SEQUENCES)


def test_ledger_report_survives_samples_that_are_missed_meanwhile():
    assert check_report() > 900


def run_at_random(seed, sampler=WatermarkSampler):
    """A run whose every choice comes of the seed, checked; returns the bench and how much came between bytecodes."""
    random = Random(seed)
    bench = WatermarkBench(random.choice([1, 2, 4]), random.choice([20, 60, 120]), random.choice([EDGE, END]), sampler=sampler)
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
        bench.fifo.bus.stops_after = random.choice([None, None, None, 0])
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
        for make_bench in STATES:
            check_single_places(make_bench, sampler=ResumesWithInterruptsOn)


def test_counters_changed_unnoticed_are_found():
    with pytest.raises(AssertionError):
        check_report(sampler=CountsUnnoticed)


def test_reads_begun_by_foreground_and_interrupt_at_once_are_found_by_random_hardware():
    with pytest.raises(AssertionError):
        for seed in SEEDS:
            run_at_random(seed, ResumesWithInterruptsOn)
