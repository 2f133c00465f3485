"""What every sensor of the catalogue tells about itself."""

from typing import ClassVar

from ..channels import Channel
from ..fields import Table


class SensorTable(Table):
    """A [sensor.NAME] table; a driver adds its `driver` literal, its address and its options."""

    bus: str

    SAMPLE_LEN: ClassVar[int]  # octets of one sample, as the board reads it
    CHANNELS: ClassVar[tuple[str, ...]]  # names, in the order of channels()
    DATA_READY: ClassVar[bool]  # whether a stream may be triggered by the sensor's data-ready pin
    RATE_KEY: ClassVar[str]  # the option that data_rate_hz() depends on

    def channels(self) -> tuple[Channel, ...]:
        """The channels of a sample with the data sheet's calibration for these options."""
        raise NotImplementedError

    def config(self) -> dict[str, int]:
        """The options as the codes the board writes into the sensor's registers."""
        raise NotImplementedError

    def data_rate_hz(self) -> float:
        """Conversions per second, which the data-ready pin announces if there is one; no stream can have more samples."""
        raise NotImplementedError
