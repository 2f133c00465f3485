"""A sensor whose data-ready line holds until its sample is read, its bus and the board's interrupts, in simulated time.

The sensor keeps its newest sample only. Strict: no read begins while one is under way, or another could be begun meanwhile.
"""

from freefall.board.clock import SimulatedClock
from freefall_board.core import words as at
from freefall_board.core.held import HeldSampler
from freefall_board.core.ring import Ring, due_handler
from unit.firmware.fifo import EDGE, END, Interrupts
from unit.firmware.parts import TICKS_MODULO, counts
from unit.firmware.small import Small, make_strict

SAMPLE_LEN = 4
PERIOD_US = 1000


class Sensor:
    """Makes sample n (n as its octets) at (n + 1) periods; `line` is called with every change of its level."""

    def __init__(self, clock, period_us):
        self.line = lambda level: None
        self.made_us = []
        self.makes = True
        self._clock = clock
        self._period_ns = round(period_us * 1000)
        self._began_ns = clock.now_ns()
        self._level = 0
        self._next()

    def level(self):
        """The line."""
        return self._level

    def read(self):
        """The newest sample; the line is released."""
        assert self.made_us, "a sample is read that is not there"
        self._set(0)
        return len(self.made_us) - 1

    def _next(self):
        self._clock.call_at(self._began_ns + (len(self.made_us) + 1) * self._period_ns, self._make)

    def _make(self):
        if not self.makes:
            return
        self.made_us.append(self._clock.now_ns() // 1000)
        self._next()
        self._set(1)

    def _set(self, level):
        if level != self._level:
            self._level = level
            self.line(level)


class Bus:
    """Reads: after wait_us the part gives its sample, and after read_us more the read is over.

    `fails`: the part is not acknowledged; `hangs`: the read stands still after the sample was given. Both are found by poll().
    """

    def __init__(self, clock, sensor, ring, interrupts, read_us, timeout_us):
        self.fails = self.hangs = False
        self.wait_us = 0
        self.begun = 0
        self.ended = None
        self._clock = clock
        self._sensor = sensor
        self._ring = ring
        self._interrupts = interrupts
        self._read_us = read_us
        self._timeout_us = timeout_us
        self._read = None  # [slot, when it began, spoilt, failed, over]

    def start(self, slot):
        """See ports/__init__.py."""
        assert self._interrupts.none_can_come, "another read could be begun meanwhile"
        assert self._read is None, "a read is begun while one is under way"
        self._read = read = [slot, self._clock.now_ns(), False, False, False]
        self.begun += 1
        self._clock.call_at(self._clock.now_ns() + self.wait_us * 1000, lambda: self._give(read))

    def check(self):
        """See ports/__init__.py: for the next trigger."""
        self._find()
        if self._read:
            self._read[2] = True

    def poll(self):
        """End a read that failed or stands still."""
        state = self._interrupts.off()
        self._find()
        self._interrupts.on(state)

    def end(self):
        """The interrupt of a read that is over."""
        if not self._read or not self._read[4]:
            return  # the interrupt of one that was given up
        spoilt = self._read[2]
        self._read = None
        self.ended(0 if spoilt else 1)

    def _find(self):
        if not self._read:
            return
        _, begun_ns, _, failed, _ = self._read
        if failed or self._clock.now_ns() - begun_ns > self._timeout_us * 1000:
            self._read = None
            self.ended(0 if failed else -1)

    def _give(self, read):
        if read is not self._read:
            return
        if self.fails:
            read[3] = True
            return
        slot = read[0]
        # The octets of the next sample, where there is one before the last of these is read, are what no sample has.
        sample = self._sensor.read()
        self._ring.octets[slot * SAMPLE_LEN : (slot + 1) * SAMPLE_LEN] = sample.to_bytes(SAMPLE_LEN, "big")
        if not self.hangs:
            self._clock.call_at(self._clock.now_ns() + self._read_us * 1000, lambda: self._over(read))

    def _over(self, read):
        if read is self._read:
            read[4] = True
            self._interrupts.request(END)


class HeldBench:
    """A held sampler and all it lives with. `reads` is what was taken from the ring: (number, stamp, sample)."""

    def __init__(
        self, depth=4, true_period_us=PERIOD_US, read_us=100, start_us=0, timeout_us=700, latency_us=0, first=END,
        sampler=HeldSampler,
    ):  # fmt: skip
        self.clock = SimulatedClock(start_us * 1000)
        self.ring = Ring(depth, SAMPLE_LEN, 1, PERIOD_US)
        self.words = make_strict(self.ring)
        self.interrupts = Interrupts(first)
        self.interrupts_off, self.interrupts_on = self.interrupts.off, self.interrupts.on
        self.sensor = Sensor(self.clock, true_period_us)
        self.bus = Bus(self.clock, self.sensor, self.ring, self.interrupts, read_us, timeout_us)
        self.sampler = sampler(self.ring, self, self.ticks_us, self.sensor.level, latency_us)
        self.sampler.reads_by(self.bus.start, self.bus.check)
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
        """A pass of the foreground: failed reads found, what waits in the sensor read, the ring emptied."""
        self.bus.poll()
        if self.due(self.ticks_us()):
            self.sampler.resume()
            while self.ring.waiting():
                self.take()

    def look(self):
        """What the foreground does every few milliseconds, whether a read is due or not."""
        self.bus.poll()
        self.sampler.resume()

    def take(self):
        """The oldest read of the ring."""
        slot = self.words[at.TAIL] % self.ring.depth
        number, stamp = self.words[at.SLOTS + 2 * slot : at.SLOTS + 2 * slot + 2]
        octets = bytearray(SAMPLE_LEN)
        assert self.ring.take(octets, 0, 1) == 1
        self.reads.append((number, stamp, int.from_bytes(octets, "big")))

    @property
    def counts(self):
        """(seen, taken, bus errors, overruns)."""
        return counts(self.words)

    def check(self):
        """AssertionError unless samples came in order and once, and the sums close; returns those that are missing."""
        delivered = [sample for _, _, sample in self.reads]
        assert delivered == sorted(set(delivered)), "samples were doubled or out of order"
        seen, taken, bus_errors, overruns = self.counts
        assert (taken + bus_errors + overruns + self.words[at.READING] - seen) % TICKS_MODULO == 0
        assert (taken - len(delivered) - self.ring.waiting()) % TICKS_MODULO == 0
        return sorted(set(range(delivered[0], delivered[-1] + 1)) - set(delivered))

    def check_exact(self):
        """Besides check(): every read has the number and the time of its sample, and what is missing is all that was counted."""
        missing = self.check()
        first_number, _, first_sample = self.reads[0]
        for number, stamp, sample in self.reads:
            assert (number - first_number) % TICKS_MODULO == sample - first_sample, sample
            assert stamp == self.sensor.made_us[sample] % TICKS_MODULO, sample
        assert sum(self.counts[2:]) == len(missing)
        return missing
