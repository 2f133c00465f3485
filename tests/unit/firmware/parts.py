"""What the firmware's parts are given in these tests: a tick under control, a queue that may refuse, packets taken apart."""

from freefall_board.core.clock import OnBoardClock
from freefall_board.core.packetizer import Packetizer
from freefall_board.core.ring import Ring
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
    depth = 32

    def __init__(self):
        self.full = False
        self.packets = []

    def put_samples(self, room, size):
        """See LinkQueue."""
        assert len(room) == frame.FRAME_ROOM
        encoded = bytes(room[: size - 1])
        assert room[size - 1] == 0
        packet, reason = codec.judge_frame(encoded)
        assert reason is None
        if not self.full:
            self.packets.append(packet)
        return not self.full

    put_report = put_samples


class PacketizerBench:
    """A packetizer, its ring and its clock; `take` plays the interrupt, `taken` is every sample it took."""

    def __init__(self, full=4, sample_len=2, depth=8, period_us=1000, max_latency_ms=50, start_us=0):
        self.ticks = Ticks(start_us)
        self.frames = Frames()
        self.full, self.sample_len = full, sample_len
        self.taken = []
        self.ring = Ring(depth, sample_len)
        self.clock = OnBoardClock(self.ticks.now, self.ticks.diff)
        plan = {
            "apid": APID, "sample_len": sample_len, "samples_per_packet": full, "max_latency_ms": max_latency_ms,
            "packet_len": codec.stream_packet_length(full, sample_len), "period_us": period_us,
        }  # fmt: skip
        self.packetizer = Packetizer(plan, self.ring, self.clock, frame.seal_in_place, self.frames)

    def sample(self, number):
        """The sample of trigger `number`."""
        return (number * 0x9E3779B97F4A7C15 + 1).to_bytes(16, "big")[-self.sample_len :]

    def take(self, *numbers, after_us=1000):
        """Samples of these triggers, each after_us after the one before it, without a poll in between."""
        for number in numbers:
            self.ticks.true_us += after_us
            slot = self.ring.reserve()
            assert slot >= 0
            self.ring.slots[slot][:] = self.sample(number)
            self.taken.append(self.sample(number))
            self.ring.numbers[slot] = number % TICKS_MODULO
            self.ring.stamps[slot] = self.ticks.now()
            self.ring.commit()

    def poll(self):
        """One poll, at the present tick."""
        return self.packetizer.poll(self.clock.update())

    @property
    def packets(self):
        """The packets sent so far, taken apart."""
        assert all(codec.is_stream_packet(packet, self.full, self.sample_len) for packet in self.frames.packets)
        return [codec.parse_stream_packet(packet, self.sample_len) for packet in self.frames.packets]

    @property
    def spans(self):
        """(first index, number of samples) of every packet sent."""
        return [(packet["index"], len(packet["samples"])) for packet in self.packets]
