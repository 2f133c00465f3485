"""Writes tests/vectors/wire.json, the golden data of the wire: `PYTHONPATH=tests python -m oracle.make_vectors`.

The file is committed and changes only when SPEC.md does. All octets are hex. It holds

crc32            [data, CRC]
cobs             [data, encoded]
cobs_rejects     encoded octets that are no COBS
times            [seconds, microseconds, octets] both ways
received_times   [octets, seconds, microseconds] for fractions no sender makes
payload          what the packets below belong to: base APID, per stream sample size and samples per packet,
                 numbers of the streams with sample times, number of sensors, octets of coefficients of each, definition id
frames           name, packet (its length is legal, its content anything), frame
packets          name, packet, frame, and what it says: stream or kind, and fields (times of samples in microseconds since boot)
streams          name, octets, stretches [offset, size, packet or null, reason or null], octets accepted, idle, rejected
                 by reason, and pending: judged without a payload, so up to `header`
payload_streams  the same, judged with the payload above, so up to `size`
"""

import json
from pathlib import Path

from oracle import codec, packet_cases, receiver, stream_cases
from oracle.packet_cases import PAYLOAD

PATH = Path(__file__).parent.parent / "vectors" / "wire.json"

_NO_ZERO = list(range(1, 256))


def crc_cases() -> list[list[str]]:
    """Worked examples and lengths around the ends."""
    inputs = [b"123456789", b"", b"\x00", b"\xff", bytes(20), b"\xff" * 20, bytes(248), bytes(range(248))]
    return [[data.hex(), codec.octets(codec.crc32(data), 4).hex()] for data in inputs]


def cobs_cases() -> list[list[str]]:
    """The table of 2.2, every zero pattern of four octets, and the longest data."""
    inputs = [bytes.fromhex(data) for data in ("112233", "00", "11000022", "1100")]
    inputs += [bytes(0x11 * (n + 1) * (pattern >> n & 1) for n in range(4)) for pattern in range(16)]
    inputs += [bytes(252), bytes(_NO_ZERO[:252]), bytes([0, *_NO_ZERO[:251]]), bytes([*_NO_ZERO[:251], 0])]
    return [[data.hex(), codec.cobs_encode(data).hex()] for data in inputs]


def cobs_rejects() -> list[str]:
    """Codes past the end by one and by many, the code 0xFF, and zeros inside."""
    rejects = [
        "02",
        "0311",
        "0211ff",
        "ff",
        "ff" + "11" * 252,
        "fd" + "11" * 251,
        "0001",
        "020011",
        "04110033",
        "0100",
    ]
    encoded = [bytes.fromhex(text) for text in rejects]
    for octets in encoded:
        try:
            codec.cobs_decode(octets)
        except codec.NotCobs:
            continue
        raise AssertionError(f"{octets.hex()} is COBS")
    return [octets.hex() for octets in encoded]


def times() -> list[list]:
    """The table of section 4, both ends of the microseconds and the steps around binary fractions."""
    cases = [(0, 0), (0, 1), (1, 500_000), (305_419_896, 999_999), (0xFFFFFFFF, 999_999), (0xFFFFFFFF, 0)]
    marks = [
        2,
        3,
        14,
        15,
        16,
        999,
        1000,
        7812,
        7813,
        124_999,
        125_000,
        249_999,
        250_000,
        333_333,
        499_999,
        500_001,
    ]
    cases += [(7, mark) for mark in [*marks, 666667, 749999, 750000, 750001, 999998, 999000]]
    return [[seconds, micros, codec.encode_time(seconds, micros).hex()] for seconds, micros in cases]


def received_times() -> list[list]:
    """Fractions between those of two microseconds, exact halves, and those nearest to the next second."""
    cases = [
        "00000000000001",
        "00000000000008",
        "00000000000009",
        "00000001000010",
        "00000001000012",
        "00000002fffff7",
        "00000002fffff8",
        "00000002ffffff",
        "00000003020000",
        "00000003060000",
    ]
    return [[case, *codec.decode_time(bytes.fromhex(case))] for case in cases]


def frames() -> list[dict[str, str]]:
    """Packets of the edge lengths whose content is anything: the frame does not look at it."""
    cases = []
    for length in (20, 24, 248):
        contents = {
            "all zeros": bytes(length),
            "no zeros": bytes(_NO_ZERO[:length]),
            "zeros at both ends": bytes([0, 0, *_NO_ZERO[: length - 4], 0, 0]),
            "zero first": bytes([0, *_NO_ZERO[: length - 1]]),
            "zero last": bytes([*_NO_ZERO[: length - 1], 0]),
            "every second zero": bytes(octet * (octet % 2) for octet in range(length)),
            "all ones": b"\xff" * length,
        }
        for name, packet in contents.items():
            cases.append(
                {
                    "name": f"{length} octets, {name}",
                    "packet": packet.hex(),
                    "frame": codec.encode_frame(packet).hex(),
                }
            )
    return cases


def outcome(name: str, data: bytes, payload: receiver.Payload | None) -> dict:
    """A stream with what the oracle's receiver made of it."""
    received = receiver.receive(data, payload)
    stretches = []
    for stretch in received.stretches:
        packet = None if stretch.packet is None else stretch.packet.hex()
        stretches.append([stretch.offset, stretch.size, packet, stretch.reason])
    rejected = {reason: count for reason, count in received.rejected.items() if count}
    counters = {
        "accepted": received.accepted,
        "idle": received.idle,
        "rejected": rejected,
        "pending": received.pending,
    }
    return {"name": name, "octets": data.hex(), "stretches": stretches, **counters}


def vectors() -> dict:
    """The whole content of the file."""
    return {
        "wire_format": 1,
        "crc32": crc_cases(),
        "cobs": cobs_cases(),
        "cobs_rejects": cobs_rejects(),
        "times": times(),
        "received_times": received_times(),
        "payload": {
            "base_apid": PAYLOAD.base_apid,
            "streams": [list(stream) for stream in PAYLOAD.streams],
            "times": list(packet_cases.TIMED),
            "sensors": PAYLOAD.sensors,
            "coefficients": list(PAYLOAD.coefficients),
            "settings": PAYLOAD.settings,
            "definition_id": packet_cases.DEFINITION_ID,
        },
        "frames": frames(),
        "packets": packet_cases.packets(),
        "streams": [outcome(name, data, None) for name, data in stream_cases.link_cases()],
        "payload_streams": [outcome(name, data, PAYLOAD) for name, data in stream_cases.payload_cases()],
    }


def text() -> str:
    """The file: one case per line, so that a difference reads as one."""
    lines = []
    for key, value in vectors().items():
        if isinstance(value, list):
            rows = ",\n".join("  " + json.dumps(row) for row in value)
            lines.append(f' "{key}": [\n{rows}\n ]')
        else:
            lines.append(f' "{key}": {json.dumps(value)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    PATH.parent.mkdir(parents=True, exist_ok=True)
    PATH.write_text(text(), encoding="utf-8")
