"""When octets are due, against the same said slowly."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freefall.port.timeline import Moment, Schedule, Timeline

S = 1_000_000_000
START = 1_790_000_000_123_456_789

steps = st.one_of(st.integers(0, 3 * S), st.integers(-5 * S, 60 * S))
blocks = st.lists(st.tuples(steps, st.binary(min_size=1, max_size=6)), max_size=30)
speeds = st.fractions(Fraction(1, 100), 100)


def recorded(parts):
    """[(host ns, octets)] of [(step, octets)]."""
    host_ns, chunks = START, []
    for step, octets in parts:
        host_ns += step
        chunks.append((host_ns, octets))
    return chunks


def batches(chunks):
    """As a recording gives them, four at a time."""
    return (chunks[at : at + 4] for at in range(0, len(chunks), 4))


def played(chunks, **schedule):
    timeline = Timeline(lambda: batches(chunks), Schedule(**schedule))
    return list(timeline.blocks()), timeline


@given(blocks, speeds, st.integers(1, 3), st.none() | st.integers(0, 10 * S))
def test_every_block_is_due_when_the_steps_before_it_add_up_to(parts, speed, loop, gap_limit_ns):
    got, timeline = played(recorded(parts), speed=speed, loop=loop, gap_limit_ns=gap_limit_ns)
    expected, due = [], Fraction(0)
    for _ in range(loop):
        for number, (step, octets) in enumerate(parts):
            kept = max(step, 0) if number else 0
            if gap_limit_ns is not None:
                kept = min(kept, gap_limit_ns)
            due += kept / speed
            expected.append((int(due), octets))
    assert got == expected
    inner = [step for step, _ in parts[1:]]
    assert timeline.steps_back == loop * sum(step < 0 for step in inner)
    assert timeline.steps_back_ns == -loop * sum(step for step in inner if step < 0)
    long = [step - gap_limit_ns for step in inner if gap_limit_ns is not None and step > gap_limit_ns]
    assert (timeline.gaps, timeline.gaps_ns) == (loop * len(long), loop * sum(long))
    assert timeline.passes == (loop if parts else 0)


@given(blocks, st.integers(1, 3))
def test_at_top_speed_the_octets_are_the_same_and_nothing_waits(parts, loop):
    got, timeline = played(recorded(parts), speed=None, loop=loop)
    assert b"".join(octets for _, octets in got) == loop * b"".join(octets for _, octets in parts)
    assert {due for due, _ in got} <= {0}
    _, in_time = played(recorded(parts), speed=1, loop=loop)
    for counted in ("passes", "recorded_ns", "steps_back", "steps_back_ns", "gaps", "gaps_ns"):
        assert getattr(timeline, counted) == getattr(in_time, counted)


def test_at_top_speed_small_blocks_are_joined_and_no_more_than_needed():
    got, _ = played([(START, bytes(1000))] * 200, speed=None)
    assert [len(octets) for _, octets in got] == [68_000, 68_000, 64_000]


CHUNKS = [(START + i * S, bytes([i])) for i in range(10)]


@pytest.mark.parametrize(
    ("start", "stop", "expected"),
    [
        (None, None, range(10)),
        (Moment(3 * S), None, range(3, 10)),
        (Moment(3 * S + 1), None, range(4, 10)),
        (None, Moment(3 * S), range(3)),
        (Moment(2 * S), Moment(5 * S), range(2, 5)),
        (Moment(START + 2 * S, absolute=True), Moment(START + 5 * S + 1, absolute=True), range(2, 6)),
        (Moment(0, absolute=True), Moment(4 * S), range(4)),
        (Moment(20 * S), None, range(0)),
        (None, Moment(0), range(0)),
        (Moment(5 * S), Moment(2 * S), range(0)),
    ],
)
def test_only_blocks_between_start_and_stop_are_played_the_first_at_once(start, stop, expected):
    got, _ = played(CHUNKS, start=start, stop=stop)
    assert [octets[0] for _, octets in got] == list(expected)
    assert [due for due, _ in got] == [i * S for i in range(len(expected))]


def test_seconds_from_the_beginning_go_on_where_the_clock_was_set_back_and_times_of_day_do_not():
    chunks = [(START, b"a"), (START + 10 * S, b"b"), (START + 2 * S, b"c"), (START + 4 * S, b"d")]
    assert [octets for _, octets in played(chunks, start=Moment(11 * S))[0]] == [b"d"]
    assert [octets for _, octets in played(chunks, start=Moment(START + 11 * S, absolute=True))[0]] == []


def test_what_lies_before_the_start_is_neither_counted_nor_waited_for():
    chunks = [(START, b"a"), (START - 9 * S, b"b"), (START + 90 * S, b"c"), (START + 91 * S, b"d")]
    got, timeline = played(chunks, start=Moment(99 * S), gap_limit_ns=5 * S)
    assert got == [(0, b"c"), (S, b"d")]
    assert (timeline.steps_back, timeline.gaps) == (0, 0)


def test_a_loop_without_end_goes_on_and_one_over_nothing_ends():
    timeline = Timeline(lambda: batches(CHUNKS), Schedule(loop=None))
    endless = timeline.blocks()
    assert b"".join(next(endless)[1] for _ in range(25)) == bytes(list(range(10)) * 3)[:25]
    assert timeline.passes == 2
    assert played(CHUNKS, loop=None, start=Moment(99 * S))[0] == []


@pytest.mark.parametrize("speed", [0, -1])
def test_a_speed_that_is_none_is_refused(speed):
    with pytest.raises(ValueError, match=f"not {speed}"):
        Schedule(speed=speed)
