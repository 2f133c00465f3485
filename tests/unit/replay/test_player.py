"""The player, with a clock that only the test moves and a sink that takes what it likes."""

import random
import tempfile
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freefall.errors import DeviceError
from freefall.port.faults import Faults, FaultyStream
from freefall.port.timeline import Schedule
from freefall.replay import Player, play
from freefall.replay.sink import StreamSink
from unit.port.fake_clock import FakeClock
from unit.replay.conftest import write_recording

MS, S = 1_000_000, 1_000_000_000


class TakingSink(StreamSink):
    """Takes a random part of what it is offered, sometimes nothing; every offer costs `offer_ns`."""

    url = "a test"

    def __init__(self, clock, seed=0, patience=1, offer_ns=1000, gone_after=None):
        self.taken = bytearray()
        self.times = []  # (of the clock, octets taken until then)
        self.waited = self.drains = 0
        self._clock = clock
        self._random = random.Random(seed)
        self._patience = patience
        self._offer_ns = offer_ns
        self._gone_after = gone_after

    def connected(self):
        self.waited += 1
        self._clock.now += S
        return self.waited > 3

    def offer(self, octets):
        assert octets, "nothing is not to be offered"
        assert self.waited > 3, "nobody is there yet"
        if self._gone_after is not None and len(self.taken) >= self._gone_after:
            raise DeviceError("the test has left")
        self._clock.now += self._offer_ns
        count = self._random.randrange(len(octets) + 1) if self._patience else len(octets)
        self.taken += octets[:count]
        self.times.append((self._clock.now, len(self.taken)))
        return count

    def drained(self):
        self.drains += 1
        return self.drains > 2


parts = st.lists(
    st.tuples(st.one_of(st.integers(0, 5 * MS), st.integers(-S, 2 * S)), st.binary(min_size=1, max_size=400)),
    min_size=1,
    max_size=15,
)
speeds = st.none() | st.sampled_from([Fraction(1), Fraction(2), Fraction(1, 3), Fraction(1000)])


@given(parts, speeds, st.integers(1, 3), st.none() | st.sampled_from([0, 50 * MS]), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_every_octet_arrives_once_and_in_order_at_any_speed(parts, speed, loop, gap_limit_ns, seed):
    with tempfile.TemporaryDirectory() as folder:
        file = write_recording(Path(folder) / "a.mcap", parts)
        clock = FakeClock(look_ns=20_000)
        sink = TakingSink(clock, seed)
        played = play(file, sink, Schedule(speed, loop=loop, gap_limit_ns=gap_limit_ns), clock=clock.clock())
    octets = loop * b"".join(octets for _, octets in parts)
    assert bytes(sink.taken) == octets
    assert (played.octets, played.sent, played.interrupted) == (len(octets), len(octets), False)
    assert played.timeline.passes == loop
    assert sink.drains == 3, "closing must wait until the receiver has everything"


@given(parts, st.sampled_from([Fraction(1), Fraction(7, 3)]))
@settings(max_examples=25, deadline=None)
def test_no_octet_leaves_before_it_is_due_and_the_report_says_by_how_much_after(parts, speed):
    with tempfile.TemporaryDirectory() as folder:
        file = write_recording(Path(folder) / "a.mcap", parts)
        clock = FakeClock(look_ns=20_000)
        sink = TakingSink(clock, patience=0)
        played = play(file, sink, Schedule(speed), clock=clock.clock())
    due, late, begin = Fraction(0), [], None
    for number, ((step, _), (taken_at, _)) in enumerate(zip(parts, sink.times, strict=True)):
        due += max(step, 0) / speed if number else 0
        begin = begin or played.begin_ns
        late.append(taken_at - begin - int(due))
    assert min(late) >= 0
    assert played.lateness.count == len(parts) == played.blocks
    # The player looks at the clock once more after an offer: 20 us.
    assert played.lateness.max_ns == max(late) + 20_000
    assert played.lateness.last_ns == late[-1] + 20_000
    assert played.took_ns - played.due_ns == played.lateness.last_ns


def test_ten_minutes_end_when_they_are_due_however_coarse_the_sleeps_are(recorded):
    noise = random.Random(3)
    clock = FakeClock(lambda: noise.randrange(90_000), look_ns=5_000)
    file = recorded([(100 * MS, b"x" * 50)] * 6001)
    played = play(file, TakingSink(clock, patience=0), clock=clock.clock())
    assert played.due_ns == 600 * S
    assert 0 <= played.took_ns - played.due_ns < 20_000
    assert played.lateness.max_ns < 20_000 and played.lateness.percentile_ns(99) < 20_000
    assert clock.now - 7 * S < 605 * S


def test_a_slow_receiver_delays_and_loses_nothing_and_the_lateness_says_so(recorded):
    clock = FakeClock()
    file = recorded([(MS, bytes([i])) for i in range(100)])
    sink = TakingSink(clock, patience=0, offer_ns=2 * MS)
    played = play(file, sink, clock=clock.clock())
    assert bytes(sink.taken) == bytes(range(100))
    assert played.lateness.max_ns == pytest.approx(101 * MS, rel=0.01)
    assert played.lateness.percentile_ns(50) == pytest.approx(51 * MS, rel=0.02)


def test_top_speed_has_no_deadlines_and_hence_no_lateness(recorded):
    clock = FakeClock()
    played = play(recorded([(S, bytes(100))] * 50), TakingSink(clock, patience=0), Schedule(speed=None), clock=clock.clock())
    assert played.lateness.count == 0 and clock.slept == 0
    assert (played.octets, played.blocks) == (5000, 1)


def test_a_clock_that_was_set_back_costs_no_wait_and_is_counted(recorded):
    clock = FakeClock()
    file = recorded([(0, b"a"), (S, b"b"), (-3600 * S, b"c"), (S, b"d")])
    played = play(file, TakingSink(clock, patience=0), clock=clock.clock())
    assert played.due_ns == 2 * S
    assert (played.timeline.steps_back, played.timeline.steps_back_ns) == (1, 3600 * S)


def test_faults_and_packets_change_what_is_sent_and_not_when(recorded):
    octets = [(10 * MS, b"\0%03d\0abc\0" % i) for i in range(200)]
    file, faults = recorded(octets), Faults(drop=0.2, flip=0.001, seed=5)
    clock = FakeClock()
    sink = TakingSink(clock, patience=0)
    played = play(file, sink, faults=faults, clock=clock.clock())
    line = FaultyStream(faults)
    assert bytes(sink.taken) == line.feed(b"".join(part for _, part in octets))
    assert played.faults == line.counts and played.faults.dropped > 40
    assert played.sent == len(sink.taken) < played.octets == 1800
    assert played.due_ns == 1990 * MS and played.lateness.count == 200
    assert play(file, TakingSink(clock), packets=True, clock=clock.clock()).packets.rejected == 400


def test_what_is_held_for_its_delimiter_comes_at_the_end(recorded):
    clock = FakeClock()
    sink = TakingSink(clock)
    play(recorded([(0, b"abc"), (MS, b"d\0ef")]), sink, faults=Faults(duplicate=1), clock=clock.clock())
    assert bytes(sink.taken) == b"abcd\0abcd\0efef"


@pytest.mark.parametrize("after", [0, 3, 60])
def test_it_stops_where_it_is_told_to_even_if_nobody_takes_anything(recorded, after):
    clock = FakeClock()
    sink = TakingSink(clock, offer_ns=100 * MS)
    asked = []

    def stopped():
        asked.append(1)
        return len(asked) > after

    played = Player(recorded([(50 * MS, b"0123456789")] * 100), sink, clock=clock.clock()).run(stopped)
    assert played.interrupted and len(asked) == after + 1
    assert played.sent == len(sink.taken) < 1000
    assert sink.drains == 0


def test_a_receiver_that_leaves_is_an_error_and_what_came_before_is_known(recorded):
    clock = FakeClock()
    player = Player(recorded([(MS, b"0123456789")] * 100), TakingSink(clock, gone_after=300, patience=0), clock=clock.clock())
    with pytest.raises(DeviceError, match="the test has left"):
        player.run()
    assert player.played(interrupted=True).sent == 300


def test_nobody_is_waited_for_to_be_sent_nothing(recorded):
    clock = FakeClock()
    sink = TakingSink(clock)
    played = play(recorded([]), sink, clock=clock.clock())
    assert (played.blocks, sink.waited, played.interrupted) == (0, 0, False)


def test_a_cut_recording_is_played_as_far_as_it_goes_and_says_so(recorded):
    file = recorded([(MS, bytes([i]) * 50) for i in range(100)])
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    clock = FakeClock()
    sink = TakingSink(clock)
    played = play(file, sink, clock=clock.clock())
    assert "cut at octet" in played.problem
    assert 0 < len(sink.taken) < 5000 and b"".join(bytes([i]) * 50 for i in range(100)).startswith(sink.taken)
