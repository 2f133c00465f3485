"""One stream whose two interrupts, the trigger and the end of a read, come when a test says so; and the truth about them."""

from dataclasses import dataclass

from freefall_board.core.packetizer import Packetizer
from freefall_board.core.reporter import Reporter
from freefall_board.core.ring import Ring
from freefall_board.core.sampler import Sampler
from stateful.stream_bench import MODULO, StreamBench
from unit.firmware.parts import counts

PERIOD_US = 100
SAMPLE_LEN = 3
MAX_LATENCY_US = 1000
TRIGGER, END = "trigger", "end"
_READ_US = 3


@dataclass(frozen=True)
class Taken:
    """A sample as the sensor gave it, and when its trigger came."""

    octets: bytes
    time_us: int


class Bench(StreamBench):
    """`interrupt(name)` is one interrupt; time stands still otherwise.

    While a read is under way its slot holds octets that no sample has, as a transfer goes over what was there.
    """

    def __init__(
        self, depth=2, full=2, start_number=0, start_tick=0,
        ring=Ring, sampler=Sampler, packetizer=Packetizer, reporter=Reporter,
    ):  # fmt: skip
        """full: samples a packet; start_number: samples already seen; the classes may be wrong ones."""
        self.now_us = 0  # since the clock was made; never wraps
        self.step_us = lambda: PERIOD_US  # from one trigger to the next
        self.fails = lambda trigger: False  # whether the read of trigger 0, 1, ... fails
        self.triggers = 0
        self.taken = {}  # by index
        self.begun = self.failed = 0  # reads
        self._off = False  # interrupts
        self._start_tick = start_tick
        self._read = None  # (slot, trigger, its time, whether it fails) of the read under way
        plan = {
            "sample_len": SAMPLE_LEN, "samples_per_read": 1, "samples_per_packet": full, "period_us": PERIOD_US,
            "max_latency_ms": MAX_LATENCY_US // 1000,
        }  # fmt: skip
        ring = ring(depth, SAMPLE_LEN, 1, PERIOD_US)
        sampler = sampler(ring, self._ticks_us)
        sampler.reads_by(self._start, self.check_bus)
        self.build(plan, ring, sampler, self._ticks_us, packetizer, reporter)
        self.let_pass(start_number, self._ticks_us())

    def interrupt(self, name):
        """One interrupt, handled from beginning to end; the end of a read only where there is one to end; none while off."""
        if self._off:
            return
        if name == TRIGGER:
            self.now_us += self.step_us()
            self._triggered_us = self.now_us
            self.triggers += 1
            self.sampler.trigger(None)
        elif self._read and not self._read[-1]:
            self.now_us += _READ_US
            slot, trigger, time_us, _ = self._read
            self._read = None
            sample = self._sample(trigger)
            self._fill(slot, sample)
            self.taken[self.start_number + trigger] = Taken(sample, time_us)
            self.sampler.ended(1)
        self.note()

    def check_bus(self):
        """Ends a read that failed. For interrupts."""
        if self._read and self._read[-1]:
            self._read = None
            self.failed += 1
            self.sampler.ended(0)

    def poll(self):
        """See StreamBench."""
        self._off = True
        self.check_bus()
        self._off = False

    def settle(self):
        """No more triggers, a link that takes everything: until nothing is left in the bus, the ring and the queue."""
        self.interrupt(END)
        self.poll()
        self.link_takes = lambda size: size
        self.now_us += MAX_LATENCY_US + PERIOD_US
        while self.ring.waiting():
            self.turn()
        self.turn()
        self.empty_queue()

    def check(self):
        """After settle(): AssertionError unless every sample taken was framed once and unharmed, and every report is true."""
        packets = self.check_frames()
        indexes = [index for first, _, samples in packets for index in range(first, first + len(samples))]
        assert indexes == sorted(self.taken), "samples were lost, doubled or out of order"
        for first, time_us, samples in packets:
            true = [self.taken[first + i] for i in range(len(samples))]
            assert samples == [sample.octets for sample in true], "a torn or foreign sample"
            assert time_us == true[0].time_us
            # One time dates them all, so they must be one period apart, give or take half of one.
            pairs = zip(true, true[1:], strict=False)
            assert all(later.time_us - earlier.time_us <= PERIOD_US * 3 // 2 for earlier, later in pairs)
        self._check_counts()

    def _check_counts(self):
        seen, taken, bus_errors, overruns = counts(self.words)
        count = len(self.taken)
        assert (seen - self.start_number) % MODULO == self.triggers
        assert (taken - self.start_number) % MODULO == (self.packetizer.framed - self.start_number) % MODULO == count
        assert (bus_errors, overruns) == (self.failed, self.triggers - self.begun)
        assert count + self.failed == self.begun
        assert self.ring.waiting() == 0

    def _start(self, slot):
        assert self._read is None, "a read was begun while one is under way"
        trigger = self.triggers - 1
        self.begun += 1
        self._read = (slot, trigger, self._triggered_us, self.fails(trigger))
        self._fill(slot, bytes(octet ^ 0xFF for octet in self._sample(trigger)))

    def _sample(self, trigger):
        return ((trigger + 1) * 0x9E3779B97F4A7C15 % 2**64).to_bytes(8, "big")[:SAMPLE_LEN]

    def _fill(self, slot, octets):
        self.ring.octets[slot * SAMPLE_LEN : (slot + 1) * SAMPLE_LEN] = octets

    def _ticks_us(self):
        return (self._start_tick + self.now_us) % MODULO
