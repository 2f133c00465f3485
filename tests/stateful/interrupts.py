"""One stream of the board whose interrupt may come between any two bytecodes of the foreground, and what must hold then.

MicroPython runs a hard interrupt between two bytecodes or inside a call into C, and runs it to its end before the foreground
goes on; so does this. What the foreground's C calls touch (memcpy out of a slot, the sealing of a buffer) no interrupt
touches, so the places between bytecodes stand for all of them.
"""

import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from freefall_board import core
from freefall_board.core.clock import OnBoardClock
from freefall_board.core.link import LinkQueue
from freefall_board.core.reporter import Identity, Reporter
from freefall_board.core.ring import Ring
from freefall_board.core.stream import Stream
from freefall_wire import frame, packet, reports
from oracle import codec

MODULO = 2**30
PERIOD_US = 100
SAMPLE_LEN = 5
MAX_LATENCY_US = 1000
_APID = 11
_READ_US = 3
# Where an interrupt may come: the firmware's foreground, and the deliberately wrong parts that stand in for some of it.
_TRACED = (str(Path(core.__file__).parent), str(Path(__file__).parent / "wrong_parts.py"))


class Injector:
    """Calls `before_bytecode` before every bytecode of the board's core while it is entered; the former tracer comes back.

    functions: only before their bytecodes, where not empty.
    """

    def __init__(self, before_bytecode, functions=()):
        self._before_bytecode = before_bytecode
        self._codes = {function.__code__ for function in functions}
        self._former = None

    def __enter__(self):
        self._former = sys.gettrace()
        sys.settrace(self._on_call)
        return self

    def __exit__(self, *_):
        sys.settrace(self._former)

    def _on_call(self, called, event, arg):
        if not called.f_code.co_filename.startswith(_TRACED) or (self._codes and called.f_code not in self._codes):
            return None
        called.f_trace_lines = False
        called.f_trace_opcodes = True
        return self._on_bytecode

    def _on_bytecode(self, running, event, arg):
        # CPython traces nothing while a tracer runs: the handler called in here is not broken into, as on the chip.
        if event == "opcode":
            self._before_bytecode()
        return self._on_bytecode


@dataclass(frozen=True)
class Taken:
    """A sample as the sensor gave it, and when its interrupt came."""

    octets: bytes
    time_us: int


class RecordingQueue(LinkQueue):
    """A link queue that remembers every frame it was offered and whether it took it."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.offered = []

    def put_samples(self, room, size):
        """See LinkQueue."""
        before = len(self.offered)
        accepted = super().put_samples(room, size)
        if len(self.offered) == before:
            self.offered.append((bytes(room[:size]), accepted))
        return accepted

    def put_report(self, room, size):
        """See LinkQueue."""
        accepted = super().put_report(room, size)
        self.offered.append((bytes(room[:size]), accepted))
        return accepted


class Bench:
    """A stream, its sensor, its link and the truth about them. `interrupt()` is one trigger; time stands still otherwise."""

    def __init__(self, depth=2, full=2, start_number=0, start_tick=0, ring=Ring, reporter=Reporter):
        """full: samples a packet; start_number: triggers already seen; ring, reporter: the classes, right or wrong."""
        self.now_us = 0  # since the clock was made; never wraps
        self.step_us = lambda: PERIOD_US  # from one trigger to the next
        self.fails = lambda trigger: False  # whether the read of trigger 0, 1, ... fails
        self.link_takes = lambda size: size
        self.triggers = 0
        self.taken = {}  # by index
        self._sent = bytearray()
        self._windows = []  # of each ledger report: triggers before and after it was made
        self._start = start_number
        self._full = full
        self._depth = depth
        self._start_tick = start_tick
        plan = {
            "apid": _APID, "sample_len": SAMPLE_LEN, "samples_per_packet": full, "ring_depth": depth, "period_us": PERIOD_US,
            "packet_len": codec.stream_packet_length(full, SAMPLE_LEN), "max_latency_ms": MAX_LATENCY_US // 1000,
        }  # fmt: skip
        self.clock = OnBoardClock(self._ticks_us, self._ticks_diff)
        self.queue = RecordingQueue(self._write, 4, 1)
        with patch("freefall_board.core.stream.Ring", ring):
            self.stream = Stream(0, plan, self._read_into, self.clock, frame.seal_in_place, self.queue)
        self.reporter = reporter(10, Identity(1, "0.1.0", b"abcd", 1), self.clock, frame.seal_in_place, self.queue)
        self._let_pass(start_number)
        self.stream.armed(self.clock.now)

    def _let_pass(self, triggers):
        # As if so many samples had been taken and sent, the newest one now.
        sampler, packetizer = self.stream.sampler, self.stream.packetizer
        sampler.seen = sampler.taken = packetizer.framed = packetizer.samples_sent = triggers
        packetizer._last = max(0, triggers - 1)
        packetizer._last_stamp = self.clock.now

    def interrupt(self):
        """One trigger, handled from beginning to end."""
        self.now_us += self.step_us()
        self._triggered_us = self.now_us
        self.triggers += 1
        self.stream.sampler.trigger(None)

    def turn(self, report=True):
        """One pass of the foreground loop."""
        now = self.clock.update()
        self.stream.poll(now)
        self.stream.watch(now, self.reporter)
        if report:
            self.report()
        self.queue.pump()

    def report(self):
        """One ledger report."""
        before = self.triggers
        self.reporter.ledger(0, self.stream.sampler, self.stream.packetizer)
        self._windows.append((before, self.triggers))

    def settle(self):
        """No more triggers, a link that takes everything: until nothing is left in the ring, the packet and the queue."""
        self.link_takes = lambda size: size
        self.now_us += MAX_LATENCY_US + PERIOD_US
        self.turn()
        while self.queue.waiting():
            self.queue.pump()

    def check(self):
        """After settle(): AssertionError unless every sample taken was framed once and unharmed, and every report is true."""
        assert bytes(self._sent) == b"".join(octets for octets, accepted in self.queue.offered if accepted)
        sent = dropped = framed = 0
        indexes = []
        windows = iter(self._windows)
        for octets, accepted in self.queue.offered:
            built, reason = frame.judge(octets[:-1])
            assert reason is None
            if packet.apid_of(built) == _APID:
                found = self._check_samples(built)
                indexes += found
                framed += len(found)
                sent, dropped = (sent + len(found), dropped) if accepted else (sent, dropped + len(found))
            elif packet.service_of(built)[1] == reports.HOUSEKEEPING:
                self._check_ledger(built, sent, dropped, next(windows))
        assert next(windows, None) is None
        assert indexes == sorted(self.taken), "samples were lost, doubled or out of order"
        assert self.stream.packetizer.pending() == 0
        assert self.stream.sampler.taken == (self._start + len(self.taken)) % MODULO
        assert framed == len(self.taken)

    def _check_samples(self, built):
        assert codec.is_stream_packet(built, self._full, SAMPLE_LEN)
        said = codec.parse_stream_packet(built, SAMPLE_LEN)
        indexes = list(range(said["index"], said["index"] + len(said["samples"])))
        assert set(indexes) <= set(self.taken), "a sample that was never taken"
        true = [self.taken[index] for index in indexes]
        assert said["samples"] == [sample.octets for sample in true], "a torn or foreign sample"
        assert said["seconds"] * 10**6 + said["microseconds"] == true[0].time_us
        # One time dates them all, so they must be one period apart, give or take half of one.
        pairs = zip(true, true[1:], strict=False)
        assert all(later.time_us - earlier.time_us <= PERIOD_US * 3 // 2 for earlier, later in pairs)
        return indexes

    def _check_ledger(self, built, sent, dropped, window):
        values = struct.unpack_from(reports.LEDGER_LAYOUT, built, packet.SOURCE_DATA_AT)
        _, most, seen, taken, bus_errors, overruns, framed, pending, sent_said, dropped_said, *_ = values
        assert (taken + bus_errors + overruns - seen) % MODULO == 0, values
        assert (framed + pending - taken) % MODULO == 0, values
        assert (sent_said + dropped_said - framed) % MODULO == 0, values
        assert window[0] <= (seen - self._start) % MODULO <= window[1]
        assert ((sent_said - self._start) % MODULO, dropped_said) == (sent, dropped), "what was sent before the report"
        assert pending < self._depth + self._full
        assert most <= self._depth

    def _ticks_us(self):
        return (self._start_tick + self.now_us) % MODULO

    def _ticks_diff(self, later, earlier):
        return (later - earlier + MODULO // 2) % MODULO - MODULO // 2

    def _read_into(self, buf):
        self.now_us += _READ_US
        index = self._start + self.triggers - 1
        octets = (self.triggers * 0x9E3779B97F4A7C15 % 2**64).to_bytes(8, "big")[:SAMPLE_LEN]
        if self.fails(self.triggers - 1):
            buf[0] ^= 0xFF  # a transfer that broke off has left something
            raise OSError(5)
        buf[:] = octets
        self.taken[index] = Taken(octets, self._triggered_us)

    def _write(self, buf, start, size):
        took = self.link_takes(size)
        self._sent += buf[start : start + took]
        return took


def run_interrupted(bench, script, places, functions=()):
    """Run script(bench) with one interrupt before each of the bytecodes numbered in `places` (ascending, from 0).

    functions: count and break into the bytecodes of these only, where not empty. Returns how many bytecodes ran.
    """
    waiting = list(places)
    ran = 0

    def before_bytecode():
        nonlocal ran
        while waiting and waiting[0] == ran:
            waiting.pop(0)
            bench.interrupt()
        ran += 1

    with Injector(before_bytecode, functions):
        script(bench)
    return ran


def _survives(make_bench, script, places, functions):
    # Whether the script reached the last of the places; AssertionError if anything was wrong then.
    bench = make_bench()
    if run_interrupted(bench, script, places, functions) <= places[-1]:
        return False
    bench.settle()
    bench.check()
    return True


def check_every_place(make_bench, script):
    """Check script under one interrupt before every bytecode of it; returns the number of places."""
    place = 0
    while _survives(make_bench, script, (place,), ()):
        place += 1
    return place


def check_every_pair(make_bench, script, functions):
    """Check script under two interrupts at every pair of places, equal ones too; returns the number of pairs.

    A first interrupt may make the script longer: the second comes everywhere there too.
    """
    pairs = first = 0
    while _survives(make_bench, script, (first,), functions):
        second = first
        while _survives(make_bench, script, (first, second), functions):
            second += 1
        pairs += second - first
        first += 1
    return pairs
