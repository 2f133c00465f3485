"""A UF2 read strictly: what it puts into which chip's flash, or the first thing wrong with it and where.

A bootloader ignores, without a word, every block it does not like, and waits for the rest for ever. So everything it would
ignore is a fault here. What an RP2 chip gets is one run of pages from the start of its flash, which is what its tools make.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ..board.uf2 import BLOCK, FLASH_START, HAS_FAMILY, MAGICS, PAGE_LEN, RP2040_FAMILY
from ..errors import InputUnreadable

RP2350_ABSOLUTE = 0xE48BFF57
RP2350_ARM_S = 0xE48BFF59
RP2350_RISCV = 0xE48BFF5A
RP2350_ARM_NS = 0xE48BFF5B

FAMILIES = {
    RP2040_FAMILY: "RP2040",
    RP2350_ABSOLUTE: "RP2350 (absolute)",
    0xE48BFF58: "RP2350 (data)",
    RP2350_ARM_S: "RP2350 (Arm)",
    RP2350_RISCV: "RP2350 (RISC-V)",
    RP2350_ARM_NS: "RP2350 (Arm, non-secure)",
    # Those of other chips, to be named in a message (microsoft/uf2, uf2families.json).
    0x1C5F21B0: "ESP32",
    0xBFDD4EEE: "ESP32-S2",
    0xC47E5767: "ESP32-S3",
    0xD42BA06C: "ESP32-C3",
    0x540DDF62: "ESP32-C6",
    0x3D308E94: "ESP32-P4",
    0x7EAB61ED: "ESP8266",
    0x68ED2B88: "SAMD21",
    0x55114460: "SAMD51",
    0x621E937A: "nRF52833",
    0xADA52840: "nRF52840",
    0x4FB2D5BD: "i.MX RT10xx",
    0x57755A57: "STM32F4",
    0x6D0922FA: "STM32F407",
    0x53B80F00: "STM32F7",
    0x6DB66082: "STM32H7",
    0x00FF6919: "STM32L4",
    0x70D16653: "STM32WB",
}

# The chips that freefall writes: what their boot ROM starts, and how much flash it can reach.
CHIP_FAMILIES = {"RP2040": (RP2040_FAMILY,), "RP2350": (RP2350_ARM_S, RP2350_RISCV, RP2350_ARM_NS)}
_FLASH_LEN = {"RP2040": 16 << 20, "RP2350": 32 << 20}
MAGIC = BLOCK.pack(MAGICS[0], MAGICS[1], *[0] * 6, b"", 0)[:8]
_RAM = range(0x20000000, 0x20082000)
_CHIP_OF = {family: chip for chip, families in CHIP_FAMILIES.items() for family in families}

_FLAGS = {0x0001: "is not for the flash", 0x1000: "is part of a file container"}
_HARMLESS_FLAGS = 0x4000 | 0x8000  # a checksum or tags stand in the padding, which is not read
_PAYLOAD_LIMIT = 476
# RP2350-E10: picotool puts one block in front, of another family and with numbers of its own, that writes this where nothing is.
_E10_BLOCKS = 2
_E10_CONTENT = bytes([0xEF]) * PAGE_LEN


@dataclass(frozen=True, slots=True)
class Uf2:
    """family: the id of the chip it is for. content: what is in flash from its start on. octets: of the file."""

    family: int
    content: bytes
    octets: bytes

    @property
    def family_name(self) -> str:
        """As a person says it; the id in hex where nobody has named it."""
        return family_name(self.family)

    @property
    def chip(self) -> str | None:
        """RP2040 or RP2350; None for one that freefall does not write."""
        return _CHIP_OF.get(self.family)


@dataclass(frozen=True, slots=True)
class _Block:
    flags: int
    address: int
    payload_len: int
    number: int
    blocks: int
    family: int
    data: bytes
    where: str  # for messages

    @property
    def payload(self) -> bytes:
        return self.data[: self.payload_len]

    def fault(self, what: str) -> InputUnreadable:
        return InputUnreadable(f"{self.where} {what}; nothing was written. Get the image again")


def family_name(family: int) -> str:
    """Of a family id."""
    return FAMILIES.get(family, f"an unknown chip (family 0x{family:08x})")


def read_uf2(octets: bytes, name: str) -> Uf2:
    """The image in the octets of a file called `name`. Raises InputUnreadable for the first fault, with its offset.

    The image of a foreign chip is read as far as is needed to name it: its addresses are its own affair.
    """
    if not octets:
        raise InputUnreadable(f"{name} is empty; nothing was written. Get the image again")
    blocks = list(_blocks(octets, name))
    image = blocks[1:] if len(blocks) > 1 and _is_e10(blocks[0], blocks[1].family) else blocks
    first = image[0]
    chip = _CHIP_OF.get(first.family)
    for number, block in enumerate(image):
        _check_place(block, number, len(image), first)
        if chip:
            _check_page(block, chip, FLASH_START + number * PAGE_LEN)
    return Uf2(first.family, b"".join(block.payload for block in image), octets)


def _blocks(octets: bytes, name: str) -> Iterator[_Block]:
    """Every block, as far as it can be judged alone."""
    for at in range(0, len(octets), BLOCK.size):
        where = f"{name}: the block at offset {at}"
        raw = octets[at : at + BLOCK.size]
        if len(raw) < BLOCK.size:
            raise InputUnreadable(
                f"{where} has {len(raw)} of {BLOCK.size} octets: the file is cut short; nothing was written. Get the image again"
            )
        start0, start1, flags, address, payload_len, number, blocks, family, data, end = BLOCK.unpack(raw)
        block = _Block(flags, address, payload_len, number, blocks, family, data, where)
        for value, magic in zip((start0, start1, end), MAGICS, strict=True):
            if value != magic:
                raise block.fault(f"has 0x{value:08x} where UF2 has 0x{magic:08x}")
        for flag, meaning in _FLAGS.items():
            if flags & flag:
                raise block.fault(f"{meaning} (flags 0x{flags:04x})")
        if not flags & HAS_FAMILY:
            raise block.fault(f"does not say which chip it is for (flags 0x{flags:04x})")
        if flags & ~(HAS_FAMILY | _HARMLESS_FLAGS):
            raise block.fault(f"has flags 0x{flags:08x}, of which some are unknown")
        if not 0 < payload_len <= _PAYLOAD_LIMIT:
            raise block.fault(f"says it carries {payload_len} octets; a block has room for {_PAYLOAD_LIMIT}")
        yield block


def _is_e10(block: _Block, family_of_next: int) -> bool:
    """Whether the first block is the one that E10 asks for. Raises InputUnreadable if it is nearly so."""
    if block.family != RP2350_ABSOLUTE or _CHIP_OF.get(family_of_next) != "RP2350":
        return False
    if (block.number, block.blocks, block.payload) != (0, _E10_BLOCKS, _E10_CONTENT):
        raise block.fault("is of the absolute family, but not the one that RP2350-E10 puts in front of an image")
    if not FLASH_START <= block.address <= FLASH_START + _FLASH_LEN["RP2350"] - PAGE_LEN or block.address % PAGE_LEN:
        raise block.fault(f"is for address 0x{block.address:08x}, where an RP2350 has no page of flash")
    return True


def _check_place(block: _Block, number: int, count: int, first: _Block) -> None:
    if block.family != first.family:
        raise block.fault(f"is for {family_name(block.family)}, the first one for {family_name(first.family)}")
    if block.blocks != first.blocks:
        raise block.fault(f"says there are {block.blocks} blocks, the first one says {first.blocks}")
    if block.number != number:
        raise block.fault(f"is number {block.number}, and number {number} should stand there")
    if block.blocks != count:
        raise block.fault(f"says there are {block.blocks} blocks, and there are {count}")


def _check_page(block: _Block, chip: str, address: int) -> None:
    if block.payload_len != PAGE_LEN:
        raise block.fault(f"carries {block.payload_len} octets, the boot ROM of an {chip} takes {PAGE_LEN}")
    if address == FLASH_START and block.address in _RAM:
        raise InputUnreadable(
            f"{block.where} is for RAM (0x{block.address:08x}): such an image, flash_nuke for one, leaves nothing that freefall "
            "could use, and nothing was written. Copy it onto the bootloader's volume yourself"
        )
    if block.address != address:
        raise block.fault(f"is for address 0x{block.address:08x}, and 0x{address:08x} should stand there")
    if address + PAGE_LEN > FLASH_START + _FLASH_LEN[chip]:
        raise block.fault(f"is for address 0x{address:08x}, above the {_FLASH_LEN[chip] >> 20} MiB of flash an {chip} can have")
