"""Bootloader volumes are found where each system has them; what is none is left alone."""

import os

import pytest

from freefall.device.computer import Computer
from freefall.device.copying import FILE_NAME, copy
from freefall.device.volumes import Roots, Volume, find_volumes, volume_at
from freefall.errors import DeviceError

# As the boot ROMs have it.
RP2040_INFO = "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n"
RP2350_INFO = "UF2 Bootloader v1.0\r\nModel: Raspberry Pi RP2350\r\nBoard-ID: RP2350\r\n"
FEATHER_INFO = "UF2 Bootloader 0.6.2\r\nModel: Adafruit Feather nRF52840\r\nBoard-ID: nRF52840-Feather-revD\r\n"


@pytest.fixture
def system(tmp_path):
    """A Linux: mount(device, folder, info, options, kind) puts a line into its table; label(name, device) links to a device."""
    return Linux(tmp_path)


class Linux:
    def __init__(self, folder):
        self.folder = folder
        self.roots = Roots(folder / "mounts", folder / "by-label")
        self.roots.labels.mkdir()
        self.roots.mounts.write_text("proc /proc proc rw 0 0\n/dev/nvme0n1p2 / ext4 rw,relatime 0 0\nbroken line\n")

    def device(self, name):
        path = self.folder / name
        path.touch()
        return path

    def mount(self, device, name, info=None, options="rw,nosuid,uid=1000", kind="vfat"):
        folder = self.folder / name
        folder.mkdir()
        if info is not None:
            (folder / "INFO_UF2.TXT").write_text(info)
        escaped = str(folder).replace(" ", r"\040")
        with self.roots.mounts.open("a") as table:
            table.write(f"{device} {escaped} {kind} {options} 0 0\n")
        return folder

    def label(self, name, device):
        (self.roots.labels / name).symlink_to(device)

    def found(self):
        return find_volumes(self.roots)


def test_mounted_boards_are_found_by_what_their_file_says(system):
    pico = system.mount(system.device("sda1"), "RPI-RP2", RP2040_INFO)
    pico2 = system.mount(system.device("sdb1"), "A disk", RP2350_INFO)
    feather = system.mount(system.device("sdc1"), "FTHR840BOOT", FEATHER_INFO)
    system.mount(system.device("sdd1"), "STICK")
    system.mount(system.device("sde1"), "EMPTY", "")
    assert system.found() == [
        Volume("RPI-RP2", "Raspberry Pi RP2", pico, str(system.folder / "sda1")),
        Volume("RP2350", "Raspberry Pi RP2350", pico2, str(system.folder / "sdb1")),
        Volume("nRF52840-Feather-revD", "Adafruit Feather nRF52840", feather, str(system.folder / "sdc1")),
    ]
    assert [volume.chip for volume in system.found()] == ["RP2040", "RP2350", None]


def test_disks_of_other_kinds_are_not_even_looked_at(system):
    system.mount("server:/x", "net", RP2040_INFO, kind="nfs4")
    assert system.found() == []


def test_board_that_is_not_mounted_is_named_with_the_command_that_mounts_it(system):
    device = system.device("sda1")
    system.label("RPI-RP2", device)
    (volume,) = system.found()
    assert (volume.board_id, volume.chip, volume.path, volume.name) == ("RPI-RP2", "RP2040", None, str(device))
    assert volume.how_to_mount.startswith(f"udisksctl mount -b {device} ")
    assert not volume.is_there()
    system.mount(device, "RPI-RP2", RP2040_INFO)
    assert [found.path for found in system.found()] == [system.folder / "RPI-RP2"]


def test_label_of_a_board_that_has_gone_is_none(system):
    system.label("RP2350", system.folder / "sdz1")
    assert system.found() == []


def test_read_only_mount_is_known_as_such(system):
    folder = system.mount(system.device("sda1"), "RPI-RP2", RP2040_INFO, options="ro,nosuid,errors=remount-ro")
    assert [volume.read_only for volume in system.found()] == [True]
    assert volume_at(folder, system.roots).read_only
    other = system.mount(system.device("sdb1"), "RP2350", RP2350_INFO, options="rw,errors=remount-ro")
    assert not volume_at(other, system.roots).read_only


def test_board_mounted_for_another_user_is_known_by_its_label(system):
    device = system.device("sda1")
    system.label("RPI-RP2", device)
    folder = system.mount(device, "RPI-RP2")  # its file cannot be read
    assert system.found() == [Volume("RPI-RP2", "", folder, str(device))]


def test_mac_and_windows_have_folders_that_may_be_volumes(tmp_path):
    for name, info in (("RPI-RP2", RP2040_INFO), ("Macintosh HD", None)):
        (tmp_path / name).mkdir()
        if info:
            (tmp_path / name / "INFO_UF2.TXT").write_text(info)
    roots = Roots(folders=(*tmp_path.iterdir(), tmp_path / "Z"))
    assert find_volumes(roots) == [Volume("RPI-RP2", "Raspberry Pi RP2", tmp_path / "RPI-RP2")]


def test_system_without_any_of_these_places_has_no_volumes(tmp_path):
    assert find_volumes(Roots(tmp_path / "no", tmp_path / "no", (tmp_path / "no",))) == []
    assert isinstance(find_volumes(), list)


def test_place_that_is_named_must_be_a_volume(system):
    with pytest.raises(DeviceError, match="is no bootloader volume: there is no such folder; hold BOOTSEL"):
        volume_at(system.folder / "none", system.roots)
    with pytest.raises(DeviceError, match=r"is no bootloader volume: it has no INFO_UF2\.TXT; hold BOOTSEL"):
        volume_at(system.mount("/dev/sdx1", "STICK"), system.roots)


def test_volume_is_gone_with_its_device_or_its_file(system):
    device = system.device("sda1")
    system.mount(device, "RPI-RP2", RP2040_INFO)
    (volume,) = system.found()
    assert volume.is_there()
    device.unlink()
    assert not volume.is_there()  # although its file may still be read for a while
    device.touch()
    (volume.path / "INFO_UF2.TXT").unlink()
    assert not volume.is_there()


def test_octets_of_an_image_are_in_the_file_as_they_are(tmp_path):
    told = []
    octets = os.urandom(200_000)
    copy(octets, Volume("RPI-RP2", "", tmp_path), Computer().create, lambda: True, told.append)
    assert (tmp_path / FILE_NAME).read_bytes() == octets
    assert told == [65_536, 131_072, 196_608, 200_000]


def test_folder_that_goes_away_before_the_copy_is_told(tmp_path):
    with pytest.raises(DeviceError, match="unplugged while copying .No such file or directory.: nothing was written"):
        copy(b"x", Volume("RPI-RP2", "", tmp_path / "gone"), Computer().create, lambda: False, print)
