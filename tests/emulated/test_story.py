"""From a blank board to settings that stay, by the command line alone."""

import json

import pytest

from freefall.cli.app import run
from freefall.decode import BootEvent, Decoder, SamplePacket
from freefall.definition import load_definition

# A minute and a half of a processor; on a machine that has other work, more than a test is given.
pytestmark = [pytest.mark.emulated, pytest.mark.timeout(1800)]

BAUD = 921_600
_MS = 1_000_000
ADJUSTABLE = "\n[stream.temperature.adjustable]\nrate_hz = [0.1, 10]\non = true\n"


class Receiver:
    """Who listens at the payload's link: what came is decoded, as one stream of octets from a boot on."""

    def __init__(self, device, definition):
        self._device = device
        self._link = device.link(BAUD, timeout=0)
        self.decoder = Decoder(definition)
        self.items = []

    def hear(self, duration_ms=0):
        """Let so much time pass, and decode what has come by then."""
        self._device.run_for(duration_ms * _MS)
        self.items += self.decoder.feed(self._link.read(1_000_000))

    def boots(self):
        return [(item.boot_count, item.slot, item.failed_boots) for item in self.items if isinstance(item, BootEvent)]

    def rate_hz(self):
        """Samples of the temperature per second in the newest boot, by their own times."""
        begin = max(number for number, item in enumerate(self.items) if isinstance(item, BootEvent))
        packets = [item for item in self.items[begin:] if isinstance(item, SamplePacket) and item.stream.name == "temperature"]
        first, last = packets[0], packets[-1]
        return round((last.index - first.index) / (last.time_ns - first.time_ns) * 1e9, 3)


def adjustable(vibration):
    """The text of the vibration payload, its thermometer quicker and adjustable."""
    text = (vibration / "payload.toml").read_text()
    for old, new in (("rate_hz = 1.0 ", "rate_hz = 2.0 "), ("max_latency_ms = 1000", "max_latency_ms = 100")):
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text + ADJUSTABLE


def test_from_a_blank_board_to_settings_that_survive_reset_and_power_cycle(
    micropython_image, vibration, tmp_path, capsys, monkeypatch
):
    from emulated.deploy_bench import FlashJournal, PowerUps, in_board_time, whole
    from freefall.board.emulated.device import EmulatedDevice
    from freefall.device.slots import board_files

    def freefall(*arguments):
        """(exit code, what it says on either stream)."""
        code = run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out + said.err

    payload = tmp_path / "payload.toml"
    payload.write_text(adjustable(vibration))
    definition = load_definition(payload)
    device = EmulatedDevice(micropython_image, definition=definition)
    console, link = device.console_url, device.link_url
    in_board_time(monkeypatch, device)
    device.run_for(150 * _MS)

    # Plain MicroPython.
    code, said = freefall("devices", "-p", console, "--json")
    board = next(found for found in map(json.loads, said.splitlines()) if found["port"] == console)
    assert (code, board["state"], board["chip"], board["payload"]) == (0, "prompt", "RP2040", None)
    assert board["id"] == device.serial_number

    new, journal = whole(board_files(definition)), FlashJournal(device)
    code, said = freefall("deploy", payload, "-p", console, "--telemetry", link)
    journal.end()
    assert code == 0, said
    for sentence in ("into slot a\n", "; slot a is next\n", "first frame: ", f"vibration {definition.definition_id:08x} runs on"):
        assert sentence in said

    # Its telemetry from a boot to its end; then the rate of the thermometer.
    receiver = Receiver(device, definition)
    device.reset()
    receiver.hear(2300)
    assert receiver.boots() == [(2, "a", 0)] and receiver.rate_hz() == 2
    setting = ("-p", console, "-d", payload)
    assert freefall("config", "set", "temperature.rate_hz=50", *setting) == (
        5,
        "error: the board refuses temperature.rate_hz = 50: it takes 0.1 to 10 samples/s\n",
    )
    code, said = freefall("config", "set", "temperature.rate_hz=5", *setting)
    assert code == 0 and said.endswith("temperature.rate_hz  2       5\nThe board has kept it and runs with it.\n")
    receiver.hear(800)
    assert receiver.boots() == [(2, "a", 0), (3, "a", 0)] and receiver.rate_hz() == 5
    ledger = receiver.decoder.ledger
    assert ledger.closed and ledger.lost == 0 and receiver.decoder.boots == 2

    device.reset()
    receiver.hear(1800)
    assert receiver.boots()[2:] == [(4, "a", 0)] and receiver.rate_hz() == 5
    device.power_cycle()
    receiver = Receiver(device, definition)
    receiver.hear(500)
    code, said = freefall("devices", "-p", console, "--json")
    receiver.hear()
    assert receiver.boots() == [(5, "a", 0)] and receiver.rate_hz() == 5
    board = next(found for found in map(json.loads, said.splitlines()) if found["port"] == console)
    assert (code, board["state"], board["payload"]) == (0, "payload", "vibration")
    assert board["definition_id"] == f"{definition.definition_id:08x}"

    # And had the power gone at any moment of the deploy, the board would have been as it came, or have run the payload.
    outcomes = []
    for when, found in PowerUps().all_of(journal):
        assert found.started in (None, new), f"half a payload {when}"
        outcomes.append(found.started == new)
    assert outcomes == sorted(outcomes) and outcomes[-1] and len(journal) > 600
