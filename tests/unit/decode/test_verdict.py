"""When a stream of which nothing came is told in the verdict of a run."""

from pathlib import Path

import pytest

from freefall.board.virtual import VirtualBoard
from freefall.decode import Summary
from freefall.definition import load_definition
from unit.decode import packets

RADIATION = Path(__file__).parents[3] / "payload_defs" / "radiation"
NAMES = ["counts", "events", "supply"]
PERIOD_US = 1_000_000


@pytest.fixture(scope="module")
def radiation():
    """counts and supply: 1 Hz, 5 s until a packet; events: pulses, 1 s. Housekeeping every second."""
    return load_definition(RADIATION)


def told(definition, *frames) -> list[str]:
    """The streams that the verdict names as silent."""
    summary = Summary(definition)
    summary.feed(b"\0" + packets.boot(definition) + b"".join(frames))
    words = [word for word in summary.verdict.split("; ") if word.startswith("NO SAMPLES from ")]
    return words[0].removeprefix("NO SAMPLES from ").split(", ") if words else []


@pytest.mark.parametrize("seconds", [0.5, 2, 4, 5])
def test_board_that_just_runs_is_ok_before_its_slow_packets_are_due(radiation, seconds):
    summary, board = Summary(radiation), VirtualBoard(radiation, 1)
    summary.feed(board.advance(round(seconds * 1e9)))
    assert "NO SAMPLES" not in summary.verdict


@pytest.mark.parametrize(("seconds", "silent"), [(1, []), (2.1, ["events"]), (6.9, ["events"]), (7.1, NAMES)])
def test_stream_is_silent_when_its_first_packet_is_overdue(radiation, seconds, silent):
    assert told(radiation, packets.board(radiation, time_us=round(seconds * PERIOD_US), sequence=1)) == silent


def test_nothing_heard_at_all_is_silence_of_every_stream(radiation):
    assert Summary(radiation).verdict.endswith("NO SAMPLES from counts, events, supply")


def test_samples_pending_on_the_board_are_no_silence(radiation):
    waiting = packets.ledger(radiation, 1, sequence=1, time_us=60 * PERIOD_US, seen=1, taken=1, pending=1)
    assert told(radiation, waiting) == ["counts", "supply"]


def test_samples_that_were_sent_and_never_came_are_silence_at_once(radiation):
    sent = {"seen": 1, "taken": 1, "framed": 1, "samples_sent": 1, "packets_sent": 1}
    assert told(radiation, packets.ledger(radiation, 2, sequence=1, time_us=PERIOD_US, **sent)) == ["supply"]


def test_stream_of_an_absent_sensor_is_silent_at_once(radiation):
    number = next(at for at, sensor in enumerate(radiation.sensors) if sensor.name == radiation.stream("supply").sensor)
    absent = packets.event(radiation, 2, {"sensor": number, "reason": 1}, sequence=1)
    assert "supply" in told(radiation, absent) and "events" not in told(radiation, absent)
