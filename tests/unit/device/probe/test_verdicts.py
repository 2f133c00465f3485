"""Each verdict on wiring, over the fake kernel's buses with the sensor models on them."""

import json
from pathlib import Path

import pytest

from freefall.definition import load_definition, parse_definition
from freefall.device.probe import Kind, Level, Lines
from freefall.sensors.registry import SENSORS
from unit.device.probe.bench import ProbeBench

_DEFS = Path(__file__).parents[4] / "payload_defs"
_BUS = '[bus.i2c{0}]\nkind = "i2c"\nscl = {1}\nsda = {2}\nfreq_hz = 400000\n'
_SENSOR = '[sensor.{name}]\ndriver = "{driver}"\nbus = "i2c{bus}"\naddress = {address}\n'
_STREAM = '[stream.{name}]\nsensor = "{name}"\ntrigger = "periodic"\nrate_hz = 1.0\n'
_OPTIONS = {"ads1115": 'input = "a0"\nrange_v = 4.096\nrate_hz = 8\n'}
_THERMOMETER = (0, "tmp117", 0x48, {})


def definition_of(*sensors):
    """A definition with sensors (name, bus number, driver, address)."""
    text = '[payload]\nname = "probed"\napid = 64\n[link]\ntransport = "usb"\n' + _BUS.format(0, 5, 4) + _BUS.format(1, 7, 6)
    for name, bus, driver, address in sensors:
        text += _SENSOR.format(name=name, driver=driver, bus=bus, address=hex(address)) + _OPTIONS.get(driver, "")
        text += _STREAM.format(name=name)
    return parse_definition(text, "probed.toml")


@pytest.fixture
def thermometer():
    return definition_of(("air", 0, "tmp117", 0x48))


def test_parts_that_are_as_the_definition_says_are_well(monkeypatch):
    culture = load_definition(_DEFS / "cell_culture")
    parts = [(1, "tmp117", 0x48, {}), (0, "scd41", 0x62, {}), (1, "as7341", 0x39, {})]
    verdicts = ProbeBench(monkeypatch, culture, parts).probe()
    assert [verdict.kind for verdict in verdicts.values()] == [Kind.OK] * 3
    assert verdicts["optics"].sentence == "the AS7341 answers" and verdicts["optics"].place == "i2c1 0x39"
    assert not any(verdict.is_fault for verdict in verdicts.values())


_ON_I2C = [name for name, kind in SENSORS.items() if "address" in kind.table.model_fields and name != "registers"]


@pytest.mark.parametrize("driver", _ON_I2C)
def test_every_part_of_the_catalogue_is_known_by_its_own_driver(monkeypatch, driver):
    payloads = (load_definition(path) for path in sorted(_DEFS.glob("*/payload.toml")) if f'"{driver}"' in path.read_text())
    definition, sensor = next(
        (payload, sensor) for payload in payloads for sensor in payload.sensors
        if sensor.driver == driver and "address" in sensor.place
    )  # fmt: skip
    options = sensor.table.model_dump(exclude={"driver", "bus", "address"}, exclude_none=True)
    parts = [(int(sensor.bus[-1]), driver, sensor.place["address"], options)]
    assert ProbeBench(monkeypatch, definition, parts).probe()[sensor.name].kind is Kind.OK


def test_part_that_is_not_there_is_absent_and_its_neighbours_say_where_to_look(monkeypatch):
    definition = definition_of(("air", 0, "tmp117", 0x48), ("field", 0, "tmp117", 0x49), ("dark", 1, "veml7700", 0x10))
    verdicts = ProbeBench(monkeypatch, definition, [_THERMOMETER]).probe()
    assert verdicts["air"].kind is Kind.OK
    assert verdicts["field"].kind is verdicts["dark"].kind is Kind.ABSENT
    assert verdicts["field"].sentence.startswith("nobody answers at 0x49, while others on its bus do: look at its power")
    assert verdicts["dark"].sentence.startswith("nobody answers at 0x10, nor anybody else on this bus: look at power and ground")
    assert verdicts["field"].is_fault


def test_part_at_another_of_its_addresses_names_the_pin_and_the_way_out(thermometer, monkeypatch):
    verdict = ProbeBench(monkeypatch, thermometer, [(0, "tmp117", 0x4A, {})]).probe()["air"]
    assert verdict.kind is Kind.WRONG_ADDRESS
    assert verdict.sentence == (
        "the TMP117 answers at 0x4a, not at 0x48: look at the sensor's ADD0 pin, or write address = 0x4a in [sensor.air]"
    )


def test_another_sensor_of_the_payload_is_not_taken_for_the_one_that_is_missing(monkeypatch):
    definition = definition_of(("air", 0, "tmp117", 0x48), ("wall", 0, "tmp117", 0x49))
    verdicts = ProbeBench(monkeypatch, definition, [(0, "tmp117", 0x49, {})]).probe()
    assert (verdicts["air"].kind, verdicts["wall"].kind) == (Kind.ABSENT, Kind.OK)


def test_part_that_has_no_identity_at_another_address_is_only_guessed_and_not_written_to(monkeypatch):
    definition = definition_of(("bridge", 0, "ads1115", 0x48))
    options = {"input": "a0", "range_v": 4.096, "rate_hz": 8}
    bench = ProbeBench(monkeypatch, definition, [(0, "ads1115", 0x49, options)], strange=True)
    verdict = bench.probe()["bridge"]
    assert verdict.kind is Kind.WRONG_ADDRESS
    assert verdict.sentence.startswith("somebody, who may be the ADS1115, answers at 0x49, not at 0x48: look at the ADDR pin")
    assert bench.adapters[0].targets[0].longest_write == 1


def test_part_on_the_other_bus_is_found_there(thermometer, monkeypatch):
    verdict = ProbeBench(monkeypatch, thermometer, [(1, "tmp117", 0x48, {})]).probe()["air"]
    assert verdict.kind is Kind.WRONG_BUS
    assert verdict.sentence == "the TMP117 answers on /dev/i2c-1, not on /dev/i2c-0"


def test_other_part_at_the_address_is_named_by_its_own_identity(monkeypatch):
    definition = definition_of(("pressure", 0, "bme280", 0x77))
    options = {"odr_hz": 25, "pressure_oversampling": 8, "temperature_oversampling": 1}
    verdict = ProbeBench(monkeypatch, definition, [(0, "bmp390", 0x77, options)], strange=True).probe()["pressure"]
    assert verdict.kind is Kind.WRONG_PART
    assert verdict.sentence == "who answers is no BME280 (register 0xd0 reads 00): by its identity it is the BMP390"


def test_other_part_without_an_identity_is_among_those_it_may_be(thermometer, monkeypatch):
    parts = [(0, "ina219", 0x48, {"shunt_ohm": 0.1})]
    bench = ProbeBench(monkeypatch, thermometer, parts, strange=True)
    verdict = bench.probe()["air"]
    assert verdict.kind is Kind.WRONG_PART
    assert verdict.sentence.endswith("; it may be the ADS1115 or the INA219, whom only writing would tell")


def test_other_part_that_nobody_knows_is_told_with_what_it_said(monkeypatch):
    definition = definition_of(("field", 0, "rm3100", 0x20))
    bench = ProbeBench(monkeypatch, definition, [], strange=True)
    bench.adapters[0].targets.append(_Silent(0x20))
    verdict = bench.probe()["field"]
    assert verdict.kind is Kind.WRONG_PART
    assert verdict.sentence == "who answers is no RM3100 (register 0x36 reads 5a), nor any other part of the catalogue"


class _Silent:
    """Acknowledges everything, and says the same of everything."""

    hung = False

    def __init__(self, address):
        self.address = address

    def start(self, read):
        return True

    def write(self, octet):
        return True

    def read(self):
        return 0x5A

    def stop(self):
        pass


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (Lines(Level.HIGH, Level.LOW), "SDA of /dev/i2c-0 is low before anything is asked"),
        (Lines(Level.LOW, Level.HIGH), "SCL of /dev/i2c-0 is low before anything is asked"),
        (Lines(Level.LOW, Level.LOW), "SCL and SDA of /dev/i2c-0 are low before anything is asked"),
        (Lines(Level.FLOATING, Level.LOW), "SDA of /dev/i2c-0 is low before anything is asked"),
    ],
)
def test_lines_that_are_low_at_rest_are_told_and_nobody_is_asked(thermometer, monkeypatch, lines, said):
    bench = ProbeBench(monkeypatch, thermometer, [_THERMOMETER])
    verdict = bench.probe(lines)["air"]
    assert verdict.kind is Kind.BUS_STUCK and verdict.sentence.startswith(said)
    assert bench.adapters[0].transfers == 0


@pytest.mark.parametrize("lines", [Lines(Level.FLOATING, Level.FLOATING), Lines(Level.HIGH, Level.FLOATING)])
def test_lines_that_float_are_told_if_nobody_answers_and_remarked_on_if_the_part_does(thermometer, monkeypatch, lines):
    verdict = ProbeBench(monkeypatch, thermometer, []).probe(lines)["air"]
    assert verdict.kind is Kind.NO_PULL_UPS and verdict.sentence.startswith("nothing pulls the lines of /dev/i2c-0 up")
    verdict = ProbeBench(monkeypatch, thermometer, [_THERMOMETER]).probe(lines)["air"]
    assert verdict.kind is Kind.OK and "answers, although the board alone pulls the lines up" in verdict.sentence


def test_part_that_does_not_acknowledge_the_question_is_another(monkeypatch):
    bench = ProbeBench(monkeypatch, load_definition(_DEFS / "cell_culture"), [])
    deaf = _Silent(0x62)
    deaf.write = lambda octet: octet == 0
    bench.adapters[0].targets.append(deaf)
    verdict = bench.probe()["atmosphere"]
    assert verdict.kind is Kind.WRONG_PART
    assert verdict.sentence == "somebody answers at 0x62, but not as the SCD41 would: it is another part, or a wire is loose"


def test_bus_on_which_no_transfer_ends_is_stuck(thermometer, monkeypatch):
    verdict = ProbeBench(monkeypatch, thermometer, [_THERMOMETER], stuck=True).probe()["air"]
    assert verdict.kind is Kind.BUS_STUCK
    assert verdict.sentence.startswith("no transfer on /dev/i2c-0 ends: a line is held low")


def test_part_that_hangs_holds_its_bus(thermometer, monkeypatch):
    bench = ProbeBench(monkeypatch, thermometer, [_THERMOMETER])
    bench.models[0].hung = True
    assert bench.probe()["air"].kind is Kind.BUS_STUCK


def test_sensors_that_cannot_be_asked_are_no_fault(monkeypatch):
    jitter = load_definition(_DEFS / "jitter")
    verdicts = ProbeBench(monkeypatch, jitter, [(1, "tmp117", 0x48, {})]).probe(spi0="this computer asks I2C buses only")
    assert {name: verdict.kind for name, verdict in verdicts.items()} == {
        "accel": Kind.NOT_ASKED, "tube": Kind.NOT_ASKED, "structure": Kind.OK,
    }  # fmt: skip
    assert verdicts["accel"].sentence == "this computer asks I2C buses only" and verdicts["accel"].place == "spi0 GP17"
    assert verdicts["tube"].sentence == "it is part of the board and has no identity" and verdicts["tube"].place == "board"
    assert not any(verdict.is_fault for verdict in verdicts.values())


def test_verdict_as_json_says_what_the_line_says(thermometer, monkeypatch):
    verdict = ProbeBench(monkeypatch, thermometer, []).probe()["air"]
    assert json.loads(json.dumps(verdict.as_dict())) == {
        "schema": "freefall/1", "type": "verdict", "sensor": "air", "driver": "tmp117", "place": "i2c0 0x48",
        "verdict": "absent", "fault": True, "text": verdict.sentence,
    }  # fmt: skip
