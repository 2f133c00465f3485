"""The PIO by the clock against the emulator's own, stepped cycle by cycle: the same interrupts in the same cycles."""

import random
from itertools import pairwise

import pytest

pytest.importorskip("rp2040py")

from rp2040py.native._pio import RPPIO
from rp2040py.rp2040 import RP2040

from freefall.board.emulated.pio import CountingMachine, fit_pio

CYCLE_NS = 8
PIO0_IRQ_0 = 7
CTRL, TXF0, RXF0, IRQ = 0x000, 0x010, 0x020, 0x030
INSTR_MEM0, SM0_CLKDIV, SM0_EXECCTRL, SM0_INSTR, SM0_PINCTRL, SM_STRIDE = 0x048, 0x0C8, 0x0CC, 0x0D8, 0x0DC, 0x18
IRQ0_INTE = 0x12C

PULL, PULL_IF_ANY, PUSH, MOV_X_OSR, MOV_Y_OSR, MOV_ISR_X, IRQ_REL = 0x80A0, 0x8080, 0x8000, 0xA027, 0xA047, 0xA0C1, 0xC010
ENABLED, RESTART = 0b0001, 0b0001_0000


def jump(condition: int, target: int, delay: int = 0) -> int:
    return condition << 5 | target | delay << 8


ALWAYS, X_DEC, Y_DEC = 0, 2, 4


class Block:
    """PIO 0 of a chip without firmware, and when its interrupt line rose: cycle numbers."""

    def __init__(self, clocked: bool):
        self.mcu = RP2040()
        self.mcu.simulator = self  # an owner of the clock; without one the block would run by itself
        if clocked:
            fit_pio(self.mcu)
        self.pio = self.mcu.pio[0]
        self.cycle = 0
        self.rises: list[int] = []
        self.mcu.set_interrupt = self._on_interrupt

    def _on_interrupt(self, irq: int, level: bool) -> None:
        if irq == PIO0_IRQ_0 and level:
            self.rises.append(round(self.mcu.clock.nanos / CYCLE_NS))
            self.pio.write_uint32_atomic(IRQ, 0xFF, 0)

    def load(self, program: list[int], number: int = 0, divider: int = 1 << 16) -> None:
        for at, opcode in enumerate(program):
            self.write(INSTR_MEM0 + 4 * at, opcode)
        self.write(SM0_CLKDIV + SM_STRIDE * number, divider)
        self.write(SM0_EXECCTRL + SM_STRIDE * number, len(program) - 1 << 12)
        self.write(IRQ0_INTE, 0xF00)

    def write(self, offset: int, value: int) -> None:
        self.pio.write_uint32_atomic(offset, value, 0)
        if type(self.pio) is RPPIO:
            self.pio.advance(0)  # what starts now runs in this cycle

    def run_to(self, cycle: int) -> None:
        """Let time pass as the emulator does in a sleep: in one go."""
        if type(self.pio) is RPPIO:
            while self.cycle < cycle:
                self.cycle += 1
                self.mcu.clock.tick(CYCLE_NS)
                self.pio.advance(1)
        else:
            self.mcu.clock.tick((cycle - self.cycle) * CYCLE_NS)
            self.cycle = cycle


def both(script) -> tuple[list[int], list[int]]:
    """The interrupts of the reference and of ours after the same script(block)."""
    blocks = Block(clocked=False), Block(clocked=True)
    for block in blocks:
        script(block)
    return blocks[0].rises, blocks[1].rises


TICKER = [PULL, MOV_X_OSR, jump(X_DEC, 2), IRQ_REL, jump(ALWAYS, 1)]


def test_ticker_interrupts_at_its_exact_period_through_one_long_sleep():
    block = Block(clocked=True)
    block.load(TICKER, divider=125 << 16)
    block.write(TXF0, 1000 - 4)
    block.write(CTRL, ENABLED)
    block.run_to(10_000_000)
    assert [later - earlier for earlier, later in pairwise(block.rises)] == [125_000] * 79


def test_ticker_costs_a_handful_of_steps_a_tick_and_not_one_a_round(monkeypatch):
    steps = []
    step = CountingMachine.step
    monkeypatch.setattr(CountingMachine, "step", lambda machine: (steps.append(machine.pc), step(machine)))
    block = Block(clocked=True)
    block.load(TICKER)
    block.write(TXF0, 999_996)
    block.write(CTRL, ENABLED)
    block.run_to(5_000_100)
    assert len(block.rises) == 5
    assert len(steps) == 1 + 4 * 5 + 1  # the wait for the word, four a tick, and the loop begun again


def test_firmware_that_looks_into_a_delay_loop_sees_the_round_it_is_in():
    seen = []
    for clocked in (False, True):
        block = Block(clocked)
        block.load(TICKER)
        block.write(TXF0, 5000)
        block.write(CTRL, ENABLED)
        block.run_to(1234)
        block.write(SM0_INSTR, MOV_ISR_X)
        block.write(SM0_INSTR, PUSH)
        seen.append(block.pio.read_uint32(RXF0))
        block.run_to(6000)
        seen.append(block.rises)
    assert seen[:2] == seen[2:]
    assert 5000 - 1234 <= seen[0] < 5000 - 1220


def test_pin_driven_in_each_round_of_a_delay_loop_is_driven_from_the_first():
    one_side_set_bit = 1 << 29
    seen = []
    for clocked in (False, True):
        block = Block(clocked)
        block.load([PULL, MOV_X_OSR, jump(X_DEC, 2) | 1 << 12, jump(ALWAYS, 3)])
        block.write(SM0_PINCTRL, one_side_set_bit)
        block.write(TXF0, 1000)
        block.write(CTRL, ENABLED)
        for cycle in (1, 2, 500, 1002, 1003):
            block.run_to(cycle)
            seen.append(block.pio.pin_values)
    assert seen[:5] == seen[5:] == [0, 1, 1, 1, 0]


@pytest.mark.parametrize("seed", range(40))
def test_random_programs_under_random_interference_interrupt_in_the_same_cycles(seed):
    chance = random.Random(seed)
    number = chance.randrange(4)
    body = [
        PULL_IF_ANY | chance.randrange(8) << 8,
        chance.choice((MOV_X_OSR, MOV_Y_OSR)) | chance.randrange(8) << 8,
        jump(chance.choice((X_DEC, Y_DEC)), 2, chance.randrange(4)),
        IRQ_REL | chance.randrange(8) << 8,
        jump(chance.choice((X_DEC, Y_DEC)), chance.choice((4, 1)), chance.randrange(3)),
    ]
    divider = chance.randrange(1, 4) << 16 | chance.choice((0, 0, chance.randrange(256) << 8))
    events = sorted(chance.sample(range(1, 20_000), 25))
    actions = [
        chance.choice(
            [
                (TXF0 + 4 * number, chance.randrange(300)),
                (CTRL, 0),
                (CTRL, ENABLED << number),
                (CTRL, ENABLED << number),
                (CTRL, (ENABLED | RESTART) << number),
                (SM0_CLKDIV + SM_STRIDE * number, chance.randrange(1, 4) << 16),
                (SM0_INSTR + SM_STRIDE * number, jump(ALWAYS, chance.randrange(5))),
            ]
        )
        for _ in events
    ]

    first_word = chance.randrange(300)

    def script(block: Block) -> None:
        block.load(body, number, divider)
        block.write(TXF0 + 4 * number, first_word)
        block.write(CTRL, ENABLED << number)
        for cycle, (offset, value) in zip(events, actions, strict=True):
            block.run_to(cycle)
            block.write(offset, value)
        block.run_to(20_000)

    reference, ours = both(script)
    assert ours == reference


def test_program_that_never_runs_leaves_the_sleep_in_one_piece():
    block = Block(clocked=True)
    block.load(TICKER)
    block.write(CTRL, ENABLED)  # waits for its first word for ever
    block.run_to(100)
    assert not block.mcu.clock.has_scheduled_alarm


def test_reset_stops_it():
    block = Block(clocked=True)
    block.load(TICKER)
    block.write(TXF0, 100)
    block.write(CTRL, ENABLED)
    block.run_to(1000)
    assert block.rises
    del block.rises[:]
    block.mcu.reset()
    block.run_to(10_000)
    assert block.rises == []
