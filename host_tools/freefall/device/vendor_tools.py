"""ESP32 and STM32 boards, written by the tools of those chips, esptool and dfu-util. They check the chip themselves, first."""

import shlex
import sys
from pathlib import Path

from ..errors import DeviceError, FreefallError
from .computer import Computer
from .flash import Telling, await_board, require_prompt
from .images import DfuImage, EspImage, Image, WrongImage, esp_name
from .targets import Running, Wanted, choose, rp2_beside
from .volumes import Volume

_DFU_USB = "0483:df11"  # ST's boot ROM
_DFU_ENTER_S = 2  # from the REPL to the boot ROM, on USB


class ToolMissing(FreefallError):
    """The program that writes this kind of board is not installed."""

    exit_code = 2


def command_of(image: Image, port: str | None, program: str | None = None) -> list[str]:
    """What writes the image; `program`: instead of the name that a shell would find."""
    match image.kind:
        case EspImage(chip, offset):
            start = [program, "-m", "esptool"] if program else ["esptool"]
            return [*start, "--chip", chip, "--port", port or "PORT", "write-flash", f"0x{offset:x}", str(image.path)]
        case DfuImage():
            return ["dfu-util", "-a", "0", "-d", _DFU_USB, "-D", str(image.path)]
    raise TypeError(f"{image.path} needs no tool of a chip")


def flash_by_tool(
    image: Image, wanted: Wanted, computer: Computer, telling: Telling, verify: bool = True, dry_run: bool = False
) -> str:
    """What was done, in one line. Raises WrongImage before anything is touched, ToolMissing, DeviceError, BoardError."""
    board = _board(image, wanted, computer)
    if isinstance(image.kind, DfuImage):
        return _dfu(image, board, computer, telling, dry_run)
    return _esp(image, image.kind, board, computer, telling, verify, dry_run)


def _esp(
    image: Image, esp: EspImage, board: Running | None, computer: Computer, telling: Telling, verify: bool, dry_run: bool
) -> str:
    if not board:
        raise DeviceError(f"{image.path} is {image.what}, which is written through its serial port: name that with -p")
    if not computer.has_module("esptool"):
        raise _missing("esptool", 'pip install "freefall[esp32]"', image, board)
    if verify:
        require_prompt(computer)
    command = command_of(image, board.port, sys.executable)
    if dry_run:
        return f"would run {shlex.join(command)}"
    known = {port.device for port in computer.ports()}
    _run(command, "esptool", "hold BOOT while pressing RESET if the board does not listen", computer, telling)
    done = f"{esp_name(esp.chip)} written by esptool"
    return f"{done} · {await_board(board, known, computer.now_s(), computer, telling)}" if verify else f"{done} · not verified"


def _dfu(image: Image, board: Running | None, computer: Computer, telling: Telling, dry_run: bool) -> str:
    if not computer.has_program("dfu-util"):
        raise _missing("dfu-util", "install it (apt install dfu-util, brew install dfu-util)", image, board)
    command = command_of(image, None)
    if dry_run:
        return f"would run {shlex.join(command)}"
    if board:
        telling.say(f"Sending the board at {board.port} to its bootloader.")
        computer.to_bootloader(board.port)
        computer.sleep(_DFU_ENTER_S)
    _run(command, "dfu-util", "put the board into DFU mode (BOOT0 high while pressing RESET)", computer, telling)
    return "written by dfu-util · not verified: press RESET, then freefall devices shows the board"


def _board(image: Image, wanted: Wanted, computer: Computer) -> Running | None:
    """The board that is named. Raises WrongImage if that, or the only one there is, is of another make."""
    if wanted.volume:
        _refuse(image, computer.volume_at(wanted.volume))
    if wanted.port or wanted.board:
        board = choose(wanted, computer)
        if isinstance(board, Volume) or board.rp2:
            _refuse(image, board)
        return board
    # For an STM32 in its boot ROM there is nothing to name, so that an RP2 board beside it says nothing. Not so for an ESP32.
    if isinstance(image.kind, EspImage) and (other := rp2_beside(computer)):
        _refuse(image, other)
    return None


def _refuse(image: Image, board: Volume | Running) -> None:
    place, chip = (board.name, board.chip or board.model) if isinstance(board, Volume) else (board.port, "RP2 board")
    raise WrongImage(
        f"{image.path} is {image.what}, the board at {place} is an {chip}. Nothing was written.\n"
        "  try: a UF2 for that board; if another board is meant, its port with -p"
    )


def _missing(tool: str, remedy: str, image: Image, board: Running | None) -> ToolMissing:
    command = shlex.join(command_of(image, board.port if board else None))
    return ToolMissing(
        f"{image.path} is {image.what}, which {tool} writes, and it is not installed: {remedy}.\n  then: {command}"
    )


def _run(command: list[str], tool: str, remedy: str, computer: Computer, telling: Telling) -> None:
    telling.say(shlex.join([Path(command[0]).name, *command[1:]]))
    try:
        code = computer.run(command)
    except OSError as error:
        raise DeviceError(f"{tool} cannot be started: {error.strerror or error}") from error
    if code:
        raise DeviceError(f"{tool} ended with code {code}; what it said is above. If it found no board: {remedy}, and try again")
