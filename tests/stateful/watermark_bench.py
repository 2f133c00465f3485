"""A stream by FIFO whose hardware goes on between any two bytecodes of the foreground; interrupts that are off wait."""

from freefall_board.core.packetizer import Packetizer
from freefall_board.core.watermark import WatermarkSampler
from stateful.stream_bench import MODULO, StreamBench
from unit.firmware.fifo import END, SAMPLE_LEN, FifoBench
from unit.firmware.parts import counts

PERIOD_US = 250
WATERMARK = 4
EVENT, INTERRUPT = "event", "interrupt"
_MOST_EVENTS = 10  # where nobody asks for an interrupt any more


class WatermarkBench(StreamBench):
    """`interrupt(EVENT)` is the next thing the sensor or its bus does, INTERRUPT all until one of them asks for an interrupt."""

    def __init__(
        self, depth=2, sample_us=20, first=END, start_us=MODULO - 20_000, sampler=WatermarkSampler, rises_once=False
    ):  # fmt: skip
        """first: of two interrupts that wait; sampler: the class, right or wrong; rises_once: see fifo.Sensor."""
        self.fifo = FifoBench(
            WATERMARK, 12, depth, PERIOD_US, None, sample_us, start_us, first=first, sampler=sampler, rises_once=rises_once
        )
        self.start_us = start_us
        plan = {
            "sample_len": SAMPLE_LEN, "samples_per_read": WATERMARK, "samples_per_packet": 2 * WATERMARK,
            "period_us": PERIOD_US, "max_latency_ms": 3,
        }  # fmt: skip
        self.build(plan, self.fifo.ring, self.fifo.sampler, self.fifo.ticks_us, Packetizer)
        self.poll = self.fifo.bus.poll

    def interrupt(self, name):
        """What the hardware does next; see the class."""
        clock, interrupts = self.fifo.clock, self.fifo.interrupts
        requested = interrupts.requested
        for _ in range(_MOST_EVENTS):
            clock.advance_to(clock.next_event_ns())
            self.note()
            if name == EVENT or interrupts.requested > requested:
                return

    def run(self, duration_us):
        """Time passes, with a pass of the foreground every 250 us."""
        for _ in range(duration_us // 250):
            self.fifo.wait(250)
            self.turn(report=False)

    def settle(self):
        """As if nothing had been: until all that was late is there, and an edge after it; then what is left is sent."""
        self.link_takes = lambda size: size
        self.fifo.bus.stops_after = None
        self.run(5000)
        self.turn()
        self.empty_queue()

    def check(self):
        """After settle(): AssertionError unless all samples came, but those the FIFO gave up, which are counted to the sample."""
        packets = self.check_frames()
        first_index, _, (first, *_) = packets[0]
        first = int.from_bytes(first, "big")
        delivered = []
        for index, time_us, octets in packets:
            samples = [int.from_bytes(sample, "big") for sample in octets]
            lags = [index + i - first_index - sample + first for i, sample in enumerate(samples)]
            # Numbers and times lag where samples went that are counted later, both by as much; in the end neither does.
            made_us = self.fifo.sensor.made_us[samples[0]] - self.start_us
            assert time_us - made_us == lags[0] * PERIOD_US
            assert max(lags) <= 0
            assert all(len(set(lags[i : i + WATERMARK])) == 1 for i in range(0, len(lags), WATERMARK)), "a torn read"
            delivered += samples
        assert lags[-1] == 0
        self._check_samples(delivered)

    def _check_samples(self, delivered):
        assert delivered == sorted(set(delivered)), "samples were doubled or out of order"
        gone = set(self.fifo.sensor.lost) | set(self.fifo.bus.broken_off)
        missing = set(range(delivered[0], delivered[-1] + 1)) - set(delivered)
        assert missing <= gone, "samples were lost by the board"
        seen, taken, bus_errors, overruns = counts(self.words)
        assert bus_errors + overruns == len(missing)
        assert taken == len(delivered) + WATERMARK * self.ring.waiting()
