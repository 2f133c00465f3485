"""freefall_wire against the oracle: whatever octets come, in whatever cuts, both say the same and every octet is counted."""

import json
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from freefall_wire import cobs, crc, frame, timecode
from oracle import codec, frames, make_vectors, receiver

VECTORS = json.loads(make_vectors.PATH.read_text(encoding="utf-8"))
PACKETS = [bytes.fromhex(case["packet"]) for case in VECTORS["packets"]]

untimed = settings(deadline=None)  # counts are asserted, times are not

# Zero-rich, zero-poor and any content: COBS behaves differently on each.
octet = st.one_of(st.sampled_from([0, 0, 0, 1, 2, 0xFE, 0xFF]), st.integers(1, 255), st.integers(0, 255))
legal_length = st.integers(5, 62).map(lambda words: 4 * words)
any_packet = legal_length.flatmap(lambda n: st.one_of(st.binary(min_size=n, max_size=n), octet_strings(n)))


def octet_strings(length):
    """Exactly `length` octets, zeros likely."""
    return st.lists(octet, min_size=length, max_size=length).map(bytes)


@st.composite
def telemetry(draw):
    """A packet whose header is legal."""
    body = draw(any_packet)
    return codec.primary_header(draw(st.integers(0, 2046)), draw(st.integers(0, 16383)), len(body)) + body[6:]


@st.composite
def damaged(draw):
    """A frame after one octet was lost, doubled or changed."""
    octets = codec.encode_frame(draw(telemetry()))
    at = draw(st.integers(0, len(octets) - 1))
    put = draw(st.sampled_from([b"", octets[at : at + 1] * 2, b"\x00", bytes([draw(st.integers(0, 255))])]))
    return octets[:at] + put + octets[at + 1 :]


def sealed(data):
    """Any 0..248 octets with their right CRC: what passes `crc` and is judged by the later checks."""
    return frames.cobs_encode(data + frames.octets(frames.crc32(data), 4))


piece = st.one_of(
    telemetry().map(codec.encode_frame),
    any_packet.map(codec.encode_frame),
    damaged(),
    st.binary(max_size=40),
    st.binary(max_size=248).map(sealed),
    st.integers(240, 600).map(lambda n: b"\x01" * n),
    st.integers(250, 256).map(lambda n: b"\xfd" + b"\x55" * n),
    st.just(b""),
)
stream = st.lists(st.tuples(piece, st.sampled_from([b"\x00", b"\x00", b"\x00\x00", b""])), max_size=12).map(
    lambda parts: b"".join(octets + end for octets, end in parts)
)


def cut(data, cuts):
    """The data in pieces, cut at these offsets (any integers)."""
    marks = sorted({0, len(data), *(mark % (len(data) + 1) for mark in cuts)})
    return [data[start:stop] for start, stop in zip(marks, marks[1:], strict=False)]


def decode(pieces):
    """(stretches as the oracle has them, the decoder) after these pieces."""
    decoder = frame.FrameDecoder()
    stretches = []
    for octets in pieces:
        for one in decoder.feed(octets):
            stretches.append(receiver.Stretch(one.offset, one.size, one.packet, one.reason))
    return stretches, decoder


def assert_agrees(data, pieces):
    """Ours on these pieces says what the oracle says of the whole, stretch by stretch and counter by counter."""
    stretches, decoder = decode(pieces)
    judged = receiver.receive(data)
    assert stretches == judged.stretches
    assert decoder.accepted_bytes == judged.accepted
    assert decoder.idle_bytes == judged.idle
    assert decoder.rejected_bytes == judged.rejected
    assert decoder.pending_bytes == judged.pending
    assert decoder.accepted == len(judged.packets)
    reasons = [one.reason for one in judged.stretches]
    assert decoder.rejected == {reason: reasons.count(reason) for reason in receiver.REASONS}
    counted = decoder.accepted_bytes + decoder.idle_bytes + sum(decoder.rejected_bytes.values()) + decoder.pending_bytes
    assert counted == decoder.fed_bytes == len(data)


# --- frames ---


@untimed
@given(any_packet)
@example(bytes(248))
@example(bytes([1] * 248))
def test_ours_and_the_oracle_make_the_same_frame_and_read_each_others(data):
    ours = frame.encode(data)
    assert ours == codec.encode_frame(data)
    assert codec.judge_frame(ours) == (data, None)
    decoded = cobs.decode(ours)
    assert (decoded[:-4], crc.crc32(decoded[:-4])) == (data, int.from_bytes(decoded[-4:], "big"))


@untimed
@given(telemetry(), telemetry())
def test_decoder_returns_the_packets_the_oracle_framed(first, second):
    data = b"\x00" + codec.encode_frame(first) + b"\x00" + codec.encode_frame(second) + b"\x00"
    stretches, _ = decode([data])
    assert [one.packet for one in stretches] == [first, second]


@untimed
@given(st.binary(max_size=253))
def test_crc_in_place_is_that_of_the_oracle_and_touches_nothing_else(data):
    buf = bytearray(b"\xaa" * 3 + data + b"\x55" * 7)
    crc.put_crc32(buf, 3, 3 + len(data))
    assert bytes(buf) == b"\xaa" * 3 + data + frames.octets(frames.crc32(data), 4) + b"\x55" * 3
    assert crc.crc32(data) == frames.crc32(data)


@untimed
@given(st.binary(min_size=1, max_size=255).map(lambda data: data.replace(b"\x00", b"\x01")))
@example(b"\xff" * 255)
@example(b"\x01" * 253)
def test_cobs_decoder_says_what_the_oracle_says_of_anything(encoded):
    try:
        expected = frames.cobs_decode(encoded)
    except frames.NotCobs:
        expected = None
    assert cobs.decode(encoded) == expected


@pytest.mark.parametrize("length", [0, 4, 16, 19, 21, 22, 23, 247, 249, 252])
def test_encoder_refuses_what_no_receiver_takes(length):
    with pytest.raises(ValueError, match=str(length)):
        frame.encode(bytes(length))


# --- streams ---


@settings(max_examples=400, deadline=None)
@given(stream, st.lists(st.integers(0, 5000), max_size=20))
def test_any_split_of_any_stream_agrees_with_the_oracle(data, cuts):
    assert_agrees(data, [data])
    assert_agrees(data, [data[at : at + 1] for at in range(len(data))])
    assert_agrees(data, cut(data, cuts))
    assert_agrees(data, [bytearray(octets) for octets in cut(data, cuts)])


@untimed
@given(st.binary(max_size=2000), st.lists(st.integers(0, 2000), max_size=10))
def test_arbitrary_octets_agree_with_the_oracle(data, cuts):
    assert_agrees(data, cut(data, cuts))


@settings(max_examples=50, deadline=None)
@given(telemetry(), st.data())
def test_a_flipped_bit_never_delivers_another_packet(data, draw):
    neighbour = codec.encode_frame(PACKETS[0])
    wire = b"\x00" + codec.encode_frame(data) + b"\x00"
    for bit in draw.draw(st.lists(st.integers(0, 8 * len(wire) - 1), min_size=100, max_size=100)):
        assert_only_these(b"\x00" + neighbour + flipped(wire, bit) + neighbour + b"\x00", (PACKETS[0], data))


@pytest.mark.parametrize("case", VECTORS["packets"], ids=lambda case: case["name"])
def test_no_flipped_bit_of_a_vector_delivers_another_packet(case):
    """Every bit of the frame and of the delimiters around it, neighbours included."""
    data, neighbour = bytes.fromhex(case["packet"]), codec.encode_frame(PACKETS[0])
    wire = b"\x00" + bytes.fromhex(case["frame"]) + b"\x00"
    for bit in range(8 * len(wire)):
        assert_only_these(b"\x00" + neighbour + flipped(wire, bit) + neighbour + b"\x00", (PACKETS[0], data))


def flipped(data, bit):
    """The data with one bit flipped; bit 0 is the most significant of octet 0."""
    at, mask = bit // 8, 0x80 >> bit % 8
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]


def assert_only_these(data, packets):
    """Something is delivered, and nothing but these packets."""
    stretches, _ = decode([data])
    delivered = [one.packet for one in stretches if one.packet is not None]
    assert delivered
    assert set(delivered) <= set(packets)


def test_decoder_holds_at_most_300_octets_of_a_megabyte_without_a_delimiter():
    decoder = frame.FrameDecoder()
    for size in (1, 7, 252, 253, 254, 4096, 1_000_000):
        for _ in range(max(1, 1_000_000 // size // 10)):
            assert decoder.feed(b"\x55" * size) == []
            assert held(decoder) <= 300
    assert decoder.pending_bytes == decoder.fed_bytes > 1_000_000
    (end,) = decoder.feed(b"\x00")
    assert (end.reason, end.size, held(decoder)) == ("fragment", decoder.fed_bytes, 0)


def held(decoder):
    """Octets in every buffer the decoder has, whatever its name."""
    return sum(len(value) for value in vars(decoder).values() if isinstance(value, bytes | bytearray))


class Counting(bytes):
    """Octets that count how many of them were looked at: by `find`, by `split` and by slices."""

    looked_at = 0

    def find(self, what, start=0):
        found = super().find(what, start)
        Counting.looked_at += (len(self) if found < 0 else found + 1) - start
        return found

    def split(self, what):
        Counting.looked_at += len(self)
        return super().split(what)

    def __getitem__(self, key):
        part = super().__getitem__(key)
        Counting.looked_at += len(part) if isinstance(key, slice) else 1
        return part


@pytest.mark.parametrize("noise", [b"\x55", b"\x00", b"\x55\x00", b"\x01" * 252 + b"\x00", b"\xff" * 300 + b"\x00"])
def test_work_on_noise_is_linear(noise):
    data = Counting((noise * (1_000_000 // len(noise) + 1))[:1_000_000])
    Counting.looked_at = 0
    frame.FrameDecoder().feed(data)
    assert Counting.looked_at <= 2 * len(data)


def test_work_per_octet_is_the_same_early_and_late_in_a_long_stretch():
    """Fed one octet at a time, 4000 octets take at most as many lines of Python as twice 2000 do."""
    assert lines_run(4000) <= 2 * lines_run(2000)


def lines_run(octets):
    """Lines of Python that a decoder runs on so many octets without a delimiter."""
    decoder = frame.FrameDecoder()
    count = 0

    def trace(_frame, event, _argument):
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for _ in range(octets):
            decoder.feed(b"\x55")
    finally:
        sys.settrace(before)
    return count


# --- time ---


def test_every_microsecond_is_sent_as_the_nearest_fraction_and_survives_the_trip():
    buf = bytearray(7)
    put, get = timecode.put_cuc, timecode.get_cuc
    wrong = []
    for micros in range(1_000_000):
        put(buf, 0, 5, micros)
        fraction = buf[4] << 16 | buf[5] << 8 | buf[6]
        if get(buf, 0) != (5, micros) or abs(fraction * 10**6 - (micros << 24)) > 500_000:
            wrong.append(micros)
    assert wrong == []


def test_every_997th_microsecond_is_sent_as_the_oracle_sends_it():
    buf = bytearray(7)
    for micros in range(0, 1_000_000, 997):
        timecode.put_cuc(buf, 0, 5, micros)
        assert bytes(buf) == codec.encode_time(5, micros)


@untimed
@given(st.integers(0, 2**32 - 1), st.integers(0, 999_999))
def test_times_are_sent_as_the_oracle_sends_them(seconds, micros):
    buf = bytearray(b"\xaa" * 9)
    timecode.put_cuc(buf, 1, seconds, micros)
    assert bytes(buf) == b"\xaa" + codec.encode_time(seconds, micros) + b"\xaa"
    assert timecode.get_cuc(buf, 1) == (seconds, micros)


@untimed
@given(st.integers(0, 2**32 - 1), st.integers(0, 2**24 - 1))
@example(0, 2**17)  # half a microsecond
@example(0, 2**24 - 8)  # nearest to the next second
@example(2**32 - 1, 2**24 - 1)
def test_times_no_sender_makes_are_read_as_the_oracle_reads_them(seconds, fraction):
    octets = frames.octets(seconds, 4) + frames.octets(fraction, 3)
    assert timecode.get_cuc(octets, 0) == codec.decode_time(octets)
