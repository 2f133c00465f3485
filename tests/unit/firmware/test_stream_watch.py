"""When a stream says that its sensor stopped and that it is back; and when it has a read begun that no interrupt begins."""

import pytest

from freefall_board.core.clock import OnBoardClock
from freefall_board.core.packetizer import Packetizer
from freefall_board.core.ring import Ring
from freefall_board.core.sampler import Sampler
from freefall_board.core.stream import Stream
from freefall_board.core.words import ERRORS_IN_ROW
from freefall_wire import frame
from freefall_wire.reports import SENSOR_BACK, SENSOR_STOPPED
from unit.firmware.parts import TICKS_MODULO, Frames, Ticks

_MS = 1000
_SECOND = 1_000_000
_PAUSE_US = 100 * _MS


class Bench:
    """A stream, watched; `events` is (event, true time in microseconds since it was armed). Reads are over at once."""

    def __init__(self, period_us=1000, start_us=0):
        self.ticks = Ticks(start_us)
        clock = self.clock = OnBoardClock(self.ticks.now, self.ticks.diff)
        plan = {
            "apid": 11, "sample_len": 1, "samples_per_read": 1, "samples_per_packet": 2, "packet_len": 20, "max_latency_ms": 10,
            "period_us": period_us or 1000,
        }  # fmt: skip
        self.ring = Ring(8, 1, 1, period_us or 1000)
        self.sampler = Sampler(self.ring, self.ticks.now)
        self.sampler.reads_by(lambda slot: self.sampler.ended(int(not self.failing)), None)
        self.frames = Frames()
        packetizer = Packetizer(plan, self.ring, clock, frame.seal_in_place, self.frames)
        self.stream = Stream(5, period_us, self.sampler, packetizer, clock)
        self.start_us = start_us
        self.failing = False
        self.events = []
        self.errors = []
        self.takes_events = True
        self.stream.armed(clock.now)

    def sensor_state(self, event, stream, bus_errors):
        """As Reporter's."""
        assert stream == 5
        self.events.append((event, self.ticks.true_us - self.start_us))
        self.errors.append(bus_errors)
        return self.takes_events

    def turn(self, after_us=0):
        self.ticks.true_us += after_us
        now = self.clock.update()
        while self.stream.due(now):
            self.stream.send()
        self.stream.watch(now, self)

    def trigger(self, after_us=1000, failing=False):
        self.ticks.true_us += after_us
        self.failing = failing
        self.sampler.trigger(None)
        self.turn()

    def run(self, duration_us, step_us=1000, failing=False):
        """Triggers every step_us."""
        for _ in range(duration_us // step_us):
            self.trigger(step_us, failing)

    def wait(self, duration_us, step_us):
        """Passes of the loop without triggers."""
        for _ in range(duration_us // step_us):
            self.turn(step_us)

    @property
    def kinds(self):
        return [event for event, _ in self.events]


def test_two_failures_in_a_row_are_no_event():
    bench = Bench()
    for _ in range(300):
        bench.trigger(failing=True)
        bench.trigger(failing=True)
        bench.trigger()
    assert bench.events == []


def test_third_failure_in_a_row_is_stopped_with_the_bus_errors_so_far():
    bench = Bench()
    bench.run(200 * _MS)
    for _ in range(5):
        bench.trigger(failing=True)
    assert bench.events == [(SENSOR_STOPPED, 203 * _MS)]
    assert bench.errors == [3]


def test_good_read_is_back():
    bench = Bench()
    bench.run(300 * _MS, failing=True)
    bench.run(32 * _MS)
    assert bench.events == [(SENSOR_STOPPED, _PAUSE_US), (SENSOR_BACK, 301 * _MS)]
    assert bench.errors == [_PAUSE_US // _MS, 300]


def test_stopped_sensor_is_back_with_a_good_read_and_not_with_fewer_failures():
    bench = Bench()
    bench.run(300 * _MS, failing=True)
    bench.ring.words[ERRORS_IN_ROW] = 1
    bench.turn(200 * _MS)
    bench.trigger(failing=True)
    assert bench.kinds == [SENSOR_STOPPED]
    bench.trigger()
    assert bench.kinds == [SENSOR_STOPPED, SENSOR_BACK]


def test_events_of_a_flapping_sensor_are_a_pause_apart():
    bench = Bench()
    for _ in range(100):
        bench.run(5 * _MS, failing=True)
        bench.run(40 * _MS)
    times = [time for _, time in bench.events]
    assert len(times) > 20
    assert times[0] >= _PAUSE_US
    assert all(later - earlier >= _PAUSE_US for earlier, later in zip(times, times[1:], strict=False))
    assert bench.kinds == [SENSOR_STOPPED, SENSOR_BACK] * (len(times) // 2) + [SENSOR_STOPPED] * (len(times) % 2)


def test_last_state_is_told_after_the_pause():
    bench = Bench()
    bench.run(200 * _MS)
    bench.run(40 * _MS, failing=True)
    bench.run(200 * _MS)
    assert bench.events == [(SENSOR_STOPPED, 203 * _MS), (SENSOR_BACK, 303 * _MS)]


def test_silence_of_200_ms_is_stopped_for_a_fast_sensor():
    bench = Bench(period_us=1000)
    bench.run(300 * _MS)
    bench.wait(1000 * _MS, 1 * _MS)
    assert bench.events == [(SENSOR_STOPPED, 500 * _MS)]


def test_silence_of_ten_periods_is_stopped_for_a_slow_sensor():
    bench = Bench(period_us=_SECOND)
    bench.run(5 * _SECOND, _SECOND)
    bench.wait(30 * _SECOND, 500 * _MS)
    assert bench.events == [(SENSOR_STOPPED, 15 * _SECOND)]


def test_silence_is_500_s_at_most_for_the_slowest_sensor():
    bench = Bench(period_us=100 * _SECOND)
    bench.trigger(10 * _SECOND)
    bench.wait(520 * _SECOND, _SECOND)
    assert bench.events == [(SENSOR_STOPPED, 510 * _SECOND)]


def test_silence_of_a_stream_whose_triggers_come_when_they_will_is_none():
    bench = Bench(period_us=None)
    bench.wait(3 * 3600 * _SECOND, 100 * _SECOND)
    assert bench.events == []
    for _ in range(3):
        bench.trigger(failing=True)
    bench.turn(_PAUSE_US)
    assert bench.kinds == [SENSOR_STOPPED], "reads that fail are told of"


def test_sensor_that_never_triggers_is_stopped_counted_from_the_arming():
    bench = Bench(start_us=TICKS_MODULO - 5 * _MS)
    bench.wait(_SECOND, _MS)
    assert bench.events == [(SENSOR_STOPPED, 200 * _MS)]


def test_trigger_after_silence_is_back():
    bench = Bench()
    bench.wait(_SECOND, 10 * _MS)
    bench.trigger()
    assert bench.kinds == [SENSOR_STOPPED, SENSOR_BACK]


def test_silence_of_hours_is_one_event():
    bench = Bench()
    bench.run(300 * _MS)
    bench.wait(3 * 3600 * _SECOND, 10 * _SECOND)
    assert bench.kinds == [SENSOR_STOPPED]


def test_healthy_sensor_is_no_event_for_hours():
    bench = Bench(period_us=10 * _SECOND)
    bench.run(3 * 3600 * _SECOND, 10 * _SECOND)
    assert bench.events == []


@pytest.mark.parametrize("kind", ["failing", "silent"])
def test_sensor_that_stops_ten_minutes_after_the_last_event_is_told_at_once(kind):
    bench = Bench(period_us=_SECOND)
    bench.run(600 * _SECOND, _SECOND)
    if kind == "failing":
        bench.run(20 * _SECOND, _SECOND, failing=True)
    else:
        bench.wait(20 * _SECOND, _SECOND)
    assert bench.kinds == [SENSOR_STOPPED]


def test_failing_read_after_silence_is_not_back():
    bench = Bench()
    bench.wait(_SECOND, 10 * _MS)
    bench.trigger(failing=True)
    assert bench.kinds == [SENSOR_STOPPED]


def test_event_the_queue_refused_is_told_again_after_the_pause():
    bench = Bench()
    bench.takes_events = False
    bench.wait(_SECOND, 10 * _MS)
    refused = len(bench.events)
    assert 2 <= refused <= 10
    bench.takes_events = True
    bench.wait(_SECOND, 10 * _MS)
    assert bench.kinds == [SENSOR_STOPPED] * (refused + 1)


def test_trigger_that_finds_no_room_is_no_silence():
    bench = Bench()
    bench.stream.due = lambda now: 0
    bench.run(2 * _SECOND)
    assert (bench.ring.waiting(), bench.events) == (8, [])


# The read that waits for the foreground


def make_resumed():
    """A bench whose stream says when it resumes, and when a packet is sent."""
    bench = Bench()
    done = []
    bench.sampler.resume = lambda: done.append("resumed")
    packetizer = bench.stream.packetizer
    packetizer.send, send = lambda: done.append("sent") or send(), packetizer.send
    bench.stream = Stream(5, 1000, bench.sampler, packetizer, bench.clock)
    return bench, done


def test_sending_begins_the_read_that_waits_before_it_takes_the_time_to_send():
    bench, done = make_resumed()
    bench.sampler.trigger(None)
    assert bench.stream.send() == 1
    assert done == ["resumed", "sent"]


def test_watching_begins_the_read_that_nobody_is_told_of():
    bench, done = make_resumed()
    for _ in range(3):
        bench.stream.watch(bench.clock.update(), bench)
    assert done == ["resumed"] * 3
