"""The buses of a board: [bus.i2c0] to [bus.uart1]. The name says which controller it is, and so which keys it has."""

from typing import Annotated

from pydantic import Field

from ..sensors.fields import Pin, Table, one_of
from ..sensors.pico import spi_hz
from ..sensors.reads import Reads

_FASTEST_I2C_HZ = 1_000_000
_FASTEST_SPI_HZ = 10_000_000
_BITS_PER_I2C_OCTET = 9  # eight and the acknowledge
# Eight and the pause that the controller makes before the next, in mode 0, as measured (pico-examples, issue 285).
BITS_PER_SPI_OCTET = 9.5
BITS_PER_UART_OCTET = 10  # eight, start and stop


TimeoutUs = Annotated[int, Field(ge=100, le=100_000, description="a read that takes longer, in us, is a bus error")]


class BusTable(Table):
    """What a bus can tell about itself, whatever its kind."""

    def read_us(self, reads: Reads, samples: int = 1) -> float:
        """Microseconds of a read of so many samples: on the wires, and until the part answers; not what it settles for."""
        return sum(self._wire_us(*octets) for octets in reads.transactions(samples)) + reads.answer_us

    def _wire_us(self, written: int, read: int) -> float:
        """Microseconds on the wires of a transaction of so many octets."""
        raise NotImplementedError

    def is_fastest(self) -> bool:
        """Whether a higher freq_hz would change nothing."""
        raise NotImplementedError


class I2CBus(BusTable):
    """[bus.i2c0] or [bus.i2c1]: two wires that sensors of different addresses share."""

    kind: Annotated[one_of(str, ("i2c",)), Field(description="what the bus is: the name of its section says it too")]
    scl: Annotated[Pin, Field(description="the pin of the clock line")]
    sda: Annotated[Pin, Field(description="the pin of the data line")]
    freq_hz: Annotated[int, Field(ge=10_000, le=_FASTEST_I2C_HZ, description="clocks per second; 400000 suits most sensors")]
    timeout_us: TimeoutUs = 1000

    def _wire_us(self, written: int, read: int) -> float:
        # The address goes before what is written, and again before what is read.
        octets = (1 + written if written else 0) + 1 + read
        return _BITS_PER_I2C_OCTET * octets * 1_000_000 / self.freq_hz

    def is_fastest(self) -> bool:
        """See BusTable."""
        return self.freq_hz == _FASTEST_I2C_HZ


class SpiBus(BusTable):
    """[bus.spi0] or [bus.spi1]: three wires that sensors share, each with a chip select of its own."""

    kind: Annotated[one_of(str, ("spi",)), Field(description="what the bus is: the name of its section says it too")]
    sck: Annotated[Pin, Field(description="the pin of the clock line")]
    mosi: Annotated[Pin, Field(description="the pin of the line from the board to the sensors")]
    miso: Annotated[Pin, Field(description="the pin of the line from the sensors to the board")]
    freq_hz: Annotated[
        int,
        Field(
            ge=100_000,
            le=_FASTEST_SPI_HZ,
            description="clocks per second; of what is asked for the chip makes 8, 6, 4.8, 4 MHz or less",
        ),
    ]
    timeout_us: TimeoutUs = 1000

    def _wire_us(self, written: int, read: int) -> float:
        return BITS_PER_SPI_OCTET * (written + read) * 1_000_000 / spi_hz(self.freq_hz)

    def is_fastest(self) -> bool:
        """See BusTable."""
        return spi_hz(self.freq_hz) == spi_hz(_FASTEST_SPI_HZ)


class UartBus(BusTable):
    """[bus.uart0] or [bus.uart1]: two wires to one sensor, which answers requests."""

    kind: Annotated[one_of(str, ("uart",)), Field(description="what the bus is: the name of its section says it too")]
    tx: Annotated[Pin, Field(description="the board's pin that the sensor listens to")]
    rx: Annotated[Pin, Field(description="the board's pin that the sensor talks to")]
    baud: Annotated[int, Field(ge=1200, le=1_000_000, description="bits per second")]
    timeout_us: TimeoutUs = 100_000

    def _wire_us(self, written: int, read: int) -> float:
        return BITS_PER_UART_OCTET * (written + read) * 1_000_000 / self.baud

    def is_fastest(self) -> bool:
        """See BusTable: its pace is the sensor's."""
        return True


class BusesTable(Table):
    """[bus]: the controllers of the board that are used."""

    i2c0: Annotated[I2CBus | None, Field(description="I2C controller 0")] = None
    i2c1: Annotated[I2CBus | None, Field(description="I2C controller 1")] = None
    spi0: Annotated[SpiBus | None, Field(description="SPI controller 0")] = None
    spi1: Annotated[SpiBus | None, Field(description="SPI controller 1")] = None
    uart0: Annotated[UartBus | None, Field(description="UART 0, if it is not the link")] = None
    uart1: Annotated[UartBus | None, Field(description="UART 1, if it is not the link")] = None

    def given(self) -> dict[str, BusTable]:
        """The buses there are, by name."""
        return {name: bus for name, bus in self if bus is not None}
