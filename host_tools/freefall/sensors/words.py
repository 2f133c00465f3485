"""The parts whose registers are words of two octets, behind a pointer of one octet."""

from typing import Literal

from .i2c import I2CTarget
from .part import Clock, ModelError


class WordRegisters(I2CTarget):
    """A part on I2C with registers of 16 bits. The pointer stays where it was written; both octets of a read are of one instant.

    A model gives `words`, the numbers of its registers, `access`, the data sheet's section on reading and writing them, and the
    `_*_word` hooks. Refused: a register that is not there, half a word, and more than a word.
    """

    words: frozenset[int] = frozenset()
    access = "Programming"
    order: Literal["big", "little"] = "big"  # of the octets on the bus

    def __init__(self, address: int, clock: Clock):
        super().__init__(address, clock)
        self._pointer = 0
        self._octets = bytearray()  # of this write phase, the pointer included
        self._given = 0  # octets of this read
        self._word = 0

    def _on_write_phase(self) -> None:
        self._octets = bytearray()

    def _on_write(self, octet: int) -> None:
        self._octets.append(octet)
        if len(self._octets) == 1:
            self._pointer = octet
            if octet not in self.words:
                raise self._error("there is no such register", self.access)
        elif len(self._octets) == 3:
            self._write_word(self._pointer, int.from_bytes(self._octets[1:], self.order))
        elif len(self._octets) > 3:
            raise self._error("a register is 2 octets", self.access, octet)

    def _on_write_end(self) -> None:
        if len(self._octets) == 2:
            raise self._error("half a register was written", self.access, self._octets[1])
        self._octets = bytearray()

    def _on_read_phase(self) -> None:
        self._given = 0

    def _on_read(self) -> int:
        if self._given == 0:
            self._word = self._read_word(self._pointer)
        elif self._given == 2:
            raise self._error("a third octet is read; a register is 2 octets", self.access)
        self._given += 1
        octet = self._word.to_bytes(2, self.order)[self._given - 1]
        if self._given == 2:
            self._on_word_read(self._pointer, self._word)
        return octet

    def _on_read_end(self) -> None:
        if self._given == 1:
            raise self._error("half a register was read", self.access)

    def _read_word(self, register: int) -> int:
        raise NotImplementedError

    def _write_word(self, register: int, value: int) -> None:
        raise NotImplementedError

    def _on_word_read(self, register: int, word: int) -> None:
        """Both octets were given."""

    def _error(self, what: str, section: str, value: int | None = None) -> ModelError:
        return ModelError(self.part, what, section, self._pointer, value)
