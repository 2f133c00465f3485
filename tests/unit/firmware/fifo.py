"""A sensor with a FIFO, its line, its bus and the board's interrupts, all in simulated time: what a watermark sampler lives with.

The FIFO is read sample by sample as on the wires, so its level may fall and rise during a read. Strict: nothing reads samples
that are not there, and no read begins while one is under way.
"""

from collections import deque

from freefall.board.clock import SimulatedClock
from freefall_board.core import words as at
from freefall_board.core.ring import Ring, due_handler
from freefall_board.core.watermark import WatermarkSampler
from unit.firmware.parts import TICKS_MODULO, counts
from unit.firmware.small import Small, make_strict

SAMPLE_LEN = 4
EDGE, END = "edge", "end"  # interrupts


class Interrupts:
    """Runs one handler at a time, at once or, while they are off, when they are on again; `first` of two that wait goes first."""

    def __init__(self, first=END):
        self.handlers = {}
        self.requested = 0
        self._first = first
        self._running = False
        self._off = False
        self._waiting = []

    @property
    def none_can_come(self):
        """Whether what happens now is a handler's doing, or interrupts are off."""
        return self._running or self._off

    def request(self, name):
        """The interrupt of that name; one that waits already is merged with it."""
        self.requested += 1
        if name not in self._waiting:
            self._waiting.append(name)
        self._run()

    def off(self):
        """As a port's interrupts_off."""
        assert not self._off
        self._off = True
        return "state"

    def on(self, state):
        """As a port's interrupts_on."""
        assert state == "state" and self._off
        self._off = False
        self._run()

    def _run(self):
        if self._off or self._running:
            return
        self._running = True
        while self._waiting:
            self._waiting.sort(key=lambda name: name != self._first)
            self.handlers[self._waiting.pop(0)]()
        self._running = False


class Sensor:
    """Makes sample n (n as its octets) at (n + 1) periods; `line` is called with every change of its level.

    made_us: when each sample was made; lost: the samples that its FIFO had no room for. rises_once: the line rises when the FIFO
    comes to hold the watermark, and falls when its status is read. keeps_oldest: a full FIFO takes no more.
    """

    def __init__(self, clock, watermark, size, period_us, rises_once=False, keeps_oldest=False):
        self.rises_once = rises_once
        self._keeps_oldest = keeps_oldest
        self.line = lambda level: None
        self.made_us = []
        self.lost = []
        self._clock = clock
        self._watermark = watermark
        self._fifo = deque()
        self._size = size
        self._period_ns = round(period_us * 1000)
        self._began_ns = clock.now_ns()
        self._level = 0
        self._next()

    def level(self):
        """The line."""
        return self._level

    def pop(self):
        """The oldest sample, which is gone then."""
        assert self._fifo, "a sample is read that is not there"
        sample = self._fifo.popleft()
        self._show()
        return sample

    def read_status(self):
        """What comes before the samples of a read."""
        if self.rises_once:
            self._set(0)

    def lose_all(self):
        """As a power cycle: what the FIFO held is gone."""
        self.read_status()
        while self._fifo:
            self.lost.append(self.pop())

    def _next(self):
        self._clock.call_at(self._began_ns + (len(self.made_us) + 1) * self._period_ns, self._make)

    def _make(self):
        sample = len(self.made_us)
        self.made_us.append(self._clock.now_ns() // 1000)
        self._next()
        if len(self._fifo) == self._size:
            self.lost.append(sample if self._keeps_oldest else self._fifo.popleft())
            if self._keeps_oldest:
                return
        self._fifo.append(sample)
        if self.rises_once and len(self._fifo) == self._watermark:
            self._set(1)
        self._show()

    def _show(self):
        if not self.rises_once:
            self._set(int(len(self._fifo) >= self._watermark))

    def _set(self, level):
        if level != self._level:
            self._level = level
            self.line(level)


class Bus:
    """Reads of the sensor: its status after wait_us, then a sample every sample_us.

    `stops_after` samples a read stands still (None: never), having taken too long unless it got none; -1: before the status.
    """

    def __init__(self, clock, sensor, ring, interrupts, sample_us, timeout_us):
        self.stops_after = None
        self.wait_us = 0
        self.begun = 0
        self.broken_off = []  # samples that went with a read that failed
        self._clock = clock
        self._sensor = sensor
        self._ring = ring
        self._interrupts = interrupts
        self._sample_us = sample_us
        self._timeout_us = timeout_us
        self._read = None  # [slot, when it began, samples so far] of the one under way
        self.ended = None

    def start(self, slot):
        """See ports/__init__.py."""
        assert self._interrupts.none_can_come, "another read could be begun meanwhile"
        assert self._read is None, "a read is begun while one is under way"
        assert 0 <= slot < self._ring.depth
        self._read = [slot, self._clock.now_ns(), []]
        self.begun += 1
        self._later(self.wait_us, self._begin, self._read)

    def end(self):
        """The interrupt of a read that is over."""
        self._read = None
        self.ended(1)

    def poll(self):
        """End a read that stands still."""
        state = self._interrupts.off()
        if self._read and self._clock.now_ns() - self._read[1] > self._timeout_us * 1000:
            gone = self._read[2]
            self.broken_off += gone
            self._read = None
            self.ended(-1 if gone else 0)
        self._interrupts.on(state)

    def _later(self, after_us, action, read):
        self._clock.call_at(self._clock.now_ns() + after_us * 1000, lambda: action(read))

    def _begin(self, read):
        if read is not self._read or self.stops_after == -1:
            return
        self._sensor.read_status()
        self._later(self._sample_us, self._step, read)

    def _step(self, read):
        slot, _, samples = read
        if read is not self._read or len(samples) == self.stops_after:
            return
        sample = self._sensor.pop()
        start = slot * self._ring.read_len + len(samples) * SAMPLE_LEN
        self._ring.octets[start : start + SAMPLE_LEN] = sample.to_bytes(SAMPLE_LEN, "big")
        samples.append(sample)
        if len(samples) * SAMPLE_LEN < self._ring.read_len:
            self._later(self._sample_us, self._step, read)
        else:
            self._interrupts.request(END)


class FifoBench:
    """A watermark sampler and all it lives with. `reads` is what was taken from the ring: (number, stamp, samples)."""

    def __init__(
        self, watermark=4, size=16, depth=4, period_us=250, true_period_us=None, sample_us=20, start_us=0, timeout_us=900,
        latency_us=0, first=END, sampler=WatermarkSampler, rises_once=False, keeps_oldest=False,
    ):  # fmt: skip
        self.clock = SimulatedClock(start_us * 1000)
        self.watermark = watermark
        self.ring = Ring(depth, SAMPLE_LEN, watermark, period_us)
        self.words = make_strict(self.ring)
        self.interrupts = Interrupts(first)
        self.interrupts_off, self.interrupts_on = self.interrupts.off, self.interrupts.on
        self.sensor = Sensor(self.clock, watermark, size, true_period_us or period_us, rises_once, keeps_oldest)
        self.bus = Bus(self.clock, self.sensor, self.ring, self.interrupts, sample_us, timeout_us)
        backlog_us = (size - watermark) * period_us
        self.sampler = sampler(self.ring, self, self.ticks_us, self.sensor.level, backlog_us, latency_us)
        self.sampler.reads_by(self.bus.start, self.bus.poll)
        self.bus.ended = self.sampler.ended
        self.due = due_handler(self.words, 1, 0)
        self.reads = []
        self.interrupts.handlers = {EDGE: lambda: None, END: self.bus.end}
        self.sensor.line = lambda level: level and self.interrupts.request(EDGE)

    def ticks_us(self):
        """As time.ticks_us."""
        return Small(self.clock.now_ns() // 1000 % TICKS_MODULO)

    def arm(self):
        """Let the trigger come."""
        self.interrupts.handlers[EDGE] = lambda: self.sampler.trigger(None)

    def wait(self, duration_us):
        """Time passes, and the foreground does nothing."""
        self.clock.advance_to(self.clock.now_ns() + duration_us * 1000)

    def run(self, duration_us, every_us=100):
        """Time passes, and the foreground makes a pass every so often."""
        for _ in range(duration_us // every_us):
            self.wait(every_us)
            self.turn()

    def turn(self):
        """A pass of the foreground: failed reads found, a due read begun, the ring emptied."""
        self.bus.poll()
        if self.due(self.ticks_us()):
            self.sampler.resume()
            while self.ring.waiting():
                self.take()

    def take(self):
        """The oldest read of the ring."""
        slot = self.words[at.TAIL] % self.ring.depth
        number, stamp = self.words[at.SLOTS + 2 * slot : at.SLOTS + 2 * slot + 2]
        octets = bytearray(self.ring.read_len)
        assert self.ring.take(octets, 0, 1) == 1
        samples = [int.from_bytes(octets[i : i + SAMPLE_LEN], "big") for i in range(0, len(octets), SAMPLE_LEN)]
        self.reads.append((number, stamp, samples))

    @property
    def counts(self):
        """(seen, taken, bus errors, overruns)."""
        return counts(self.words)

    def check(self):
        """AssertionError unless each sample was delivered once and in order, or is among those known to be gone; and counted."""
        delivered = [sample for _, _, samples in self.reads for sample in samples]
        assert delivered == sorted(set(delivered)), "samples were doubled or out of order"
        gone = set(self.sensor.lost) | set(self.bus.broken_off)
        if delivered:
            assert set(range(delivered[0], delivered[-1] + 1)) - set(delivered) <= gone, "samples were lost by the board"
        assert not gone & set(delivered)
        seen, taken, bus_errors, overruns = self.counts
        assert (taken + bus_errors + overruns + self.words[at.READING] - seen) % TICKS_MODULO == 0
        assert (taken - len(delivered) - self.watermark * self.ring.waiting()) % TICKS_MODULO == 0

    def numbering_errors(self):
        """Of every read: its number, minus that of its first sample counted from the first delivered."""
        first_number, _, (first_sample, *_) = self.reads[0]
        return [
            (number - first_number - samples[0] + first_sample + TICKS_MODULO // 2) % TICKS_MODULO - TICKS_MODULO // 2
            for number, _, samples in self.reads
        ]

    def stamp_errors_us(self):
        """Of every read: its stamp, minus when its last sample was made."""
        return [
            (stamp - self.sensor.made_us[samples[-1]] + TICKS_MODULO // 2) % TICKS_MODULO - TICKS_MODULO // 2
            for _, stamp, samples in self.reads
        ]
