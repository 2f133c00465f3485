"""This computer as `freefall flash` needs it: volumes, ports, a clock, other programs. Tests hand in a strict fake."""

import contextlib
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ..errors import BoardError, DeviceError, MissingExtra
from ..port.serial import DEFAULT_BAUD, open_pyserial, system_reason
from .copying import VolumeFile
from .volumes import Volume, find_volumes, volume_at

_ANSWER_S = 3


class Interpreter(NamedTuple):
    """What a MicroPython says of itself (os.uname): machine "Raspberry Pi Pico with RP2040", version "v1.25.0 on 2025-04-15"."""

    machine: str
    version: str


class PortInfo(Protocol):
    """A serial port as pyserial lists it."""

    device: str
    serial_number: str | None
    vid: int | None


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

    def ports(self) -> Sequence[PortInfo]:
        """The serial ports of this moment."""
        from serial.tools import list_ports

        return list_ports.comports()

    def may_use(self, port: str) -> bool:
        """Whether this user may open a port that is there."""
        return not os.path.exists(port) or os.access(port, os.R_OK | os.W_OK)

    def ask(self, port: str) -> Interpreter:
        """What the MicroPython at a port is. It is stopped, and restarted after the answer. Raises DeviceError, BoardError."""
        with _prompt(port) as prompt:
            answer = prompt.exec("import os; print(os.uname().machine); print(os.uname().version)").decode().splitlines()
            prompt.exit_raw_repl()
            prompt.serial.write(b"\x04")  # a soft reset: what it runs at power-up runs again
        if len(answer) != 2:
            raise BoardError(f"the board at {port} answers {answer} when asked for its version; is it a MicroPython?")
        return Interpreter(*answer)

    def to_bootloader(self, port: str) -> None:
        """Send the MicroPython at a port to its bootloader. Raises DeviceError, BoardError."""
        with _prompt(port) as prompt:
            prompt.exec_raw_no_follow("import machine; machine.bootloader()")

    def has_module(self, name: str) -> bool:
        """Whether this Python has it."""
        return importlib.util.find_spec(name) is not None

    def has_program(self, name: str) -> bool:
        """Whether it is on the PATH."""
        return shutil.which(name) is not None

    def run(self, command: Sequence[str]) -> int:
        """The exit code of a program, which speaks to the user itself; on standard error, as standard output is for results."""
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno(), check=False).returncode


@contextlib.contextmanager
def _prompt(port: str) -> Iterator[Any]:
    try:
        from mpremote.transport import TransportError
        from mpremote.transport_serial import SerialTransport
    except ImportError:
        raise MissingExtra("asking a board", "board") from None
    open_pyserial(port, DEFAULT_BAUD).close()  # a port that cannot be opened is told in a sentence
    try:
        prompt = SerialTransport(port, DEFAULT_BAUD, timeout=_ANSWER_S)
        prompt.use_raw_paste = False  # it would read without an end from a board that is half dead
        with contextlib.redirect_stdout(io.StringIO()):  # it prints what a board says instead of a prompt
            prompt.enter_raw_repl(soft_reset=False, timeout_overall=_ANSWER_S)
            yield prompt
    except TransportError as error:
        raise BoardError(f"the board at {port} does not answer at its prompt ({error}): is it a MicroPython? Reset it") from error
    except OSError as error:
        raise DeviceError(f"{port} went away: {system_reason(error)}") from error
    finally:
        with contextlib.suppress(OSError, UnboundLocalError):
            prompt.close()


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
