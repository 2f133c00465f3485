"""Decoder against the oracle: of any octets, and of packets near the rules, both say the same, stretch by stretch."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freefall.decode import Decoder, Reject, SamplePacket, Verification
from freefall.errors import WrongDefinition
from freefall_wire import packet
from oracle import codec, frames
from oracle.receiver import Payload, receive
from unit.decode import packets as made
from unit.decode.climate import PARTS, climate_definition, settable

BENCH = settable(climate_definition(vibration=8))
STREAMS = tuple((s.sample_len, s.samples_per_packet) for s in BENCH.streams)
COEFFICIENTS = (0, 0, len(PARTS[0]))  # octets by sensor number: "climate" has some
PAYLOAD = Payload(BENCH.apid, STREAMS, len(BENCH.sensors), COEFFICIENTS, len(BENCH.settings))


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
            assert reported(stretch.packet)["definition_id"] != BENCH.definition_id
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


def reported(octets):
    """The fields that the oracle reads in a report; a slot by its letter, as the decoder has it."""
    fields = codec.parse_report(octets, len(BENCH.streams), len(BENCH.sensors), COEFFICIENTS, len(BENCH.settings))
    return fields | {"slot": {1: "a", 2: "b"}.get(fields["slot"])} if fields and "slot" in fields else fields


def assert_reads_the_same(item, octets):
    """The item is what the oracle reads in the packet, in every field that both name alike."""
    if isinstance(item, SamplePacket):
        parse = codec.parse_timed_samples if item.stream.times else codec.parse_stream_packet
        fields = parse(octets, item.stream.sample_len)
        assert (item.stream.apid, item.index % 2**32) == (packet.apid_of(octets), fields["index"])
        assert [sample.tobytes() for sample in item.raw] == fields["samples"]
        if item.stream.times:
            assert item.times_ns.tolist() == [time_us * 1000 for time_us in fields["times"]]
        else:
            assert item.times_ns is None
    else:
        fields = codec.parse_pus_header(octets) | reported(octets)
        fields |= as_the_decoder_has_it(fields, octets)
        for name in fields.keys() & set(item.__slots__):
            value = getattr(item, name)
            assert getattr(value, "number", value) == fields[name], name
    assert item.time_ns == (fields["seconds"] * 10**6 + fields["microseconds"]) * 1000


def as_the_decoder_has_it(fields, octets):
    """Fields that it gives another form."""
    if "request" in fields:
        assert set(Verification.__slots__) <= {"time_ns", "host_ns", "kind", *fields}
        return {"kind": fields["verification"], "request": octets[20:24]}
    match fields.get("parameter"):
        case codec.NAME:
            return {"name": fields["text"]}
        case codec.SETTINGS:
            return {"values": tuple(frames.integer(fields["octets"][at : at + 4]) for at in range(0, fields["count"], 4))}
    return {}


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=2000), st.lists(st.integers(0, 2000), max_size=20))
def test_decoder_says_of_any_octets_what_the_oracle_says(data, cuts):
    assert agrees_with_the_oracle(data)
    made.check_cuts(BENCH, data, cuts)


times = st.builds(codec.encode_time, st.integers(0, 3), st.sampled_from([0, 1, 999_999]))


def values_of(layout, **known):
    """Values for the fields of an oracle's layout, any but those known."""
    drawn = {name: st.integers(0, 256**size - 1) for name, size in layout}
    ids = {"wire_format": 1, "definition_id": BENCH.definition_id}
    drawn |= {name: st.just(value) for name, value in (ids | known).items() if name in drawn}
    drawn |= {name: st.integers(0, 3) for name in ("stream", "sensor") if name in drawn}
    return st.fixed_dictionaries(drawn)


@st.composite
def legal(draw):
    """A packet that BENCH may send, but in any order and with any counts."""
    kind = draw(st.sampled_from(["samples", "event", "board", "ledger", "coefficients", "parameter", "verification", "alive"]))
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
    if kind == "coefficients":
        octets = draw(st.sampled_from([*PARTS, bytes(4), b"\xff" * 4]))
        return codec.coefficients(2, octets, **at, spare=draw(st.sampled_from([0, 255])))
    if kind == "parameter":
        texts = st.text(st.characters(max_codepoint=127), max_size=36)
        platform = st.builds(codec.platform, values_of(codec.PLATFORM_FIELDS), texts)
        values = st.builds(codec.settings, st.lists(st.sampled_from([0, 1, 1000, 2**32 - 1]), min_size=3, max_size=3))
        named = texts.filter(bool).map(str.encode)
        parameters = {codec.PLATFORM: platform, codec.NAME: named, codec.SETTINGS: values}
        number = draw(st.sampled_from(sorted(parameters)))
        return codec.parameter(number, draw(parameters[number]), **at, spare=draw(st.sampled_from([0, 255])))
    if kind == "verification":
        return codec.verification(
            draw(st.sampled_from(sorted(codec.VERIFICATIONS.values()))), draw(values_of(codec.VERIFICATION)), **at
        )
    if kind == "alive":
        return codec.alive(**at)
    if kind == "board":
        return codec.housekeeping(draw(values_of(codec.BOARD, sid=1)), **at)
    return codec.housekeeping(draw(values_of(codec.LEDGER, sid=256 + draw(st.integers(0, 3)))), **at)


# Octets where the rules are: headers, numbers, layouts' ends, padding.
RULED = [0, 1, 2, 4, 5, 6, 7, 8, 13, 20, 21, 22, 28, 29, 31]


@st.composite
def mutated(draw):
    """A legal packet after up to three octets were set, or with octets fewer or more, its length field following or not."""
    octets = bytearray(draw(legal()))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.one_of(st.sampled_from(RULED), st.integers(0, len(octets) - 1)))
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
    st.integers(BENCH.apid - 1, BENCH.apid + len(STREAMS) + 1),
    st.integers(0, 3),
    st.one_of(
        st.binary(max_size=242),
        st.builds(
            lambda service, rest: bytes([0x20, *service, *bytes(11)]) + rest,
            st.sampled_from([(5, 1), (5, 3), (3, 25), (20, 2), (1, 2), (1, 7), (17, 2)]),
            st.builds(
                lambda number, rest: number.to_bytes(2, "big") + rest,
                st.sampled_from([1, 2, 3, 4, 256, 259, 260, 512, 513, 514, 515, 768, 769, 1024]),
                st.one_of(st.binary(max_size=46), st.binary(max_size=13).map(lambda rest: bytes([len(rest), 0]) + rest)),
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
    st.sampled_from([20, *(stream.packet_len for stream in BENCH.streams), 36, 40, 52, 68, 72]),
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
        made.check_cuts(BENCH, wire, cuts)


EVERY_KIND = {
    "boot": made.boot(BENCH),
    "sensor absent": made.event(BENCH, 2, {"sensor": 1, "reason": 1}),
    "sensor stopped": made.event(BENCH, 3, {"stream": 1, "spare": 0, "bus_errors": 3}),
    "sensor answers again": made.event(BENCH, 4, {"stream": 0, "spare": 0, "bus_errors": 3}),
    "board": made.board(BENCH),
    "ledger": made.ledger(BENCH, 1),
    "coefficients": made.coefficients(BENCH, 2, PARTS[0], 1, 1000),
    "coefficients, zeros": made.coefficients(BENCH, 2, bytes(4), 1, 1000),
    "platform": made.parameter(BENCH, codec.PLATFORM, codec.platform({"begun_ms": 9, "sampling_ms": 8, "free_heap": 7}, "rp2")),
    "name": made.parameter(BENCH, codec.NAME, b"climate"),
    "settings": made.settings(BENCH, [1000, 1, 2000]),
    "verification": made.verification(BENCH, "refused", request=0x18640000, code=4, value=1, limit=1000),
    "alive": made.alive(BENCH),
    "full, with a pad": made.samples(BENCH.streams[0], 7, 4, 1000),
    "one sample, with a pad": made.samples(BENCH.streams[0], 7, 1, 1000),
    "one sample, no pad": made.samples(BENCH.streams[1], 7, 1, 1000),
    "sample times": made.samples(BENCH.streams[3], 7, 3, 1000),
}


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_decoder_says_what_the_oracle_says_whichever_octet_is_another(kind):
    """Each octet of a packet set to small values, to 255, and with each of its bits flipped, the CRC right."""
    octets, _ = codec.judge_frame(EVERY_KIND[kind][:-1])
    for at, octet in enumerate(octets):
        for value in {*range(10), 255, *(octet ^ 1 << bit for bit in range(8))}:
            agrees_with_the_oracle(b"\0" + sealed(octets[:at] + bytes([value]) + octets[at + 1 :]) + b"\0")
