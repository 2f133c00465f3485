"""freefall new: whatever sensors one names, the definition passes the check and runs."""

import itertools

import pytest

from freefall.board.virtual import VirtualBoard
from freefall.decode import Decoder
from freefall.definition import load_definition
from freefall.sensors.registry import SENSORS

# The one that is what its user says of it.
KNOWN = [name for name in SENSORS if name != "registers"]


@pytest.mark.parametrize("driver", KNOWN)
def test_new_definition_of_one_sensor_passes_the_check_and_runs(freefall, tmp_path, driver):
    written = freefall("new", "mine", "-s", driver, "-o", tmp_path / "mine")
    assert written.code == 0 and "freefall check" in written.out
    assert freefall("check", tmp_path / "mine").code == 0
    definition = load_definition(tmp_path / "mine")
    board, decoder = VirtualBoard(definition), Decoder(definition)
    for _ in range(25):
        decoder.feed(board.advance(100_000_000))
    assert decoder.ledger.closed and decoder.ledger.lost == 0
    assert decoder.ledger.streams[0].totals.taken >= 1 or definition.streams[0].rate_hz < 0.5


@pytest.mark.parametrize("drivers", list(itertools.combinations(KNOWN, 2)), ids="+".join)
def test_new_definition_of_two_sensors_passes_the_check(freefall, tmp_path, drivers):
    options = [word for driver in drivers for word in ("-s", driver)]
    assert freefall("new", "mine", *options, "-o", tmp_path).code == 0
    assert len(load_definition(tmp_path).streams) == 2


def test_new_definition_may_have_a_sensor_twice_under_names_of_ones_own(freefall, tmp_path):
    assert freefall("new", "mine", "-s", "inside=tmp117", "-s", "outside=tmp117", "-o", tmp_path).code == 0
    assert [stream.name for stream in load_definition(tmp_path).streams] == ["inside", "outside"]


@pytest.mark.parametrize(
    ("driver", "trigger"),
    [
        ("tmp117", "the board's clock says when"),
        ("lsm6dso", 'the board\'s clock says when; see SPEC.md for "data_ready"'),
        ("adxl355", 'the board\'s clock says when; see SPEC.md for "data_ready" and "fifo_watermark"'),
        ("pulse_counter", 'the board\'s clock says when; see SPEC.md for "pulse"'),
        ("ads1256", "the sensor says when: its own rate is the rate"),
    ],
)
def test_new_tells_of_the_triggers_that_the_part_makes_and_of_no_others(freefall, tmp_path, driver, trigger):
    freefall("new", "mine", "-s", driver, "-o", tmp_path)
    lines = (tmp_path / "payload.toml").read_text().splitlines()
    assert [line.partition("# ")[2] for line in lines if line.startswith("trigger = ")] == [trigger]


def test_new_writes_rates_that_people_would(freefall, tmp_path):
    options = itertools.chain.from_iterable(("-s", driver) for driver in ("mhz19b", "scd41", "tmp117"))
    freefall("new", "mine", *options, "-o", tmp_path)
    lines = (tmp_path / "payload.toml").read_text().splitlines()
    assert [line.split()[2] for line in lines if line.startswith("rate_hz = ")] == ["0.99", "0.2", "1.0"]


def test_new_shows_every_option_of_a_sensor(freefall, tmp_path):
    freefall("new", "mine", "-s", "adxl355", "-o", tmp_path)
    text = (tmp_path / "payload.toml").read_text()
    assert all(f"{key} = " in text for key in ("driver", "bus", "address", "range_g", "odr_hz"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["Mine"], 'payload name "Mine" is not possible'),
        (["mine", "-s", "tmp118"], 'there is no driver "tmp118"; did you mean "tmp117"?'),
        (["mine", "-s", "registers"], "only you know; SPEC.md shows how"),
        (["mine", "-s", "2=tmp117"], 'sensor name "2" is not possible'),
        (["mine", "-s", "tmp117", "-s", "tmp117"], "two sensors have one name"),
        (["mine", *itertools.chain.from_iterable(("-s", f"t{n}=tmp117") for n in range(9))], "no bus left"),
    ],
)
def test_new_refuses_what_it_cannot_write_and_writes_nothing(freefall, tmp_path, arguments, words):
    result = freefall("new", *arguments, "-o", tmp_path / "out")
    assert result.code in (2, 3) and words in result.err
    assert not (tmp_path / "out").exists()


def test_new_does_not_overwrite(freefall, tmp_path):
    (tmp_path / "payload.toml").write_text("mine")
    result = freefall("new", "mine", "-o", tmp_path)
    assert result.code == 2 and "--force" in result.err
    assert (tmp_path / "payload.toml").read_text() == "mine"
    assert freefall("new", "mine", "-o", tmp_path, "--force").code == 0
