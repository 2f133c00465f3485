"""`frame.seal_in_place` in viper, for any 32-bit little-endian board: CRC-32 and COBS in one pass, a word at a time.

`rp2_seal_asm` is four to six times faster, where the processor has asm_thumb; it shares TABLE.
"""

import micropython
from micropython import const

from freefall_wire import frame

_PACKET_AT = const(4)
_CODE_BEFORE = const(1)
_POLYNOMIAL = const(-0x12477CE0)  # 0xEDB88320 as a signed 32-bit integer
assert _PACKET_AT == frame.PACKET_AT and _PACKET_AT - _CODE_BEFORE == frame.FRAME_AT


@micropython.viper
def _fill(table: ptr32):
    i = 0
    while i < 256:
        crc = uint(i)
        bit = 0
        while bit < 8:
            crc = crc >> 1 ^ (-int(crc & 1) & _POLYNOMIAL)
            bit += 1
        table[4 * i + 3] = int(crc)
        i += 1
    at = 1023
    while at > 0:
        crc = uint(table[at])
        row = at - 3
        while at > row:
            crc = crc >> 8 ^ table[4 * (crc & 0xFF) + 3]
            at -= 1
            table[at] = int(crc)
        at -= 1


# Slicing by 4. Row v, of four words: what the octet v adds to the CRC as the first, second, third, last octet of a word.
TABLE = bytearray(4096)
_fill(TABLE)  # pyright: ignore[reportArgumentType]: viper makes a pointer of it


@micropython.viper
def seal_in_place(buf: ptr32, packet_len: int):
    """As frame.seal_in_place, for a bytearray: its octets start on a word boundary. Allocates nothing."""
    crc = -1  # the first three locals are kept in registers: buf, packet_len and this
    table = int(ptr32(TABLE))
    end = int(buf) + _PACKET_AT + packet_len
    code = ptr8(int(buf) + _PACKET_AT - _CODE_BEFORE)
    ones = 0x01010101
    tops = ones << 7
    buf = ptr32(int(buf) + _PACKET_AT)
    while int(buf) <= end:
        if int(buf) == end:
            # The CRC, big-endian, is the last word: its zeros are as those of the packet.
            octets = ptr8(buf)
            octets[0] = crc >> 24 ^ 0xFF
            octets[1] = crc >> 16 ^ 0xFF
            octets[2] = crc >> 8 ^ 0xFF
            octets[3] = crc ^ 0xFF
        word = buf[0]
        if word - ones & ~word & tops:  # some octet is zero
            at = int(buf)
            while at < int(buf) + 4:
                if ptr8(at)[0] == 0:
                    code[0] = at - int(code)
                    code = ptr8(at)
                at += 1
        crc ^= word
        crc = (
            ptr32(table + (crc << 4 & 0xFF0))[0]
            ^ ptr32(table + (crc >> 4 & 0xFF0))[1]
            ^ ptr32(table + (crc >> 12 & 0xFF0))[2]
            ^ ptr32(table + (crc >> 20 & 0xFF0))[3]
        )
        buf = ptr32(int(buf) + 4)
    code[0] = int(buf) - int(code)
    octets[4] = 0  # pyright: ignore[reportPossiblyUnboundVariable]: the last round has set it
