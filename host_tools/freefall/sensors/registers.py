"""Parts of one-octet registers, on I2C, SPI or either: an octet names a register; what is written or read goes on from there."""

from typing import ClassVar

from .i2c import I2CTarget
from .part import Clock, ModelError, Part, Produced
from .spi import SPIPart

__all__ = ["PairTarget", "RegisterSPIPart", "RegisterTarget", "Registers"]


class Registers(Part):
    """Registers that reads and writes count on through.

    A model implements `_read_register` and `_write_register`, and the hooks where the part does more. A read of all
    SAMPLE_REGISTERS from the first on is a sample that was read out.
    """

    SAMPLE_REGISTERS: ClassVar[range]
    _pointer: int | None = None
    _burst_from = 0
    _burst = bytearray()  # what this read gave so far

    def _read_register(self, register: int) -> int:
        raise NotImplementedError

    def _write_register(self, register: int, value: int) -> None:
        raise NotImplementedError

    def _after(self, register: int) -> int | None:
        """The register that comes after this one in a burst; None: there is none."""
        return register + 1

    def _on_burst(self, register: int) -> None:
        """A read begins, before its first octet."""

    def _on_sample_read(self) -> None:
        """A whole sample was read."""

    def _read_on(self, section: str) -> int:
        if self._pointer is None:
            raise self._error("a read goes on where there is no register", section)
        if not self._burst:
            self._burst_from = self._pointer
            self._on_burst(self._pointer)
        octet = self._read_register(self._pointer)
        self._pointer = self._after(self._pointer)
        self._burst.append(octet)
        if self._burst_from == self.SAMPLE_REGISTERS.start and len(self._burst) == len(self.SAMPLE_REGISTERS):
            self.read_out.append(Produced(self.clock.now_ns(), bytes(self._burst)))
            self._on_sample_read()
        return octet

    def _write_on(self, octet: int, section: str) -> None:
        if self._pointer is None:
            raise self._error("an octet comes after what takes none", section, octet)
        self._write_register(self._pointer, octet)
        self._pointer = self._after(self._pointer)

    def _error(self, what: str, section: str, value: int | None = None) -> ModelError:
        return ModelError(self.part, what, section, self._pointer, value)


class RegisterTarget(Registers, I2CTarget):
    """Register accesses out of an I2C bus's octets. A read names its register anew: a read without one is refused."""

    addresses: ClassVar[tuple[int, ...]]
    I2C_SECTION: ClassVar[str]  # of the data sheet

    def __init__(self, address: int | None, clock: Clock):
        """address: None is for a part that can be on SPI, and is."""
        if address not in self.addresses and (address is not None or not isinstance(self, SPIPart)):
            allowed = " or ".join(f"{known:#04x}" for known in self.addresses)
            given = "none" if address is None else f"{address:#04x}"
            raise ModelError(self.part, f"its address is {allowed}, not {given}", self.I2C_SECTION)
        super().__init__(address, clock)
        self._octets_written = 0
        self._names_register = False  # a register was named, and no read has used it yet

    def _register_named(self, octet: int) -> int | None:
        """The register that the first octet of a write names; None where it is a command of another kind."""
        return octet

    def _on_write_phase(self) -> None:
        self._octets_written = 0

    def _on_write(self, octet: int) -> None:
        if not self._octets_written:
            self._pointer = self._register_named(octet)
        else:
            self._write_on(octet, self.I2C_SECTION)
        self._octets_written += 1

    def _on_write_end(self) -> None:
        if self._octets_written:
            self._names_register = self._octets_written == 1 and self._pointer is not None

    def _on_read_phase(self) -> None:
        self._burst = bytearray()

    def _on_read(self) -> int:
        if not self._names_register:
            raise self._error("no register was named for this read", self.I2C_SECTION)
        return self._read_on(self.I2C_SECTION)

    def _on_read_end(self) -> None:
        if self._burst:
            self._names_register = False

    def _cut_off(self) -> None:
        super()._cut_off()
        self._names_register = False


class PairTarget(RegisterTarget):
    """A part whose writes are pairs of a register and its value, as Bosch's are: only reads count on by themselves."""

    def _on_write(self, octet: int) -> None:
        if self._octets_written % 2 == 0:
            self._pointer = octet
        else:
            self._write_register(self._pointer, octet)  # type: ignore[arg-type]
        self._octets_written += 1

    def _on_write_end(self) -> None:
        if self._octets_written > 1 and self._octets_written % 2:
            raise self._error("a register is named after a written one and gets no value", self.I2C_SECTION)
        super()._on_write_end()


class RegisterSPIPart(Registers, SPIPart):
    """Register accesses out of an SPI bus's octets: the first of a transfer names a register and says whether it is read.

    Nothing is driven while the part is told something: a controller reads 0xFF.
    """

    modes: ClassVar[tuple[int, ...]] = (0, 3)  # clock polarities and phases that the part understands
    SPI_SECTION: ClassVar[str]  # of the data sheet
    _reads: bool | None = None  # what the first octet said; None before it

    def _command(self, octet: int) -> tuple[int, bool]:
        """The register that the first octet names, and whether it is read."""
        return octet & 0x7F, bool(octet & 0x80)

    def _on_select(self) -> None:
        self._reads = None
        self._burst = bytearray()

    def _on_exchange(self, octet: int) -> int:
        if self._reads is None:
            self._pointer, self._reads = self._command(octet)
        elif self._reads:
            return self._read_on(self.SPI_SECTION)
        else:
            self._write_on(octet, self.SPI_SECTION)
        return 0xFF
