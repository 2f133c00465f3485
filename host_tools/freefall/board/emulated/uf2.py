"""UF2, the format a bootloader takes an image in, for the RP2040: made from a raw firmware, and checked."""

from ..uf2 import BLOCK, FLASH_START, HAS_FAMILY, MAGICS, PAGE_LEN, RP2040_FAMILY


def to_uf2(firmware: bytes) -> bytes:
    """The UF2 that puts firmware at the start of the RP2040's flash."""
    starts = range(0, len(firmware), PAGE_LEN)
    return b"".join(
        BLOCK.pack(
            *MAGICS[:2], HAS_FAMILY, FLASH_START + start, PAGE_LEN, number,
            len(starts), RP2040_FAMILY, firmware[start : start + PAGE_LEN], MAGICS[2],
        )
        for number, start in enumerate(starts)
    )  # fmt: skip


def is_whole_uf2(data: bytes) -> bool:
    """Whether data is a UF2 for the RP2040 with every block it announces, in order."""
    total, rest = divmod(len(data), BLOCK.size)
    return total > 0 and rest == 0 and all(
        (magic0, magic1, magic2) == MAGICS
        and (number, blocks, family) == (at, total, RP2040_FAMILY)
        for at, (magic0, magic1, _, _, _, number, blocks, family, _, magic2) in enumerate(
            BLOCK.iter_unpack(data)
        )
    )  # fmt: skip
