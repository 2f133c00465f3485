"""Sensirion SLF3S: liquid flow, bidirectional. Numbers from the data sheets of the SLF3S-1300F and SLF3S-0600F."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ...channels import Channel, Linear, RawWord
from ...fields import address_of, one_of
from ...table import BusSensorTable
from ...validity import Check, Crc8, Expected
from .variants import VARIANTS

_STARTS = {"water": 0x3608, "ipa": 0x3615}  # section 4.3.1, by liquid
_FLOW, _TEMPERATURE = (RawWord(offset, octets=2, order="big", shift=0, width=16, signed=True) for offset in (0, 3))
_FLAGS = RawWord(offset=6, octets=2, order="big", shift=0, width=16, signed=False)
_AIR_IN_LINE, _HIGH_FLOW = (RawWord(offset=6, octets=2, order="big", shift=bit, width=1, signed=False) for bit in (0, 1))


class Slf3sTable(BusSensorTable):
    """Flow in ml/min, along the arrow on the part; temperature of the sensor chip in degC; the signaling flags.

    What it tells is the mean since the last sample, or above 80 ms a smoothed value. Flow is worth nothing with air in the line,
    which has passed since the last sample if flag 1 is set, or beyond what the part measures (flag 2).
    """

    driver: Literal["slf3s"]
    address: Annotated[address_of(0x08), Field(description="its I2C address")] = 0x08
    variant: Annotated[one_of(str, tuple(VARIANTS)), Field(description="which of the family it is, by its full scale")]
    liquid: Annotated[one_of(str, tuple(_STARTS)), Field(description="what flows through it")] = "water"

    SAMPLE_LEN: ClassVar[int] = 9
    CHANNELS: ClassVar[tuple[str, ...]] = ("flow", "temperature", "flags")
    RATE_KEY: ClassVar[str] = ""
    READS: ClassVar[tuple[tuple[int, int], ...]] = ((0, SAMPLE_LEN),)

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable."""
        return (
            Channel("flow", "ml/min", _FLOW, Linear(scale=1 / VARIANTS[self.variant].lsb_per_ml_min, offset=0.0)),
            Channel("temperature", "degC", _TEMPERATURE, Linear(scale=1 / 200, offset=0.0)),
            Channel("flags", "1", _FLAGS, Linear(scale=1.0, offset=0.0)),
        )

    def checks(self) -> tuple[Check, ...]:
        """See SensorTable."""
        return (
            Crc8(0, 2, ("flow",)),
            Crc8(3, 2, ("temperature",)),
            Crc8(6, 2, ("flow", "flags")),  # without its flags, a flow may be anything
            Expected(_AIR_IN_LINE, (0,), ("flow",), "air in line"),
            Expected(_HIGH_FLOW, (0,), ("flow",), "flow beyond the sensor's range"),
        )

    def config(self, watermark: int) -> dict[str, int]:
        """See SensorTable: the command that starts it, and its product number without the revision."""
        return {"start_code": _STARTS[self.liquid], "product_code": VARIANTS[self.variant].product >> 8}

    def data_rate_hz(self) -> float:
        """See SensorTable."""
        return 2000.0

    def full_scale(self) -> dict[str, tuple[float, float]]:
        """See SensorTable."""
        full_scale = VARIANTS[self.variant].full_scale_ml_min
        return {"flow": (-full_scale, full_scale)}
