"""Which function of the firmware runs: its name, read from the memory of an emulated board as MicroPython 1.25 lays it out."""

import struct
from collections.abc import Mapping

from .machine import Machine

_FLASH_AT, _RAM_AT, _RAM_LEN = 0x10000000, 0x20000000, 0x42000
_SP = 13
_BLOCK_LEN = 16
_STACK_WORDS = 64  # how far up the stack a function is looked for; a C function of MicroPython keeps less

_LAST_POOL_AT = 36  # mp_state_ctx.vm.last_pool, the newest of the pools of names
_POOL = struct.Struct("<6I")  # previous, names in all before it (bit 31: sorted), room, names, hashes, lengths; then the names
_SORTED = 0x80000000


class RunningFunctions:
    """Names of bytecode functions, compiled here or on the board."""

    def __init__(self, machine: Machine, symbols: Mapping[str, int]):
        """symbols: of the machine's image (`image.symbols_of`)."""
        self._core = machine.mcu.core
        self._flash, self._ram = machine.mcu.flash, machine.mcu.sram
        self._type = symbols["mp_type_fun_bc"]
        # Functions are on the heap; the stack holds words that only look like one.
        self._blocks = range(
            symbols["__GcHeapStart"] + -symbols["__GcHeapStart"] % _BLOCK_LEN, symbols["__GcHeapEnd"], _BLOCK_LEN
        )
        self._pools = symbols["mp_state_ctx"] + _LAST_POOL_AT

    def innermost(self) -> str:
        """The function that is nearest on the stack: the one being called, or else the one that runs; "" if there is none."""
        pointer = self._core.registers[_SP]
        size = min(4 * _STACK_WORDS, _RAM_AT + _RAM_LEN - pointer)
        for (word,) in struct.iter_unpack("<I", self._octets(pointer, size)):
            if word in self._blocks and self._word(word) == self._type:
                return self._name(word)
        return ""

    def _name(self, function: int) -> str:
        # mp_obj_fun_bc_t: type, context, children, bytecode; the bytecode begins with two numbers and the name (py/bc.h).
        _, context, _, at = struct.unpack("<4I", self._octets(function, 16))
        for _ in range(2):
            while self._octets(at, 1)[0] & 0x80:
                at += 1
            at += 1
        index = 0
        while (octet := self._octets(at, 1)[0]) & 0x80:
            index, at = index << 7 | octet & 0x7F, at + 1
        names = self._word(context + 8)
        (number,) = struct.unpack("<H", self._octets(names + 2 * (index << 7 | octet), 2))
        pool = self._word(self._pools)
        while pool:
            previous, before, _, _, _, lengths = _POOL.unpack(self._octets(pool, _POOL.size))
            if (at := number - (before & ~_SORTED)) >= 0:
                length = self._octets(lengths + at, 1)[0]
                return self._octets(self._word(pool + _POOL.size + 4 * at), length).decode()
            pool = previous
        return ""

    def _word(self, address: int) -> int:
        return int.from_bytes(self._octets(address, 4), "little")

    def _octets(self, address: int, size: int) -> bytes:
        memory, start = (self._ram, _RAM_AT) if address >= _RAM_AT else (self._flash, _FLASH_AT)
        return bytes(memory[address - start : address - start + size])
