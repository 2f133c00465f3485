"""The streams of a payload: [stream.NAME], of one kind for each trigger."""

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from ..sensors.fields import Pin, Table, not_allowed, one_of

Timestamps = one_of(str, ("interrupt", "hardware"))


def _scale(value: float) -> float:
    if value == 0:
        raise not_allowed("a number other than 0, which would make every sample the same")
    return value


class CalibrationTable(Table):
    """[stream.NAME.calibration.CHANNEL]: engineering value = raw value * scale + offset."""

    scale: Annotated[float, AfterValidator(_scale), Field(json_schema_extra={"not": {"const": 0}})]
    offset: float = 0.0
    unit: Annotated[str, Field(min_length=1)] | None = None


class StreamTable(Table):
    """What every stream has: samples of one sensor, and how long they may wait for a packet to fill."""

    sensor: str
    max_latency_ms: Annotated[int, Field(ge=10, le=60_000)] = 1000
    # In reads.
    ring_depth: one_of(int, [1 << bits for bits in range(2, 11)]) | None = None
    calibration: dict[str, CalibrationTable] = {}

    def samples_per_read(self) -> int:
        """Samples that one trigger brings."""
        return 1

    def trigger_plan(self) -> dict:
        """The trigger as the board gets it."""
        given = self.model_dump(include={"pin", "timestamps"})
        return {"kind": self.trigger} | given


class DataReadyStream(StreamTable):
    """A sample at every rising edge of the sensor's data-ready line."""

    trigger: Literal["data_ready"]
    pin: Annotated[Pin, Field(description="the pin that the sensor's data-ready line is wired to")]
    timestamps: Timestamps = "interrupt"


class FifoStream(StreamTable):
    """A burst of samples whenever the sensor's interrupt line says that its FIFO holds enough of them."""

    trigger: Literal["fifo_watermark"]
    pin: Annotated[Pin, Field(description="the pin that the sensor's interrupt line is wired to")]
    watermark: Annotated[int, Field(ge=1, description="samples in one burst from the FIFO")]
    timestamps: Timestamps = "interrupt"

    def samples_per_read(self) -> int:
        """See StreamTable."""
        return self.watermark


class PeriodicStream(StreamTable):
    """A sample at every tick of the board's clock."""

    trigger: Literal["periodic"]
    rate_hz: Annotated[float, Field(ge=0.01, le=1000, description="samples per second")]


TRIGGERS: dict[str, type[StreamTable]] = {
    get_args(table.model_fields["trigger"].annotation)[0]: table for table in (DataReadyStream, FifoStream, PeriodicStream)
}

AnyStream = Annotated[DataReadyStream | FifoStream | PeriodicStream, Field(discriminator="trigger")]
