"""A line that holds, its interrupts between any two bytecodes of the foreground, which itself begins reads."""

from functools import partial
from random import Random

import pytest

from freefall_board.core.held import HeldSampler
from freefall_board.core.link import LinkQueue
from stateful.held_bench import EVENT, INTERRUPT, HeldBench
from stateful.injection import MEMORY, Injector, Places, check_every_interleaving
from stateful.wrong_parts import HeldWithInterruptsOn, TakesNewsForOld
from unit.firmware.fifo import EDGE, END
from unit.firmware.held import PERIOD_US

SEEDS = range(40)
_SEQUENCES = [(EVENT,), (INTERRUPT,), (INTERRUPT, INTERRUPT)]
_RESUMING = tuple(function for name, function in vars(HeldSampler).items() if callable(function) and name != "__init__")


def make_running(depth=2, **options):
    """A bench whose foreground has kept up for 4.2 ms."""
    bench = HeldBench(depth, **options)
    bench.hardware.arm()
    bench.run(4200)
    return bench


def make_failed(**options):
    """A read has failed and its sample is due."""
    bench = make_running(**options)
    bench.hardware.bus.fails = True
    bench.hardware.wait(1200)
    bench.hardware.bus.poll()
    bench.hardware.bus.fails = False
    return bench


def make_full(**options):
    """The ring is full, and a sample is due."""
    bench = make_running(**options)
    bench.hardware.wait(3 * PERIOD_US)
    assert bench.ring.waiting() == 2
    return bench


def make_unannounced(**options):
    """The line is active, and its edge came while nobody listened."""
    bench = make_running(**options)
    bench.hardware.interrupts.handlers[EDGE] = lambda: None
    bench.hardware.wait(PERIOD_US)
    bench.hardware.arm()
    return bench


def make_idle(**options):
    """Nothing is due; the next sample is about to be made."""
    bench = make_running(**options)
    bench.hardware.wait(PERIOD_US - 400)
    return bench


STATES = [make_failed, make_full, make_unannounced, make_idle]


def check_single_places(make_bench, **options):
    """Check what the hardware may do before every memory access; returns the number of ways."""
    make = partial(make_bench, **options)
    places = Places(but_not=(LinkQueue._copy,), opcodes=MEMORY)
    return sum(check_every_interleaving(make, HeldBench.turn, [names], places) for names in _SEQUENCES)


@pytest.mark.parametrize("make_bench", STATES)
def test_foreground_survives_what_the_hardware_does_before_every_memory_access(make_bench):
    assert check_single_places(make_bench) > 100


@pytest.mark.parametrize("make_bench", STATES)
def test_resuming_survives_what_the_hardware_does_before_every_single_bytecode(make_bench):
    make = partial(make_bench, first=EDGE)
    assert sum(check_every_interleaving(make, HeldBench.turn, [names], Places(_RESUMING)) for names in _SEQUENCES) > 60


def run_at_random(seed, sampler=HeldSampler):
    """A run whose every choice comes of the seed, checked; returns the bench and how much came between bytecodes."""
    random = Random(seed)
    bench = HeldBench(random.choice([1, 2, 4]), random.choice([20, 100, 400]), random.choice([EDGE, END]), sampler=sampler)
    bench.hardware.arm()
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

    bus = bench.hardware.bus
    for number in range(40):
        left = random.choice([0, 2, 10, 30])
        likely = random.choice([0.003, 0.02, 0.1, 0.5])
        bus.fails = random.random() < 0.2
        bus.hangs = random.random() < 0.1
        bus.wait_us = random.choice([0, 0, 100, 450])
        bench.hardware.wait(random.choice([0, 100, 700, 3000]))
        with Injector(before_bytecode):
            bench.turn(report=number % 3 == 0)
    bench.settle()
    bench.check()
    return bench, injected


@pytest.mark.parametrize("seed", SEEDS)
def test_foreground_survives_hardware_at_random_bytecodes(seed):
    _, injected = run_at_random(seed)
    assert injected > 20


def test_random_runs_meet_what_they_are_meant_to_meet():
    found = [run_at_random(seed)[0] for seed in SEEDS[:20]]
    assert all(any(bench.hardware.counts[kind] for bench in found) for kind in (2, 3))


def test_reads_begun_by_foreground_and_interrupt_at_once_are_found():
    with pytest.raises(AssertionError):
        for make_bench in STATES:
            check_single_places(make_bench, sampler=HeldWithInterruptsOn)


def test_line_that_has_only_just_become_active_and_is_taken_for_one_nobody_announced_is_found():
    with pytest.raises(AssertionError):
        for make_bench in STATES:
            check_single_places(make_bench, sampler=TakesNewsForOld)
