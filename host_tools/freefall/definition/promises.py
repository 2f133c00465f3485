"""What a definition says of the experiment and of the board's other duties, for the checks to hold it against."""

from typing import Annotated

from pydantic import Field

from ..sensors.channels import Limits
from ..sensors.fields import Positive, Range, Table, one_of
from .calibrations import Unit

_LONGEST_STALL_MS = 60_000

StallMs = Annotated[float, Field(ge=0, le=_LONGEST_STALL_MS)]


class ClaimTable(Table):
    """[stream.NAME.claim.CHANNEL]: what the experiment wants to see in a channel: so much, rms, from one frequency to another."""

    amplitude: Annotated[Positive, Field(description="root mean square of what is to be seen in the band, in the unit")]
    unit: Annotated[Unit | None, Field(description="of the amplitude; the channel's if not given")] = None
    low_hz: Annotated[float, Field(ge=0, description="where the band begins")]
    high_hz: Annotated[Positive, Field(description="where the band ends; at most half the stream's rate")]
    standard: Annotated[
        one_of(str, ("iss",)) | None,
        Field(description='compare with a standard as well: "iss", the vibration limits of the space station, for accelerations'),
    ] = None


class LimitsTable(Table):
    """[limits.STREAM.CHANNEL]: ranges of the engineering value, each within the next; outside of one it is told."""

    watch: Annotated[Range | None, Field(description="[low, high], in the channel's unit: outside, it is worth a look")] = None
    warning: Annotated[Range | None, Field(description="[low, high]: outside, something is wrong")] = None
    critical: Annotated[Range | None, Field(description="[low, high]: outside, the experiment or the part is in danger")] = None

    def limits(self) -> Limits:
        """The limits as the host applies them."""
        return Limits(*(tuple(map(float, r)) if r else None for r in (self.watch, self.warning, self.critical)))


class StallsTable(Table):
    """[stalls]: the longest pauses that others than freefall cause on the board: code of your own, writing of flash."""

    interrupts_off_ms: Annotated[
        StallMs, Field(description="for how long at most interrupts are off: an erase of flash is 45 ms and more")
    ] = 0.0
    foreground_ms: Annotated[
        StallMs, Field(description="for how long at most the loop that sends packets stands still, interrupts going on")
    ] = 200.0

    @property
    def longest_ms(self) -> float:
        """For how long at most the loop stands still: it does so while interrupts are off, too."""
        return max(self.interrupts_off_ms, self.foreground_ms)
