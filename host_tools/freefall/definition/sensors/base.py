"""What every sensor of the catalogue tells about itself."""

from typing import ClassVar

from ..channels import Channel
from ..fields import Table


class SensorTable(Table):
    """A [sensor.NAME] table; a driver adds its `driver` literal, its place and its options."""

    SAMPLE_LEN: ClassVar[int]  # octets of one sample, as the board reads it
    CHANNELS: ClassVar[tuple[str, ...]]  # names, in the order of channels()
    RATE_KEY: ClassVar[str]  # the option that data_rate_hz() depends on
    TRIGGERS: ClassVar[tuple[str, ...]] = ("periodic",)  # what may trigger its streams
    FIFO_SAMPLES: ClassVar[int] = 0  # that its FIFO holds
    SPI: ClassVar[bool] = False  # whether it can be on an SPI bus
    STATE_MACHINES: ClassVar[int] = 0  # of the board's PIO, that it takes itself

    def place(self) -> dict[str, int]:
        """Where it is on its bus: `address` or `cs`; empty for a sensor without a bus."""
        return {}

    def channels(self) -> tuple[Channel, ...]:
        """The channels of a sample with the data sheet's calibration for these options."""
        raise NotImplementedError

    def config(self, watermark: int) -> dict[str, int]:
        """The options as the codes the board writes into the sensor's registers.

        watermark: samples in a burst from its FIFO, 0 when no stream uses that.
        """
        raise NotImplementedError

    def data_rate_hz(self) -> float:
        """Conversions per second, which the data-ready pin announces if there is one; no stream can have more samples."""
        raise NotImplementedError


class BusSensorTable(SensorTable):
    """A sensor on a bus: on an I2C bus at `address`; a driver with SPI also has `cs`, and on an SPI bus that instead."""

    bus: str

    def place(self) -> dict[str, int]:
        """See SensorTable."""
        return self.model_dump(include={"address", "cs"}, exclude_none=True)
