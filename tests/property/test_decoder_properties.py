"""Decoder and ledger against the real board core, with random triggers, faults, refusals, reboots and damage on the way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freefall.decode import BootEvent, Collector, Decoder, Gap, LedgerReport, Reject, SamplePacket
from freefall.errors import WrongDefinition
from freefall_wire import frame, packet
from freefall_wire.frame import FrameDecoder
from oracle import codec, frames
from oracle.receiver import Payload, receive
from unit.decode import packets as made
from unit.decode.fake_board import FakeBoard, bench_definition
from unit.decode.packets import plain

BENCH = bench_definition(vibration=4)

lenient = settings(deadline=None, max_examples=150)

step = st.one_of(
    st.tuples(st.just("trigger"), st.integers(0, 1), st.integers(1, 12), st.sampled_from([1000, 1000, 1013, 9000])),
    st.tuples(st.just("fail"), st.integers(0, 1), st.integers(1, 3), st.just(1000)),
    st.tuples(st.just("send"), st.sampled_from([5, 60, 300, 5000])),
    st.tuples(st.just("wait"), st.sampled_from([50, 20_000, 3_000_000])),
    st.just(("poll",)),
    st.just(("report",)),
)
steps = st.lists(step, min_size=1, max_size=40)


def run(board, script):
    """Plays the steps, then sends what waits with a last report, so that the end of a boot is known."""
    for name, *values in script:
        if name in ("trigger", "fail"):
            number, times, period_us = values
            for _ in range(times):
                board.wait(period_us)
                board.trigger(number, fails=name == "fail")
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
    board = FakeBoard(BENCH, queue_depth=draw(st.integers(3, 6)))
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
    """Every sample delivered is one that was sampled, delivered once."""
    delivered = set()
    for item in items:
        if isinstance(item, SamplePacket):
            for i, octets in enumerate(item.raw):
                key = item.boot, item.stream.number, item.index + i
                assert board.sampled[key] == octets.tobytes()
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
        assert (times > 0).all() or stream.number == 1 or (times >= -200_000).all()


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


# --- against the oracle ---

PAYLOAD = Payload(BENCH.apid, tuple((s.sample_len, s.samples_per_packet) for s in BENCH.streams), len(BENCH.sensors))


def agrees_with_the_oracle(data):
    """Asserts, stretch by stretch, that Decoder takes and refuses what the oracle does, for its reason, and reads the same.

    False when the board named another definition, for then a Decoder ends.
    """
    decoder, judged, at = Decoder(BENCH), receive(data, PAYLOAD), 0
    for stretch in judged.stretches:
        end, duplicates = stretch.offset + stretch.size, decoder.duplicates
        try:
            items = decoder.feed(data[at:end])
        except WrongDefinition:
            assert stretch.packet is not None
            assert codec.parse_report(stretch.packet, len(BENCH.streams))["definition_id"] != BENCH.definition_id
            return False
        at = end
        if stretch.reason:
            octets = b"" if stretch.size > 254 else data[stretch.offset : end - 1]
            assert items == [Reject(stretch.offset, stretch.size, stretch.reason, octets)]
        elif decoder.duplicates > duplicates:
            assert items == []
        else:
            assert not any(isinstance(item, Reject) for item in items)
            assert_reads_the_same(items[-1], stretch.packet)
    assert decoder.feed(data[at:]) == []
    counters = decoder.counters
    assert (counters.octets_accepted, counters.octets_rejected) == (judged.accepted, judged.rejected)
    assert (counters.octets_idle, counters.octets_pending) == (judged.idle, judged.pending)
    assert counters.frames_accepted == len(judged.packets)
    assert counters.octets_unaccounted == 0 and counters.octets_fed == len(data)
    assert decoder.ledger.as_dict()
    return True


def assert_reads_the_same(item, octets):
    """The item is what the oracle reads in the packet, in every field that both name alike."""
    if isinstance(item, SamplePacket):
        fields = codec.parse_stream_packet(octets, item.stream.sample_len)
        assert (item.stream.apid, item.index % 2**32) == (packet.apid_of(octets), fields["index"])
        assert [sample.tobytes() for sample in item.raw] == fields["samples"]
    else:
        fields = codec.parse_pus_header(octets) | codec.parse_report(octets, len(BENCH.streams))
        for name in fields.keys() & set(item.__slots__):
            value = getattr(item, name)
            assert getattr(value, "number", value) == fields[name], name
    assert item.time_ns == (fields["seconds"] * 10**6 + fields["microseconds"]) * 1000


@lenient
@given(st.binary(max_size=2000), st.lists(st.integers(0, 2000), max_size=20))
def test_decoder_says_of_any_octets_what_the_oracle_says(data, cuts):
    assert agrees_with_the_oracle(data)
    check_cuts(data, cuts)


times = st.builds(codec.encode_time, st.integers(0, 3), st.sampled_from([0, 1, 999_999]))


def values_of(layout, **known):
    """Values for the fields of an oracle's layout, any but those known."""
    drawn = {name: st.integers(0, 256**size - 1) for name, size in layout}
    ids = {"wire_format": 1, "definition_id": BENCH.definition_id}
    drawn |= {name: st.just(value) for name, value in (ids | known).items() if name in drawn}
    drawn |= {name: st.integers(0, 1) for name in ("stream", "sensor") if name in drawn}
    return st.fixed_dictionaries(drawn)


@st.composite
def legal(draw):
    """A packet that BENCH may send, but in any order and with any counts."""
    kind = draw(st.sampled_from(["samples", "event", "board", "ledger"]))
    at = {"sequence_count": draw(st.integers(0, 3)), "time": draw(times)}
    if kind == "samples":
        stream = draw(st.sampled_from(BENCH.streams))
        sample = st.binary(min_size=stream.sample_len, max_size=stream.sample_len)
        places = draw(st.lists(sample, min_size=1, max_size=stream.samples_per_packet))
        index = draw(st.sampled_from([0, 1, 4, 2**31, 2**32 - 1]))
        return codec.stream_packet(places, index, samples_per_packet=stream.samples_per_packet, apid=stream.apid, **at)
    at |= {"apid": BENCH.apid, "counter": draw(st.integers(0, 3))}
    if kind == "event":
        event_id = draw(st.sampled_from(sorted(codec.EVENTS)))
        return codec.event(event_id, draw(values_of(codec.EVENTS[event_id][1])), **at)
    if kind == "board":
        return codec.housekeeping(draw(values_of(codec.BOARD, sid=1)), **at)
    return codec.housekeeping(draw(values_of(codec.LEDGER, sid=256 + draw(st.integers(0, 1)))), **at)


@st.composite
def mutated(draw):
    """A legal packet after up to three octets were set, or with octets fewer or more, its length field following or not."""
    octets = bytearray(draw(legal()))
    for _ in range(draw(st.integers(0, 3))):
        # where the rules are: headers, numbers, layouts' ends, padding
        at = draw(st.one_of(st.sampled_from([0, 1, 2, 4, 5, 6, 7, 8, 13, 20, 21, 22, 29, 31]), st.integers(0, len(octets) - 1)))
        if at < len(octets):
            step = draw(st.sampled_from([1, -1, 2, 0x10, 0x40, 0x80]))
            octets[at] = draw(st.sampled_from([0, 1, 2, 3, 4, 8, 255, (octets[at] + step) % 256]))
    change = draw(st.sampled_from([0] * 12 + [-8, -4, -1, 1, 4, 12]))
    octets = (octets + bytes(max(change, 0)))[: len(octets) + change]
    if draw(st.booleans()):
        octets[5] = (octets[5] + change) % 256
    return bytes(octets)


arbitrary = st.builds(
    lambda apid, sequence, octets, length: codec.primary_header(apid, sequence, length) + (octets + bytes(length))[: length - 6],
    st.integers(BENCH.apid - 1, BENCH.apid + 3),
    st.integers(0, 3),
    st.one_of(
        st.binary(max_size=242),
        st.builds(
            lambda service, rest: bytes([0x20, *service, *bytes(11)]) + rest,
            st.sampled_from([(5, 1), (5, 3), (3, 25)]),
            st.builds(
                lambda number, rest: number.to_bytes(2, "big") + rest,
                st.sampled_from([1, 2, 3, 4, 256, 257, 258]),
                st.binary(max_size=46),
            ),
        ),
        st.builds(
            lambda seconds, count, index, rest: bytes([0, 0, 0, seconds, 0, 0, 0, count]) + index.to_bytes(4, "big") + rest,
            st.integers(0, 3),
            st.integers(0, 5),
            st.sampled_from([0, 1, 4, 2**31, 2**32 - 1]),
            st.binary(max_size=36),
        ),
    ),
    st.sampled_from([20, BENCH.streams[0].packet_len, BENCH.streams[1].packet_len, 40, 52, 68]),
)  # fmt: skip


def sealed(octets):
    """0..248 octets as a frame with the right CRC, be they a packet or not."""
    return codec.cobs_encode(octets + frames.octets(codec.crc32(octets), 4))


@settings(deadline=None, max_examples=500)
@given(
    st.lists(st.one_of(legal(), mutated(), mutated(), arbitrary, st.binary(max_size=248)), max_size=12),
    st.sampled_from([b"\0", b"", b"\0\0\0"]),
    st.lists(st.integers(0, 800), max_size=6),
)
def test_decoder_says_of_any_packets_with_a_right_crc_what_the_oracle_says(packets, lead, cuts):
    wire = lead + b"".join(sealed(octets) + b"\0" for octets in packets)
    if agrees_with_the_oracle(wire):
        check_cuts(wire, cuts)


EVERY_KIND = {
    "boot": made.boot(BENCH),
    "sensor absent": made.event(BENCH, 2, {"sensor": 1, "reason": 1}),
    "sensor stopped": made.event(BENCH, 3, {"stream": 1, "spare": 0, "bus_errors": 3}),
    "sensor answers again": made.event(BENCH, 4, {"stream": 0, "spare": 0, "bus_errors": 3}),
    "board": made.board(BENCH),
    "ledger": made.ledger(BENCH, 1),
    "full, with a pad": made.samples(BENCH.streams[0], 7, 4, 1000),
    "one sample, with a pad": made.samples(BENCH.streams[0], 7, 1, 1000),
    "one sample, no pad": made.samples(BENCH.streams[1], 7, 1, 1000),
}


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_decoder_says_what_the_oracle_says_whichever_octet_is_another(kind):
    """Each octet of a packet set to small values, to 255, and with each of its bits flipped, the CRC right."""
    octets, _ = codec.judge_frame(EVERY_KIND[kind][:-1])
    for at, octet in enumerate(octets):
        for value in {*range(10), 255, *(octet ^ 1 << bit for bit in range(8))}:
            agrees_with_the_oracle(b"\0" + sealed(octets[:at] + bytes([value]) + octets[at + 1 :]) + b"\0")


def check_cuts(wire, cuts):
    """The items are the same for any cut, bytewise too."""
    whole = plain(Decoder(BENCH).feed(wire))
    bounds = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    for at in (bounds, range(len(wire) + 1)):
        decoder = Decoder(BENCH)
        pieces = [item for a, b in zip(at, at[1:], strict=False) for item in decoder.feed(wire[a:b])]
        assert plain(pieces) == whole


@settings(deadline=None, max_examples=50)
@given(boards(st.integers(1, 2)), damage, st.lists(st.integers(0, 5000), max_size=10))
def test_decoder_gives_the_same_items_however_a_run_is_cut(board, damages, cuts):
    check_cuts(bytes(octet for octet, _ in damaged(board.wire, damages)), cuts)
