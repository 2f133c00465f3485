"""A bad line: the same whatever the pieces, nothing unless asked for, and counted to the last octet."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freefall.decode import Decoder, Gap, SamplePacket
from freefall.definition import load_definition
from freefall.port.faults import Faults, FaultyStream

streams = st.lists(st.binary(max_size=20).map(lambda part: part + b"\0"), max_size=20).map(b"".join)
tails = st.binary(max_size=20)
probabilities = st.sampled_from([0.0, 0.0, 0.1, 0.5, 1.0])
faults = st.builds(
    Faults, probabilities, st.sampled_from([0.0, 1e-3, 0.05, 1.0]), probabilities, probabilities, st.integers(0, 9)
)


def through(octets, faults, cuts=()):
    line = FaultyStream(faults)
    edges = [0, *sorted(cut % (len(octets) + 1) for cut in cuts), len(octets)]
    out = b"".join(line.feed(octets[a:b]) for a, b in zip(edges, edges[1:], strict=False))
    return out + line.finish(), line.counts


@given(streams, tails, faults, st.lists(st.integers(0, 10_000), max_size=10))
def test_what_comes_out_does_not_depend_on_how_it_went_in(octets, tail, faults, cuts):
    assert through(octets + tail, faults, cuts) == through(octets + tail, faults)


@given(st.integers(1, 20_000), faults, st.lists(st.integers(0, 30_000), max_size=10))
@settings(max_examples=30, deadline=None)
def test_stretches_longer_than_any_frame_do_not_depend_on_it_either(size, faults, cuts):
    octets = b"\0" + b"x" * size + b"\0abc\0"
    assert through(octets, faults, cuts) == through(octets, faults)


@given(streams, tails, st.lists(st.integers(0, 10_000), max_size=5))
def test_a_line_without_faults_passes_everything_at_once(octets, tail, cuts):
    assert FaultyStream(Faults()).feed(octets + tail) == octets + tail
    # And with faults that never happen it is still the same octets.
    assert through(octets + tail, Faults(drop=1e-300), cuts)[0] == octets + tail


def frames_of(octets):
    return [part for part in octets.split(b"\0") if part]


def many(count=2000):
    return b"\0" + b"".join(b"%06d" % i + b"\0" for i in range(count))


def test_dropped_frames_are_gone_whole_and_the_others_untouched():
    out, counts = through(many(), Faults(drop=0.1, seed=4))
    left = frames_of(out)
    assert counts.frames == 2000 and counts.dropped == 2000 - len(left)
    assert 140 < counts.dropped < 260
    assert set(left) < set(frames_of(many())) and left == sorted(left)
    assert out == b"\0" + b"".join(frame + b"\0" for frame in left)


def test_duplicated_frames_come_twice_in_a_row():
    out, counts = through(many(), Faults(duplicate=0.1, seed=4))
    frames = frames_of(out)
    assert len(frames) == 2000 + counts.duplicated and 140 < counts.duplicated < 260
    assert sum(a == b for a, b in zip(frames, frames[1:], strict=False)) == counts.duplicated
    assert sorted(set(frames)) == frames_of(many())


def test_cut_frames_lose_their_end_and_nothing_else():
    out, counts = through(many(), Faults(cut=0.1, seed=4))
    frames, whole = frames_of(out), frames_of(many())
    assert len(frames) == 2000
    shorter = [got for got, sent in zip(frames, whole, strict=True) if got != sent]
    assert all(sent.startswith(got) for got, sent in zip(frames, whole, strict=True))
    assert len(shorter) == counts.cut and {len(frame) for frame in shorter} == {1, 2, 3, 4, 5}


def test_as_many_bits_flip_as_are_counted_delimiters_among_them():
    octets = many(5000)
    out, counts = through(octets, Faults(flip=1e-3, seed=4))
    assert len(out) == len(octets)
    flips = [bin(a ^ b).count("1") for a, b in zip(octets, out, strict=True)]
    assert sum(flips) == counts.bits == pytest.approx(8 * len(octets) * 1e-3, rel=0.2)
    assert any(flip for flip, octet in zip(flips, octets, strict=True) if octet == 0)
    assert through(octets, Faults(flip=0.5))[1].bits == pytest.approx(4 * len(octets), rel=0.02)
    assert through(octets, Faults(flip=1.0))[0] == bytes(octet ^ 0xFF for octet in octets)


@given(st.integers(0, 1000))
def test_the_same_frames_are_lost_whatever_else_is_wrong_with_the_line(seed):
    alone, counts = through(many(200), Faults(drop=0.2, seed=seed))
    more, with_more = through(many(200), Faults(drop=0.2, duplicate=0.3, cut=0.0, seed=seed))
    assert counts.dropped == with_more.dropped
    assert sorted(set(frames_of(more))) == frames_of(alone)


def test_another_seed_is_another_line():
    assert len({through(many(), Faults(drop=0.1, seed=seed))[0] for seed in range(5)}) == 5


@pytest.mark.parametrize("bad", [{"drop": -0.1}, {"flip": 1.1}, {"cut": float("nan")}])
def test_what_is_no_probability_is_refused(bad):
    with pytest.raises(ValueError, match="from 0 to 1"):
        Faults(**bad)


def test_a_decoder_misses_exactly_what_the_line_lost(vibration, sent):
    definition = load_definition(vibration)
    whole = samples(Decoder(definition).feed(sent))
    line = FaultyStream(Faults(drop=0.05, duplicate=0.05, cut=0.05, seed=8))
    decoder = Decoder(definition)
    items = decoder.feed(line.feed(sent) + line.finish())
    got, counts = samples(items), line.counts
    # No value is wrong, and each one is there once or counted as missing, but for those after the last packet of a stream.
    assert got.items() <= whole.items()
    missing = sum(item.count for item in items if isinstance(item, Gap))
    end = {name: max(index for stream, index in got if stream == name) for name, _ in got}
    before_the_end = [key for key in whole if key[1] <= end[key[0]]]
    assert len(got) + missing == len(before_the_end)
    assert missing > 0 and counts.dropped and counts.cut
    # Both copies of a frame may be cut, so rejects are counted by copies.
    assert decoder.counters.rejected == counts.cut


def samples(items):
    """{(stream, index): octets}"""
    return {
        (item.stream.name, item.index + i): item.raw[i].tobytes()
        for item in items
        if isinstance(item, SamplePacket)
        for i in range(len(item.raw))
    }


@pytest.fixture(scope="module")
def sent(vibration):
    """What the demo's payload sends in six seconds."""
    from freefall.board.virtual import VirtualBoard

    return VirtualBoard(load_definition(vibration), seed=2).advance(6_000_000_000)
