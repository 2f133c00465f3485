"""What every sensor of the catalogue tells about itself: its table in a definition, and its data sheet's numbers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, get_args

from pydantic import Field

from .channels import Channel
from .fields import Table
from .reads import Reads
from .validity import Check

if TYPE_CHECKING:
    import numpy as np


class SensorTable(Table):
    """A [sensor.NAME] table; a driver adds its `driver` literal, its place and its options.

    A read is what one trigger asks of the part: for each of READS the octets written (on I2C then a repeated start, on SPI they
    begin the transfer) and the octets read. READS say what the board's driver does (firmware/freefall_board/drivers); a test
    holds the two equal.
    """

    SAMPLE_LEN: ClassVar[int]  # octets of one sample, as the board reads it
    CHANNELS: ClassVar[tuple[str, ...]]  # names, in the order of channels()
    RATE_KEY: ClassVar[str]  # the option that data_rate_hz() depends on
    TRIGGERS: ClassVar[tuple[str, ...]] = ("periodic",)  # what may trigger its streams
    FIFO_SAMPLES: ClassVar[int] = 0  # that its FIFO holds
    LEAST_WATERMARK: ClassVar[int] = 1  # samples in its FIFO that its line can tell of
    STATE_MACHINES: ClassVar[int] = 0  # of the board's PIO, that it takes itself
    RATE_TOLERANCE: ClassVar[float] = 0.1  # by so much of its rate its own clock may be off; the ADS1115's data sheet says 10 %
    COEFFICIENTS: ClassVar[int] = 0  # octets that the board reads from the part once and sends to the host, at most 44

    def place(self) -> dict[str, int]:
        """Where it is on its bus: `address` or `cs`; empty for a sensor alone on its bus or without one."""
        return {}

    def sample_len(self) -> int:
        """Octets of one sample; SAMPLE_LEN, where that does not depend on the options."""
        return self.SAMPLE_LEN

    def reads(self) -> Reads:
        """What one trigger asks of the part."""
        return Reads(((0, self.sample_len()),))

    def channels(self) -> tuple[Channel, ...]:
        """The channels of a sample with the data sheet's calibration for these options."""
        raise NotImplementedError

    def checks(self) -> tuple[Check, ...]:
        """What the part itself says about whether a sample is worth something."""
        return ()

    def fifo_checks(self) -> tuple[Check, ...]:
        """What a sample out of its FIFO says besides."""
        return ()

    def compensate(self, raw: "Mapping[str, np.ndarray]", coefficients: bytes | None) -> "Mapping[str, np.ndarray]":
        """The values of its Compensated channels; see channels.Compensation. Only where it has such."""
        raise NotImplementedError

    def config(self, watermark: int) -> dict[str, int]:
        """The options as the codes the board writes into the sensor's registers.

        watermark: samples in a burst from its FIFO, 0 when no stream uses that.
        """
        raise NotImplementedError

    def data_rate_hz(self) -> float:
        """Conversions per second, which the data-ready pin announces if there is one; no stream can have more samples."""
        raise NotImplementedError

    def noise(self) -> dict[str, float]:
        """White noise of each channel at these options, in its unit per root hertz; empty where no data sheet gives it."""
        return {}

    def bandwidth_hz(self) -> dict[str, float]:
        """Up to which frequency the part passes each channel at these options; empty where no data sheet says."""
        return {}

    def full_scale(self) -> dict[str, tuple[float, float]]:
        """The range (low, high) of each channel at these options, in its unit; empty where there is none."""
        return {}


class BusSensorTable(SensorTable):
    """A sensor on a bus: on I2C at `address`, on SPI at `cs`; on a UART it is alone."""

    bus: Annotated[str, Field(description="the bus that it is on, by the name of its section")]

    BUSES: ClassVar[tuple[str, ...]] = ("i2c",)  # the kinds it can be on: "i2c", "spi", "uart"
    SPI_MODE: ClassVar[int] = 0  # clock polarity and phase
    FASTEST_HZ: ClassVar[Mapping[str, int]] = {"i2c": 400_000, "spi": 10_000_000}  # the clock that it follows, by kind of bus
    BAUD: ClassVar[int | None] = None  # of a UART, where it has only one
    READS: ClassVar[tuple[tuple[int, int], ...] | None] = None  # None: one octet written, SAMPLE_LEN read
    READ_HEAD: ClassVar[int] = 0  # octets of a read before its samples, which do not travel
    SETTLE_US: ClassVar[int] = 0  # the part needs so long from the octets written to the octets read

    def place(self) -> dict[str, int]:
        """See SensorTable."""
        return self.model_dump(include={"address", "cs"}, exclude_none=True)

    def reads(self) -> Reads:
        """See SensorTable."""
        return Reads(self.READS or ((1, self.sample_len()),), self.READ_HEAD, self.SETTLE_US)


def driver_name(table: type[SensorTable]) -> str:
    """The word that `driver = ` takes for a kind of sensor."""
    return get_args(table.model_fields["driver"].annotation)[0]
