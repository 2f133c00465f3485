"""The ledger over more than one boot: each compared alone, all added up, and no dearer for their number."""

import gc
import sys

from freefall.decode import Decoder
from unit.decode import packets
from unit.decode.fake_board import frames_of
from unit.decode.runs import decoded, finish, started, wire_without


def test_ledger_adds_up_boots_and_compares_each_alone(bench):
    board = started(bench)
    board.run(0, 40)
    finish(board)
    board.run(0, 10)  # after the report
    board.boot()
    board.send()
    board.run(0, 25)
    finish(board)
    ledger = decoded(bench, board.wire)
    totals = ledger.stream("vibration").totals
    assert ledger.closed and ledger.board.boots == 2 and ledger.board.boot_count == 2
    assert (totals.seen, totals.pending, totals.after_report) == (65, 5, 10)
    # The end of the first boot is lost, and the boot event of the second.
    kept = wire_without(board, 11, 12)
    assert decoded(bench, kept).closed


def test_ledger_gives_reports_back_that_were_of_an_unnoticed_boot(bench):
    board = started(bench)
    board.run(0, 20)
    finish(board)
    end = len(frames_of(board.wire))
    board.boot()
    board.send()
    board.run(0, 100)
    finish(board)
    second = len(frames_of(board.wire))
    board.run(0, 100)
    finish(board)
    # All of the second boot up to sample 50 is lost: index and time only grew, until the board report says otherwise.
    ledger = decoded(bench, wire_without(board, *range(end, end + 4 + 5)))
    vibration = ledger.stream("vibration")
    assert ledger.board.boots == 2 and second > end
    assert vibration.totals.received == 20, "the second boot has one report only, after its board report"
    assert vibration.reasons == (
        "boot 1: joined late, and only one ledger report arrived since: two are needed to count what happened between them",
    )


def test_ledger_tells_what_is_missing_in_a_boot_that_ended_before_any_report(bench):
    board = started(bench)
    board.run(0, 20)
    finish(board)
    end = len(frames_of(board.wire))
    board.boot()
    board.send()
    board.run(0, 40)
    # The reports of the second boot and one of its packets are lost.
    ledger = decoded(bench, wire_without(board, end + 1, end + 2, end + 3, end + 5))
    totals = ledger.stream("vibration").totals
    assert ledger.stream("vibration").reasons == ("boot 1: no ledger report arrived",)
    assert (totals.received, totals.after_report, ledger.missing_after_report, ledger.lost) == (20, 30, 10, 0)


def test_ledger_costs_no_more_after_many_boots_and_names_the_first_reasons_only(bench):
    stream = bench.streams[0]

    def boots(number):
        decoder = Decoder(bench)
        for count in range(1, number + 1):
            counters = {"seen": 10, "taken": 10, "framed": 10, "samples_sent": 9, "samples_dropped": 1, "packets_sent": 1}
            decoder.feed(b"\0" + packets.boot(bench, count) + packets.samples(stream, 0, 10, 1000))
            decoder.feed(packets.ledger(bench, 0, 1, 2000, late=1, **counters) + packets.board(bench, count, 2, 2000, built=2))
        return decoder

    few, many = boots(20), boots(1600)
    assert calls(lambda: few.ledger.as_dict()) == calls(lambda: many.ledger.as_dict())
    ledger = many.ledger
    vibration = ledger.stream("vibration")
    assert (ledger.board.boots, ledger.board.boot_count, ledger.board.service_lost) == (1600, 1600, 0)
    assert ledger.board.lines[0].left == ledger.board.lines[0].terms[0][1] == 3200
    assert (vibration.totals.seen, vibration.totals.late, vibration.samples) == (16000, 1600, 16000)
    assert not ledger.closed and len(vibration.reasons) == 10
    assert (vibration.unclosed, ledger.unclosed) == (3200, 3200 + 1600)
    assert vibration.reasons[1].startswith("boot 0: missing") and vibration.reasons[9].startswith("boot 4: missing")
    assert "vibration: and 3190 more" in ledger.reasons and "temperature: and 1590 more" in ledger.reasons
    assert len(ledger.reasons) == 2 * 11


def calls(action):
    """How many functions are called in it."""
    count = 0

    def profile(_frame, event, _argument):
        nonlocal count
        count += event in ("call", "c_call")

    gc.collect()
    gc.disable()  # a collection calls gc.callbacks, and hypothesis has one there
    sys.setprofile(profile)
    try:
        action()
    finally:
        sys.setprofile(None)
        gc.enable()
    return count
