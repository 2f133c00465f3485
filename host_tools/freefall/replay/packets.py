"""The space packets inside a framed stream, for receivers that know CCSDS packets and not our frames."""

from freefall_wire.frame import FrameDecoder


class PacketStream:
    """Octets of frames in, whole CCSDS space packets out: those of good frames. packets, rejected: counted."""

    def __init__(self):
        self._frames = FrameDecoder()

    @property
    def packets(self) -> int:
        """Packets given out."""
        return self._frames.accepted

    @property
    def rejected(self) -> int:
        """Stretches of octets that are no frame of a packet."""
        return sum(self._frames.rejected.values())

    def feed(self, octets: bytes) -> list[bytes]:
        """The packets whose frames end in these octets."""
        return [stretch.packet for stretch in self._frames.feed(octets) if stretch.packet is not None]
