"""A pulse counter: the board itself counts the rising edges of a pin, as a Geiger tube or an anemometer makes them."""

import math
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ...channels import Channel, Linear, RawWord
from ...fields import Pin
from ...table import SensorTable

_COUNT = RawWord(offset=0, octets=4, order="little", shift=0, width=32, signed=False)


class PulseCounterTable(SensorTable):
    """Pulses since boot, modulo 2^32; it has no bus."""

    driver: Literal["pulse_counter"]
    pin: Annotated[Pin, Field(description="the pin that the pulses come to")]

    SAMPLE_LEN: ClassVar[int] = 4
    CHANNELS: ClassVar[tuple[str, ...]] = ("count",)
    RATE_KEY: ClassVar[str] = ""
    STATE_MACHINES: ClassVar[int] = 1

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable."""
        return (Channel(self.CHANNELS[0], "1", _COUNT, Linear(scale=1.0, offset=0.0)),)

    def config(self, watermark: int) -> dict[str, int]:
        """See SensorTable."""
        return {"pin": self.pin}

    def data_rate_hz(self) -> float:
        """See SensorTable: the count is there at any time."""
        return math.inf
