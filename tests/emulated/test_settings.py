"""Settings of a payload on real MicroPython: refused by it, changed, and kept through a reset and through power cuts."""

import json
import os
from functools import partial
from pathlib import Path

import pytest

from freefall.decode import Decoder, SamplePacket
from freefall.definition import parse_definition
from freefall.device.command import Commands, Refused
from freefall.device.slots import MAIN, MANIFEST, MARK, board_files
from freefall.errors import DeviceError
from freefall.port.reconnecting import Reconnecting
from freefall.port.serial import SerialPort
from freefall_board.core.settings import Settings

pytestmark = pytest.mark.emulated

BAUD = 115_200
DEFINITION = (Path(__file__).parent / "warmth.toml").read_text() + "[stream.air.adjustable]\nrate_hz = [0.1, 20]\non = true\n"
OWN, OLD, NEW = (1_000_000, 1), (100_000, 1), (50_000, 1)


@pytest.fixture(scope="module")
def definition():
    return parse_definition(DEFINITION, "payload.toml")


@pytest.fixture(scope="module")
def device(micropython_image, definition):
    """A Pico with the payload in slot a, as a deploy leaves it."""
    from freefall.board.emulated.device import EmulatedDevice
    from freefall.board.emulated.filesystem import pack

    files = board_files(definition)
    slot = {**files.slot, MANIFEST: files.manifest, MARK: files.mark}
    beside = {MAIN[1:]: files.main, files.loader[0]: files.loader[1], "state/slot": b"a"}
    return EmulatedDevice(micropython_image, pack(beside | {f"a/{path}": octets for path, octets in slot.items()}), definition)


def told(device, definition, url, what):
    """What `what(commands)` gives over one of the device's ports, in its time."""

    def sleep(seconds):
        device.run_for(round(seconds * 1e9))

    with Reconnecting(partial(SerialPort, url, BAUD), device.now_ns, sleep) as link:
        return what(Commands(link, definition, now_s=lambda: device.now_ns() / 1e9))


def values_of(device, definition, url):
    return told(device, definition, url, lambda commands: commands.values())


def kept_in(flash, definition):
    """The values that a payload finds in this flash, as its own files read them."""
    from littlefs import LittleFS
    from littlefs.context import UserContext

    from freefall.board.emulated.filesystem import BLOCK_LEN, BLOCKS

    mounted = LittleFS(UserContext(buffer=bytearray(flash)), block_size=BLOCK_LEN, block_count=BLOCKS, cache_size=BLOCK_LEN)
    with mounted.open("/state/settings", "rb") as file:
        kept = file.read()
    return tuple(Settings(json.loads(definition.plan), definition.definition_id.to_bytes(4, "big"), kept).values)


def period_us(device, definition):
    """From sample to sample, in what comes by the link."""
    with device.link(BAUD, timeout=0.7) as link:
        packets = [item for item in Decoder(definition).feed(link.read(100_000)) if isinstance(item, SamplePacket)]
    first, last = packets[0], packets[-1]
    return (last.time_ns - first.time_ns) / (last.index - first.index) / 1000


def test_settings_are_refused_changed_and_kept_whenever_the_power_goes(device, definition):
    rate, _ = definition.settings

    # By the USB console of a payload whose telemetry leaves by UART; it takes its port along when it restarts.
    device.run_for(100_000_000)

    def refused_then_set(commands):
        assert commands.values() == OWN
        with pytest.raises(Refused, match=r"the board refuses air\.rate_hz = 50: it takes 0\.1 to 20 samples/s"):
            commands.set_values({rate: 20_000})
        return commands.set_values({rate: OLD[0]})

    assert told(device, definition, device.console_url, refused_then_set) == OLD
    assert period_us(device, definition) == pytest.approx(OLD[0], abs=20)
    device.reset()
    assert values_of(device, definition, device.link_url) == OLD

    # By the link, with what the flash holds after every change of it.
    flashes = []
    before, note = device.flash, device.machine.flash_chip.on_change
    device.machine.flash_chip.on_change = lambda: (flashes.append(device.flash), note())
    assert told(device, definition, device.link_url, lambda commands: commands.set_values({rate: NEW[0]})) == NEW
    found = [kept_in(flash, definition) for flash in flashes]
    assert set(found) == {OLD, NEW} and found == sorted(found, reverse=True), "old or new after each, and new once it was"

    # The power goes where the one becomes the other, and right before.
    takes_effect = found.index(NEW) + 1
    assert takes_effect > 1
    for cut, expected in ((takes_effect - 1, OLD), (takes_effect, NEW)):
        device.flash = before
        device.run_for(100_000_000)

        def set_it(commands, cut=cut):
            commands.values()
            device.unplug_after(cut)
            commands.set_values({rate: NEW[0]})

        with pytest.raises(DeviceError, match=f"{os.path.basename(device.link_url)}.*did not come back within"):
            told(device, definition, device.link_url, set_it)
        device.plug()
        assert values_of(device, definition, device.link_url) == expected
