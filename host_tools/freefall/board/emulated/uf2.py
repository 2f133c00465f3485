"""UF2, the format a bootloader takes an image in, for the RP2040: made from a raw firmware, and checked."""

import struct

_FLASH_START = 0x10000000
_RP2040_FAMILY = 0xE48BFF56
_UF2_MAGICS = (0x0A324655, 0x9E5D5157, 0x0AB16F30)
_UF2_HAS_FAMILY = 0x2000
# Two magics, flags, address, payload length, block, blocks, family, payload and padding, magic.
_UF2_BLOCK = struct.Struct("<8I476sI")
_PAGE_LEN = 256  # of the flash: the payload of one block


def to_uf2(firmware: bytes) -> bytes:
    """The UF2 that puts firmware at the start of the RP2040's flash."""
    starts = range(0, len(firmware), _PAGE_LEN)
    return b"".join(
        _UF2_BLOCK.pack(
            *_UF2_MAGICS[:2], _UF2_HAS_FAMILY, _FLASH_START + start, _PAGE_LEN, number,
            len(starts), _RP2040_FAMILY, firmware[start : start + _PAGE_LEN], _UF2_MAGICS[2],
        )
        for number, start in enumerate(starts)
    )  # fmt: skip


def is_whole_uf2(data: bytes) -> bool:
    """Whether data is a UF2 for the RP2040 with every block it announces, in order."""
    total, rest = divmod(len(data), _UF2_BLOCK.size)
    return total > 0 and rest == 0 and all(
        (magic0, magic1, magic2) == _UF2_MAGICS
        and (number, blocks, family) == (at, total, _RP2040_FAMILY)
        for at, (magic0, magic1, _, _, _, number, blocks, family, _, magic2) in enumerate(
            _UF2_BLOCK.iter_unpack(data)
        )
    )  # fmt: skip
