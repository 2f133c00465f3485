"""What is inside a chunk, against the same read record by record."""

from hypothesis import given
from hypothesis import strategies as st

from freefall.recording.chunk import raw_messages
from freefall.recording.profile import HEAD, MESSAGE, RAW_CHANNEL, TIME_LIMIT

MESSAGE_OPCODE = 5

times = st.sampled_from([0, TIME_LIMIT - 1, TIME_LIMIT, (1 << 64) - 1]) | st.integers(0, TIME_LIMIT - 1)
messages = st.builds(
    lambda channel, ns, octets: (MESSAGE_OPCODE, MESSAGE.pack(channel, 7, ns, ns) + octets),
    st.sampled_from([RAW_CHANNEL, RAW_CHANNEL, RAW_CHANNEL, 2]),
    times,
    st.binary(max_size=40),
)
others = st.tuples(st.sampled_from([3, 4, MESSAGE_OPCODE]), st.binary(max_size=30))
records = st.lists(messages | messages | others, max_size=8)


def packed(records):
    return b"".join(HEAD.pack(opcode, len(body)) + body for opcode, body in records)


def read_slowly(data):
    """As raw_messages, one rule after the other."""
    found = []
    while data:
        if len(data) < HEAD.size:
            return None
        opcode, length = HEAD.unpack_from(data)
        body, data = data[HEAD.size : HEAD.size + length], data[HEAD.size + length :]
        if len(body) < length:
            return None
        if opcode == MESSAGE_OPCODE:
            if len(body) < MESSAGE.size:
                return None
            channel, _, host_ns, _ = MESSAGE.unpack_from(body)
            if host_ns >= TIME_LIMIT:
                return None
            if channel == RAW_CHANNEL:
                found.append((host_ns, body[MESSAGE.size :]))
    return found


@given(records, st.binary(max_size=40))
def test_the_raw_messages_of_a_chunk_are_those_of_its_records_wherever_they_begin(records, before):
    assert raw_messages(packed(records)) == read_slowly(packed(records))
    assert raw_messages(before + packed(records), len(before)) == read_slowly(packed(records))


@given(records, st.data())
def test_what_is_left_of_a_chunk_cut_and_altered_is_judged_the_same(records, data):
    octets = bytearray(packed(records))
    for _ in range(data.draw(st.integers(0, 2)) if octets else 0):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(octets[: data.draw(st.integers(0, len(octets)))])
    assert raw_messages(cut) == read_slowly(cut)
