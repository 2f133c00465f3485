"""The interrupts' half: each trigger has one outcome, counted; a slot is published when its read ended well, and not before."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freefall_board.core import words as at
from freefall_board.core.words import STOPPED
from unit.firmware.parts import TICKS_MODULO
from unit.firmware.sampler_bench import READ_US, Bench


def test_read_has_the_number_and_the_time_of_its_trigger():
    bench = Bench(start_us=77)
    bench.sample()
    bench.sample()
    assert bench.published == [(0, 77), (1, 77 + READ_US)]
    assert bench.bus.begun == [(0, 0), (1, 1)]
    assert bench.counts == (2, 2, 0, 0)


def test_read_of_several_samples_counts_them_all():
    bench = Bench(step=25)
    bench.sample()
    bench.sample(good=0)
    bench.sample()
    assert [number for number, _ in bench.published] == [0, 50]
    assert bench.counts == (75, 50, 25, 0)


def test_stamp_is_set_back_by_the_latency_across_the_wrap_too():
    bench = Bench(start_us=5, latency_us=8)
    bench.sample()
    assert bench.published == [(0, TICKS_MODULO - 3)]
    assert bench.words[at.LONGEST_US] == READ_US + 8, "the latency is part of what a read takes"


def test_slot_is_published_when_its_read_ended_and_not_before():
    bench = Bench()
    bench.sampler.trigger(None)
    assert (bench.ring.waiting(), bench.words[at.READING], bench.counts) == (0, 1, (1, 0, 0, 0))
    bench.end()
    assert (bench.ring.waiting(), bench.words[at.READING], bench.counts) == (1, 0, (1, 1, 0, 0))


def test_read_that_is_over_at_once_is_published_at_once():
    bench = Bench()
    bench.sampler.reads_by(lambda slot: bench.sampler.ended(1), bench.bus.check)
    bench.sampler.trigger(None)
    assert (bench.published, bench.counts, bench.words[at.READING]) == ([(0, 0)], (1, 1, 0, 0), 0)


def test_failed_read_is_counted_and_its_slot_given_back():
    bench = Bench()
    bench.sample(good=0)
    bench.sample()
    assert bench.counts == (2, 1, 1, 0)
    assert bench.published == [(1, READ_US)]
    assert [slot for slot, _ in bench.bus.begun] == [0, 0]


def test_trigger_without_room_in_the_ring_is_an_overrun_and_leaves_bus_and_ring_alone():
    bench = Bench(depth=2)
    bench.sample()
    bench.sample()
    before = bench.published
    for _ in range(3):
        bench.sampler.trigger(None)
    assert bench.counts == (5, 2, 0, 3)
    assert (bench.published, len(bench.bus.begun), bench.bus.checks) == (before, 2, 0)
    bench.release()
    bench.sample()
    assert [number for number, _ in bench.published] == [1, 5]


def test_trigger_during_a_read_is_an_overrun_and_has_the_read_checked():
    bench = Bench()
    bench.sampler.trigger(None)
    bench.ticks.true_us = 50
    bench.sampler.trigger(None)
    assert (bench.counts, bench.bus.checks, len(bench.bus.begun)) == ((2, 0, 0, 1), 1, 1)
    bench.end()
    assert bench.published == [(0, 0)], "the read under way keeps its own number and time"


def test_trigger_whose_check_ends_the_failed_read_before_it_begins_its_own():
    bench = Bench()
    bench.bus.on_check = lambda: bench.end(0)
    bench.sampler.trigger(None)
    bench.ticks.true_us = 60
    bench.sampler.trigger(None)
    assert bench.counts == (2, 0, 1, 0)
    bench.end()
    assert bench.published == [(1, 60)]


def test_longest_is_that_of_a_good_read_where_the_tick_wraps_too():
    bench = Bench(start_us=TICKS_MODULO - 1)
    bench.sample(read_us=200)
    bench.sample(good=0, read_us=9000)
    bench.sample(read_us=100)
    assert bench.words[at.LONGEST_US] == 200


def test_errors_in_a_row_are_counted_to_three_and_forgotten_with_a_good_read():
    bench = Bench()
    found = []
    for good in (0, 0, 1, 0, 0, 0, 0, 1):
        bench.sample(good)
        found.append(bench.sampler.errors_in_row())
    assert found == [1, 2, 0, 1, 2, 3, 3, 0]
    assert STOPPED == 3
    assert bench.sampler.bus_errors() == 6


@pytest.mark.parametrize("step", [1, 25])
@pytest.mark.parametrize(("name", "place"), [("taken", at.TAKEN), ("bus errors", at.BUS_ERRORS), ("overruns", at.OVERRUNS)])
def test_counters_wrap_at_2_to_the_30(name, place, step):
    bench = Bench(depth=1, step=step)
    bench.words[at.SEEN] = TICKS_MODULO - 1
    bench.words[place] = TICKS_MODULO - step
    if name == "overruns":
        bench.words[at.HEAD] = 1
        bench.sampler.trigger(None)
    else:
        bench.sample(good=int(name == "taken"))
    assert (bench.words[place], bench.words[at.SEEN]) == (0, step - 1)


def test_changes_grow_with_every_interrupt_and_wrap():
    bench = Bench(depth=1)
    bench.words[at.CHANGES] = TICKS_MODULO - 3
    found = []
    for interrupt in (bench.sampler.trigger, bench.end, bench.sampler.trigger, bench.sampler.trigger):
        interrupt(1)
        found.append(bench.sampler.changes())
    assert found == [TICKS_MODULO - 2, TICKS_MODULO - 1, 0, 1]


def test_snapshot_is_the_words_a_ledger_is_made_of_and_no_more():
    bench = Bench()
    bench.sample()
    bench.sampler.trigger(None)
    into = array("i", [-7] * (at.SNAPSHOT_LEN + 1))
    bench.sampler.snapshot(into)
    assert list(into) == [*bench.words[: at.SNAPSHOT_LEN], -7]
    assert (into[at.SEEN], into[at.TAKEN], into[at.READING], into[at.HEAD]) == (2, 1, 1, 1)


def test_there_is_nothing_to_resume_for_a_sample_that_was_not_read():
    bench = Bench(depth=1)
    bench.sample()
    bench.sampler.trigger(None)
    before = list(bench.words)
    bench.release()
    bench.sampler.resume()
    assert bench.counts == (2, 1, 0, 1)
    assert list(bench.words)[: at.SNAPSHOT_LEN - 1] == before[: at.SNAPSHOT_LEN - 1]


@given(
    st.integers(0, TICKS_MODULO - 1) | st.integers(TICKS_MODULO - 60, TICKS_MODULO - 1),
    st.sampled_from([1, 4]),
    st.lists(st.sampled_from(["trigger", "trigger", "good", "good", "bad", "release"]), max_size=150),
)
def test_every_trigger_has_one_outcome(seen, step, steps):
    bench = Bench(depth=4, step=step, seen=seen)
    triggers = 0
    numbers = []
    for action in steps:
        if action == "trigger":
            under_way, full = bench.bus.under_way, bench.ring.waiting() == 4
            bench.sampler.trigger(None)
            if under_way is None and not full:
                numbers.append((seen + triggers * step) % TICKS_MODULO)
            triggers += 1
        elif action == "release":
            if bench.ring.waiting():
                assert bench.ring.oldest_number() == numbers.pop(0)
                bench.release()
        elif bench.bus.under_way is not None:
            bench.end(int(action == "good"))
            if action == "bad":
                numbers.pop()
        now_seen, taken, bus_errors, overruns = bench.counts
        assert now_seen == (seen + triggers * step) % TICKS_MODULO
        assert (taken + bus_errors + overruns + bench.words[at.READING] - now_seen) % TICKS_MODULO == 0
        assert all(0 <= count < TICKS_MODULO for count in bench.counts)
        assert [number for number, _ in bench.published] == numbers[: bench.ring.waiting()]
