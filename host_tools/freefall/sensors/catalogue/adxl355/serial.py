"""The ADXL355's two serial interfaces: how either names a register, and reads and writes from there on."""

from ...i2c import I2CTarget
from ...spi import SPIPart
from .registers import FIFO_DATA, error

_SPI_READ = 0x01  # of the command octet; its other bits are the register
_HIGH_Z = 0xFF  # what a controller reads while the part drives nothing


class Adxl355Serial(I2CTarget, SPIPart):
    """Register accesses out of the octets of either bus. The part tells the two apart by its wires; a model has one of them.

    Octets are read and written from a register on; the register counts on, but for FIFO_DATA.
    """

    part = "ADXL355"
    _pointer = 0
    _can_read = False  # I2C: a register address was written, and no read used it yet
    _octets_written = 0  # in this write phase, the register address included
    _octets_read = 0  # in this read
    _reads = False  # SPI: what the command octet said; None before it
    _from_fifo = False  # whether this read began at FIFO_DATA

    def _read_register(self, register: int) -> int:
        raise NotImplementedError

    def _write_register(self, register: int, value: int) -> None:
        raise NotImplementedError

    # I2C ----------------------------------------------------------------------------------------------------

    def _on_write_phase(self) -> None:
        self._octets_written = 0

    def _on_write(self, octet: int) -> None:
        self._octets_written += 1
        if self._octets_written == 1:
            self._pointer = octet
        else:
            self._write_on(octet)

    def _on_write_end(self) -> None:
        self._can_read = self._octets_written == 1 or (self._can_read and not self._octets_written)

    def _on_read_phase(self) -> None:
        self._octets_read = 0

    def _on_read(self) -> int:
        if not self._can_read:
            raise error("no register address was written for this read", "Figure: I2C Single-Byte Read")
        return self._read_on()

    def _on_read_end(self) -> None:
        if self._octets_read:
            self._can_read = False
            self._end_read()

    # SPI ----------------------------------------------------------------------------------------------------

    def _on_select(self) -> None:
        self._octets_written = self._octets_read = 0

    def _on_exchange(self, octet: int) -> int:
        if not self._octets_written:
            self._octets_written = 1
            self._pointer, self._reads = octet >> 1, bool(octet & _SPI_READ)
            return _HIGH_Z
        if self._reads:
            return self._read_on()
        self._write_on(octet)
        return _HIGH_Z

    def _on_deselect(self) -> None:
        self._end_read()

    # Either -------------------------------------------------------------------------------------------------

    def _read_on(self) -> int:
        register = self._pointer
        if not self._octets_read:
            self._from_fifo = register == FIFO_DATA
        octet = self._read_register(register)
        self._octets_read += 1
        if register != FIFO_DATA:
            self._pointer = register + 1
        return octet

    def _end_read(self) -> None:
        if self._from_fifo and self._octets_read % 3:
            raise error(f"{self._octets_read} octets read; an entry is 3 octets", "FIFO", FIFO_DATA)

    def _write_on(self, octet: int) -> None:
        self._write_register(self._pointer, octet)
        self._pointer += 1
