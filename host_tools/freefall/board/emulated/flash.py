"""The flash chip of rp2040py with an identity of its own, its work counted, and a place where the power can go.

The stock model of rp2040py 0.3.6 erases and programs as a NOR flash does, but answers the question for its unique number with the
octets of an empty bus, so that all boards are one. This one stands in its place (W25Q16JV, 8.2.32).
"""

from collections.abc import Callable

from rp2040py.peripherals.ssi import CMD_BLOCK_ERASE, CMD_PAGE_PROGRAM, CMD_SECTOR_ERASE, RPSSI
from rp2040py.rp2040 import RP2040

_BASE = 0x18000
_READ_UNIQUE_ID = 0x4B
_DUMMY_LEN = 4
_CHANGES = (CMD_PAGE_PROGRAM, CMD_SECTOR_ERASE, CMD_BLOCK_ERASE)


class FlashChip(RPSSI):
    """The chip. `changes` counts the erases and page programs since power-up; on_change() is called after each."""

    def __init__(self, mcu: RP2040, unique_id: bytes):
        """unique_id: 8 octets."""
        self.changes = 0
        self.on_change: Callable[[], None] = lambda: None
        self._answer = bytes(_DUMMY_LEN) + unique_id
        super().__init__(mcu, "SSI")

    def _shift_byte(self, byte_out: int) -> int:
        stock = super()._shift_byte(byte_out)
        at = len(self._tx_buffer) - 2  # since the opcode
        if self._tx_buffer[0] == _READ_UNIQUE_ID and 0 <= at < len(self._answer):
            return self._answer[at]
        return stock

    def _apply_command(self) -> None:
        changes = bool(self._tx_buffer) and self._tx_buffer[0] in _CHANGES and self._write_enabled
        super()._apply_command()
        if changes:
            self.changes += 1
            self.on_change()


def fit_flash(mcu: RP2040, unique_id: bytes) -> FlashChip:
    """Put a FlashChip in the place of the stock one; what is stored stays."""
    chip = FlashChip(mcu, unique_id)
    mcu.ssi = mcu.peripherals[_BASE] = chip
    return chip
