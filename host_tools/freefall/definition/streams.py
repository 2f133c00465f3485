"""The streams of a payload: [stream.NAME], of one kind for each trigger."""

from functools import reduce
from operator import or_
from typing import Annotated, Literal, get_args

from pydantic import Field

from ..sensors.fields import Name, Pin, Table, one_of
from .calibrations import CalibrationTable
from .own_fields import FieldTable
from .promises import ClaimTable
from .settings import LEAST_HZ, MOST_HZ, AdjustableRateTable, AdjustableTable

Timestamps = Annotated[
    one_of(str, ("interrupt", "hardware")),
    Field(description='who notes when the line rises: the "interrupt", a few us late, or "hardware", to the microsecond'),
]
SampleTimes = Annotated[
    bool, Field(description="whether each sample travels with its own time: 4 octets more, and true when triggers come late")
]
_MOST_FIELDS = 64  # in a stream
_ADJUSTABLE = "what of it can be changed while the payload runs"
_TRIGGER = (
    'what makes a sample: the sensor\'s "data_ready" line, its FIFO\'s "fifo_watermark", the board\'s clock ("periodic") '
    'or every "pulse" of a pulse counter'
)


class StreamTable(Table):
    """What every stream has: samples of one sensor, and how long they may wait for a packet to fill."""

    sensor: Annotated[str, Field(description="the sensor whose samples these are, by the name of its section")]
    max_latency_ms: Annotated[
        int, Field(ge=10, le=60_000, description="how long a sample waits on the board, at most, for its packet to fill")
    ] = 1000
    ring_depth: Annotated[
        one_of(int, [1 << bits for bits in range(2, 11)]) | None,
        Field(description="reads that the board can hold while it is busy; found from the rate if not given"),
    ] = None
    calibration: Annotated[
        dict[str, CalibrationTable], Field(description="better calibrations than the data sheet's, by channel")
    ] = {}
    field: Annotated[
        dict[Name, FieldTable], Field(max_length=_MOST_FIELDS, description="values of your own in every sample, by name")
    ] = {}
    claim: Annotated[dict[str, ClaimTable], Field(description="what the experiment wants to see, by channel")] = {}
    adjustable: Annotated[AdjustableTable, Field(description=_ADJUSTABLE)] = AdjustableTable()

    def samples_per_read(self) -> int:
        """Samples that one trigger brings."""
        return 1

    def times(self) -> bool:
        """Whether every sample travels with its own time."""
        return getattr(self, "sample_times", False)

    def trigger_plan(self) -> dict:
        """The trigger as the board gets it."""
        given = self.model_dump(include={"pin", "timestamps"})
        return {"kind": self.trigger} | given


class DataReadyStream(StreamTable):
    """A sample at every rising edge of the sensor's data-ready line."""

    trigger: Annotated[Literal["data_ready"], Field(description=_TRIGGER)]
    pin: Annotated[Pin, Field(description="the pin that the sensor's data-ready line is wired to")]
    timestamps: Timestamps = "interrupt"
    sample_times: SampleTimes = False


class FifoStream(StreamTable):
    """A burst of samples whenever the sensor's interrupt line says that its FIFO holds enough of them."""

    trigger: Annotated[Literal["fifo_watermark"], Field(description=_TRIGGER)]
    pin: Annotated[Pin, Field(description="the pin that the sensor's interrupt line is wired to")]
    watermark: Annotated[int, Field(ge=1, description="samples in one burst from the FIFO")]
    timestamps: Timestamps = "interrupt"

    def samples_per_read(self) -> int:
        """See StreamTable."""
        return self.watermark


class PeriodicStream(StreamTable):
    """A sample at every tick of the board's clock."""

    trigger: Annotated[Literal["periodic"], Field(description=_TRIGGER)]
    rate_hz: Annotated[float, Field(ge=LEAST_HZ, le=MOST_HZ, description="samples per second")]
    sample_times: SampleTimes = False
    adjustable: Annotated[AdjustableRateTable, Field(description=_ADJUSTABLE)] = AdjustableRateTable()


class PulseStream(StreamTable):
    """A sample at every pulse of a pulse counter, with its own time."""

    trigger: Annotated[Literal["pulse"], Field(description=_TRIGGER)]
    max_rate_hz: Annotated[
        float, Field(ge=0.01, le=10_000, description="pulses per second that there is room for; more are lost, and counted")
    ]
    sample_times: Annotated[
        one_of(bool, (True,), lambda value: str(value).lower()), Field(description="always true: pulses come when they will")
    ] = True


_KINDS = (DataReadyStream, FifoStream, PeriodicStream, PulseStream)
TRIGGERS: dict[str, type[StreamTable]] = {get_args(table.model_fields["trigger"].annotation)[0]: table for table in _KINDS}

AnyStream = Annotated[reduce(or_, _KINDS), Field(discriminator="trigger")]
