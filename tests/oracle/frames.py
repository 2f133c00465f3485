"""Frames of SPEC.md section 2 and the integers of every section, one octet at a time."""

# --- 2.1 CRC-32 ---


def crc32(data: bytes) -> int:
    """The CRC-32 of the octets, by the definition: one bit after the other."""
    remainder = 0xFFFFFFFF
    for octet in data:
        for bit in range(8):  # reflected: bit 0 of each octet comes first
            out = remainder & 1
            remainder = remainder >> 1
            if out != (octet >> bit) & 1:
                remainder = remainder ^ 0xEDB88320
    return remainder ^ 0xFFFFFFFF


# --- 2.2 COBS ---


class NotCobs(Exception):
    """The octets are no COBS encoding as in section 2.2."""


def cobs_encode(data: bytes) -> bytes:
    """The encoding of 1..252 octets: one octet longer than they are and without a zero."""
    if not 1 <= len(data) <= 252:
        raise ValueError(f"{len(data)} octets to encode, not 1..252")
    pieces = []
    piece = []
    for octet in data:
        if octet == 0:  # cut here; the piece goes without its zero
            pieces.append(piece)
            piece = []
        else:
            piece.append(octet)
    pieces.append(piece)  # what follows the last zero, empty when the data ends with one
    encoded = []
    for piece in pieces:
        encoded.append(len(piece) + 1)
        encoded.extend(piece)
    return bytes(encoded)


def cobs_decode(encoded: bytes) -> bytes:
    """The data, or NotCobs."""
    pieces = []
    at = 0
    while at < len(encoded):
        code = encoded[at]
        if code == 0x00:
            raise NotCobs(f"zero at octet {at}")
        if code == 0xFF:
            raise NotCobs(f"code 0xFF at octet {at}")
        piece = encoded[at + 1 : at + code]
        if len(piece) != code - 1:
            raise NotCobs(f"code {code} at octet {at} points past the end")
        if 0 in piece:
            raise NotCobs(f"zero in the piece at octet {at}")
        pieces.append(piece)
        at = at + code
    if not pieces:
        raise NotCobs("nothing")
    return b"\x00".join(pieces)


# --- integers and frames ---


def integer(data: bytes) -> int:
    """The big-endian unsigned integer that the octets are."""
    value = 0
    for octet in data:
        value = value * 256 + octet
    return value


def octets(value: int, count: int) -> bytes:
    """The integer as `count` big-endian octets."""
    if not 0 <= value < 256**count:
        raise ValueError(f"{value} does not fit {count} octets")
    return bytes((value // 256**place) % 256 for place in reversed(range(count)))


def check_packet_length(length: int) -> None:
    """Raise ValueError unless a packet may be that long."""
    if not 20 <= length <= 248 or length % 4 != 0:
        raise ValueError(f"packet of {length} octets, not 20..248 in steps of 4")


def encode_frame(packet: bytes) -> bytes:
    """The frame of a packet, without delimiters."""
    check_packet_length(len(packet))
    return cobs_encode(packet + octets(crc32(packet), 4))


def judge_frame(frame: bytes) -> tuple[bytes | None, str | None]:
    """(packet, None) or (None, reason), for the reasons `oversize`, `cobs` and `crc` of section 8."""
    if len(frame) > 253:
        return None, "oversize"
    try:
        data = cobs_decode(frame)
    except NotCobs:
        return None, "cobs"
    if len(data) < 24:
        return None, "crc"
    packet = data[:-4]
    if data[-4:] != octets(crc32(packet), 4):
        return None, "crc"
    return packet, None
