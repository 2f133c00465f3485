"""What mip installs, sources in /lib, and a plan beside main.py are a payload on real MicroPython."""

import json
from pathlib import Path

import pytest

from freefall.decode import BootEvent, Decoder, SamplePacket
from freefall.definition import load_definition

pytestmark = pytest.mark.emulated

ROOT = Path(__file__).parent.parent.parent
_LITTLEFS_2_0 = 0x00020000
_MOST_NS = 10_000_000_000  # 2 s of which it compiles, and begins


def test_payload_installed_by_mip_starts_without_a_slot_and_samples(micropython_image, vibration):
    from littlefs import LittleFS

    from freefall.board.emulated.device import EmulatedDevice
    from freefall.board.emulated.filesystem import BLOCK_LEN, BLOCKS

    definition = load_definition(vibration)
    package = json.loads((ROOT / "package.json").read_text())
    files = {f"lib/{target}": (ROOT / source).read_bytes() for target, source in package["urls"]}
    files |= {"main.py": (ROOT / "firmware" / "main.py").read_bytes(), "plan.json": definition.plan}
    flash = LittleFS(block_size=BLOCK_LEN, block_count=BLOCKS, disk_version=_LITTLEFS_2_0)
    for name, octets in files.items():
        flash.makedirs(name.rpartition("/")[0] or "/", exist_ok=True)
        with flash.open(name, "wb") as file:
            file.write(octets)

    device = EmulatedDevice(micropython_image, bytes(flash.context.buffer), definition)
    decoder, items = Decoder(definition), []
    with device.link(921_600, timeout=0.05) as link:
        while not any(isinstance(item, SamplePacket) for item in items):
            assert device.now_ns() < _MOST_NS, items
            items += decoder.feed(link.read(512), 0)
    (boot,) = [item for item in items if isinstance(item, BootEvent)]
    assert (boot.slot, boot.failed_boots, boot.definition_id) == (None, 0, definition.definition_id)
