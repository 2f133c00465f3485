"""Lines for a log."""

import json

from freefall.monitor import BoardModel
from freefall.monitor.plain import PlainLog, block, moment
from freefall.monitor.snapshot import decimals_of, shown
from freefall.port.faults import Faults, FaultyStream
from unit.monitor.boards import START_NS, definition, model_of, octets_of, run


def test_block_tells_board_streams_ledger_and_events():
    seen = model_of(run(3)).snapshot()
    board, vibration, temperature, ledger, *events = block(seen, seen.events)
    assert board.startswith("vibration (test): live, ") and "1 boot" in board and "octets/s" in board
    assert vibration.startswith("  vibration    1000.0") and "of 1000 Hz" in vibration and "0 missing" in vibration
    assert "CRITICAL" in vibration or "WARNING" in vibration or "WATCH" in vibration
    assert "temperature 23." in temperature and "degC" in temperature
    assert ledger == "  ledger closes; 0 rejected, 0 duplicates"
    assert events[0] == "  2027-01-15T08:00:00Z info     boot count 1, firmware 0.1.0, after power-on or reset pin"
    assert not any("\x1b" in line for line in [board, vibration, temperature, ledger, *events])


def test_block_of_nothing_judges_nothing():
    board, *_, ledger = block(BoardModel(definition(), "-").snapshot(START_NS))
    assert "waiting, nothing came yet" in board and ledger.startswith("  no ledger yet")


def test_block_says_why_the_ledger_does_not_close_and_what_was_rejected():
    line = FaultyStream(Faults(flip=1e-4, seed=1))
    wire = line.feed(octets_of(run(3)))[2500:9000]
    lines = block(model_of([(START_NS, wire)]).snapshot())
    assert "ledger does not close: " in lines[3] and "(and 1 more)" in lines[3]
    assert "rejected (" in lines[3] and "crc" in lines[3]


def test_each_event_is_told_once_and_a_burst_again_when_it_grows():
    model, log = model_of(run(1)[:2]), PlainLog()
    assert len(log.news(model.snapshot())) == 1
    assert log.news(model.snapshot()) == []
    model.feed([(START_NS + 1, b"\x05\x01\x00")])
    assert [event.text for event in log.news(model.snapshot())] == ["1 rejected on the link (cobs)"]
    model.feed([(START_NS + 2, b"\x05\x01\x00")])
    assert [event.text for event in log.news(model.snapshot())] == ["2 rejected on the link (cobs)"]
    assert log.news(model.snapshot()) == []


def test_record_is_json_with_the_news():
    log = PlainLog()
    record = json.loads(json.dumps(log.record(model_of(run(2)).snapshot()), allow_nan=False))
    assert (record["schema"], record["type"], record["payload"]) == ("freefall/1", "board", "vibration")
    assert record["events"][0]["time"] == "2027-01-15T08:00:00Z"
    assert log.record(model_of(run(2)).snapshot())["events"] == []


def test_numbers_have_the_decimals_they_are_worth():
    assert moment(START_NS) == "2027-01-15T08:00:00Z"
    assert [decimals_of(step) for step in (3.9e-6, 7.8125e-3, 1, 100, 0, 1e-12)] == [6, 3, 0, 0, 0, 6]
    assert [shown(value) for value in (101325.04, 23.2005123, 0.00012345678, -0.0, 0, 1e9, 1e-9)] == [
        "101325", "23.2005", "0.000123", "0.0", "0.0", "1000000000", "0.000000",
    ]  # fmt: skip
    assert shown(-0.0004, 3) == "0.000"
