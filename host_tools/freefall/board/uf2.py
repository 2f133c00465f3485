"""UF2's blocks, as Microsoft's text and the RP2 data sheets have them; little-endian."""

import struct

MAGICS = (0x0A324655, 0x9E5D5157, 0x0AB16F30)
HAS_FAMILY = 0x2000
RP2040_FAMILY = 0xE48BFF56
FLASH_START = 0x10000000
# Two magics, flags, address, payload length, block, blocks, family, payload and padding, magic.
BLOCK = struct.Struct("<8I476sI")
PAGE_LEN = 256  # of the flash: the payload of one block
