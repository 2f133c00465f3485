"""A watch on MicroPython's allocator in an emulated board: every call is seen, and the board's time is not changed by a cycle.

`micropython.heap_lock` and `gc.mem_alloc` both miss calls: a function with more than eleven words of state asks for its frame at
each call and is content without it, and what is freed at once leaves no trace.
"""

from collections.abc import Mapping
from typing import NamedTuple

from ...errors import BoardError
from .functions import RunningFunctions
from .machine import Machine

# A gc_realloc that cannot grow in place calls gc_alloc, which is a call of its own.
_WATCHED = {"gc_alloc": 0, "gc_realloc": 1}  # which argument says how many octets

_FLASH_AT, _RAM_AT = 0x10000000, 0x20000000
_LR, _PC = 14, 15
_BREAKPOINT = b"\x00\xbe"  # BKPT 0

# py/gc.c: a block is 16 octets; its table says in 2 bits what it is, 0 for free, and another has a bit for its finaliser.
_BLOCK_LEN = 16
_BLOCKS_PER_OCTET = 4
_TABLE_GAP = 1
_BITS_PER_TABLE_OCTET = 8 + 8 * _BLOCKS_PER_OCTET // 8 + 8 * _BLOCKS_PER_OCTET * _BLOCK_LEN
_USED = [sum(octet >> shift & 3 != 0 for shift in (0, 2, 4, 6)) for octet in range(256)]


class AllocatorCall(NamedTuple):
    """One call: when (emulated ns since power-up), of what, for how many octets, the address it returns to.

    running: the function of the firmware that asks, or that is being called and asks for its frame; "" if there is none.
    """

    time_ns: int
    function: str
    octets: int
    caller: int
    running: str


class AllocationWatch:
    """Records every call of the allocator between `start` and `stop` in `calls`, oldest first."""

    def __init__(self, machine: Machine, symbols: Mapping[str, int]):
        """symbols: of the machine's image (`image.symbols_of`). Raises BoardError if its allocator cannot be watched."""
        self.calls: list[AllocatorCall] = []
        self._machine = machine
        self._core = machine.mcu.core
        self._running = RunningFunctions(machine, symbols)
        self._flash = machine.mcu.flash
        self._sites = {self._site(symbols[name]): (name, argument) for name, argument in _WATCHED.items()}
        self._replaced = {site: self._instruction(site) for site in self._sites}
        self._otherwise = machine.mcu.on_break
        machine.mcu.on_break = self._on_break

    def start(self) -> None:
        """Record from here on; a reset of the board does not end it."""
        for site in self._sites:
            self._put(site, _BREAKPOINT)

    def stop(self) -> None:
        """Record no more; `calls` stays."""
        for site, instruction in self._replaced.items():
            self._put(site, instruction)

    def _site(self, function: int) -> int:
        # A breakpoint counts as one cycle and so must what it stands for: the first instruction behind the function's push, when
        # it works on registers alone. The arguments and the return address are still in theirs.
        for site in (function, function + 2):
            opcode = int.from_bytes(self._instruction(site), "little")
            immediate, register, stack = opcode >> 14 == 0, opcode >> 10 == 0b010000, opcode >> 8 == 0b10110000
            if immediate or register or stack:
                return site
            if opcode >> 9 != 0b1011010:  # push
                break
        raise BoardError(f"the image's function at {function:#x} does not begin as one that can be watched")

    def _instruction(self, site: int) -> bytes:
        return bytes(self._flash[site - _FLASH_AT :][:2])

    def _put(self, site: int, instruction: bytes) -> None:
        self._flash[site - _FLASH_AT : site - _FLASH_AT + 2] = instruction

    def _on_break(self, code: int) -> None:
        registers = self._core.registers
        site = registers[_PC] - 2
        if site not in self._sites:
            self._otherwise(code)
            return
        function, argument = self._sites[site]
        now_ns, running = self._machine.clock.now_ns(), self._running.innermost()
        self.calls.append(AllocatorCall(now_ns, function, registers[argument], registers[_LR] & ~1, running))
        # Have the core do what stands there, and take back the cycle, which it counts for the breakpoint as well.
        self._put(site, self._replaced[site])
        registers[_PC] = site
        self._core.execute_instruction()
        self._core.cycles -= 1
        self._put(site, _BREAKPOINT)


def heap_in_use(machine: Machine, symbols: Mapping[str, int]) -> tuple[int, int]:
    """(octets in use, octets there are) of MicroPython's heap at this moment; garbage not yet collected is in use.

    Read from the board's memory, so it costs the board nothing and works with the heap locked.
    """
    start, end = symbols["__GcHeapStart"], symbols["__GcHeapEnd"]
    table_len = (end - start - _TABLE_GAP) * 8 // _BITS_PER_TABLE_OCTET
    table = bytes(machine.mcu.sram[start - _RAM_AT : start - _RAM_AT + table_len])
    return sum(_USED[octet] for octet in table) * _BLOCK_LEN, table_len * _BLOCKS_PER_OCTET * _BLOCK_LEN
