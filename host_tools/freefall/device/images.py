"""What a firmware file is, told from its octets: a UF2 for an RP2 board, an image for an ESP32, a DfuSe file for an STM32."""

import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import BoardError, InputUnreadable
from .uf2 import MAGIC, Uf2, read_uf2

# Twice the largest flash of a board here, as UF2 doubles it.
_SIZE_LIMIT = 64 << 20

# Of an ESP image: the chip's number in the header -> (name for esptool, where its flash begins to be used).
_ESP_CHIPS = {
    0: ("esp32", 0x1000),
    2: ("esp32s2", 0x1000),
    5: ("esp32c3", 0x0),
    9: ("esp32s3", 0x0),
    12: ("esp32c2", 0x0),
    13: ("esp32c6", 0x0),
    16: ("esp32h2", 0x0),
    20: ("esp32c61", 0x0),
    18: ("esp32p4", 0x2000),
    23: ("esp32c5", 0x2000),
}
_ESP_MAGIC = 0xE9
_ESP_CHIP_AT = 12
_ESP_HEADER_LEN = 24
# An image that brings everything has its table of partitions at this place of the flash; one without it is an application alone.
_ESP_PARTITIONS_AT = 0x8000
_ESP_PARTITIONS_MAGIC = b"\xaa\x50"

# What is downloaded by mistake: how it begins, and what it is.
_OTHERS = {
    b"\x7fELF": "an ELF program; the board's build makes a .uf2 (or .bin, .dfu) beside it",
    b":": "an Intel HEX file; take the .uf2 (or .bin, .dfu) of the same firmware",
    b"PK\x03\x04": "a zip archive; unpack it and name the image in it",
    b"<": "a web page, not the file behind it",
}
_BANNER = re.compile(rb"v\d+\.\d+\.\d+[-.\w]* on \d{4}-\d\d-\d\d")


class WrongImage(BoardError):
    """An image is not for the board; nothing was written."""


@dataclass(frozen=True, slots=True)
class EspImage:
    """chip: as esptool names it. offset: in flash."""

    chip: str
    offset: int


@dataclass(frozen=True, slots=True)
class DfuImage:
    """A DfuSe file, which says itself where its parts go."""


@dataclass(frozen=True, slots=True)
class Image:
    """A firmware file and what is in it."""

    path: Path
    kind: Uf2 | EspImage | DfuImage

    @property
    def what(self) -> str:
        """For messages: an RP2040 image."""
        match self.kind:
            case Uf2():
                return f"for {self.kind.family_name}"
            case EspImage():
                return f"for {esp_name(self.kind.chip)}"
            case _:
                return "for STM32 (DfuSe)"


def esp_name(chip: str) -> str:
    """ESP32-S3 of esp32s3."""
    return "-".join(filter(None, ("ESP32", chip.upper().removeprefix("ESP32"))))


def read_image(path: Path) -> Image:
    """The firmware in a file. Raises InputUnreadable."""
    try:
        size = path.stat().st_size
        if size > _SIZE_LIMIT:
            raise InputUnreadable(f"{path} has {size} octets; no image of a board has more than {_SIZE_LIMIT}")
        octets = path.read_bytes()
    except OSError as error:
        raise InputUnreadable(f"cannot read {path}: {error.strerror or error}") from error
    return Image(path, _kind(octets, path))


def build_of(content: bytes) -> str | None:
    """What a MicroPython says of itself, "v1.25.0 on 2025-04-15", out of its flash; None if there is none in it."""
    at = content.find(b"MicroPython v")
    found = _BANNER.match(content, at + len(b"MicroPython ")) if at >= 0 else None
    return found[0].decode() if found else None


def _kind(octets: bytes, path: Path) -> Uf2 | EspImage | DfuImage:
    if octets[: len(MAGIC)] == MAGIC or path.suffix.lower() == ".uf2":
        return read_uf2(octets, str(path))
    if octets[:6] == b"DfuSe\x01":
        return DfuImage()
    if octets[:1] == bytes([_ESP_MAGIC]):
        return _esp(octets, path)
    for beginning, what in _OTHERS.items():
        if octets.lstrip()[: len(beginning)] == beginning:
            raise InputUnreadable(f"{path} is {what}; nothing was written")
    raise InputUnreadable(
        f"{path} is no firmware image that freefall knows (UF2, ESP32 .bin, DfuSe .dfu): it begins with "
        f"{octets[:4].hex(' ') or 'nothing'}; nothing was written. MicroPython's download page has the image of each board"
    )


def _esp(octets: bytes, path: Path) -> EspImage:
    number = int.from_bytes(octets[_ESP_CHIP_AT : _ESP_CHIP_AT + 2], "little")
    if len(octets) < _ESP_HEADER_LEN or number not in _ESP_CHIPS:
        raise InputUnreadable(
            f"{path} begins like an image for an ESP chip, but freefall does not know the chip's number ({number}); nothing was "
            "written. esptool image-info tells what it is"
        )
    chip, offset = _ESP_CHIPS[number]
    at = _ESP_PARTITIONS_AT - offset
    if octets[at : at + 2] != _ESP_PARTITIONS_MAGIC:
        raise InputUnreadable(
            f"{path} is an application for {esp_name(chip)} without its bootloader and partitions; nothing was written. "
            "Take the .bin, not the .app-bin, of the same download"
        )
    return EspImage(chip, offset)
