"""The streams of tests/vectors/wire.json: octets for every outcome of SPEC.md section 8."""

from oracle import codec, packet_cases


def _event_packet() -> bytes:
    values = {"sensor": 0, "reason": 1}
    return codec.event(2, values, apid=64, sequence_count=9, counter=0, time=codec.encode_time(1, 2))


def _sample_packet() -> bytes:
    return codec.stream_packet(
        [b"\x0c\x80"], 5, samples_per_packet=1, apid=66, sequence_count=5, time=bytes(7)
    )


def changed(packet: bytes, at: int, value: int) -> bytes:
    """The packet with one octet set."""
    return packet[:at] + bytes([value]) + packet[at + 1 :]


def link_cases() -> list[tuple[str, bytes]]:
    """Streams for every outcome that needs no payload."""
    event, sample = _event_packet(), _sample_packet()
    one, two = codec.encode_frame(event), codec.encode_frame(sample)
    bad_crc = one[:-1] + bytes([one[-1] ^ 0x01 or 0x03])
    raw = _encoded
    long_zeroless = codec.encode_frame(bytes(range(1, 249)))
    z = b"\x00"
    return [
        ("empty", b""),
        ("one delimiter", z),
        ("delimiters only", z * 5),
        ("two frames", z + one + z + two + z),
        ("several delimiters between", z * 3 + one + z * 4 + two + z * 2),
        ("last frame not ended", z + one + z + two),
        ("nothing but an unended fragment", one),
        ("first delimiter lost, frame whole", one + z + two + z),
        ("fragment: joined in mid-frame", one[7:] + z + two + z),
        ("fragment: too long", b"\x55" * 300 + z + two + z),
        ("fragment: CRC", bad_crc + z + two + z),
        ("before the first delimiter, but length", raw(changed(sample, 5, 14)) + z + two + z),
        ("before the first delimiter, but header", raw(changed(sample, 0, 0x28)) + z + two + z),
        ("a delimiter first, so no fragment", z + one[7:] + z + two + z),
        ("longest legal frame: not oversize", z + long_zeroless + z + two + z),
        ("oversize by one", z + b"\x01" * 254 + z + two + z),
        ("oversize: two frames whose delimiter was lost", z + long_zeroless + one + z + two + z),
        ("oversize: 1000 octets", z + b"\x55" * 1000 + z + two + z),
        ("oversize, not ended", z + b"\x55" * 600),
        ("253 octets, not oversize: cobs", z + b"\xff" * 253 + z + two + z),
        ("253 octets, not oversize: crc", z + b"\x01" * 253 + z + two + z),
        ("cobs: code past the end", z + b"\x05\x11\x22" + z + two + z),
        ("cobs: last octet of a frame lost", z + one[:-1] + z + two + z),
        ("cobs: code 0xFF", z + b"\xff" + b"\x11" * 40 + z + two + z),
        ("crc: a single 0x01", z + b"\x01" + z + two + z),
        ("crc: one bit", z + bad_crc + z + two + z),
        ("crc: decodes to 23 octets with a right CRC", z + raw(sample[:19]) + z + two + z),
        ("crc: decodes to four octets, the CRC of nothing", z + b"\x01" * 5 + z + two + z),
        ("length: field one too small", z + raw(changed(sample, 5, 12)) + z + two + z),
        ("length: field one too large", z + raw(changed(sample, 5, 14)) + z + two + z),
        ("length: high octet set", z + raw(changed(sample, 4, 1)) + z + two + z),
        ("length: field right, 21 octets", z + raw(changed(sample, 5, 14) + z) + z + two + z),
        ("length: field right, 22 octets", z + raw(changed(sample, 5, 15) + z * 2) + z + two + z),
        ("length before header", z + raw(changed(changed(sample, 5, 14), 0, 0xFF)) + z + two + z),
        ("header: version 1", z + raw(changed(sample, 0, 0x28)) + z + two + z),
        ("header: version 4", z + raw(changed(sample, 0, 0x88)) + z + two + z),
        ("header: telecommand", z + raw(changed(sample, 0, 0x18)) + z + two + z),
        ("header: no secondary header", z + raw(changed(sample, 0, 0x00)) + z + two + z),
        ("header: first segment", z + raw(changed(sample, 2, 0x40)) + z + two + z),
        ("header: continuation", z + raw(changed(sample, 2, 0x00)) + z + two + z),
        ("header: last segment", z + raw(changed(sample, 2, 0x80)) + z + two + z),
        ("any APID passes without a payload", z + raw(changed(changed(sample, 0, 0x0F), 1, 0xFF)) + z),
        ("a delimiter inside a frame", z + one[:10] + z + one[10:] + z + two + z),
        ("rejects of every kind in a row", _every_kind(one, sample, bad_crc)),
    ]


def _encoded(packet: bytes) -> bytes:
    """As encode_frame, for packets of any length."""
    return codec.cobs_encode(packet + codec.octets(codec.crc32(packet), 4))


def _every_kind(one: bytes, sample: bytes, bad_crc: bytes) -> bytes:
    parts = [one[5:], b"\x22" * 254, b"\x09", bad_crc, _encoded(changed(sample, 5, 9)), b""]
    parts += [_encoded(changed(sample, 2, 0)), one, one[:-2], one]
    return b"\x00".join(parts)


def payload_cases() -> list[tuple[str, bytes]]:
    """Streams for `apid` and `size`, with everything the page lists accepted beside them."""
    event, sample = _event_packet(), _sample_packet()
    board, ledger = (bytes.fromhex(case["packet"]) for case in packet_cases.housekeeping()[:3:2])
    full = bytes.fromhex(packet_cases.stream_packets()[0]["packet"])

    def between(packet: bytes) -> bytes:
        return b"\x00" + _encoded(packet) + b"\x00" + _encoded(sample) + b"\x00"

    def longer(packet: bytes) -> bytes:
        return changed(packet, 5, packet[5] + 4) + bytes(4)

    def shorter(packet: bytes) -> bytes:
        return changed(packet, 5, packet[5] - 4)[:-4]

    everything = b"".join(bytes.fromhex(case["frame"]) + b"\x00" for case in packet_cases.packets())
    cases = [
        ("everything this page lists", b"\x00" + everything),
        ("apid: below", between(changed(sample, 1, 63))),
        ("apid: above", between(changed(sample, 1, 69))),
        ("apid: high bits", between(changed(sample, 0, 0x09))),
        ("apid: idle packet", between(changed(changed(sample, 0, 0x0F), 1, 0xFF))),
        ("size: too short for the stream", between(changed(sample, 1, 65))),
        ("size: too long for the stream", between(longer(sample))),
        ("size: stream packet four octets short", between(shorter(full))),
        ("size: no sample", between(changed(sample, 13, 0))),
        ("size: one sample too many", between(changed(full, 13, 26))),
        ("size: 255 samples", between(changed(full, 13, 255))),
        ("size: event too long", between(longer(event))),
        ("size: event too short", between(shorter(event))),
        ("size: event 0", between(changed(event, 21, 0))),
        ("size: event 5", between(changed(event, 21, 5))),
        ("size: event 0x0102", between(changed(event, 20, 1))),
        ("size: board report too short", between(shorter(board))),
        ("size: board report too long", between(longer(board))),
        ("size: ledger too short", between(shorter(ledger))),
        ("size: ledger too long", between(longer(ledger))),
        ("size: SID 0", between(changed(board, 21, 0))),
        ("size: SID 2", between(changed(board, 21, 2))),
        ("size: ledger of a stream there is not", between(changed(ledger, 21, 4))),
        ("size: ledger with SID 512", between(changed(ledger, 20, 2))),
        ("size: service 1", between(changed(event, 7, 1))),
        ("size: service 3 subtype 26", between(changed(board, 8, 26))),
        ("size: service 5 subtype 5", between(changed(event, 8, 5))),
        ("size: service 5 subtype 0", between(changed(event, 8, 0))),
        ("header before apid", between(changed(changed(sample, 1, 63), 2, 0))),
    ]
    return cases
