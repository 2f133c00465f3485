"""How a bus is reached, through a board at its prompt or from a Linux computer: what asking needs of either."""

from enum import Enum
from typing import NamedTuple, Protocol

# Of a transfer: a part that stretches the clock may need it; a bus that is held is told by its lines first.
TIMEOUT_US = 50_000


class NoAnswer(OSError):
    """Nobody acknowledged."""


class BusHeld(OSError):
    """The transfer could not be made: somebody holds a line of the bus low."""


class Level(Enum):
    """What a line of a resting I2C bus is, tried against a weak resistor to either side."""

    HIGH = "high"  # a pull-up holds it: as it should be
    LOW = "low"  # somebody holds it, or a short circuit
    FLOATING = "floating"  # nobody holds it: there is no pull-up


class Lines(NamedTuple):
    """The lines of an I2C bus."""

    scl: Level
    sda: Level


class Access(Protocol):
    """One bus. `name` is what it is called in sentences: "i2c0 (SCL GP5, SDA GP4)", "/dev/i2c-1"."""

    name: str

    def sleep_ms(self, duration_ms: int) -> None:
        """Let the parts on it have so much time."""
        ...

    def transfer(self, place: int, out: bytes | None, count: int) -> bytes:
        """Octets out (None: none), then count of them in; on I2C one transaction with a repeated start.

        place: an address on I2C; on SPI the pin of the chip select; of no meaning on a UART. Raises NoAnswer, on a UART when the
        octets do not come in time; BusHeld.
        """
        ...

    def lines(self) -> Lines | None:
        """The levels of an I2C bus at rest; None where nobody can tell, and on other buses."""
        ...
