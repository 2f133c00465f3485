"""The headers and times of SPEC.md sections 3 and 4, and fields one after the other, one octet at a time."""

from fractions import Fraction

from oracle.frames import check_packet_length, integer, octets

# --- 3 primary header ---


def primary_header(apid: int, sequence_count: int, packet_length: int, packet_type: int = 0) -> bytes:
    """Six octets."""
    check_packet_length(packet_length)
    if not 0 <= apid <= 2046 or not 0 <= sequence_count <= 16383 or packet_type not in (0, 1):
        raise ValueError(f"APID {apid}, sequence count {sequence_count}, type {packet_type}")
    version = 0
    secondary_header_flag = 1
    sequence_flags = 3
    length_field = packet_length - 6 - 1
    return bytes(
        [
            version * 32 + packet_type * 16 + secondary_header_flag * 8 + apid // 256,
            apid % 256,
            sequence_flags * 64 + sequence_count // 256,
            sequence_count % 256,
            length_field // 256,
            length_field % 256,
        ]
    )


def parse_primary_header(packet: bytes) -> dict[str, int]:
    """Every field of the first six octets, checked by nobody yet."""
    return {
        "version": packet[0] >> 5,
        "type": (packet[0] >> 4) & 1,
        "secondary_header_flag": (packet[0] >> 3) & 1,
        "apid": (packet[0] & 0x07) * 256 + packet[1],
        "sequence_flags": packet[2] >> 6,
        "sequence_count": (packet[2] & 0x3F) * 256 + packet[3],
        "length_field": packet[4] * 256 + packet[5],
    }


# --- 4 time ---


def nearest(value: Fraction) -> int:
    """The nearest integer, halves up."""
    return (value + Fraction(1, 2)).__floor__()


def encode_time(seconds: int, microseconds: int) -> bytes:
    """Seven octets of CUC time."""
    if not 0 <= microseconds <= 999_999:
        raise ValueError(f"{microseconds} microseconds")
    return octets(seconds, 4) + octets(nearest(Fraction(microseconds * 2**24, 10**6)), 3)


def decode_time(time: bytes) -> tuple[int, int]:
    """(seconds, microseconds) of seven octets. After the last second that 32 bits hold comes 2^32."""
    seconds = integer(time[0:4])
    microseconds = nearest(Fraction(integer(time[4:7]) * 10**6, 2**24))
    if microseconds == 1_000_000:
        return seconds + 1, 0
    return seconds, microseconds


# --- fields ---


def fill(layout: list[tuple[str, int]], values: dict[str, int]) -> bytes:
    """The fields one after the other; KeyError for a missing one, ValueError for one too many."""
    if set(values) != {name for name, _ in layout}:
        raise ValueError(f"fields {sorted(values)} for {[name for name, _ in layout]}")
    return b"".join(octets(values[name], count) for name, count in layout)


def read(layout: list[tuple[str, int]], data: bytes) -> dict[str, int]:
    """The fields at the beginning of the data."""
    values = {}
    at = 0
    for name, count in layout:
        values[name] = integer(data[at : at + count])
        at = at + count
    return values


def padded(data: bytes, length: int) -> bytes:
    """The data and zeros after it."""
    if len(data) > length:
        raise ValueError(f"{len(data)} octets for {length}")
    return data + bytes(length - len(data))


def all_zero(data: bytes) -> bool:
    """Whether padding, or an unused sample place, is as it must be."""
    return data == bytes(len(data))
