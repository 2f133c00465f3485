"""Which board `freefall flash` is about: one that is named, or the only one there is."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import DeviceError
from ..port.by_id import UsbPort, called, is_id
from .computer import Computer
from .copying import not_mounted
from .volumes import Volume

RP2_VID = 0x2E8A  # Raspberry Pi's number on USB, for its boards whatever runs on them


@dataclass(frozen=True, slots=True)
class Running:
    """A board that runs something, at a port. serial: of USB, None where the port has none. rp2: it is surely of RP2 chips."""

    port: str
    serial: str | None
    rp2: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user has said; at most one of them. board: a USB serial number, or its beginning or end; port: id:SERIAL, too."""

    board: str | None = None
    volume: Path | None = None
    port: str | None = None


def choose(wanted: Wanted, computer: Computer) -> Volume | Running:
    """The board. Raises DeviceError when there is none, when it could be several, or when its volume is not mounted."""
    if wanted.volume:
        return computer.volume_at(wanted.volume)
    ports = computer.ports()
    if wanted.port and not is_id(wanted.port):
        listed = next((port for port in ports if os.path.realpath(port.device) == os.path.realpath(wanted.port)), None)
        return _running(listed) if listed else Running(wanted.port, None, rp2=False)
    if named := wanted.port or wanted.board:
        return _of_serial(named, ports)
    volumes = computer.volumes()
    mounted = [volume for volume in volumes if volume.path]
    running = [_running(port) for port in ports if port.vid == RP2_VID]
    match [*mounted, *running]:
        case [only]:
            return only
        case []:
            raise (not_mounted(volumes[0]) if volumes else _none())
        case several:
            raise DeviceError(
                f"there are {len(several)} boards: {', '.join(map(_named, several))}; say which, with -p, --board or --volume"
            )


def rp2_beside(computer: Computer) -> Volume | Running | None:
    """An RP2 board that is there, whichever; None without one."""
    running = (_running(port) for port in computer.ports() if port.vid == RP2_VID)
    return next((volume for volume in computer.volumes() if volume.chip), None) or next(running, None)


def _running(port: UsbPort) -> Running:
    return Running(port.device, port.serial_number, port.vid == RP2_VID)


def _of_serial(text: str, ports: Sequence[UsbPort]) -> Running:
    match called(text.removeprefix("id:"), ports):
        case [only]:
            return _running(only)
        case []:
            known = [port.serial_number for port in ports if port.serial_number]
            there = f"there is {', '.join(known)}" if known else "no port has one"
            raise DeviceError(
                f'no board has the serial number "{text}": {there}. A board in its bootloader does not tell its own: use --volume'
            )
        case several:
            raise DeviceError(f'"{text}" may be {" or ".join(port.serial_number for port in several)}; give more of it')


def _none() -> DeviceError:
    return DeviceError(
        "there is no board: neither a bootloader volume nor a port of an RP2 board. Hold BOOTSEL while plugging the board in, "
        "with a cable that carries data; a board of another make: name its port with -p"
    )


def _named(board: Volume | Running) -> str:
    return f"{board.board_id} at {board.name}" if isinstance(board, Volume) else f"{board.serial or 'a board'} at {board.port}"
