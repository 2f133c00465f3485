"""Runs of FakeBoard and the ledgers that a decoder makes of them."""

import json

from freefall.decode import Decoder
from unit.decode.fake_board import FakeBoard, frames_of


def decoded(definition, wire):
    """The ledger of these octets, once checked that all are counted and that it goes into JSON."""
    decoder = Decoder(definition)
    decoder.feed(bytes(wire))
    assert decoder.counters.octets_unaccounted == 0
    json.dumps(decoder.ledger.as_dict())
    return decoder.ledger


def wire_without(board, *numbers):
    """What left the board less the frames of those numbers, as a link would lose them."""
    return b"\0" + b"".join(f + b"\0" for n, f in enumerate(frames_of(board.wire)) if n not in numbers)


def started(bench, **options):
    """A FakeBoard that has booted, with room in its queue; all has been sent."""
    board = FakeBoard(bench, **options)
    board.boot()
    board.send()
    return board


def finish(board):
    """The board once it has sent another set of reports."""
    board.report()
    board.send()
    return board
