# ruff: noqa: F821
"""Runs on the board: every packet of the jig sealed by every version of the firmware, between two marks each."""

import machine
import micropython

from freefall_board.ports import rp2_seal, rp2_seal_asm
from freefall_wire import frame

_BUF = frame.frame_buffer()


@micropython.viper
def measure(seal, mark: int):
    jig = ptr32(0x40070000)
    at = int(ptr8(_BUF))
    while jig[1]:
        size = jig[1]
        jig[1] = at + 4
        jig[0] = mark
        seal(_BUF, size)
        jig[0] = mark + 1
        jig[2] = at + 3


measure(rp2_seal_asm.seal_in_place, 2)
measure(rp2_seal.seal_in_place, 4)
measure(frame.seal_in_place, 6)
machine.mem32[0x40070000] = 0
