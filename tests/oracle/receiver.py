"""The receiver of SPEC.md section 8, on a whole byte string at once: no state, no chunks, no buffer to get wrong."""

from dataclasses import dataclass, field

from oracle import codec

LINK_REASONS = ("fragment", "oversize", "cobs", "crc", "length", "header")
PAYLOAD_REASONS = ("apid", "size")
REASONS = LINK_REASONS + PAYLOAD_REASONS


@dataclass(frozen=True)
class Payload:
    """What `apid` and `size` need to know: the base APID and, per stream, (sample size, samples per packet)."""

    base_apid: int
    streams: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Stretch:
    """Octets from `offset` on, `size` of them with the delimiter that ends them: a packet or the reason for none."""

    offset: int
    size: int
    packet: bytes | None
    reason: str | None


@dataclass
class Received:
    """The stretches in order (idle delimiters make none) and where every octet went."""

    stretches: list[Stretch] = field(default_factory=list)
    accepted: int = 0
    idle: int = 0
    rejected: dict[str, int] = field(default_factory=lambda: dict.fromkeys(REASONS, 0))
    pending: int = 0

    @property
    def packets(self) -> list[bytes]:
        """The packets accepted, in order."""
        return [stretch.packet for stretch in self.stretches if stretch.packet is not None]

    @property
    def total(self) -> int:
        """Octets received, by the counters."""
        return self.accepted + self.idle + sum(self.rejected.values()) + self.pending


def receive(data: bytes, payload: Payload | None = None) -> Received:
    """Judge a stream from its first octet on; without a payload the last two reasons are not looked for."""
    received = Received()
    parts = data.split(b"\x00")
    unended = parts.pop()  # no delimiter came after it
    offset = 0
    for number, part in enumerate(parts):
        size = len(part) + 1
        if len(part) == 0:
            received.idle += size
        else:
            packet, reason = judge(part, payload, first=number == 0)
            received.stretches.append(Stretch(offset, size, packet, reason))
            if reason is None:
                received.accepted += size
            else:
                received.rejected[reason] += size
        offset += size
    received.pending = len(unended)
    return received


def judge(part: bytes, payload: Payload | None, *, first: bool) -> tuple[bytes | None, str | None]:
    """(packet, None) or (None, the first reason that holds); `first` is the stretch before any delimiter."""
    packet, reason = codec.judge_frame(part)
    if packet is None:
        return None, "fragment" if first else reason
    header = codec.parse_primary_header(packet)
    if header["length_field"] + 7 != len(packet) or len(packet) % 4 != 0:
        return None, "length"
    # type: a board sends telemetry only, so a receiver of boards takes nothing else
    if header["version"] != 0 or header["type"] != 0:
        return None, "header"
    if header["secondary_header_flag"] != 1 or header["sequence_flags"] != 3:
        return None, "header"
    if payload is not None:
        stream = header["apid"] - payload.base_apid - 1
        if not -1 <= stream < len(payload.streams):
            return None, "apid"
        if stream == -1:
            listed = codec.parse_report(packet, len(payload.streams)) is not None
        else:
            sample_size, places = payload.streams[stream]
            right_length = len(packet) == codec.stream_packet_length(places, sample_size)
            listed = right_length and 1 <= packet[13] <= places
        if not listed:
            return None, "size"
    return packet, None
