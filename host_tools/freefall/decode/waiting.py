"""Samples that wait for their sensor's coefficients: the report that a boot begins with may be lost, and another comes later."""

from collections import deque
from dataclasses import replace

from ..definition import Definition, Stream
from ..sensors.channels import Compensated
from .batch import SampleBatch


def needs_coefficients(definition: Definition, stream: Stream) -> bool:
    """Whether values of the stream cannot be told without coefficients that the board sends."""
    compensated = any(isinstance(channel.calibration, Compensated) for channel in stream.channels)
    return compensated and any(sensor.coefficients for sensor in definition.sensors if sensor.name == stream.sensor)


class Waiting:
    """Batches of one stream, in order, each once the coefficients of its boot are known: then it has the first of its boot.

    Packets whose boot has ended without any, or that have more than `most` after them (None: any number), go on as they are. So
    do all of a stream that needs none.
    """

    def __init__(self, needed: bool, most: int | None = None):
        self._needed = needed
        self._most = most
        self._held: deque[SampleBatch] = deque()
        self._packets = 0

    def add(self, batch: SampleBatch) -> list[SampleBatch]:
        """What need not wait any longer, perhaps this too."""
        if not self._needed:
            return [batch]
        if batch.coefficients is not None:
            return [*self.tell(batch.boot, batch.coefficients), batch]
        gone_on = self.rest() if self._held and self._held[0].boot != batch.boot else []
        self._held.append(batch)
        self._packets += len(batch)
        if self._most is not None:
            while self._packets > self._most:
                oldest = self._held.popleft()
                if (more := self._packets - self._most) < len(oldest):
                    oldest, stays = oldest.split(more)
                    self._held.appendleft(stays)
                self._packets -= len(oldest)
                gone_on.append(oldest)
        return gone_on

    def tell(self, boot: int, coefficients: bytes) -> list[SampleBatch]:
        """What need not wait any longer now that these coefficients of that boot are known."""
        return [replace(batch, coefficients=coefficients) if batch.boot == boot else batch for batch in self.rest()]

    @property
    def held(self) -> tuple[SampleBatch, ...]:
        """What waits."""
        return tuple(self._held)

    def rest(self) -> list[SampleBatch]:
        """What waits, which then does so no longer: nothing more will come."""
        held = list(self._held)
        self._held.clear()
        self._packets = 0
        return held
