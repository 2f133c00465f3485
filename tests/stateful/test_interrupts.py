"""The board's two interrupts between any two bytecodes of its foreground: nothing lost, doubled or torn, every report true."""

import sys
from functools import partial
from random import Random

import pytest

from freefall_board.core.link import LinkQueue
from freefall_board.core.packetizer import Packetizer
from freefall_board.core.reporter import Reporter
from freefall_board.core.ring import Ring
from freefall_board.core.sampler import Sampler
from stateful.injection import MEMORY, Injector, Places, check_every_interleaving
from stateful.interrupts import END, TRIGGER, Bench
from stateful.stream_bench import MODULO
from stateful.wrong_parts import WRONG_PARTS

SEEDS = range(100)
_PASSES = 40
# No interrupt touches what is copied here; random interrupts come in it all the same.
_UNTOUCHED = (LinkQueue._copy,)
# What may come between two bytecodes while a read is under way, and whether that one fails.
_SEQUENCES = (
    ((TRIGGER,), False),
    ((END,), False),
    ((TRIGGER, END), False),
    ((END, TRIGGER), False),
    ((END, TRIGGER, END), False),
    ((TRIGGER,), True),
    ((TRIGGER, END, TRIGGER), True),
)


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
            bench.interrupt(random.choice([TRIGGER, END]))
        return left

    for number in range(_PASSES):
        left = random.choice([0, 2, 6, 20, 60])
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
    assert any(bench.triggers > bench.begun for bench in benches)
    assert any(bench.failed for bench in benches)
    assert any(bench.packetizer.samples_dropped for bench in benches)
    assert any(bench.packetizer.late() for bench in benches)
    assert any(MODULO - 1 in bench.taken and MODULO in bench.taken for bench in benches)


def make_reading(fails, **parts):
    """A bench just short of 2^30 in samples and in ticks; one read in its ring of two, the next under way; it may fail."""
    bench = Bench(2, 2, MODULO - 2, MODULO - 300, **parts)
    bench.fails = lambda trigger: fails and trigger == 1
    for name in (TRIGGER, END, TRIGGER):
        bench.interrupt(name)
    return bench


def two_turns(bench):
    """The script of the exhaustive run: packets, reports, and the link."""
    bench.turn()
    bench.turn()


def send(bench):
    """A shorter one: a packet."""
    bench.stream.send()


def check_single_places(**parts):
    """Check each sequence of interrupts before every bytecode; returns the number of ways."""
    return sum(
        check_every_interleaving(partial(make_reading, fails, **parts), two_turns, [names], Places(but_not=_UNTOUCHED))
        for names, fails in _SEQUENCES
    )


def test_foreground_survives_every_sequence_of_interrupts_before_every_single_bytecode():
    assert check_single_places() > 15_000


_TWICE = [((TRIGGER,), (END, TRIGGER)), ((END, TRIGGER), (END,)), ((END, TRIGGER), (END, TRIGGER)), ((TRIGGER,), (TRIGGER,))]


@pytest.mark.parametrize("names", _TWICE)
def test_packing_survives_interrupts_at_every_pair_of_places(names):
    # Closing touches nothing an interrupt writes; the single interrupts above go through it.
    places = Places((Packetizer.send, Ring.waiting, Ring.oldest_number, Ring.oldest_stamp, Ring.take), opcodes=MEMORY)
    assert check_every_interleaving(partial(make_reading, False), send, names, places) > 2500


@pytest.mark.parametrize("names", _TWICE)
def test_ledger_report_survives_interrupts_at_every_pair_of_places(names):
    places = Places((Reporter.ledger, Sampler.snapshot, Packetizer.pending, Ring.waiting_at), opcodes=MEMORY)
    assert check_every_interleaving(partial(make_reading, False), Bench.report, names, places) > 2500


@pytest.mark.parametrize("names", [((END,), (TRIGGER,), (END,)), ((TRIGGER,), (END,), (TRIGGER,))])
def test_producer_and_consumer_of_the_ring_survive_every_interleaving(names):
    assert check_every_interleaving(partial(make_reading, False), send, names, Places((Ring.take,), opcodes=MEMORY)) > 10_000


@pytest.mark.parametrize("parts", WRONG_PARTS.values(), ids=WRONG_PARTS)
def test_wrong_part_is_right_as_long_as_no_interrupt_breaks_in(parts):
    bench = Bench(2, 2, **parts)
    for _ in range(20):
        for name in (TRIGGER, END, TRIGGER, END):
            bench.interrupt(name)
        bench.turn()
    bench.settle()
    bench.check()


@pytest.mark.parametrize("parts", WRONG_PARTS.values(), ids=WRONG_PARTS)
def test_wrong_part_is_found_by_single_interrupts(parts):
    with pytest.raises(AssertionError):
        check_single_places(**parts)


@pytest.mark.parametrize("parts", WRONG_PARTS.values(), ids=WRONG_PARTS)
def test_wrong_part_is_found_by_random_interrupts(parts):
    with pytest.raises(AssertionError):
        for seed in SEEDS:
            run_at_random(seed, **parts)
