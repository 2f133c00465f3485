"""Where the watch puts its breakpoints: on the first instruction of one cycle, or nowhere. Opcodes: ARMv6-M manual, A6.7."""

from types import SimpleNamespace

import pytest

from freefall.board.emulated.allocations import AllocationWatch
from freefall.errors import BoardError

PUSH_R4_LR, PUSH_R0_TO_R7_LR = 0xB510, 0xB5FF
ADDS_R0_15, SUB_SP_28, NEGS_R1_R2, MOVS_R0_1 = 0x300F, 0xB087, 0x4251, 0x2001
BL, LDR_R3_SP, BX_LR, MOV_PC_R0 = 0xF7DA, 0x9B02, 0x4770, 0x4687
BKPT = 0xBE00
OTHERS = {"mp_type_fun_bc": 0x10001000, "mp_state_ctx": 0x20001000, "__GcHeapStart": 0x20002000, "__GcHeapEnd": 0x20040000}


def machine_with(*opcodes: int) -> SimpleNamespace:
    """Both functions of the allocator, each of these opcodes, at the start of flash."""
    flash = bytearray(b"".join(opcode.to_bytes(2, "little") for opcode in opcodes * 2))
    return SimpleNamespace(mcu=SimpleNamespace(flash=flash, sram=None, core=None, on_break=None), clock=None)


def opcodes(machine: SimpleNamespace) -> list[int]:
    return [int.from_bytes(machine.mcu.flash[at : at + 2], "little") for at in range(0, len(machine.mcu.flash), 2)]


@pytest.mark.parametrize(
    ("function", "watched"),
    [
        ((PUSH_R4_LR, ADDS_R0_15, BX_LR), (PUSH_R4_LR, BKPT, BX_LR)),
        ((PUSH_R0_TO_R7_LR, SUB_SP_28, BX_LR), (PUSH_R0_TO_R7_LR, BKPT, BX_LR)),
        ((PUSH_R4_LR, NEGS_R1_R2, BX_LR), (PUSH_R4_LR, BKPT, BX_LR)),
        ((MOVS_R0_1, MOVS_R0_1, BX_LR), (BKPT, MOVS_R0_1, BX_LR)),
    ],
)
def test_breakpoint_stands_for_one_instruction_of_one_cycle_until_stopped(function, watched):
    machine = machine_with(*function)
    symbols = OTHERS | {"gc_alloc": 0x10000000, "gc_realloc": 0x10000000 + 2 * len(function)}
    watch = AllocationWatch(machine, symbols)
    assert opcodes(machine) == [*function, *function]
    watch.start()
    assert opcodes(machine) == [*watched, *watched]
    watch.stop()
    assert opcodes(machine) == [*function, *function]


@pytest.mark.parametrize("second", [BL, LDR_R3_SP, BX_LR, MOV_PC_R0, PUSH_R4_LR, BKPT])
def test_function_that_begins_with_another_instruction_cannot_be_watched(second):
    machine = machine_with(PUSH_R4_LR, second, ADDS_R0_15)
    with pytest.raises(BoardError, match="function at 0x10000000 does not begin as one that can be watched"):
        AllocationWatch(machine, OTHERS | {"gc_alloc": 0x10000000, "gc_realloc": 0x10000006})
