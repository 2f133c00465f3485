"""What the firmware's parts are given in these tests: a tick under control, a queue that may refuse, packets taken apart."""

from freefall_board.core import words as at
from freefall_board.core.clock import OnBoardClock
from freefall_board.core.packetizer import Packetizer
from freefall_board.core.ring import Ring
from freefall_board.core.timed_ring import TimedRing
from freefall_wire import frame
from oracle import codec

TICKS_MODULO = 2**30
APID = 11


class Ticks:
    """A microsecond tick as MicroPython's on a 32-bit board: `true_us` never wraps, `now()` does."""

    def __init__(self, true_us=0):
        self.true_us = true_us

    def now(self):
        """As time.ticks_us."""
        return self.true_us % TICKS_MODULO

    @staticmethod
    def diff(later, earlier):
        """As time.ticks_diff."""
        difference = (later - earlier) % TICKS_MODULO
        return difference - TICKS_MODULO if difference >= TICKS_MODULO // 2 else difference


class Frames:
    """A link queue that takes every frame, or none while `full`; `packets` is what it took, as the oracle decodes it."""

    most_waiting = 3
    size = 8192

    def __init__(self):
        self.full = False
        self.packets = []

    def put_samples(self, buf, start, size):
        """See LinkQueue."""
        assert start == frame.FRAME_AT
        assert buf[start + size - 1] == 0
        packet, reason = codec.judge_frame(bytes(buf[start : start + size - 1]))
        assert reason is None
        if not self.full:
            self.packets.append(packet)
        return not self.full

    put_report = put_samples


def store(ring, number, stamp, octets):
    """What the interrupts do for one read: its octets into the slot, its number and stamp, then the head."""
    words = ring.words
    assert ring.waiting() < ring.depth
    slot = words[at.HEAD] % ring.depth
    ring.octets[slot * ring.read_len : (slot + 1) * ring.read_len] = octets
    words[at.SLOTS + 2 * slot] = number % TICKS_MODULO
    words[at.SLOTS + 2 * slot + 1] = stamp % TICKS_MODULO
    words[at.HEAD] = (words[at.HEAD] + 1) % (2 * ring.depth)


def counts(words):
    """(seen, taken, bus errors, overruns)."""
    return words[at.SEEN], words[at.TAKEN], words[at.BUS_ERRORS], words[at.OVERRUNS]


class PacketizerBench:
    """A packetizer, its ring and its clock; `take` plays the interrupts, `taken` is every sample they took."""

    def __init__(self, full=4, sample_len=2, depth=64, step=1, period_us=1000, max_latency_ms=50, start_us=0, times=False):
        """full: samples in a packet; step: in a read; depth: reads in the ring; period_us: between samples; times: sent too."""
        self.ticks = Ticks(start_us)
        self.frames = Frames()
        self.full, self.sample_len, self.step = full, sample_len, step
        self.taken = []
        self.ring = (TimedRing if times else Ring)(depth, sample_len, step, period_us)
        sent_len = sample_len + 4 * times
        self.clock = OnBoardClock(self.ticks.now, self.ticks.diff)
        plan = {
            "apid": APID, "sample_len": sent_len, "samples_per_read": step, "samples_per_packet": full,
            "max_latency_ms": max_latency_ms, "packet_len": codec.stream_packet_length(full, sent_len), "period_us": period_us,
        }  # fmt: skip
        self.packetizer = Packetizer(plan, self.ring, self.clock, frame.seal_in_place, self.frames)

    def sample(self, number):
        """The sample of that number."""
        return (number * 0x9E3779B97F4A7C15 + 1).to_bytes(16, "big")[-self.sample_len :]

    def take(self, *numbers, after_us=1000):
        """Reads whose first samples have these numbers, each after_us after the one before it, with nothing sent between."""
        for number in numbers:
            self.ticks.true_us += after_us
            samples = [self.sample(number + i) for i in range(self.step)]
            self.taken += samples
            store(self.ring, number, self.ticks.now(), b"".join(samples))

    def poll(self):
        """All that is due at the present tick; returns the samples sent."""
        sent = 0
        now = self.clock.update()
        while self.packetizer.due(now):
            sent += self.packetizer.send()
        return sent

    def pending(self):
        """Samples taken and not yet in a packet."""
        return self.packetizer.pending(self.ring.words[at.HEAD])

    @property
    def packets(self):
        """The packets sent so far, taken apart."""
        assert all(codec.is_stream_packet(packet, self.full, self.sample_len) for packet in self.frames.packets)
        return [codec.parse_stream_packet(packet, self.sample_len) for packet in self.frames.packets]

    @property
    def spans(self):
        """(first index, number of samples) of every packet sent."""
        return [(packet["index"], len(packet["samples"])) for packet in self.packets]

    @property
    def times_us(self):
        """The time of every packet sent."""
        return [packet["seconds"] * 10**6 + packet["microseconds"] for packet in self.packets]
