"""One stream of the board on a link that remembers, its ledger reports, and what must be true of everything it said."""

import struct

from freefall_board.core import words as at
from freefall_board.core.clock import OnBoardClock
from freefall_board.core.link import LinkQueue
from freefall_board.core.packetizer import Packetizer
from freefall_board.core.reporter import Identity, Reporter
from freefall_board.core.stream import Stream
from freefall_wire import frame, packet, reports
from oracle import codec

MODULO = 2**30
_APID = 11
_QUEUE_SIZE, _RESERVED = 512, 160


class RecordingQueue(LinkQueue):
    """A link queue that remembers every frame it was offered and whether it took it."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.offered = []

    def put_samples(self, buf, start, size):
        """See LinkQueue."""
        before = len(self.offered)
        accepted = super().put_samples(buf, start, size)
        if len(self.offered) == before:
            self.offered.append((bytes(buf[start : start + size]), accepted))
        return accepted

    def put_report(self, buf, start, size):
        """See LinkQueue."""
        accepted = super().put_report(buf, start, size)
        self.offered.append((bytes(buf[start : start + size]), accepted))
        return accepted


class StreamBench:
    """The stream of a sampler and its ring. What plays the interrupts calls note() after each."""

    def build(self, plan, ring, sampler, ticks_us, packetizer=Packetizer, reporter=Reporter):
        """plan: a stream's, but for what follows from it; packetizer, reporter: the classes, right or wrong."""
        self.link_takes = lambda size: size
        self.ring, self.words, self.sampler = ring, ring.words, sampler
        self.step, self.sample_len, self.full = plan["samples_per_read"], plan["sample_len"], plan["samples_per_packet"]
        plan = plan | {"apid": _APID, "packet_len": codec.stream_packet_length(self.full, self.sample_len)}
        self.clock = OnBoardClock(ticks_us, self._ticks_diff)
        self.queue = RecordingQueue(self._take, _QUEUE_SIZE, _RESERVED)
        self.packetizer = packetizer(plan, ring, self.clock, frame.seal_in_place, self.queue)
        self.stream = Stream(0, self.step * plan["period_us"], sampler, self.packetizer, self.clock)
        self.reporter = reporter(10, Identity(1, "0.1.0", b"abcd", 1), self.clock, frame.seal_in_place, self.queue)
        self.start_number = 0
        self._sent = bytearray()
        self._instants = []  # while a report is made: what was true before it and after each interrupt
        self._reports = []  # of each: its instants
        self.stream.armed(self.clock.now)

    def let_pass(self, samples, before):
        """As if so many samples had been taken and sent, the newest one at tick `before`."""
        self.start_number = samples
        words = self.words
        words[at.SEEN] = words[at.TAKEN] = self.packetizer.framed = self.packetizer.samples_sent = samples
        if samples:
            words[at.LAST], words[at.LAST_STAMP] = samples - self.step, before
            self.packetizer._first = samples - self.step

    def note(self):
        """Something that reports are made of may have changed."""
        seen = (self.words[at.SEEN] - self.words[at.READING]) % MODULO
        self._instants.append((seen, self.words[at.TAKEN], self.words[at.BUS_ERRORS], self.words[at.OVERRUNS]))

    def turn(self, report=True):
        """One pass of the foreground loop, all that it may do."""
        now = self.clock.update()
        if self.stream.due(now):
            self.stream.send()
        self.poll()
        self.stream.watch(now, self.reporter)
        if report:
            self.report()
        self.queue.pump()

    def poll(self):
        """The bus's: reads that failed are found."""
        raise NotImplementedError

    def report(self):
        """One ledger report."""
        self._instants = []
        self.note()
        self.reporter.ledger(0, self.sampler, self.packetizer)
        self._reports.append(self._instants)

    def empty_queue(self):
        """A link that takes everything, until nothing is left."""
        self.link_takes = lambda size: size
        while self.queue.waiting():
            self.queue.pump()

    def check_frames(self):
        """[(index, time in us, samples)] of every packet built. AssertionError unless they and all reports are true."""
        assert bytes(self._sent) == b"".join(octets for octets, accepted in self.queue.offered if accepted)
        sent = dropped = 0
        packets = []
        instants = iter(self._reports)
        for octets, accepted in self.queue.offered:
            built, reason = frame.judge(octets[:-1])
            assert reason is None
            if packet.apid_of(built) == _APID:
                assert codec.is_stream_packet(built, self.full, self.sample_len)
                said = codec.parse_stream_packet(built, self.sample_len)
                packets.append((said["index"], said["seconds"] * 10**6 + said["microseconds"], said["samples"]))
                count = len(said["samples"])
                sent, dropped = (sent + count, dropped) if accepted else (sent, dropped + count)
            elif packet.service_of(built)[1] == reports.HOUSEKEEPING:
                self._check_ledger(built, sent, dropped, next(instants))
        assert next(instants, None) is None
        return packets

    def _check_ledger(self, built, sent, dropped, instants):
        values = struct.unpack_from(reports.LEDGER_LAYOUT, built, packet.SOURCE_DATA_AT)
        _, most, seen, taken, bus_errors, overruns, framed, pending, sent_said, dropped_said, *_ = values
        assert (taken + bus_errors + overruns - seen) % MODULO == 0, values
        assert (framed + pending - taken) % MODULO == 0, values
        assert (sent_said + dropped_said - framed) % MODULO == 0, values
        assert (seen, taken, bus_errors, overruns) in instants, "a ledger of no instant"
        assert ((sent_said - self.start_number) % MODULO, dropped_said) == (sent, dropped), "what was sent before the report"
        assert pending <= self.ring.depth * self.step
        assert most <= self.ring.depth * self.step

    @staticmethod
    def _ticks_diff(later, earlier):
        # C on the chip: what comes in and goes out are small integers, what is in between need not be.
        return (int(later) - int(earlier) + MODULO // 2) % MODULO - MODULO // 2

    def _take(self, octets, start, size, waiting):
        took = self.link_takes(size)
        self._sent += octets[start : start + took]
        return took
