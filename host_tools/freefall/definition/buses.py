"""The buses of a board: [bus.i2c0] to [bus.spi1]. The name says which controller it is, and so which keys it has."""

from typing import Annotated

from pydantic import Field

from ..sensors.fields import Pin, Table, one_of
from ..sensors.pico import spi_hz

_FASTEST_I2C_HZ = 1_000_000
_FASTEST_SPI_HZ = 10_000_000
_BITS_PER_I2C_OCTET = 9  # eight and the acknowledge
_I2C_READ_OVERHEAD = 3  # address, register, address again
# Eight and the pause that the controller makes before the next, in mode 0, as measured (pico-examples, issue 285).
_BITS_PER_SPI_OCTET = 9.5
_SPI_READ_OVERHEAD = 1  # the command


TimeoutUs = Annotated[int, Field(ge=100, le=100_000, description="a read that takes longer is a bus error, in us")]


class BusTable(Table):
    """What a bus can tell about itself, whatever its kind."""

    def read_us(self, octets: int) -> float:
        """Microseconds on the wires of a read of so many octets."""
        raise NotImplementedError

    def is_fastest(self) -> bool:
        """Whether a higher freq_hz would change nothing."""
        raise NotImplementedError


class I2CBus(BusTable):
    """[bus.i2c0] or [bus.i2c1]: two wires that sensors of different addresses share."""

    kind: one_of(str, ("i2c",))
    scl: Pin
    sda: Pin
    freq_hz: Annotated[int, Field(ge=10_000, le=_FASTEST_I2C_HZ)]
    timeout_us: TimeoutUs = 1000

    def read_us(self, octets: int) -> float:
        """See BusTable."""
        return _BITS_PER_I2C_OCTET * (octets + _I2C_READ_OVERHEAD) * 1_000_000 / self.freq_hz

    def is_fastest(self) -> bool:
        """See BusTable."""
        return self.freq_hz == _FASTEST_I2C_HZ


class SpiBus(BusTable):
    """[bus.spi0] or [bus.spi1]: three wires that sensors share, each with a chip select of its own."""

    kind: one_of(str, ("spi",))
    sck: Pin
    mosi: Pin
    miso: Pin
    freq_hz: Annotated[int, Field(ge=100_000, le=_FASTEST_SPI_HZ, description="the chip makes 8, 6, 4.8, 4 MHz or less of it")]
    timeout_us: TimeoutUs = 1000

    def read_us(self, octets: int) -> float:
        """See BusTable."""
        return _BITS_PER_SPI_OCTET * (octets + _SPI_READ_OVERHEAD) * 1_000_000 / spi_hz(self.freq_hz)

    def is_fastest(self) -> bool:
        """See BusTable."""
        return spi_hz(self.freq_hz) == spi_hz(_FASTEST_SPI_HZ)


class BusesTable(Table):
    """[bus]: the controllers of the board that are used."""

    i2c0: I2CBus | None = None
    i2c1: I2CBus | None = None
    spi0: SpiBus | None = None
    spi1: SpiBus | None = None

    def given(self) -> dict[str, BusTable]:
        """The buses there are, by name."""
        return {name: bus for name, bus in self if bus is not None}
