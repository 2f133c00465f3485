"""Packets of SPEC.md sections 5 and 6, one octet at a time; sections 2 to 4 come from `frames` and `headers`.

Slow and obvious on purpose: it decides when it and `freefall_wire` differ. Plain integers and octets, no `struct`,
no table of a CRC, and nothing imported from the code it judges. Misuse by the caller raises ValueError.
"""

from oracle.frames import (
    NotCobs,
    check_packet_length,
    cobs_decode,
    cobs_encode,
    crc32,
    encode_frame,
    integer,
    judge_frame,
    octets,
)
from oracle.headers import all_zero, decode_time, encode_time, fill, padded, parse_primary_header, primary_header, read

# for those who import only this
__all__ = ["NotCobs", "cobs_decode", "cobs_encode", "crc32", "encode_frame", "judge_frame"]
__all__ += ["decode_time", "encode_time", "parse_primary_header", "primary_header"]

# --- 5 service packets: the tables of the page, as (field, octets) ---

_SENSOR_BUS = [("stream", 1), ("spare", 1), ("bus_errors", 4)]

EVENTS = {  # event id: (subtype, auxiliary data)
    1: (
        1,
        [
            ("boot_count", 4),
            ("version_major", 1),
            ("version_minor", 1),
            ("version_patch", 1),
            ("wire_format", 1),
            ("definition_id", 4),
            ("reset_cause", 1),
            ("slot", 1),
            ("failed_boots", 1),
        ],
    ),
    2: (3, [("sensor", 1), ("reason", 1)]),
    3: (3, _SENSOR_BUS),
    4: (1, _SENSOR_BUS),
}
EVENT_LENGTH = 40
MOST_SENSORS = 8

BOARD = [("sid", 2), ("reset_cause", 1), ("streams", 1), ("boot_count", 4)]
BOARD += [("version_major", 1), ("version_minor", 1), ("version_patch", 1), ("wire_format", 1)]
BOARD += [("definition_id", 4), ("longest_pass_us", 4), ("most_waiting", 2), ("queue_size", 2)]
BOARD += [("service_built", 4), ("service_dropped", 4)]
BOARD_LENGTH = 52

LEDGER = [("sid", 2), ("most_waiting", 2), ("seen", 4), ("taken", 4), ("bus_errors", 4), ("overruns", 4)]
LEDGER += [("framed", 4), ("pending", 4), ("samples_sent", 4), ("samples_dropped", 4)]
LEDGER += [("packets_sent", 4), ("packets_dropped", 4), ("longest_interrupt_us", 4), ("late", 4)]
LEDGER_LENGTH = 72

PARAMETER = [("parameter", 2), ("count", 1), ("spare", 1)]
PARAMETER_LENGTH = 68
FIRST_COEFFICIENTS = 512
PLATFORM, NAME, SETTINGS = 768, 769, 1024
PLATFORM_FIELDS = [("begun_ms", 2), ("sampling_ms", 2), ("free_heap", 4)]
MOST_PARAMETER = 44

VERIFICATIONS = {1: "accepted", 2: "refused", 7: "completed", 8: "failed"}
VERIFICATION = [("request", 4), ("code", 2), ("number", 2), ("value", 4), ("limit", 4)]
VERIFICATION_LENGTH = 36
ALIVE_LENGTH = 20


def pus_header(service: int, subtype: int, counter: int, time: bytes, status: int = 0) -> bytes:
    """Fourteen octets."""
    if not 0 <= status <= 15 or len(time) != 7:
        raise ValueError(f"status {status}, {len(time)} octets of time")
    destination = 0
    return bytes([2 * 16 + status, service, subtype]) + octets(counter, 2) + octets(destination, 2) + time


def parse_pus_header(packet: bytes) -> dict[str, int]:
    """Octets 6 to 19 of a service packet."""
    seconds, microseconds = decode_time(packet[13:20])
    return {
        "pus_version": packet[6] >> 4,
        "time_status": packet[6] & 0x0F,
        "service": packet[7],
        "subtype": packet[8],
        "counter": integer(packet[9:11]),
        "destination": integer(packet[11:13]),
        "seconds": seconds,
        "microseconds": microseconds,
    }


def event(event_id: int, values: dict[str, int], *, apid: int, sequence_count: int, counter: int, time: bytes) -> bytes:
    """The packet of an event report."""
    subtype, layout = EVENTS[event_id]
    source = octets(event_id, 2) + fill(layout, values)
    return (
        primary_header(apid, sequence_count, EVENT_LENGTH)
        + pus_header(5, subtype, counter, time)
        + padded(source, EVENT_LENGTH - 20)
    )


def housekeeping(values: dict[str, int], *, apid: int, sequence_count: int, counter: int, time: bytes) -> bytes:
    """The packet of a housekeeping report: the board's when values["sid"] is 1, else a ledger."""
    if values["sid"] == 1:
        layout, length = BOARD, BOARD_LENGTH
    else:
        layout, length = LEDGER, LEDGER_LENGTH
        if values["sid"] < 256:
            raise ValueError(f"SID {values['sid']}")
    return (
        primary_header(apid, sequence_count, length)
        + pus_header(3, 25, counter, time)
        + padded(fill(layout, values), length - 20)
    )


def coefficients(
    sensor: int, coefficients: bytes, *, apid: int, sequence_count: int, counter: int, time: bytes, spare: int = 0
) -> bytes:
    """The packet of the report of a sensor's coefficients."""
    if not 0 <= sensor < MOST_SENSORS or not 1 <= len(coefficients) <= MOST_PARAMETER:
        raise ValueError(f"{len(coefficients)} coefficients of sensor {sensor}")
    at = {"apid": apid, "sequence_count": sequence_count, "counter": counter, "time": time}
    return parameter(FIRST_COEFFICIENTS + sensor, coefficients, **at, spare=spare)


def parameter(number: int, data: bytes, *, apid: int, sequence_count: int, counter: int, time: bytes, spare: int = 0) -> bytes:
    """The packet of the report of any parameter."""
    if not 1 <= len(data) <= MOST_PARAMETER:
        raise ValueError(f"{len(data)} octets of parameter {number}")
    values = {"parameter": number, "count": len(data), "spare": spare}
    return (
        primary_header(apid, sequence_count, PARAMETER_LENGTH)
        + pus_header(20, 2, counter, time)
        + padded(fill(PARAMETER, values) + data, PARAMETER_LENGTH - 20)
    )


def platform(values: dict[str, int], text: str) -> bytes:
    """The octets of the parameter that tells the platform."""
    return fill(PLATFORM_FIELDS, values) + text.encode("ascii")


def settings(values: list[int]) -> bytes:
    """The octets of the parameter that tells the settings."""
    return b"".join(octets(value, 4) for value in values)


def verification(kind: str, values: dict[str, int], *, apid: int, sequence_count: int, counter: int, time: bytes) -> bytes:
    """The packet of a verification report."""
    (subtype,) = (number for number, name in VERIFICATIONS.items() if name == kind)
    return (
        primary_header(apid, sequence_count, VERIFICATION_LENGTH)
        + pus_header(1, subtype, counter, time)
        + fill(VERIFICATION, values)
    )


def alive(*, apid: int, sequence_count: int, counter: int, time: bytes) -> bytes:
    """The packet that answers a test of the connection."""
    return primary_header(apid, sequence_count, ALIVE_LENGTH) + pus_header(17, 2, counter, time)


def parse_report(
    packet: bytes, streams: int, sensors: int = MOST_SENSORS, coefficients: tuple[int, ...] = (), settings: int = 0
) -> dict[str, int | bytes | str] | None:
    """Source data fields of a service packet, or None if it is no report of section 5 for such a payload.

    coefficients: how many octets of them each sensor has, 0 for those after the last; settings: how many the payload has.
    """
    header = parse_pus_header(packet)
    if header["pus_version"] != 2:
        return None
    service, subtype, source = header["service"], header["subtype"], packet[20:]
    number = integer(source[0:2])
    if service == 20:
        return parse_parameters(packet, coefficients[:sensors], settings) if subtype == 2 else None
    if service == 1 and subtype in VERIFICATIONS and len(packet) == VERIFICATION_LENGTH:
        return {"verification": VERIFICATIONS[subtype], **read(VERIFICATION, source)}
    if (service, subtype) == (17, 2) and len(packet) == ALIVE_LENGTH:
        return {"alive": 1}
    if service == 5 and number in EVENTS and len(packet) == EVENT_LENGTH:
        listed_subtype, layout = EVENTS[number]
        if subtype != listed_subtype:
            return None
        fields = [("event", 2), *layout]
    elif (service, subtype, number) == (3, 25, 1) and len(packet) == BOARD_LENGTH:
        fields = BOARD
    elif (service, subtype) == (3, 25) and 256 <= number < 256 + streams and len(packet) == LEDGER_LENGTH:
        fields = LEDGER
    else:
        return None
    values = read(fields, source)
    if not all_zero(source[sum(count for _, count in fields) :]):
        return None
    # a field that this report does not have breaks no rule
    if values.get("wire_format", 1) != 1:
        return None
    if values.get("sensor", 0) >= sensors or values.get("stream", 0) >= streams:
        return None
    return values


def parse_parameters(packet: bytes, coefficients: tuple[int, ...], settings: int) -> dict[str, int | bytes | str] | None:
    """The fields of section 5.3, or None if it is no such report.

    coefficients: how many octets of them each sensor has; settings: how many the payload has.
    """
    if len(packet) != PARAMETER_LENGTH:
        return None
    source = packet[20:]
    values = read(PARAMETER, source)
    count, number = values["count"], values["parameter"]
    if not 1 <= count <= MOST_PARAMETER or not all_zero(source[4 + count :]):
        return None
    values["octets"] = data = source[4 : 4 + count]
    if number == PLATFORM:
        if count < 8 or not is_ascii(data[8:]):
            return None
        return {**values, **read(PLATFORM_FIELDS, data), "text": data[8:].decode()}
    if number == NAME:
        return {**values, "text": data.decode()} if is_ascii(data) else None
    if number == SETTINGS:
        return values if settings and count == 4 * settings else None
    sensor = number - FIRST_COEFFICIENTS
    if not 0 <= sensor < len(coefficients):
        return None
    if coefficients[sensor] == 0 or count != coefficients[sensor]:
        return None
    return {**values, "sensor": sensor}


def is_ascii(data: bytes) -> bool:
    """Whether text is ASCII."""
    return all(octet < 128 for octet in data)


# --- 7 telecommands ---


def telecommand(service: int, subtype: int, data: bytes = b"", *, apid: int, sequence_count: int = 0) -> bytes:
    """The packet of a telecommand."""
    length = 12 + len(data)
    while length < 20 or length % 4 != 0:
        length = length + 1
    secondary = bytes([2 * 16 + 9, service, subtype, 0, 0, 0])
    return padded(primary_header(apid, sequence_count, length, 1) + secondary + data, length)


def setting(number: int, value: int) -> bytes:
    """What sets one setting."""
    return bytes([number, 0, 0, 0]) + octets(value, 4)


def set_settings(values: list[tuple[int, int]], *, apid: int, sequence_count: int = 0) -> bytes:
    """The telecommand that sets (number, value) pairs."""
    data = bytes([len(values), 0, 0, 0])
    for number, value in values:
        data = data + setting(number, value)
    return telecommand(20, 3, data, apid=apid, sequence_count=sequence_count)


# --- 6 stream packets ---


def stream_packet_length(samples_per_packet: int, sample_size: int) -> int:
    """18 + N x sample size, rounded up to a multiple of 4."""
    length = 18 + samples_per_packet * sample_size
    while length % 4 != 0:
        length = length + 1
    check_packet_length(length)
    return length


def stream_packet(
    samples: list[bytes], index: int, *, samples_per_packet: int, apid: int, sequence_count: int, time: bytes
) -> bytes:
    """The packet of 1..N samples of one size; `apid` is the stream's own."""
    sizes = {len(sample) for sample in samples}
    if not 1 <= len(samples) <= samples_per_packet or len(sizes) != 1 or len(time) != 7:
        raise ValueError(f"{len(samples)} samples of {sizes} octets for {samples_per_packet} places")
    length = stream_packet_length(samples_per_packet, sizes.pop())
    body = time + bytes([len(samples)]) + octets(index, 4) + b"".join(samples)
    return padded(primary_header(apid, sequence_count, length) + body, length)


def is_stream_packet(packet: bytes, samples_per_packet: int, sample_size: int) -> bool:
    """Whether length, sample count, unused sample places and padding are as section 6 says for such a stream."""
    if len(packet) != stream_packet_length(samples_per_packet, sample_size):
        return False
    count = packet[13]
    return 1 <= count <= samples_per_packet and all_zero(packet[18 + count * sample_size :])


def parse_stream_packet(packet: bytes, sample_size: int) -> dict:
    """seconds, microseconds, index and the list of valid samples; the packet passed section 8."""
    seconds, microseconds = decode_time(packet[6:13])
    count = packet[13]
    samples = [packet[18 + n * sample_size : 18 + (n + 1) * sample_size] for n in range(count)]
    return {
        "seconds": seconds,
        "microseconds": microseconds,
        "index": integer(packet[14:18]),
        "samples": samples,
    }


def timed_sample(own_time: int, sample: bytes) -> bytes:
    """The sample of a stream with sample times: `own_time` microseconds after the packet's time."""
    return octets(own_time, 4) + sample


def parse_timed_samples(packet: bytes, sample_size: int) -> dict:
    """As parse_stream_packet, of a stream with sample times: `samples` without them, `times` in microseconds since boot."""
    values = parse_stream_packet(packet, sample_size)
    first = values["seconds"] * 1_000_000 + values["microseconds"]
    values["times"] = [first + integer(sample[0:4]) for sample in values["samples"]]
    values["samples"] = [sample[4:] for sample in values["samples"]]
    return values
