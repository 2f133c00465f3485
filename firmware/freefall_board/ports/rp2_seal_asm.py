"""`frame.seal_in_place` in the RP2040's assembler: CRC-32 and COBS in one pass over the packet, a word at a time.

A word costs 37 cycles (9.25 an octet) and each zero octet 8 more. A call costs 600 besides, and would cost 250 more if it
passed the table: so the table's address is inside the code. That code must therefore be in RAM, where it is when this module
is loaded from a file; it must not be frozen into flash.
"""

# Instructions, registers and labels are names to the assembler alone, and str is one of them.
# pyright: reportUndefinedVariable=false, reportArgumentType=false

import micropython
from machine import mem32
from micropython import const
from uctypes import addressof

from freefall_wire import frame

from .rp2_seal import TABLE

_PACKET_AT = const(4)
_CODE_BEFORE = const(1)
_ONE_WORD = const(4)
assert _PACKET_AT == frame.PACKET_AT and _PACKET_AT - _CODE_BEFORE == frame.FRAME_AT


@micropython.asm_thumb
def seal_in_place(r0, r1):
    """As frame.seal_in_place(buf, packet_len). Allocates nothing; what it returns is for this module alone.

    buf is a bytearray, whose octets start on a word boundary; the processor faults on a memoryview that does not.
    """
    # r0 the word after the one at hand        r4  the word at hand, then the CRC in the making
    # r1 CRC                                   r5  scratch
    # r2 TABLE                                 r6  0xFF00, the second octet
    # r3 0xFF0, an octet's offset in TABLE     r7  the last code octet
    # r12 the packet's end                     r14 where TABLE's address is
    nop()  # after the two octets MicroPython puts first, this brings the address onto a word boundary
    mov(r3, pc)  # pc reads as two instructions on
    b(START)
    data(4, 0)  # the address of TABLE, once _give_table has been

    # COBS: a zero is told to the last code octet, as the distance to it, and is the last code octet from now on.
    label(ZERO_1)
    sub(r5, r0, r7)
    sub(r5, 4)
    strb(r5, [r7, 0])
    sub(r7, r0, 4)
    b(OCTET_2)
    label(ZERO_2)
    sub(r5, r0, r7)
    sub(r5, 3)
    strb(r5, [r7, 0])
    sub(r7, r0, 3)
    b(OCTET_3)
    label(ZERO_3)
    sub(r5, r0, r7)
    sub(r5, 2)
    strb(r5, [r7, 0])
    sub(r7, r0, 2)
    b(OCTET_4)
    label(ZERO_4)
    sub(r5, r0, r7)
    sub(r5, 1)
    strb(r5, [r7, 0])
    sub(r7, r0, 1)
    b(CRC)

    label(START)
    mov(r14, r3)
    ldr(r2, [r3, 0])
    add(r0, _PACKET_AT)
    add(r1, r0, r1)
    mov(r12, r1)
    sub(r7, r0, _CODE_BEFORE)
    mov(r3, 0xFF)
    lsl(r3, r3, 4)
    lsl(r6, r3, 4)
    mov(r1, 0)
    mvn(r1, r1)

    # Each octet is tested by itself, and the branches are those not taken, which cost one cycle instead of two: in samples
    # every second word holds a zero, and one test of the whole word would only come on top.
    label(WORD)
    data(2, 0xC810)  # ldmia r0!, {r4}
    lsl(r5, r4, 24)
    beq(ZERO_1)
    label(OCTET_2)
    tst(r4, r6)
    beq(ZERO_2)
    label(OCTET_3)
    lsl(r5, r4, 8)
    lsr(r5, r5, 24)
    beq(ZERO_3)
    label(OCTET_4)
    lsr(r5, r4, 24)
    beq(ZERO_4)

    # CRC-32, slicing by 4: each octet of CRC ^ word picks one of four words from its row of TABLE; the CRC is their XOR.
    label(CRC)
    eor(r1, r4)
    lsl(r5, r1, 4)
    and_(r5, r3)
    data(2, 0x5954)  # ldr r4, [r2, r5]
    lsr(r5, r1, 4)
    and_(r5, r3)
    add(r5, r5, r2)
    ldr(r5, [r5, 4])
    eor(r4, r5)
    lsr(r5, r1, 12)
    and_(r5, r3)
    add(r5, r5, r2)
    ldr(r5, [r5, 8])
    eor(r4, r5)
    lsr(r5, r1, 20)
    and_(r5, r3)
    add(r5, r5, r2)
    ldr(r1, [r5, 12])
    eor(r1, r4)
    data(2, 0x4560)  # cmp r0, r12
    bne(WORD)

    mvn(r1, r1)
    data(2, 0xBA09)  # rev r1, r1: the CRC goes out big-endian
    str(r1, [r0, 0])
    add(r6, r0, 4)
    label(LAST)  # the octets of the CRC, zeros as above
    ldrb(r5, [r0, 0])
    cmp(r5, 0)
    bne(NOT_ZERO)
    sub(r5, r0, r7)
    strb(r5, [r7, 0])
    mov(r7, r0)
    label(NOT_ZERO)
    add(r0, 1)
    cmp(r0, r6)
    bne(LAST)
    sub(r5, r0, r7)  # the delimiter is one more zero
    strb(r5, [r7, 0])
    mov(r5, 0)
    strb(r5, [r0, 0])
    mov(r0, r14)


def _give_table():
    # The first call has no table yet: it is for the address it returns, which like all of RAM fits a small integer.
    buf = frame.frame_buffer()
    assert addressof(buf) % 4 == 0  # of the heap, and so of every bytearray
    mem32[seal_in_place(buf, _ONE_WORD)] = addressof(TABLE)


_give_table()
