"""A sampler on a ring, and reads that last until a test ends them."""

from freefall_board.core import words as at
from freefall_board.core.ring import Ring
from freefall_board.core.sampler import Sampler
from unit.firmware.parts import Ticks, counts

READ_US = 300


class Bus:
    """Reads that last until `end`; `begun` has the slot and the first sample's number of each."""

    def __init__(self, ring):
        self.begun = []
        self.under_way = None
        self.checks = 0
        self.on_check = lambda: None
        self._ring = ring

    def start(self, slot):
        assert self.under_way is None, "a read begun while one is under way"
        self.begun.append((slot, self._ring.words[at.SLOTS + 2 * slot]))
        self.under_way = slot

    def check(self):
        self.checks += 1
        self.on_check()


class Bench:
    """A sampler on a ring. `trigger()` and `end()` are the interrupts."""

    def __init__(self, depth=1024, step=1, seen=0, start_us=0, latency_us=0):
        self.ticks = Ticks(start_us)
        self.ring = Ring(depth, 2, step, 1000)
        self.words = self.ring.words
        self.bus = Bus(self.ring)
        self.sampler = self.make(latency_us)
        self.sampler.reads_by(self.bus.start, self.bus.check)
        self.words[at.SEEN] = self.words[at.TAKEN] = seen

    def make(self, latency_us):
        return Sampler(self.ring, self.ticks.now, latency_us)

    def end(self, good=1):
        assert self.bus.under_way is not None
        self.bus.under_way = None
        self.sampler.ended(good)

    def sample(self, good=1, read_us=READ_US):
        """One trigger, and its read."""
        self.sampler.trigger(None)
        self.ticks.true_us += read_us
        self.end(good)

    def release(self):
        self.ring.take(bytearray(self.ring.read_len), 0, 1)

    @property
    def counts(self):
        return counts(self.words)

    @property
    def published(self):
        """(number, stamp) of every read in the ring."""
        tail = self.words[at.TAIL]
        slots = [(tail + i) % self.ring.depth for i in range(self.ring.waiting())]
        return [tuple(self.words[at.SLOTS + 2 * slot : at.SLOTS + 2 * slot + 2]) for slot in slots]
