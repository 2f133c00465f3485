"""Emulated boards with a program of the bench in them."""

from collections.abc import Callable
from pathlib import Path

from freefall.board.emulated.filesystem import build_image
from freefall.board.emulated.machine import Machine

MICROPYTHON = Path(__file__).parent / "micropython"

# The emulator takes an interrupt without the cycles a Cortex-M0+ needs for it (Technical Reference Manual, 3.9), so figures that
# hold an entry have it added.
ENTRY_CYCLES = 15
CYCLES_PER_US = 125
NS_PER_CYCLE = 8

_PIECE_NS = 1_000_000
_PROMPT = b">>> "


class BenchFailed(Exception):
    """A program of the bench did not do what it is there for; the text says what it printed."""


def c_machine(programs: Path, name: str) -> Machine:
    """A board with a C program, `programs` as toolchain.c_programs returns it."""
    return Machine(programs / f"{name}.uf2", b"")


def python_machine(image: Path, script: str, files: dict[str, bytes] | None = None) -> Machine:
    """A board with MicroPython, our firmware, and a script of micropython/ as its main.py."""
    contents = {"main.py": (MICROPYTHON / f"{script}.py").read_bytes()}
    return Machine(image, build_image(contents | (files or {})))


def run(machine: Machine, duration_ns: int) -> None:
    """Run that much longer. Raises BenchFailed when MicroPython has stopped."""
    machine.run_for(duration_ns)
    if machine.console.endswith(_PROMPT):
        raise BenchFailed(f"the program ended{_state(machine)}")


def run_until(machine: Machine, done: Callable[[], bool], limit_ms: int) -> None:
    """Run in pieces of 1 ms until done(). Raises BenchFailed after limit_ms, or when MicroPython has stopped before."""
    for _ in range(limit_ms):
        if done() or machine.console.endswith(_PROMPT):
            break
        machine.run_for(_PIECE_NS)
    if not done():
        raise BenchFailed(f"the program was not done{_state(machine)}")


def _state(machine: Machine) -> str:
    console = machine.console.decode(errors="replace").replace("\r", "")
    return f" {machine.clock.now_ns() / 1e9:.3f} s after power-up; on its console: {console!r}"
