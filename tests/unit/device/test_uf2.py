"""The strict reader of UF2: every fault by its sentence; real files of each family."""

import pytest

from freefall.board.emulated.uf2 import to_uf2
from freefall.device.uf2 import read_uf2
from freefall.errors import InputUnreadable
from unit.device.uf2_blocks import (
    ABSOLUTE,
    NRF52840,
    RP2040,
    RP2350_ARM_NS,
    RP2350_ARM_S,
    RP2350_RISCV,
    block,
    e10_block,
    uf2,
)

CONTENT = bytes(range(256)) * 3


def page(number, blocks=3, family=RP2040, address=None, flags=0x2000, payload=bytes(256)):
    return block(payload, number, blocks, family, 0x10000000 + 256 * number if address is None else address, flags)


@pytest.mark.parametrize(
    ("family", "chip", "name"),
    [
        (RP2040, "RP2040", "RP2040"),
        (RP2350_ARM_S, "RP2350", "RP2350 (Arm)"),
        (RP2350_RISCV, "RP2350", "RP2350 (RISC-V)"),
        (RP2350_ARM_NS, "RP2350", "RP2350 (Arm, non-secure)"),
        (ABSOLUTE, None, "RP2350 (absolute)"),
        (NRF52840, None, "nRF52840"),
        (0x12345678, None, "an unknown chip (family 0x12345678)"),
    ],
)
def test_reader_tells_whom_an_image_is_for_and_what_is_in_it(family, chip, name):
    image = read_uf2(uf2(CONTENT, family), "a.uf2")
    assert (image.family, image.chip, image.family_name, image.content) == (family, chip, name, CONTENT)


def test_reader_takes_what_the_build_makes():
    assert read_uf2(to_uf2(CONTENT), "a.uf2").content == CONTENT


@pytest.mark.parametrize("family", [RP2350_ARM_S, RP2350_RISCV, RP2350_ARM_NS])
@pytest.mark.parametrize("flags", [0x2000, 0xA000])
def test_reader_passes_over_the_block_of_erratum_e10(family, flags):
    octets = e10_block(flags=flags) + uf2(CONTENT, family)
    image = read_uf2(octets, "a.uf2")
    assert (image.chip, image.content, image.octets) == ("RP2350", CONTENT, octets)


def test_checksums_and_tags_in_the_padding_are_tolerated():
    assert read_uf2(page(0, 1, flags=0xE000), "a.uf2").content == bytes(256)


FAULTS = {
    "is empty": b"",
    "block at offset 1024 has 511 of 512 octets: the file is cut short": uf2(CONTENT)[:-1],
    "offset 0 says there are 3 blocks, and there are 2": uf2(CONTENT)[:1024],
    "offset 0 has 0x0a324656 where UF2 has 0x0a324655": b"\x56" + uf2(CONTENT)[1:],
    "offset 512 has 0x9e5d5158 where UF2 has 0x9e5d5157": uf2(CONTENT)[:516] + b"\x58" + uf2(CONTENT)[517:],
    "offset 1024 has 0x0ab16f31 where UF2 has 0x0ab16f30": uf2(CONTENT)[:-4] + b"\x31" + uf2(CONTENT)[-3:],
    "offset 512 is not for the flash (flags 0x2001)": page(0) + page(1, flags=0x2001) + page(2),
    "offset 512 is part of a file container (flags 0x3000)": page(0) + page(1, flags=0x3000) + page(2),
    "offset 0 does not say which chip it is for (flags 0x0000)": page(0, flags=0) + page(1, flags=0) + page(2, flags=0),
    "offset 0 has flags 0x00002010, of which some are unknown": page(0, 1, flags=0x2010),
    "offset 0 says it carries 0 octets": page(0, 1, payload=b""),
    "offset 0 carries 476 octets, the boot ROM of an RP2040 takes 256": page(0, 1, payload=bytes(476)),
    "offset 512 is for nRF52840, the first one for RP2040": page(0) + page(1, family=NRF52840) + page(2),
    "offset 512 says there are 4 blocks, the first one says 3": page(0) + page(1, 4) + page(2),
    "offset 512 is number 2, and number 1 should stand there": page(0) + page(2) + page(1),
    "offset 512 is number 0, and number 1 should stand there": page(0) + page(0) + page(2),
    "offset 0 is number 1, and number 0 should stand there": uf2(CONTENT)[512:],
    "offset 512 is for address 0x10000000, and 0x10000100 should stand there": page(0) + page(1, address=0x10000000) + page(2),
    "offset 0 is for address 0x08000000, and 0x10000000 should stand there": page(0, 1, address=0x08000000),
    "offset 0 is for RAM (0x20000000): such an image": page(0, 1, address=0x20000000),
    "offset 0 is of the absolute family, but not the one": page(0, 2, ABSOLUTE) + page(0, 1, RP2350_ARM_S),
    "offset 0 is for address 0x20000000, where an RP2350 has no page": e10_block(0x20000000) + page(0, 1, RP2350_ARM_S),
    "offset 0 is for address 0x10ffff01, where an RP2350 has no page": e10_block(0x10FFFF01) + page(0, 1, RP2350_ARM_S),
    "offset 512 is for RP2040, the first one for RP2350 (absolute)": e10_block() + page(0, 1),
    "offset 0 says there are 2 blocks, and there are 1": e10_block(),
    "offset 33554432 is for address 0x11000000, above the 16 MiB of flash an RP2040 can have": uf2(bytes((16 << 20) + 256)),
}  # fmt: skip


@pytest.mark.parametrize("sentence", FAULTS)
def test_reader_refuses_with_the_offset_and_the_next_step(sentence):
    with pytest.raises(InputUnreadable) as refused:
        read_uf2(FAULTS[sentence], "bad.uf2")
    text = str(refused.value)
    assert text.startswith("bad.uf2") and sentence in text
    assert "nothing was written. " in text
