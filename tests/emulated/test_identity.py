"""Who is there, asked of real MicroPython: blank, at its prompt, and with a payload that goes on sampling."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from freefall.board.firmware_files import program
from freefall.decode import Decoder, LedgerReport
from freefall.definition import parse_definition
from freefall.device.identity import Identity, identify

pytestmark = pytest.mark.emulated

SLOW = Path(__file__).parent / "slow.toml"


def test_blank_board_tells_its_chip_and_number_and_stays_at_its_prompt(micropython_image):
    from freefall.board.emulated.device import EmulatedDevice

    device = EmulatedDevice(micropython_image)
    device.run_for(100_000_000)
    assert identify(device.console(), "PORT") == Identity("prompt", "RP2040", "1.25.0", serial=device.serial_number)
    console = device.console(timeout=0.1)
    console.read(1000)
    console.write(b"6*7\r")
    assert console.read(100) == b"6*7\r\n42\r\n>>> "
    console.write(b"\r\x01")  # a raw prompt, left behind
    console.read(1000)
    console.close()
    assert identify(device.console(), "PORT").chip == "RP2040"


SLOTS = {
    "that of the switch": ({"state/slot": b"b 3"}, "ab", "b"),
    "the other, where that is not complete": ({"state/slot": b"b"}, "a", "a"),
    "any, without a switch": ({}, "b", "b"),
    "none": ({"state/slot": b"a"}, "", None),
}


@pytest.mark.parametrize("case", SLOTS)
def test_prompt_tells_the_slot_that_a_reset_would_start(micropython_image, case):
    from freefall.board.emulated.device import EmulatedDevice
    from freefall.board.emulated.filesystem import pack

    files, complete, slot = SLOTS[case]
    for letter in complete:
        mark = {"payload": f"payload_{letter}", "definition_id": "00c0ffee", "firmware": "1.2.3", "watchdog_ms": 0}
        files = files | {f"{letter}/slot.json": json.dumps(mark).encode()}
    device = EmulatedDevice(micropython_image, pack(files))
    device.run_for(100_000_000)
    found = identify(device.console(), "PORT")
    assert (found.state, found.slot, found.payload) == ("prompt", slot, slot and f"payload_{slot}")


@pytest.mark.parametrize("link", ['transport = "usb"', 'transport = "uart0"\nbaud = 115200\ntx = 0\nrx = 1'])
def test_running_payload_is_asked_on_its_console_and_goes_on(micropython_image, link):
    from freefall.board.emulated.device import EmulatedDevice
    from freefall.board.emulated.filesystem import build_image

    definition = parse_definition(SLOW.read_text().replace('transport = "usb"', link), "slow.toml")
    files = {"plan.json": definition.plan, "main.py": program()}
    device = EmulatedDevice(micropython_image, build_image(files), definition)
    device.run_for(1_500_000_000)
    found = identify(device.console(), "PORT")
    assert (found.state, found.chip, found.micropython, found.payload) == ("payload", "rp2", "1.25.0", definition.name)
    assert found.definition_id == f"{definition.definition_id:08x}"
    with device.link(115_200, timeout=0.6) if device.link_url else device.console(timeout=0.6) as port:
        items = Decoder(definition).feed(port.read(100_000))
    assert {report.stream.name for report in items if isinstance(report, LedgerReport)} == {"air", "breath"}


def test_command_line_lists_a_blank_board_and_leaves_it_usable(micropython_image):
    from freefall.board.emulated.device import EmulatedDevice
    from freefall.board.emulated.served import served

    device = EmulatedDevice(micropython_image)
    with served(device) as urls:
        for _ in range(2):
            command = [sys.executable, "-m", "freefall", "devices", "--json", "-p", urls.console]
            run = subprocess.run(command, capture_output=True, text=True, timeout=60)
            assert run.returncode == 0 and "Traceback" not in run.stderr
            found = [json.loads(line) for line in run.stdout.splitlines()]
            assert [(one["state"], one["chip"], one["id"]) for one in found if one["port"] == urls.console] == [
                ("prompt", "RP2040", device.serial_number)
            ]
