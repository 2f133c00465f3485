"""A payload that does not start gives way to the one before it; and in every state the prompt can be had."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from freefall.board.firmware_files import compiled, source_files
from freefall.cli.app import run
from freefall.definition import load_definition
from freefall.device.slots import BoardFiles, board_files
from freefall_wire import reports

pytestmark = pytest.mark.emulated

BAUD = 115_200
_MS = 1_000_000
GOOD = (Path(__file__).parent / "warmth.toml").read_text().replace("rate_hz = 1.0", "rate_hz = 4")


@pytest.fixture
def definition(tmp_path):
    (tmp_path / "payload.toml").write_text(GOOD)
    return load_definition(tmp_path / "payload.toml")


@pytest.fixture
def payload(definition):
    return board_files(definition)


def changed(payload: BoardFiles, module: str, old: str, new: str) -> BoardFiles:
    """The payload with a module in which some of the text is another."""
    text = source_files()[f"{module}.py"].decode()
    assert text.count(old) == 1, module
    octets = compiled(f"{module}.py", text.replace(old, new).encode())
    return replace(payload, slot={**payload.slot, f"{module}.mpy": octets})


def failing(payload):
    return changed(
        payload, "freefall_board/sampling", "def build_stream(", 'raise ValueError("no such sensor")\n\n\ndef build_stream('
    )


def under_watchdog(payload, duration_ms):
    return replace(payload, mark=json.dumps(json.loads(payload.mark) | {"watchdog_ms": duration_ms}).encode())


def plugged(image, definition, payload, slots, **state):
    from emulated.deploy_bench import flash_of
    from freefall.board.emulated.device import EmulatedDevice

    return EmulatedDevice(image, flash_of(payload, slots, **state), definition)


def test_payload_that_fails_three_times_gives_way_and_a_deploy_of_it_says_why(
    micropython_image, definition, payload, tmp_path, capsys, monkeypatch
):
    from emulated.deploy_bench import boot_event, in_board_time, prompt_of, whole

    bad = failing(payload)
    beside = whole(bad)
    del beside["slot.json"], beside["freefall_board/sampling.mpy"]
    device = plugged(micropython_image, definition, payload, {"a": whole(payload), "b": beside}, slot="a", stay="")
    in_board_time(monkeypatch, device)
    monkeypatch.setattr("freefall.cli.deploy.board_files", lambda *_: bad)
    device.run_for(150 * _MS)
    code = run(["deploy", str(tmp_path), "-p", device.console_url, "--telemetry", device.link_url, "--baud", str(BAUD)])
    said = capsys.readouterr()
    assert code == 5 and "into slot b, slot a stays as it is" in said.out
    assert said.err.startswith("error: the new payload failed when it started: ValueError: no such sensor. All of it is in")
    boot = boot_event(device, BAUD)
    assert (boot.definition_id, boot.slot, boot.failed_boots) == (definition.definition_id, "a", 3)
    with prompt_of(device) as repl:
        assert repl.read("/state/slot") == b"a 3"
        assert 'File "freefall_board/sampling.py", line' in repl.read("/state/crash").decode()


def test_between_failed_boots_ctrl_c_gets_the_prompt(micropython_image, definition, payload):
    from emulated.deploy_bench import prompt_of, whole

    device = plugged(micropython_image, definition, payload, {"b": whole(failing(payload))}, slot="b", boot="7 b 1")
    device.run_for(1000 * _MS)
    assert b"1 failed boots in a row. Ctrl-C stops here" in device.machine.console
    with prompt_of(device) as repl:
        assert repl.read("/state/boot") == b"8 b 1", "it was not tried"
        assert repl.stat("/state/crash") is None


def test_payload_that_hangs_is_reset_by_its_watchdog(micropython_image, definition, payload):
    from emulated.deploy_bench import boot_event, whole

    hangs = changed(
        payload,
        "freefall_board/app",
        "            if not self.step():\n                self._idle",
        "            if 0:\n                self._idle",
    )
    device = plugged(micropython_image, definition, payload, {"a": whole(under_watchdog(hangs, 600))}, slot="a")
    first = boot_event(device, BAUD)
    second = boot_event(device, BAUD)
    assert (first.boot_count, second.boot_count, second.slot) == (1, 2, "a")
    assert (first.failed_boots, second.failed_boots, second.reset_cause) == (0, 0, reports.WATCHDOG)


def test_ctrl_c_in_flight_gets_a_prompt_that_stays_and_the_next_reset_flies_on(micropython_image, definition, payload):
    from emulated.deploy_bench import boot_event, prompt_of, whole

    device = plugged(micropython_image, definition, payload, {"a": whole(under_watchdog(payload, 800))}, slot="a")
    boot_event(device, BAUD)
    device.run_for(1500 * _MS)
    with prompt_of(device) as repl:
        assert b"stays at the prompt, as it was told; a reset starts the payload" in device.machine.console
        assert repl.stat("/state/stay") is None
        device.run_for(1500 * _MS)
        assert repl.eval("6 * 7") == 42, "the watchdog is off"
        repl.hard_reset()
    assert boot_event(device, BAUD).boot_count == 2, "it was not started in between"
