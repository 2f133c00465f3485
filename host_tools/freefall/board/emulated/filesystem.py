"""The flash file system of an emulated board: our firmware, compiled, and further files, as a LittleFS image."""

from collections.abc import Mapping

from ...errors import MissingExtra
from ..firmware_files import compiled_files, source_files

# MicroPython's file system on the Raspberry Pi Pico: the last 1408 KiB of 2 MiB of flash.
FLASH_AT = 0xA0000
BLOCK_LEN = 4096
BLOCKS = 352
FLASH_LEN = BLOCKS * BLOCK_LEN
_LITTLEFS_2_0 = 0x00020000

# MicroPython looks a module up by three names and then opens it, and every time reads the whole log of each directory on the way.
# So logs are kept short: file contents outside them, no padding to what a board writes at once, compacted when they reach 256.
_WRITE_LEN = 16
_LOG_LEN = 256
_NO_CONTENTS = 0xFFFFFFFF


def build_image(files: Mapping[str, bytes]) -> bytes:
    """A LittleFS image of BLOCKS x BLOCK_LEN octets: the firmware and `files` (path on the board -> content), modules compiled.

    Raises BoardError when a module does not compile, MissingExtra without the "emulated" extra.
    """
    return pack(compiled_files({**source_files(), **files}))


def pack(files: Mapping[str, bytes]) -> bytes:
    """The image of these files as they are and of no others. Raises MissingExtra without the "emulated" extra."""
    try:
        from littlefs import LittleFS
    except ImportError:
        raise MissingExtra("the emulated board", "emulated") from None
    flash = LittleFS(
        block_size=BLOCK_LEN,
        block_count=BLOCKS,
        read_size=_WRITE_LEN,
        prog_size=_WRITE_LEN,
        cache_size=_LOG_LEN,
        metadata_max=_LOG_LEN,
        inline_max=_NO_CONTENTS,
        disk_version=_LITTLEFS_2_0,
    )
    for name, content in files.items():
        if "/" in name:
            flash.makedirs(name.rsplit("/", 1)[0], exist_ok=True)
        with flash.open(name, "wb") as file:
            file.write(content)
    return bytes(flash.context.buffer)
