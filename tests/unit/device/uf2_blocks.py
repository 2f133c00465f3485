"""UF2 files written out here from Microsoft's text, not by the code under test."""

import struct

RP2040, ABSOLUTE, RP2350_ARM_S, RP2350_RISCV, RP2350_ARM_NS = 0xE48BFF56, 0xE48BFF57, 0xE48BFF59, 0xE48BFF5A, 0xE48BFF5B
NRF52840 = 0xADA52840
BLOCK_LEN = 512


def block(payload, number, blocks, family, address, flags=0x2000):
    """One block of 512 octets."""
    head = struct.pack("<8I", 0x0A324655, 0x9E5D5157, flags, address, len(payload), number, blocks, family)
    return head + payload.ljust(476, b"\0") + struct.pack("<I", 0x0AB16F30)


def uf2(content, family=RP2040, start=0x10000000):
    """A file that puts content, whole pages of 256 octets, at the start of flash."""
    pages = [content[at : at + 256] for at in range(0, len(content), 256)]
    return b"".join(block(page, n, len(pages), family, start + 256 * n) for n, page in enumerate(pages))


def e10_block(address=0x10FFFF00, flags=0x2000):
    """What picotool puts in front of an image for the RP2350, against erratum E10."""
    return block(b"\xef" * 256, 0, 2, ABSOLUTE, address, flags)


def micropython(build="v1.25.0 on 2025-04-15", pages=40):
    """A flash content of so many pages that holds a MicroPython's banner, as a real one does: somewhere in it."""
    banner = f"\0MicroPython {build} (GNU 12.2.1 MinSizeRel); Raspberry Pi Pico with RP2040\0".encode()
    return (bytes(range(256)) * 3 + banner).ljust(256 * pages, b"\xa5")
