"""Pieces: no read is lost, and a piece is bounded by its octets and by the frames that may be in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freefall.decode import Decoder, Pieces, pieces
from freefall.decode.pieces import PIECE_FRAMES, PIECE_OCTETS


@pytest.fixture(scope="module", autouse=True)
def small_pieces():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "PIECE_OCTETS", 64)
        patch.setattr(pieces, "PIECE_FRAMES", 8)
        yield


@given(st.lists(st.tuples(st.integers(0, 9), st.lists(st.sampled_from((0, 1, 255)), max_size=20).map(bytes))))
def test_pieces_are_the_reads_in_order_each_ended_by_the_read_that_fills_it(reads):
    gathering = Pieces()
    full = [piece for host_ns, octets in reads if (piece := gathering.add(octets, host_ns))]
    rest = gathering.rest()
    assert [read for piece in [*full, rest] for read in piece] == reads
    assert [is_full(piece) and not is_full(piece[:-1]) for piece in full] == [True] * len(full)
    assert not is_full(rest)
    assert gathering.rest() == []


def is_full(piece):
    octets = b"".join(octets for _, octets in piece)
    return len(octets) >= 64 or octets.count(0) >= 8


def test_what_a_piece_of_noise_is_rejected_as_is_bounded(bench, monkeypatch):
    monkeypatch.setattr(pieces, "PIECE_OCTETS", PIECE_OCTETS)
    monkeypatch.setattr(pieces, "PIECE_FRAMES", PIECE_FRAMES)
    decoder, gathering, read = Decoder(bench), Pieces(), b"\x01\0" * 2048
    sizes = [len(decoder.feed_many(piece)) for _ in range(40) if (piece := gathering.add(read, 0))]
    sizes.append(len(decoder.feed_many(gathering.rest())))
    assert sizes == [PIECE_FRAMES, 40 * 2048 - PIECE_FRAMES]
