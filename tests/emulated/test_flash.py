"""freefall flash to the end: what is on the boot ROM's volume becomes the flash of an emulated Pico, which says its version."""

import pytest

from freefall.board.emulated.uf2 import to_uf2
from freefall.cli.app import run
from freefall.device.computer import Computer
from freefall.device.images import build_of, read_image
from freefall.device.volumes import Roots, find_volumes
from unit.device.flash_bench import RP2_VID, Board, Port
from unit.device.uf2_blocks import BLOCK_LEN

pytestmark = pytest.mark.emulated

_BOOT_ROM_MAGIC = 0xB007C0D3  # in the watchdog's scratch register 4: the chip shall start in its boot ROM
_INFO = "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n"


class Bench(Computer):
    """This computer with one Pico: its prompt is a real MicroPython's, its bootloader's volume is a folder, its time is its own.

    The boot ROM reads the folder's file as it reads sectors. With the last block the volume is gone, and a Pico with that flash
    is on USB.
    """

    def __init__(self, folder, device=None):
        self.folder = folder / "RPI-RP2"
        self.device = device
        self.rom = Board(build=None)
        self.time_s = 0.0
        self.flashed = None
        if not device:
            self._enter_rom()

    def _enter_rom(self):
        self.folder.mkdir()
        (self.folder / "INFO_UF2.TXT").write_text(_INFO)

    def now_s(self):
        return self.time_s

    def sleep(self, seconds):
        self.time_s += seconds
        if self.device:
            self.device.run_for(round(seconds * 1e9))
        else:
            self._read_sectors()

    def _read_sectors(self):
        files = [path for path in self.folder.iterdir() if path.name != "INFO_UF2.TXT"]
        for octets in (path.read_bytes() for path in files):
            for at in range(0, len(octets), BLOCK_LEN):
                if self.rom.state == "bootloader":
                    self.rom.take(octets[at : at + BLOCK_LEN], self.time_s)
        if self.rom.state != "bootloader":
            (self.folder / "INFO_UF2.TXT").unlink()
            self.flashed = b"".join(self.rom.pages[address] for address in sorted(self.rom.pages))
            assert sorted(self.rom.pages) == [*range(0x10000000, 0x10000000 + len(self.flashed), 256)]
            self._power_up()

    def _power_up(self):
        from freefall.board.emulated.device import EmulatedDevice

        image = self.folder.parent / "flashed.uf2"
        image.write_bytes(to_uf2(self.flashed))
        self.device = EmulatedDevice(image)

    def volumes(self):
        return find_volumes(Roots(folders=(self.folder,)))

    def ports(self):
        return [Port(self.device.console_url, self.device.serial_number, RP2_VID)] if self.device else []

    def to_bootloader(self, port):
        super().to_bootloader(port)
        self.device.run_for(50_000_000)
        assert self.device.machine.mcu.peripherals[0x40058].scratch_data[4] == _BOOT_ROM_MAGIC, "it is not in its boot ROM"
        self.device.unplug()
        self.device = None
        self._enter_rom()


@pytest.fixture
def flash(monkeypatch, capsys):
    """flash(bench, *arguments): (exit code, output, errors) of freefall flash there."""

    def call(bench, *arguments):
        monkeypatch.setattr("freefall.cli.flash.Computer", lambda: bench)
        code = run(["flash", *map(str, arguments)])
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def version(micropython_image):
    """Of the image: 1.25.0."""
    return build_of(read_image(micropython_image).kind.content).removeprefix("v").split(" ")[0]


def test_blank_pico_has_exactly_the_image_and_answers_its_version(flash, micropython_image, version, tmp_path):
    bench = Bench(tmp_path)
    code, out, err = flash(bench, micropython_image, "--volume", bench.folder)
    assert code == 0, err
    content = read_image(micropython_image).kind.content
    assert bench.flashed == content
    assert out.startswith(f"family RP2040 ok · {len(content) / 1000:.0f} kB written · back as emulated://")
    assert out.endswith(f" s · MicroPython {version}\n")


def test_running_pico_goes_through_its_bootloader_and_is_met_again_by_its_serial(flash, micropython_image, version, tmp_path):
    from freefall.board.emulated.device import EmulatedDevice

    device = EmulatedDevice(micropython_image)
    device.run_for(1_000_000_000)
    bench = Bench(tmp_path, device)
    code, out, err = flash(bench, micropython_image, "--board", device.serial_number)
    assert code == 0, err
    assert bench.flashed == read_image(micropython_image).kind.content
    assert bench.device is not device and bench.device.serial_number == device.serial_number
    assert out.endswith(f" s · MicroPython {version}\n")


def test_running_pico_refuses_an_image_for_another_chip_and_goes_on(flash, micropython_image, tmp_path):
    from freefall.board.emulated.device import EmulatedDevice
    from unit.device.uf2_blocks import RP2350_ARM_S, micropython, uf2

    device = EmulatedDevice(micropython_image)
    device.run_for(1_000_000_000)
    path = tmp_path / "pico2.uf2"
    path.write_bytes(uf2(micropython(), RP2350_ARM_S))
    bench = Bench(tmp_path, device)
    code, out, err = flash(bench, path)
    assert code == 5
    assert f"is for RP2350 (Arm), the board at {device.console_url} is an RP2040. Nothing was written." in err
    assert bench.device is device and not bench.folder.exists()
    assert bench.ask(device.console_url).machine == "Raspberry Pi Pico with RP2040"
