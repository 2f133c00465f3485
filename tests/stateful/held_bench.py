"""A stream by a line that holds, whose hardware goes on between any two bytecodes of the foreground."""

from freefall_board.core.held import HeldSampler
from freefall_board.core.packetizer import Packetizer
from stateful.stream_bench import MODULO, StreamBench
from unit.firmware.fifo import END
from unit.firmware.held import PERIOD_US, SAMPLE_LEN
from unit.firmware.held import HeldBench as Hardware
from unit.firmware.parts import counts

EVENT, INTERRUPT = "event", "interrupt"
_MOST_EVENTS = 10  # where nobody asks for an interrupt any more


class HeldBench(StreamBench):
    """`interrupt(EVENT)` is the next thing the sensor or its bus does, INTERRUPT all until one of them asks for an interrupt."""

    def __init__(self, depth=2, read_us=100, first=END, start_us=MODULO - 20_000, sampler=HeldSampler):
        """first: of two interrupts that wait; sampler: the class, right or wrong."""
        self.hardware = Hardware(depth, read_us=read_us, start_us=start_us, first=first, sampler=sampler)
        self.start_us = start_us
        plan = {
            "sample_len": SAMPLE_LEN, "samples_per_read": 1, "samples_per_packet": 2, "period_us": PERIOD_US,
            "max_latency_ms": 3,
        }  # fmt: skip
        self.build(plan, self.hardware.ring, self.hardware.sampler, self.hardware.ticks_us, Packetizer)
        self.poll = self.hardware.bus.poll

    def interrupt(self, name):
        """What the hardware does next; see the class."""
        clock, interrupts = self.hardware.clock, self.hardware.interrupts
        requested = interrupts.requested
        for _ in range(_MOST_EVENTS):
            clock.advance_to(clock.next_event_ns())
            self.note()
            if name == EVENT or interrupts.requested > requested:
                return

    def run(self, duration_us):
        """Time passes, with a pass of the foreground every 150 us."""
        for _ in range(duration_us // 150):
            self.hardware.wait(150)
            self.turn(report=False)

    def settle(self):
        """As if nothing had been: until all that was late is there; then it must still sample, and what is left is sent."""
        bus = self.hardware.bus
        bus.fails = bus.hangs = False
        bus.wait_us = 0
        self.run(6000)
        begun = bus.begun
        self.run(4 * PERIOD_US)
        assert begun + 3 <= bus.begun <= begun + 5, "the stream waits for an edge that cannot come, or does not wait"
        while self.ring.waiting():
            self.turn()
            self.hardware.wait(500)
        self.empty_queue()

    def check(self):
        """After settle(): AssertionError unless every sample has its number and its time, and what is missing was counted."""
        packets = self.check_frames()
        first_index, _, (first, *_) = packets[0]
        first = int.from_bytes(first, "big")
        delivered = []
        for index, time_us, octets in packets:
            samples = [int.from_bytes(sample, "big") for sample in octets]
            assert samples == [index - first_index + first + i for i in range(len(samples))]
            assert time_us == self.hardware.sensor.made_us[samples[0]] - self.start_us
            delivered += samples
        assert delivered == sorted(set(delivered)), "samples were doubled or out of order"
        missing = delivered[-1] - delivered[0] + 1 - len(delivered)
        _, taken, bus_errors, overruns = counts(self.words)
        assert bus_errors + overruns == missing
        assert taken == len(delivered) + self.ring.waiting()
