"""Bootloader volumes: what a board in its bootloader shows as a disk, told by its INFO_UF2.TXT."""

import re
import string
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import DeviceError

INFO_NAME = "INFO_UF2.TXT"
# Board-ID of INFO_UF2.TXT, which is also the label of the file system -> chip.
CHIPS = {"RPI-RP2": "RP2040", "RP2350": "RP2350"}
_INFO_LIMIT = 4096  # octets; a boot ROM has about 60
_FILE_SYSTEMS = {"vfat", "msdos"}  # others are not looked into: a network drive may not answer


@dataclass(frozen=True, slots=True)
class Volume:
    """board_id, model: as INFO_UF2.TXT has them. path: where it is mounted, None: nowhere. device: /dev/sda1, where known."""

    board_id: str
    model: str
    path: Path | None
    device: str = ""
    read_only: bool = False

    @property
    def chip(self) -> str | None:
        """RP2040 or RP2350; None for a board of another make."""
        return CHIPS.get(self.board_id)

    @property
    def name(self) -> str:
        """Where it is, for messages."""
        return str(self.path or self.device)

    @property
    def how_to_mount(self) -> str:
        """The command that mounts it for this user, and the one for a system without udisks."""
        return f"udisksctl mount -b {self.device} (or: sudo mount -o uid=$USER {self.device} /mnt)"

    def is_there(self) -> bool:
        """Whether it still is mounted and answers."""
        # A file that was read before may still be read for a while after its disk has gone.
        gone = self.device and not Path(self.device).exists()
        return self.path is not None and not gone and _info(self.path) is not None


@dataclass(frozen=True, slots=True)
class Roots:
    """Where to look. mounts: a table as /proc/mounts is. labels: links from labels to devices. folders: each may be a volume."""

    mounts: Path | None = None
    labels: Path | None = None
    folders: tuple[Path, ...] = ()


def roots_of_this_system() -> Roots:
    """Where this system has its volumes."""
    match sys.platform:
        case "darwin":
            return Roots(folders=tuple(Path("/Volumes").glob("*")))
        case "win32":
            # Not A and B: a floppy drive takes seconds to say that it is empty.
            return Roots(folders=tuple(Path(f"{letter}:\\") for letter in string.ascii_uppercase[2:]))
        case _:
            return Roots(Path("/proc/mounts"), Path("/dev/disk/by-label"))


def find_volumes(roots: Roots | None = None) -> list[Volume]:
    """Every bootloader volume, mounted ones first. Raises nothing: what cannot be read is none."""
    roots = roots or roots_of_this_system()
    labelled = {device: label for label in CHIPS if (device := _labelled(roots.labels, label))}
    found, mounted = [], set()
    for device, folder, read_only in _mounts(roots.mounts):
        mounted.add(device)
        if info := _info(folder):
            found.append(Volume(*info, folder, device, read_only))
        elif label := labelled.get(device):  # mounted for another user: who writes is told so
            found.append(Volume(label, "", folder, device, read_only))
    found += [Volume(*info, folder) for folder in roots.folders if (info := _info(folder))]
    return found + [Volume(label, "", None, device) for device, label in labelled.items() if device not in mounted]


def volume_at(path: Path, roots: Roots | None = None) -> Volume:
    """The volume mounted at a path. Raises DeviceError if there is none."""
    info = _info(path)
    if not info:
        why = f"it has no {INFO_NAME}" if path.is_dir() else "there is no such folder"
        raise DeviceError(
            f"{path} is no bootloader volume: {why}; hold BOOTSEL while plugging the board in, and see freefall devices"
        )
    table = _mounts((roots or roots_of_this_system()).mounts)
    mounted = next((entry for entry in table if entry[1] == path.resolve()), ("", path, False))
    return Volume(*info, path, mounted[0], mounted[2])


def _info(folder: Path) -> tuple[str, str] | None:
    """(Board-ID, Model) of INFO_UF2.TXT."""
    try:
        with (folder / INFO_NAME).open("rb") as file:
            text = file.read(_INFO_LIMIT).decode("ascii", "replace")
    except OSError:
        return None
    said = dict(re.findall(r"^(Board-ID|Model):[ \t]*(.*?)[ \t\r]*$", text, re.MULTILINE))
    return (said["Board-ID"], said.get("Model", "")) if "Board-ID" in said else None


def _mounts(table: Path | None) -> Iterator[tuple[str, Path, bool]]:
    """(device, folder, whether read-only) of every disk of a kind that bootloaders are."""
    try:
        lines = table.read_text().splitlines() if table else []
    except OSError:
        return
    for line in lines:
        match line.split():
            case [device, folder, kind, options, *_] if kind in _FILE_SYSTEMS:
                # The table writes a space, a tab, a line feed and a backslash as octal numbers.
                folder = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), folder)
                yield device, Path(folder), "ro" in options.split(",")


def _labelled(labels: Path | None, label: str) -> str | None:
    """The device with that label."""
    try:
        return str((labels / label).resolve(strict=True)) if labels else None
    except OSError:
        return None
