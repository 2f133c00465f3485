"""An image copied onto a bootloader's volume, octet for octet, and every way in which that ends told in a sentence."""

import contextlib
import errno
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ..errors import DeviceError
from .volumes import Volume

# What is in one piece, written through to the board before the next: the progress is the board's, not that of a cache.
_PIECE_LEN = 64 << 10
# The file's name on the volume. The boot ROM does not read it; it is short, so that it takes one entry of the folder.
FILE_NAME = "FIRMWARE.UF2"

_AGAIN = "Hold BOOTSEL while plugging the board in, and try again"
_LOST = "Nothing is lost: the bootloader is in the chip's ROM"
_NO_LONGER_THERE = {errno.EIO, errno.ENODEV, errno.ENXIO, errno.ENOENT, errno.ENOTCONN, errno.EINVAL, errno.ESHUTDOWN}


class VolumeFile(Protocol):
    """A file on a volume, open for writing. Everything raises OSError as the system does."""

    def write(self, octets: bytes) -> int:
        """Octets taken, at least one."""

    def sync(self) -> None:
        """Return when the board has what was written."""

    def close(self) -> None:
        """Give the file back."""


class Creates(Protocol):
    """Opens the file a volume gets."""

    def __call__(self, path: Path) -> VolumeFile:
        """Raises OSError."""


def copy(octets: bytes, volume: Volume, create: Creates, is_there: Callable[[], bool], told: Callable[[int], None]) -> None:
    """Write an image onto a volume. told(octets so far) after every piece.

    The board restarts on its last block, so the volume may go away while that is written: then all is well. Raises DeviceError
    for everything else; a board of which the image is not whole stays in its bootloader, whatever happened.
    """
    if volume.path is None:
        raise not_mounted(volume)
    if volume.read_only:
        raise _read_only(volume)
    handed = written = 0
    try:
        file = create(volume.path / FILE_NAME)
    except OSError as error:
        raise _explained(error, volume, 0, len(octets), is_there()) from error
    try:
        while written < len(octets):
            taken = file.write(octets[handed : handed + _PIECE_LEN])
            if not taken:
                raise OSError(errno.ENOSPC, "it takes no more")
            handed += taken
            file.sync()
            written = handed
            told(written)
        file.close()
    except OSError as error:
        _close_quietly(file)
        if handed < len(octets) or error.errno not in _NO_LONGER_THERE:
            raise _explained(error, volume, written, len(octets), is_there()) from error
        told(handed)
    except BaseException:  # Ctrl-C
        _close_quietly(file)
        raise


def not_mounted(volume: Volume) -> DeviceError:
    """The error of a volume that is there, but nowhere in the file system."""
    return DeviceError(
        f"the bootloader volume {volume.board_id} is there ({volume.device}) but not mounted; nothing was written. "
        f"Mount it, and try again: {volume.how_to_mount}"
    )


def _read_only(volume: Volume) -> DeviceError:
    return DeviceError(
        f"{volume.name} is mounted read-only; nothing was written. {_AGAIN}. "
        f"If it stays so: sudo mount -o remount,rw {volume.name}"
    )


def _explained(error: OSError, volume: Volume, written: int, size: int, there: bool) -> DeviceError:
    reason = error.strerror or str(error)
    so_far = f"{written} of {size} octets were written" if written else "nothing was written"
    match error.errno:
        case errno.EROFS:
            return _read_only(volume)
        case errno.EACCES | errno.EPERM:
            return DeviceError(
                f"this user may not write to {volume.name}; {so_far}. Unmount it and mount it as this user: "
                f"sudo umount {volume.name}; {volume.how_to_mount if volume.device else 'or give the folder to this user'}"
            )
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return DeviceError(
                f"{volume.name} takes no more ({reason}): {so_far}. A bootloader's volume has room for any image, so this may be "
                f"another disk, or one that is not empty. {_LOST}. {_AGAIN}"
            )
        case _ if not there:
            return DeviceError(f"the board was unplugged while copying ({reason}): {so_far}. {_LOST}. {_AGAIN}")
        case _:
            return DeviceError(f"{volume.name} cannot be written ({reason}): {so_far}. {_LOST}. {_AGAIN}")


def _close_quietly(file: VolumeFile) -> None:
    with contextlib.suppress(OSError):  # what went wrong is known already
        file.close()
