"""Running a simulated board for a stretch: its progress, and how it is broken off."""

import pytest

from freefall.board.simulated import run
from freefall.board.virtual import VirtualBoard
from freefall.decode import Decoder
from freefall.definition import load_definition


def test_progress_is_told_after_each_piece_and_breaking_off_there_leaves_nothing_half_done(vibration):
    definition = load_definition(vibration)
    decoder, board, reached = Decoder(definition), VirtualBoard(definition), []

    def progress(board_ns):
        reached.append(board_ns)
        if board_ns >= 1_500_000_000:
            raise KeyboardInterrupt

    def receive(octets, _board_ns):
        return decoder.feed(octets)

    with pytest.raises(KeyboardInterrupt):
        run(board, definition, 3_000_000_000, receive, progress)
    assert len(reached) > 1000 and reached == sorted(reached)
    run(board, definition, 3_000_000_000, receive)
    assert decoder.ledger.closed and decoder.ledger.lost == 0
