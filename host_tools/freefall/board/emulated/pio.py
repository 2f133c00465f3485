"""The PIO by the clock: each of its instructions runs in its own cycle, whatever the processor does meanwhile.

Stock rp2040py 0.3.6 advances the PIO after each processor instruction, and after a sleep once for the whole sleep: a loop that
counts microseconds loses all but one round of it. Here an alarm stands at the next instruction that is due.
"""

from rp2040py.native._pio import RPPIO
from rp2040py.native._state_machine import StateMachine
from rp2040py.peripherals._pio import NEVER_DUE
from rp2040py.rp2040 import RP2040

_CYCLE_NS = 8
_CYCLE_FP = 256  # the emulator keeps PIO time in 256ths of a cycle, for fractional clock dividers
_ADDRESS = (0x50200, 0x50300)

# JMP X-- and JMP Y--, less the delay in bits 12-8 and the target in bits 4-0 (RP2040 data sheet, 3.4.2).
_COUNTERS = {0b010 << 5: "x", 0b100 << 5: "y"}
_CONDITION_MASK = 0b111_00000_111_00000
_DELAY_SHIFT = 8
_LOW_5_BITS = 0x1F


class CountingMachine(StateMachine):
    """A state machine that takes all rounds of an instruction jumping to itself (a delay loop) in one step of the same length."""

    __slots__ = ("_counter", "_round_fp", "_rounds")

    def __init__(self, mcu: RP2040, pio: "ClockedPIO", number: int):
        super().__init__(mcu, pio, number)
        self._counter = ""
        self._round_fp = 0
        self._rounds = 0

    def step(self) -> None:
        """Run the instruction that is due."""
        super().step()
        self._rounds = 0
        opcode = self.pio.instructions[self.pc]
        counter = _COUNTERS.get(opcode & _CONDITION_MASK)
        # A side-set would be seen in each round.
        if counter and opcode & _LOW_5_BITS == self.pc and not self.sideset_count:
            self._counter = counter
            self._round_fp = (1 + (opcode >> _DELAY_SHIFT & _LOW_5_BITS)) * self.div_fp
            self._rounds = getattr(self, counter)
            self._run_rounds(self._rounds)

    def settle(self, now_fp: int) -> None:
        """Be in the round of the delay loop that the present instant falls in, before the firmware interferes."""
        if self._rounds:
            ahead = max(0, (self.next_due_fp - now_fp - 1) // self._round_fp)
            self._run_rounds(-min(ahead, self._rounds))
            self._rounds = 0

    def _run_rounds(self, rounds: int) -> None:
        setattr(self, self._counter, getattr(self, self._counter) - rounds)
        self.next_due_fp += rounds * self._round_fp


class ClockedPIO(RPPIO):
    """A PIO block driven by the machine's clock. An instruction outside a delay loop costs a call from the clock."""

    __slots__ = ("_clock", "_due")
    # What the emulator's loop reads before it would advance the block itself.
    stopped = True

    def __init__(self, mcu: RP2040, name: str, first_irq: int, index: int):
        self._clock = mcu.clock
        self._due = mcu.clock.create_alarm(self._run)
        self.machines = [CountingMachine(mcu, self, number) for number in range(len(self.machines))]

    @property
    def cycle_fp(self) -> int:
        """The present instant."""
        return round(self._clock.nanos / _CYCLE_NS) * _CYCLE_FP

    def write_uint32(self, offset: int, value: int) -> None:
        """A register write by the firmware."""
        now_fp = self._follow_clock()
        for machine in self.machines:
            machine.settle(now_fp)
        super().write_uint32(offset, value)
        self.recompute_due()

    def recompute_due(self) -> None:
        """See RPPIO; the alarm follows."""
        super().recompute_due()
        self._set_alarm()

    def notify_due(self, due_fp: int) -> None:
        """See RPPIO; the alarm follows."""
        super().notify_due(due_fp)
        self._set_alarm()

    def _follow_clock(self) -> int:
        now_fp = self.cycle_fp
        RPPIO.cycle_fp.__set__(self, now_fp)
        return now_fp

    def _set_alarm(self) -> None:
        if self.next_due_fp == NEVER_DUE:
            self._due.cancel()
        else:
            due_ns = -(-self.next_due_fp // _CYCLE_FP) * _CYCLE_NS
            self._due.schedule(max(0, due_ns - self._clock.nanos))

    def _run(self) -> None:
        self._follow_clock()
        self.advance(0)


def fit_pio(mcu: RP2040) -> None:
    """Put a ClockedPIO in the place of either PIO block."""
    mcu.pio = [ClockedPIO(mcu, stock.name, stock.first_irq, stock.index) for stock in mcu.pio]
    for address, pio in zip(_ADDRESS, mcu.pio, strict=True):
        mcu.peripherals[address] = pio
