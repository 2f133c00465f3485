"""This computer as `freefall flash` needs it: volumes, ports, a clock, other programs. Tests hand in a strict fake."""

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import BoardError, DeviceError
from ..port.by_id import UsbPort, usb_ports
from ..port.serial import open_pyserial
from .copying import VolumeFile
from .repl import REPL_BAUD, RemoteError, Repl
from .volumes import Volume, find_volumes, volume_at

_SOFT_RESET = b"\x04"  # at the prompt: what runs at power-up runs again
_GONE_S = 1  # a port that is not on USB stays, and is silent


class Uname(NamedTuple):
    """What a MicroPython says of itself (os.uname): machine "Raspberry Pi Pico with RP2040", version "v1.25.0 on 2025-04-15"."""

    machine: str
    version: str


class Computer:
    """The real one."""

    def now_s(self) -> float:
        """A clock that only goes forward."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def volumes(self) -> list[Volume]:
        """As find_volumes."""
        return find_volumes()

    def volume_at(self, path: Path) -> Volume:
        """As volume_at."""
        return volume_at(path)

    def is_there(self, volume: Volume) -> bool:
        """Whether it still is."""
        return volume.is_there()

    def create(self, path: Path) -> VolumeFile:
        """A file, empty and open. Raises OSError."""
        return _File(path)

    def ports(self) -> Sequence[UsbPort]:
        """As usb_ports."""
        return usb_ports()

    def may_use(self, port: str) -> bool:
        """Whether this user may open a port that is there."""
        return not os.path.exists(port) or os.access(port, os.R_OK | os.W_OK)

    def ask(self, port: str) -> Uname:
        """What the MicroPython at a port is. It is stopped, and restarted after the answer. Raises DeviceError, BoardError."""
        with Repl.open(port) as repl:
            answer = repl.exec("import os; print(os.uname().machine); print(os.uname().version)").splitlines()
        if len(answer) != 2:
            raise BoardError(f"the board at {port} answers {answer} when asked for its version; is it a MicroPython?")
        with contextlib.suppress(DeviceError):  # it has answered; who wants it next is told that it went away
            line = open_pyserial(port, REPL_BAUD)
            line.write(_SOFT_RESET)
            line.close()
        return Uname(*answer)

    def to_bootloader(self, port: str) -> None:
        """Send the MicroPython at a port to its bootloader. Raises DeviceError, BoardError."""
        with Repl.open(port) as repl:
            try:
                repl.exec("import machine; machine.bootloader()", _GONE_S)
            except RemoteError:
                raise
            except (DeviceError, BoardError):
                pass  # it has gone, which is what was asked for

    def has_module(self, name: str) -> bool:
        """Whether this Python has it."""
        return importlib.util.find_spec(name) is not None

    def has_program(self, name: str) -> bool:
        """Whether it is on the PATH."""
        return shutil.which(name) is not None

    def run(self, command: Sequence[str]) -> int:
        """The exit code of a program, which speaks to the user itself; on standard error, as standard output is for results."""
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno(), check=False).returncode


class _File:
    def __init__(self, path: Path):
        self._descriptor: int | None = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o644)

    def write(self, octets: bytes) -> int:
        return os.write(self._descriptor, octets)

    def sync(self) -> None:
        os.fsync(self._descriptor)

    def close(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)
