"""The power goes at any moment of a deploy to the emulated board: it starts the old payload or the new one, whole."""

from dataclasses import replace
from typing import NamedTuple

import pytest

from freefall.board.firmware_files import compiled, source_files
from freefall.cli.app import run
from freefall.definition import Definition, load_definition
from freefall.device import deploy
from freefall.device.slots import BoardFiles, board_files

pytestmark = pytest.mark.emulated

BAUD = 921_600
CHANGED = "freefall_board/sensor"


class Deployed(NamedTuple):
    """One deploy, taken down. old, new, third: slots, of which new holds files; flashes: (step, what the flash held after it)."""

    device: object
    definitions: tuple[Definition, Definition]
    old: dict[str, bytes]
    new: dict[str, bytes]
    third: dict[str, bytes]
    files: BoardFiles
    flashes: list[tuple[str, bytes]]
    journal: object


@pytest.fixture(scope="module")
def deployed(micropython_image, vibration):
    """A deploy in which every step has something to do: onto a board that runs from slot a and has a third payload in b."""
    from emulated.deploy_bench import FlashJournal, flash_of, prompt_of, whole
    from emulated.payload_bench import edited
    from freefall.board.emulated.device import EmulatedDevice

    sources = source_files()
    definitions = load_definition(vibration), edited(vibration, ("period_ms = 1000 ", "period_ms = 2000 "))
    old, new = map(board_files, definitions)
    module = compiled(f"{CHANGED}.py", sources[f"{CHANGED}.py"] + b"\nCHANGED = 1\n")
    new = replace(new, slot={**new.slot, f"{CHANGED}.mpy": module})
    third = whole(new) | {
        "freefall_board/gone.mpy": b"gone", f"{CHANGED}.mpy": b"third", "plan.json": b"{}", "slot.json": b'{"watchdog_ms":0}'
    }  # fmt: skip
    del third["freefall_board/core/stream.mpy"]
    loader = compiled("freefall_loader.py", sources["freefall_loader.py"] + b"\nOLD = 1\n")
    before = replace(old, loader=(old.loader[0], loader), main=b"# as it was\n" + old.main)
    flash = flash_of(before, {"a": whole(old), "b": third}, slot="a", stay="")
    device = EmulatedDevice(micropython_image, flash, definitions[0])
    with prompt_of(device) as board:
        changes = deploy.survey(board, new)
        journal = FlashJournal(device)
        flashes = [("before", device.flash)]
        flashes += [(step, device.flash) for step in deploy.steps(board, new, changes)]
    return Deployed(device, definitions, whole(old), whole(new), third, new, flashes, journal)


def test_after_every_step_all_that_a_power_up_reads_is_of_the_old_payload_or_of_the_new(deployed):
    from emulated.deploy_bench import PowerUps

    names = {"old": deployed.old, "new": deployed.new}
    power_ups = PowerUps()
    found = []
    for step, flash in deployed.flashes:
        started = power_ups.of(flash).started
        found.append((step, next((name for name, files in names.items() if files == started), "half")))
    assert found == [
        ("before", "old"),
        ("loader", "old"),
        ("mark away", "old"),
        ("freefall_board/gone.mpy", "old"),
        ("folders", "old"),
        (f"{CHANGED}.mpy", "old"),
        ("plan.json", "old"),
        ("freefall_board/core/stream.mpy", "old"),
        ("manifest.json", "old"),
        ("slot.json", "old"),
        ("/state/slot", "new"),
        ("/main.py", "new"),
    ]


def test_board_that_loses_its_power_after_a_step_boots_the_old_payload_or_the_new(deployed):
    from emulated.deploy_bench import boot_event, looked_at

    # Those between two that the loader can tell apart differ in the slot that it does not start, which the test above reads.
    distinct = {looked_at(flash): (step, flash) for step, flash in reversed(deployed.flashes)}
    booted = {}
    for step, flash in reversed(distinct.values()):
        deployed.device.flash = flash
        boot = boot_event(deployed.device, BAUD)
        booted[step] = (boot.definition_id, boot.slot, boot.failed_boots)
    old, new = ((definition.definition_id, slot, 0) for definition, slot in zip(deployed.definitions, "ab", strict=True))
    assert booted == {"before": old, "loader": old, "mark away": old, "slot.json": old, "/state/slot": new, "/main.py": new}


def test_in_and_after_every_change_of_the_flash_a_power_up_starts_the_old_payload_or_the_new(deployed):
    from emulated.deploy_bench import PowerUps

    power_ups = PowerUps()
    outcomes = []
    for when, found in power_ups.all_of(deployed.journal):
        assert found.started in (deployed.old, deployed.new), f"half a payload {when}"
        for files in found.to_start:
            assert files in (deployed.old, deployed.new, deployed.third), f"half a payload to fall back to {when}"
        outcomes.append(found.started == deployed.new)
    assert outcomes == sorted(outcomes), "once it starts the new payload, it does"
    assert len(deployed.journal) > 60 and power_ups.looks > 40 and outcomes[-1] and not outcomes[0]


def test_board_that_is_unplugged_in_the_middle_is_told_and_boots_what_it_had(deployed, vibration, monkeypatch, capsys):
    from emulated.deploy_bench import boot_event

    device = deployed.device
    device.flash = deployed.flashes[0][1]
    device.run_for(150_000_000)
    monkeypatch.setattr("freefall.cli.deploy.board_files", lambda *_: deployed.files)
    device.unplug_after(30)
    code = run(["deploy", str(vibration), "-p", device.console_url])
    said = capsys.readouterr().err
    assert (code, said.count("\n")) == (4, 1)
    assert said.startswith(f"error: {device.console_url} went away: ") and "Plug the board in and repeat the command" in said
    device.plug()
    boot = boot_event(device, BAUD)
    assert (boot.definition_id, boot.slot) == (deployed.definitions[0].definition_id, "a")
