"""Decoder and ledger against the real board core, with random triggers, faults, refusals, reboots and damage on the way."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from freefall.decode import BootEvent, CoefficientReport, Collector, Decoder, Gap, LedgerReport, Reject, SamplePacket
from freefall_wire import frame, packet
from freefall_wire.frame import FrameDecoder
from unit.decode.climate import climate_definition
from unit.decode.fake_board import FakeBoard
from unit.decode.packets import check_cuts

BENCH = climate_definition(vibration=8)

lenient = settings(deadline=None, max_examples=150)

step = st.one_of(
    st.tuples(
        st.sampled_from(["trigger", "trigger and poll"]),
        st.integers(0, 3),
        st.integers(1, 12),
        st.sampled_from([1000, 1000, 1013, 9000]),
    ),
    st.tuples(st.just("fail"), st.integers(0, 3), st.integers(1, 3), st.just(1000)),
    st.tuples(st.just("send"), st.sampled_from([5, 60, 300, 5000])),
    st.tuples(st.just("wait"), st.sampled_from([50, 20_000, 3_000_000])),
    st.just(("poll",)),
    st.just(("report",)),
)
steps = st.lists(step, min_size=10, max_size=40)


def run(board, script):
    """Plays the steps, then sends what waits with a last report, so that the end of a boot is known."""
    for name, *values in script:
        if name in ("trigger", "trigger and poll", "fail"):
            number, times, period_us = values
            for _ in range(times):
                board.wait(period_us)
                board.trigger(number, fails=name == "fail")
                if name == "trigger and poll":
                    board.poll()
        elif name == "poll":
            board.poll()
        elif name == "report":
            board.wait(10)
            board.report()
        elif name == "send":
            board.send(values[0])
        else:
            board.wait(values[0])


ONE_BOOT = st.just(1)


@st.composite
def boards(draw, boots=ONE_BOOT):
    """A board that has run; all frames it could send have left it."""
    # Room for a set of reports, and for 1 to 7 packets of vibration; in the smaller one not for all that a boot begins with.
    board = FakeBoard(BENCH, draw(st.sampled_from([512, 1024])), reserved=draw(st.integers(320, 446)))
    for _ in range(draw(boots)):
        board.boot()
        board.send()
        run(board, draw(steps))
        board.send()
        board.wait(10)
        board.report()
        board.send()
    return board


class Sent:
    """What left the board, from the undamaged octets: (where its frame begins and ends, packet), in order."""

    def __init__(self, wire):
        self.octets = [(octet, at) for at, octet in enumerate(wire)]
        stretches = FrameDecoder().feed(bytes(wire))
        assert all(s.packet for s in stretches)
        self.stretches = stretches
        self.boots = []
        boot = -1
        for s in stretches:
            boot += packet.apid_of(s.packet) == BENCH.apid and s.packet[20:22] == b"\0\1" and s.packet[7] == 5
            self.boots.append(boot)

    def sample_packets(self):
        """(place in the order, boot, stream number, index, count) of each stream packet."""
        for place, (s, boot) in enumerate(zip(self.stretches, self.boots, strict=True)):
            number = packet.apid_of(s.packet) - BENCH.apid - 1
            if number >= 0:
                count, index = packet.stream_of(s.packet)
                yield place, boot, number, index, count

    def place_of_report(self, report, boot):
        """Where a ledger report of that boot was sent."""
        for place, s in enumerate(self.stretches):
            if self.boots[place] == boot and packet.apid_of(s.packet) == BENCH.apid:
                twin = Decoder(BENCH).feed(b"\0" + frame.encode(s.packet) + b"\0")[0]
                if twin == report:
                    return place
        raise AssertionError(report)


def check_samples(board, items):
    """Every sample delivered is one that was sampled, delivered once; with its own time to the microsecond, if it has one.

    And every packet has the coefficients of its boot, once their report was there.
    """
    delivered, known = set(), {}
    for item in items:
        if isinstance(item, CoefficientReport):
            known[item.boot, item.sensor.name] = item.octets
            assert item.octets == board.coefficients[item.boot, item.sensor.number]
        if isinstance(item, SamplePacket):
            assert item.coefficients == known.get((item.boot, item.stream.sensor))
            for i, octets in enumerate(item.raw):
                key = item.boot, item.stream.number, item.index + i
                assert board.sampled[key] == octets.tobytes()
                if item.stream.times:
                    assert item.times_ns[i] == board.triggered[key] * 1000
                assert key not in delivered
                delivered.add(key)
    return delivered


@lenient
@given(boards(st.integers(1, 3)))
def test_every_sample_of_an_undamaged_run_is_accounted_for(board):
    decoder, collector = Decoder(BENCH), Collector(BENCH)
    items = decoder.feed(bytes(board.wire))
    collector.add(items)
    assert not any(isinstance(item, Reject) for item in items)
    delivered = check_samples(board, items)
    assert delivered == {
        (boot, number, index + i) for _, boot, number, index, count in Sent(board.wire).sample_packets() for i in range(count)
    }
    # Where nothing is damaged, a report that the queue refused at the end of a boot is all that may be missing.
    ledger = decoder.ledger
    assert ledger.lost == 0
    for line in ledger.lines:
        assert line.difference == 0, line
    for stream in BENCH.streams:
        table = collector.table(stream)
        times = np.diff(table.time_ns)[np.diff(table.boot) == 0]
        # Of the streams of 50 Hz, which the steps trigger at any pace, only those know their times that have them sent.
        assert (times > 0).all() or stream.rate_hz == 50 and not stream.times or (times >= -200_000).all()
        assert not stream.times or (times > 0).all()


damage = st.lists(
    st.tuples(st.sampled_from(["drop", "flip", "insert", "cut", "repeat"]), st.floats(0, 1), st.integers(0, 400)), max_size=8
)


def damaged(wire, damages):
    """The octets after damage, each with the place it had before, or None."""
    octets = [(octet, at) for at, octet in enumerate(wire)]
    for kind, where, size in damages:
        at = int(where * len(octets))
        if kind == "drop":
            del octets[at : at + 1]
        elif kind == "cut":
            del octets[at : at + size]
        elif kind == "flip" and at < len(octets):
            octets[at] = (octets[at][0] ^ 1 << size % 8, octets[at][1])
        elif kind == "insert":
            octets[at:at] = [((size * 37 + i * 11) % 256, None) for i in range(size % 20)]
        elif kind == "repeat":
            # One frame, right after itself: the link keeps order.
            values = bytes(octet for octet, _ in octets)
            begin, end = values.rfind(b"\0", 0, at) + 1, values.find(b"\0", at) + 1
            octets[end:end] = octets[begin:end]
    return octets


def untouched(sent, octets):
    """Places of the sent frames that are whole in the damaged octets, after a delimiter."""
    beginnings = {s.offset: place for place, s in enumerate(sent.stretches)}
    for i, (_, at) in enumerate(octets):
        place = beginnings.get(at)
        if place is not None and (i == 0 or octets[i - 1][0] == 0):
            size = sent.stretches[place].size
            if octets[i : i + size] == sent.octets[at : at + size]:
                yield place


@lenient
@given(boards(), damage)
def test_damage_costs_the_frames_it_touches_and_is_counted_to_the_sample(board, damages):
    sent = Sent(board.wire)
    octets = damaged(board.wire, damages)
    wire = bytes(octet for octet, _ in octets)
    decoder = Decoder(BENCH)
    items = decoder.feed(wire)
    assert decoder.counters.octets_unaccounted == 0 and decoder.counters.octets_fed == len(wire)
    assert decoder.boots == 1
    delivered = check_samples(board, items)

    whole = set(untouched(sent, octets))
    expected = {
        (boot, number, index + i)
        for place, boot, number, index, count in sent.sample_packets()
        if place in whole
        for i in range(count)
    }
    assert delivered == expected

    ledger = decoder.ledger
    for stream, account in zip(BENCH.streams, ledger.streams, strict=True):
        reports = [item for item in items if isinstance(item, LedgerReport) and item.stream == stream]
        for line in account.lines:
            assert line.difference == 0, line
        check_gaps(stream, items, delivered)
        if not account.closed:
            assert len(reports) < 2 and "report" in account.reasons[0]
            continue
        # Exactly the samples sent between base and last report that were not delivered.
        places = [sent.place_of_report(report, 0) for report in reports]
        from_start = any(isinstance(item, BootEvent) for item in items) or reports[0].seen == 0
        begin = 0 if from_start else places[0]
        lost = sum(
            count
            for place, boot, number, index, count in sent.sample_packets()
            if begin <= place < places[-1] and number == stream.number and (boot, number, index) not in delivered
        )
        assert account.lost == lost


def check_gaps(stream, items, delivered):
    """Gaps and packets of a stream together are an unbroken run of indexes."""
    expected = None
    for item in items:
        if isinstance(item, Gap | SamplePacket) and item.stream == stream:
            count = item.count if isinstance(item, Gap) else len(item.raw)
            assert expected in (None, item.index)
            expected = item.index + count
            if isinstance(item, Gap):
                assert not any((0, stream.number, index) in delivered for index in range(item.index, expected))


@lenient
@given(boards(st.integers(2, 4)), damage.filter(lambda d: all(k not in ("repeat",) for k, *_ in d)))
def test_damage_around_reboots_never_delivers_what_was_not_sampled(board, damages):
    wire = bytes(octet for octet, _ in damaged(board.wire, damages))
    decoder = Decoder(BENCH)
    items = decoder.feed(wire)
    samples = set(board.sampled.values())
    assert all(octets.tobytes() in samples for item in items if isinstance(item, SamplePacket) for octets in item.raw)
    assert decoder.counters.octets_unaccounted == 0
    for boot in range(decoder.boots):
        for stream in BENCH.streams:
            packets = [i for i in items if isinstance(i, SamplePacket) and i.boot == boot and i.stream == stream]
            for before, after in zip(packets, packets[1:], strict=False):
                assert after.index >= before.index + len(before.raw) and after.time_ns >= before.time_ns


@settings(deadline=None, max_examples=50)
@given(boards(st.integers(1, 2)), damage, st.lists(st.integers(0, 5000), max_size=10))
def test_decoder_gives_the_same_items_however_a_run_is_cut(board, damages, cuts):
    check_cuts(BENCH, bytes(octet for octet, _ in damaged(board.wire, damages)), cuts)
