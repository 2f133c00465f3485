"""A pulse counter: the board itself counts the rising edges of a pin, as a Geiger tube or an anemometer makes them."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from ...channels import Channel, Compensated, Linear, RawWord
from ...fields import Pin
from ...table import SensorTable

if TYPE_CHECKING:
    import numpy as np

_COUNT, _PULSES, _INTERVAL = (RawWord(offset, octets=4, order="little", shift=0, width=32, signed=False) for offset in (0, 4, 8))


class PulseCounterTable(SensorTable):
    """Pulses since boot, modulo 2^32; the time since the last sample in s, and the rate of pulses in it in 1/s. It has no bus.

    The rate is corrected for pulses that came within the source's dead time of others, as non-paralysable sources lose them:
    of m pulses seen a second, each blinds the source for dead_time_us, so m / (1 - m * dead time) really came. Where m leaves no
    time to see, nobody can tell. With trigger "pulse" it is the inverse of the time since the last pulse.
    """

    driver: Literal["pulse_counter"]
    pin: Annotated[Pin, Field(description="the pin that the pulses come to")]
    dead_time_us: Annotated[
        float, Field(ge=0, le=1_000_000, description="for how long after a pulse its source sees no other; 0: not corrected")
    ] = 0.0

    SAMPLE_LEN: ClassVar[int] = 12
    CHANNELS: ClassVar[tuple[str, ...]] = ("count", "interval", "rate")
    RATE_KEY: ClassVar[str] = ""
    TRIGGERS: ClassVar[tuple[str, ...]] = ("periodic", "pulse")
    STATE_MACHINES: ClassVar[int] = 1

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable."""
        return (
            Channel("count", "1", _COUNT, Linear(scale=1.0, offset=0.0)),
            Channel("interval", "s", _INTERVAL, Linear(scale=1e-6, offset=0.0)),
            Channel("rate", "1/s", _PULSES, Compensated()),
        )

    def compensate(self, raw: "Mapping[str, np.ndarray]", coefficients: bytes | None) -> "Mapping[str, np.ndarray]":
        """See SensorTable; nan in an interval of no length too."""
        import numpy as np

        interval_us = np.asarray(raw["interval"], np.float64)
        pulses = np.asarray(raw["rate"], np.float64)
        seeing_us = interval_us - pulses * self.dead_time_us
        rate = np.full(len(pulses), np.nan)
        np.divide(pulses * 1e6, seeing_us, out=rate, where=(seeing_us > 0) & (interval_us > 0))
        return {"rate": rate}

    def config(self, watermark: int) -> dict[str, int]:
        """See SensorTable."""
        return {"pin": self.pin}

    def data_rate_hz(self) -> float:
        """See SensorTable: the count is there at any time."""
        return math.inf
