"""The board's interrupt between any two bytecodes of its foreground: nothing lost, doubled or torn, every report true."""

import sys
from functools import partial
from random import Random

import pytest

from freefall_board.core.packetizer import Packetizer
from freefall_board.core.reporter import Reporter
from freefall_board.core.ring import Ring
from stateful.interrupts import MODULO, Bench, Injector, check_every_pair, check_every_place
from stateful.wrong_parts import WRONG_PARTS

SEEDS = range(120)
_PASSES = 40


def run_at_random(seed, **parts):
    """A run whose every choice comes of the seed, checked; returns the bench and how many interrupts broke into bytecodes."""
    random = Random(seed)
    start_number = random.choice([0, MODULO - 40, MODULO - 7, MODULO - 1])
    start_tick = random.choice([0, MODULO // 2 - 3000, MODULO - 3000, MODULO - 50])
    bench = Bench(random.choice([1, 2, 4, 8]), random.randint(1, 5), start_number, start_tick, **parts)
    failing = stalling = likely = 0.0
    left = injected = 0
    bench.step_us = lambda: random.choice([100, 100, 100, 60, 140, 160, 250])
    bench.fails = lambda trigger: random.random() < failing
    bench.link_takes = lambda size: 0 if random.random() < stalling else random.randint(1, size)

    def before_bytecode():
        nonlocal left, injected
        while left and random.random() < likely:
            left -= 1
            injected += 1
            bench.interrupt()

    for number in range(_PASSES):
        left = random.choice([0, 1, 3, 10, 40])
        likely = random.choice([0.003, 0.02, 0.1, 0.5])
        failing = random.choice([0, 0, 0.1, 0.9])
        stalling = random.choice([0, 0, 0.5, 1])
        bench.now_us += random.choice([0, 0, 500, 60_000])
        with Injector(before_bytecode):
            bench.turn(report=number % 3 == 0)
    bench.settle()
    bench.check()
    return bench, injected


def test_injector_gives_the_former_tracer_back_whatever_happens():
    def former(frame, event, arg):
        return None

    def interrupt():
        raise ZeroDivisionError

    outer = sys.gettrace()
    sys.settrace(former)
    try:
        with pytest.raises(ZeroDivisionError), Injector(interrupt):
            Bench().turn()
        found = sys.gettrace()
    finally:
        sys.settrace(outer)
    assert found is former


@pytest.mark.parametrize("seed", SEEDS)
def test_foreground_survives_interrupts_at_random_bytecodes(seed):
    bench, injected = run_at_random(seed)
    assert injected > 20
    assert bench.taken


def test_random_runs_meet_what_they_are_meant_to_meet():
    benches = [run_at_random(seed)[0] for seed in SEEDS[:60]]
    samplers = [bench.stream.sampler for bench in benches]
    packetizers = [bench.stream.packetizer for bench in benches]
    assert any(sampler.overruns for sampler in samplers)
    assert any(sampler.bus_errors for sampler in samplers)
    assert any(packetizer.samples_dropped for packetizer in packetizers)
    assert any(packetizer.late for packetizer in packetizers)
    assert any(MODULO - 1 in bench.taken and MODULO in bench.taken for bench in benches)


def make_full_ring(fails, **parts):
    """A bench just short of 2^30 in triggers and in ticks; two samples fill its ring; the read of the next trigger may fail."""
    bench = Bench(2, 2, MODULO - 2, MODULO - 300, **parts)
    bench.fails = lambda trigger: fails and trigger == 2
    bench.interrupt()
    bench.interrupt()
    return bench


def make_open_packet():
    """A bench with a ring of one, full, and one sample in a packet of two."""
    bench = Bench(1, 2, MODULO - 2, MODULO - 300)
    bench.interrupt()
    bench.turn(report=False)
    bench.interrupt()
    return bench


def two_turns(bench):
    """The script of the exhaustive run: packets, reports, and the link."""
    bench.turn()
    bench.turn()


def poll(bench):
    """A shorter one: one sample packed, and so a packet closed."""
    bench.stream.poll(bench.clock.update())


_RING = (Ring.waiting, Ring.oldest, Ring.release)


def check_single_interrupts(**parts):
    """Check one interrupt before every bytecode, its read good or failing; returns the number of places."""
    return sum(check_every_place(partial(make_full_ring, fails, **parts), two_turns) for fails in (False, True))


def test_foreground_survives_an_interrupt_before_every_single_bytecode():
    assert check_single_interrupts() > 4000


def test_packing_survives_every_pair_of_interrupts():
    # Closing touches nothing an interrupt writes; the single interrupts above go through it.
    functions = (Packetizer.poll, Packetizer._pack, *_RING)
    assert check_every_pair(make_open_packet, poll, functions) > 5_000


def test_ledger_report_survives_every_pair_of_interrupts():
    functions = (Reporter.ledger, Packetizer.pending, *_RING)
    assert check_every_pair(make_open_packet, Bench.report, functions) > 5_000


@pytest.mark.parametrize("parts", WRONG_PARTS.values(), ids=WRONG_PARTS)
def test_wrong_part_is_found_by_single_interrupts(parts):
    with pytest.raises(AssertionError):
        check_single_interrupts(**parts)


@pytest.mark.parametrize("parts", WRONG_PARTS.values(), ids=WRONG_PARTS)
def test_wrong_part_is_found_by_random_interrupts(parts):
    with pytest.raises(AssertionError):
        for seed in SEEDS:
            run_at_random(seed, **parts)
