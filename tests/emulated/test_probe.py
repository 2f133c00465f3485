"""freefall probe through MicroPython: the accesses' few lines of it on the emulated board, with the sensor models on its pins."""

import json
from pathlib import Path

import pytest

from freefall.board.emulated.device import EmulatedDevice
from freefall.board.emulated.filesystem import build_image
from freefall.cli.app import run
from freefall.definition import load_definition, parse_definition
from freefall.device.probe import Kind, Verdict, probe
from freefall.device.probe.board import board_buses
from freefall.device.repl import Repl

pytestmark = pytest.mark.emulated

_DEFS = Path(__file__).parents[2] / "payload_defs"
_MS = 1_000_000
_MAIN = b"import time\nwhile True:\n print('payload')\n time.sleep_ms(10)\n"


def plugged(image, payload, files=None, wired=lambda text: text):
    """A board with that payload's sensors, and USB ready. wired(the definition's text): how they really are."""
    text = (_DEFS / payload / "payload.toml").read_text()
    device = EmulatedDevice(image, build_image(files) if files else None, parse_definition(wired(text), payload))
    device.run_for(150 * _MS)
    return device


def probed(device, payload) -> dict[str, Verdict]:
    """The verdicts on a board that is asked once more."""
    definition = load_definition(_DEFS / payload)
    with Repl.open(device.console_url) as repl:
        return {verdict.sensor: verdict for verdict in probe(definition, board_buses(repl, json.loads(definition.plan)))}


def kinds(verdicts):
    return {name: verdict.kind for name, verdict in verdicts.items()}


@pytest.mark.parametrize("payload", ["furnace", "structure", "plant_growth"])  # I2C, SPI in two modes, UART
def test_sensors_on_every_kind_of_bus_answer(micropython_image, payload):
    verdicts = probed(plugged(micropython_image, payload), payload)
    assert set(kinds(verdicts).values()) == {Kind.OK}, verdicts


def test_faults_of_wiring_are_told_apart(micropython_image):
    device = plugged(micropython_image, "cell_culture", wired=lambda text: text.replace("0x48", "0x4B"))
    _, atmosphere, optics = device.models.all
    optics.absent = True
    verdicts = probed(device, "cell_culture")
    assert kinds(verdicts) == {"incubator": Kind.WRONG_ADDRESS, "atmosphere": Kind.OK, "optics": Kind.ABSENT}
    assert verdicts["incubator"].sentence.startswith("the TMP117 answers at 0x4b, not at 0x48: look at the sensor's ADD0 pin")
    device.machine.pin(6).set(False)  # SDA of i2c1
    atmosphere.hung = True
    verdicts = probed(device, "cell_culture")
    assert set(kinds(verdicts).values()) == {Kind.BUS_STUCK}
    assert verdicts["optics"].sentence.startswith("SDA of i2c1 (SCL GP7, SDA GP6) is low before anything is asked")
    assert verdicts["atmosphere"].sentence.startswith("no transfer on i2c0 (SCL GP5, SDA GP4) ends")


def test_lines_without_resistors_float(micropython_image):
    device = EmulatedDevice(micropython_image)
    device.run_for(150 * _MS)
    verdicts = probed(device, "cell_culture")
    assert set(kinds(verdicts).values()) == {Kind.NO_PULL_UPS}
    assert verdicts["incubator"].sentence.startswith("nothing pulls the lines of i2c1 (SCL GP7, SDA GP6) up")


def test_parts_that_are_missing_on_spi_and_uart_are_absent(micropython_image):
    device = plugged(micropython_image, "jitter")
    device.models.all[0].absent = True
    verdict = probed(device, "jitter")["accel"]
    assert verdict.kind is Kind.ABSENT and verdict.sentence.startswith("nobody drives MISO")
    device = plugged(micropython_image, "plant_growth")
    verdicts = {}
    for model in device.models.uart.values():
        model.absent = True
        verdicts = probed(device, "plant_growth")
    assert [verdict.kind for verdict in verdicts.values() if verdict.place.startswith("uart")] == [Kind.ABSENT]


def test_command_stops_what_runs_with_a_sentence_and_starts_it_again(micropython_image, capsys):
    device = plugged(micropython_image, "cell_culture", {"main.py": _MAIN})
    code = run(["probe", str(_DEFS / "cell_culture"), "-p", device.console_url])
    done = capsys.readouterr()
    assert code == 0, done.err
    assert done.out.splitlines()[-1] == "3 sensors, no faults"
    assert f"what runs on {device.console_url} is stopped for the probe and started again afterwards" in done.err
    device.run_for(300 * _MS)
    with device.console(timeout=1) as console:
        assert b"payload" in console.read(40)
