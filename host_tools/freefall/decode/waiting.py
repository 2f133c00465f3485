"""Packets that wait for their sensor's coefficients: the report that a boot begins with may be lost, and another comes later."""

from collections import deque
from dataclasses import replace

from ..definition import Definition, Stream
from ..sensors.channels import Compensated
from .items import SamplePacket


def needs_coefficients(definition: Definition, stream: Stream) -> bool:
    """Whether values of the stream cannot be told without coefficients that the board sends."""
    compensated = any(isinstance(channel.calibration, Compensated) for channel in stream.channels)
    return compensated and any(sensor.coefficients for sensor in definition.sensors if sensor.name == stream.sensor)


class Waiting:
    """The packets of one stream, in order, each once the coefficients of its boot are known: then it has the first of its boot.

    A packet whose boot has ended without any, or that is the oldest of more than `most` (None: any number), goes on as it is. So
    does every packet of a stream that needs none.
    """

    def __init__(self, needed: bool, most: int | None = None):
        self._needed = needed
        self._most = most
        self._held: deque[SamplePacket] = deque()

    def add(self, packet: SamplePacket) -> list[SamplePacket]:
        """The packets that need not wait any longer, perhaps this one too."""
        if not self._needed:
            return [packet]
        if packet.coefficients is not None:
            return [*self.tell(packet.boot, packet.coefficients), packet]
        gone_on = self.rest() if self._held and self._held[0].boot != packet.boot else []
        self._held.append(packet)
        if self._most is not None and len(self._held) > self._most:
            gone_on.append(self._held.popleft())
        return gone_on

    def tell(self, boot: int, coefficients: bytes) -> list[SamplePacket]:
        """The packets that need not wait any longer now that these coefficients of that boot are known."""
        return [replace(packet, coefficients=coefficients) if packet.boot == boot else packet for packet in self.rest()]

    @property
    def held(self) -> tuple[SamplePacket, ...]:
        """The packets that wait."""
        return tuple(self._held)

    def rest(self) -> list[SamplePacket]:
        """The packets that wait, which then do so no longer: nothing more will come."""
        held = list(self._held)
        self._held.clear()
        return held
