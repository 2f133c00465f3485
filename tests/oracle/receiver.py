"""The receiver of SPEC.md section 8, on a whole byte string at once: no state, no chunks, no buffer to get wrong."""

from dataclasses import dataclass, field

from oracle import codec

LINK_REASONS = ("fragment", "oversize", "cobs", "crc", "length", "header")
PAYLOAD_REASONS = ("apid", "size")
REASONS = LINK_REASONS + PAYLOAD_REASONS


@dataclass(frozen=True)
class Payload:
    """What `apid` and `size` need to know: the base APID, (sample size, samples per packet) per stream, how many sensors.

    coefficients: how many octets of them each sensor has, 0 for those after the last. settings: how many there are.
    """

    base_apid: int
    streams: tuple[tuple[int, int], ...]
    sensors: int = codec.MOST_SENSORS
    coefficients: tuple[int, ...] = ()
    settings: int = 0


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
    reason = judge_packet(packet, payload)
    return (packet, None) if reason is None else (None, reason)


def judge_packet(packet: bytes, payload: Payload | None) -> str | None:
    """The first reason that holds from `length` on, of 20 or more octets whose CRC was right; None for none."""
    header = codec.parse_primary_header(packet)
    if header["length_field"] + 7 != len(packet) or len(packet) % 4 != 0:
        return "length"
    if header["type"] != 0 or header["version"] != 0:
        return "header"
    if header["secondary_header_flag"] != 1 or header["sequence_flags"] != 3:
        return "header"
    if payload is None:
        return None
    stream = header["apid"] - payload.base_apid - 1
    if not -1 <= stream < len(payload.streams):
        return "apid"
    if stream == -1:
        known = len(payload.streams), payload.sensors, payload.coefficients, payload.settings
        right = codec.parse_report(packet, *known) is not None
    else:
        sample_size, places = payload.streams[stream]
        right = codec.is_stream_packet(packet, places, sample_size)
    return None if right else "size"
