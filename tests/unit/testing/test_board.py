"""The board of a bench test: always the same one, and its recordings too."""

import pytest

from freefall.board.scenario import scenario_of
from freefall.board.virtual import VirtualBoard
from freefall.errors import OutputExists
from freefall.port.timeline import Schedule
from freefall.recording import open_recording
from freefall.testing import BenchBoard, LiveLink, assert_nothing_missing, record_board
from freefall.testing.board import START_NS


def test_same_seed_gives_the_same_octets_in_pieces_or_at_once(definition):
    pieces, whole = BenchBoard(definition, seed=3), BenchBoard(definition, seed=3)
    assert b"".join(pieces.run(0.25) for _ in range(12)) == whole.run(3) == VirtualBoard(definition, 3).advance(3_000_000_000)
    assert pieces.seconds == pytest.approx(whole.seconds, abs=0.01) and whole.seconds == pytest.approx(3, abs=0.01)
    assert BenchBoard(definition, seed=4).run(3) != BenchBoard(definition, seed=3).run(3)


def test_sensors_are_there_by_name(definition):
    board = BenchBoard(definition)
    assert list(board.sensors) == ["accel", "temperature"]
    board.run(1)
    before = len(board.sensors["accel"].produced)
    board.run(1)
    assert len(board.sensors["accel"].produced) - before == pytest.approx(1000, abs=1)


def test_recording_of_a_board_is_the_same_every_time_and_complete(definition, tmp_path):
    paths = [record_board(tmp_path / name, definition, 2.5, seed=6) for name in ("a.mcap", "b.mcap")]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    recording = open_recording(paths[0])
    chunks = list(recording.chunks())
    assert recording.complete and recording.definition == definition
    assert chunks[0][0] >= START_NS and 2.5e9 <= chunks[-1][0] - START_NS <= 4e9
    with pytest.raises(OutputExists):
        record_board(paths[0], definition, 1)
    from freefall.port.replayed import ReplayPort

    link = LiveLink(ReplayPort(paths[0], Schedule(speed=None)))
    link.finish()
    assert_nothing_missing(link.ledger)


def test_scenario_is_the_one_beside_the_definition(vibration):
    from freefall.definition import load_definition

    growth = vibration.parent / "plant_growth"
    definition = load_definition(growth)
    assert scenario_of(growth, definition).keys() == scenario_of(growth / "payload.toml", definition).keys() != set()
    assert scenario_of(vibration, load_definition(vibration)) is None
