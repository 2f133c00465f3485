"""MicroPython onto an RP2 board: checked, copied onto its bootloader's volume, waited for, and asked what it is.

Order: image against board, then the bootloader, then the image against the volume, then octets. Every wait has an end.
"""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ..errors import BoardError, DeviceError, MissingExtra
from .computer import Computer, Uname
from .copying import copy, not_mounted
from .images import Image, WrongImage, build_of, read_image
from .targets import Running
from .udev import HOW_TO, RULE
from .uf2 import CHIP_FAMILIES, Uf2, family_name
from .volumes import Volume

# A desktop takes one to five seconds to mount a disk; a boot ROM none to restart; a MicroPython makes its file system first.
VOLUME_S = 15
RESTART_S = 10
BACK_S = 30
_POLL_S = 0.1

_HOLD = "Hold BOOTSEL while plugging the board in, and try again"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Telling:
    """say(sentence): what happens now. progress(what, total): a context that gives told(octets so far)."""

    say: Callable[[str], None]
    progress: Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True, slots=True)
class Back:
    """A board that has come back: its port, after how many seconds, and what it answered."""

    port: str
    after_s: float
    uname: Uname

    def __str__(self) -> str:
        version = re.match(r"v?([^ ]+)", self.uname.version)
        return f"back as {self.port} in {self.after_s:.1f} s · MicroPython {version[1] if version else 'of unknown version'}"


def flash(image: Image | None, target: Volume | Running, computer: Computer, telling: Telling, own_image: Callable[[], Path],
          verify: bool = True) -> str:  # fmt: skip
    """What was done, in one line. image None: for an RP2040, the file that own_image() names.

    Raises WrongImage and MissingExtra before a single octet is written, DeviceError, BoardError, and what own_image does.
    """
    if verify:
        require_prompt(computer)
    if isinstance(target, Running):
        chip = _chip_of(target.port, computer)
        image = image or _default_image(chip, own_image)
        check_image(image, chip, f"the board at {target.port}", verify)
        volume = _to_bootloader(target, computer, telling)
    else:
        volume = target
    image = image or _default_image(volume.chip, own_image)
    uf2 = check_image(image, volume.chip or volume.model, f"the board at {volume.name}", verify)
    known = {port.device for port in computer.ports()}
    telling.say(f"Writing {image.path} to {volume.name}.")
    with telling.progress(f"writing {volume.name}", len(uf2.octets)) as told:
        copy(uf2.octets, volume, computer.create, lambda: computer.is_there(volume), told)
    written_s = computer.now_s()
    if not _waited(computer, RESTART_S, lambda: not computer.is_there(volume)):
        raise BoardError(
            f"the image is written, but after {RESTART_S} s the board is still in its bootloader ({volume.name}): it has not "
            f"taken every block. Nothing is lost. {_HOLD}"
        )
    done = f"family {uf2.family_name} ok · {len(uf2.content) / 1000:.0f} kB written"
    if not verify:
        return f"{done} · not verified"
    back = await_board(target if isinstance(target, Running) else None, known, written_s, computer, telling)
    check_build(back, uf2, image.path)
    return f"{done} · {back}"


def plan(image: Image | None, target: Volume | Running, verify: bool = True) -> str:
    """What flash would do, in a line, nothing being touched. Raises WrongImage where that can be told already."""
    if isinstance(target, Running):
        what = f"{image.path}, if the board is one {image.what}" if image else "the image for an RP2040, if it is one"
        return f"would send the board at {target.port} to its bootloader and write {what}"
    if target.path is None:
        raise not_mounted(target)
    if image:
        uf2 = check_image(image, target.chip or target.model, f"the board at {target.name}", verify)
        return f"family {uf2.family_name} ok · would write {len(uf2.content) / 1000:.0f} kB to {target.name}"
    _check_default(target.chip)
    return f"would write the image for an {target.chip} to {target.name}"


def require_prompt(computer: Computer) -> None:
    """Raises MissingExtra where a board could not be asked for its version: better before than after it is written."""
    if not computer.has_module("mpremote"):
        raise MissingExtra("asking the board its version afterwards (or --no-verify)", "board")


def check_image(image: Image, chip: str, board: str, verify: bool) -> Uf2:
    """The UF2 in an image, if it is for that chip. Raises WrongImage with nothing written."""
    uf2 = image.kind
    if not isinstance(uf2, Uf2) or uf2.chip != chip or chip not in CHIP_FAMILIES:
        raise WrongImage(f"{image.path} is {image.what}, {board} is an {chip}. Nothing was written.\n  try: {_wanted(chip)}")
    if verify and not build_of(uf2.content):
        raise WrongImage(
            f"{image.path} is {image.what}, but there is no MicroPython in it, which Freefall runs on. Nothing was written.\n"
            "  try: --no-verify, if it is meant for the board all the same"
        )
    return uf2


def await_board(board: Running | None, known: set[str], since_s: float, computer: Computer, telling: Telling) -> Back:
    """The board, when its MicroPython answers: by its USB serial number, else at a port that was not known, else at its own.

    Raises DeviceError when nothing comes back in BACK_S, and what asking raised last when something does but cannot be asked.
    """
    telling.say("Waiting for the board to come back.")
    trouble: tuple[str, DeviceError | BoardError] | None = None

    def asked() -> Back | None:
        nonlocal trouble
        for port in _candidates(board, known, computer):
            try:
                # A port is there before its permissions are, and before the board listens: hence again and again.
                return Back(port, computer.now_s() - since_s, computer.ask(port))
            except (DeviceError, BoardError) as error:
                trouble = port, error
        return None

    if back := _waited(computer, BACK_S, asked):
        return back
    if not trouble:
        whose = f" with the serial number {board.serial}" if board and board.serial else ""
        raise DeviceError(
            f"the image is written, but the board{whose} did not come back in {BACK_S} s. Unplug it and plug it in again; if "
            "freefall devices does not show it then, try another cable, or flash once more"
        )
    port, error = trouble
    if not computer.may_use(port):
        raise DeviceError(
            f"the image is written and the board is back as {port}, but this user may not use it: {HOW_TO} {RULE}"
        ) from error
    raise type(error)(f"the image is written and the board is back as {port}, but not verified: {error}") from error


def check_build(back: Back, uf2: Uf2, path: Path) -> None:
    """Raises BoardError if the board runs another build than the one in the image."""
    build = build_of(uf2.content)
    if build and not back.uname.version.startswith(build):
        raise BoardError(
            f"the board that came back as {back.port} runs MicroPython {back.uname.version}, {path} is {build}: another "
            "board came, or the image was not taken. Unplug other boards, and flash again"
        )


def _to_bootloader(board: Running, computer: Computer, telling: Telling) -> Volume:
    before = {volume.name for volume in computer.volumes() if volume.path}
    telling.say(f"Sending the board at {board.port} to its bootloader.")
    computer.to_bootloader(board.port)

    def arrived() -> list[Volume]:
        return [volume for volume in computer.volumes() if volume.chip and volume.name not in before]

    mounted = _waited(computer, VOLUME_S, lambda: next((volume for volume in arrived() if volume.path), None))
    if mounted:
        return mounted
    if there := arrived():
        raise not_mounted(there[0])
    raise DeviceError(
        f"the board at {board.port} was sent to its bootloader, but no volume came in {VOLUME_S} s; nothing was written. "
        f"{_HOLD}; where volumes are mounted at an unusual place, name it with --volume"
    )


def _candidates(board: Running | None, known: set[str], computer: Computer) -> list[str]:
    ports = computer.ports()
    if board and board.serial:
        return [port.device for port in ports if port.serial_number == board.serial]
    new = [port.device for port in ports if port.device not in known]
    # A port that no list has, such as a server's (socket://), stays where it is.
    return new or ([board.port] if board and all(port.device != board.port for port in ports) else [])


def _chip_of(port: str, computer: Computer) -> str:
    try:
        uname = computer.ask(port)
    except BoardError as error:
        raise BoardError(f"{error}. Without a prompt, the bootloader is there by hand. {_HOLD}") from error
    found = re.search(r" with (\w+)", uname.machine)
    if not found:
        raise BoardError(f'the board at {port} says it is "{uname.machine}", which names no chip; use its bootloader: --volume')
    return found[1]


def _default_image(chip: str | None, own_image: Callable[[], Path]) -> Image:
    _check_default(chip)
    return read_image(own_image())


def _check_default(chip: str | None) -> None:
    if chip != "RP2040":
        raise WrongImage(
            f"freefall has an image of its own for the RP2040 alone, and the board is an {chip}.\n  try: {_wanted(chip)}"
        )


def _wanted(chip: str | None) -> str:
    match chip:
        case "RP2040":
            return "freefall flash, without IMAGE; or the UF2 of MicroPython for it (RPI_PICO for a Pico)"
        case "RP2350":
            return f"the UF2 of MicroPython for it (RPI_PICO2 for a Pico 2), family {family_name(CHIP_FAMILIES[chip][0])}"
        case _:
            return "the image that MicroPython's download page has for this board; UF2 is written to RP2040 and RP2350 alone"


def _waited(computer: Computer, seconds: float, poll: Callable[[], T]) -> T:
    """What poll returns, as soon as that is true or the time is over."""
    end_s = computer.now_s() + seconds
    while not (found := poll()) and computer.now_s() < end_s:
        computer.sleep(_POLL_S)
    return found
