"""The packets of tests/vectors/wire.json: every service report and the packets of five streams, with what they say."""

from oracle import codec, receiver

PAYLOAD = receiver.Payload(
    base_apid=64,
    streams=((9, 25), (2, 1), (1, 6), (10, 23), (6, 38)),
    sensors=5,
    coefficients=(0, 1, 44, 24),
    settings=3,
)
TIMED = (4,)  # the streams with sample times
DEFINITION_ID = 0xF1E2D3C4

_FIRMWARE = {"version_major": 0, "version_minor": 1, "version_patch": 2, "wire_format": 1}


def packets() -> list[dict]:
    """Every service report and the packets of five streams, at the edges of their fields."""
    reports = events() + housekeeping() + coefficient_reports() + parameter_reports() + verification_reports() + alive_reports()
    return reports + stream_packets() + timed_packets()


def events() -> list[dict]:
    """Every event, counters and counts at their ends."""
    boot = {"boot_count": 1, **_FIRMWARE, "definition_id": DEFINITION_ID, "reset_cause": 1, "slot": 0, "failed_boots": 0}
    full = {"boot_count": 2**30 - 1, "version_major": 255, "version_minor": 255, "version_patch": 255}
    full |= {"wire_format": 1, "definition_id": DEFINITION_ID, "reset_cause": 3, "slot": 2, "failed_boots": 255}
    cases = [
        ("boot", 1, boot, 0, 0, (0, 0)),
        ("boot after a watchdog reset", 1, {**boot, "boot_count": 2, "reset_cause": 2}, 0, 0, (0, 1)),
        ("boot, fields full", 1, full, 16383, 65535, (0xFFFFFFFF, 999_999)),
        ("sensor absent", 2, {"sensor": 0, "reason": 1}, 1, 0, (0, 250_000)),
        ("sensor with wrong identity", 2, {"sensor": 4, "reason": 2}, 2, 1, (0, 250_001)),
        ("sensor not configured", 2, {"sensor": 1, "reason": 3}, 3, 2, (0, 250_002)),
        ("sensor stopped", 3, {"stream": 0, "spare": 0, "bus_errors": 1}, 255, 3, (12, 345_678)),
        (
            "sensor stopped, stream 3",
            3,
            {"stream": 3, "spare": 0, "bus_errors": 2**30 - 1},
            256,
            4,
            (12, 345_679),
        ),
        ("sensor answers again", 4, {"stream": 0, "spare": 0, "bus_errors": 17}, 257, 1, (13, 0)),
    ]
    made = []
    for name, event_id, values, sequence_count, counter, time in cases:
        at = {"apid": 64, "sequence_count": sequence_count, "counter": counter}
        packet = codec.event(event_id, values, **at, time=codec.encode_time(*time))
        stated = {**at, "seconds": time[0], "microseconds": time[1], "subtype": codec.EVENTS[event_id][0]}
        fields = {**stated, "event": event_id, **values}
        made.append(
            {
                "name": name,
                "kind": "event",
                "packet": packet.hex(),
                "frame": codec.encode_frame(packet).hex(),
                "fields": fields,
            }
        )
    return made


def housekeeping() -> list[dict]:
    """Board reports and ledgers whose equations hold, also across a wrapped counter."""
    board = {
        "sid": 1,
        "reset_cause": 1,
        "streams": 4,
        "boot_count": 1,
        **_FIRMWARE,
        "definition_id": DEFINITION_ID,
    }
    board |= {
        "longest_pass_us": 4321,
        "most_waiting": 3,
        "queue_size": 8,
        "service_built": 12,
        "service_dropped": 0,
    }
    most = 2**30 - 1
    full = {
        **board,
        "longest_pass_us": most,
        "most_waiting": 65535,
        "queue_size": 65535,
        "service_built": most,
    }
    ledger = {"sid": 256, "most_waiting": 31, "seen": 1000, "taken": 990, "bus_errors": 7, "overruns": 3}
    ledger |= {"framed": 975, "pending": 15, "samples_sent": 950, "samples_dropped": 25}
    ledger |= {"packets_sent": 38, "packets_dropped": 1, "longest_interrupt_us": 412, "late": 2}
    wrapped = {
        **ledger,
        "seen": 3,
        "taken": most,
        "bus_errors": 4,
        "overruns": 0,
        "framed": most - 20,
        "pending": 20,
    }
    wrapped |= {"samples_sent": most - 21, "samples_dropped": 1, "late": most}
    start = dict.fromkeys(ledger, 0)
    cases = [
        ("board", board, 4, 0, (1, 0)),
        ("board, counters full", {**full, "service_dropped": most, "boot_count": most}, 16383, 65535, (2, 0)),
        ("ledger of stream 0", ledger, 5, 1, (3, 1)),
        ("ledger of stream 3 at the start", {**start, "sid": 259}, 6, 2, (3, 2)),
        ("ledger of stream 1, counters wrapped at 2^30", {**wrapped, "sid": 257}, 7, 3, (3, 3)),
    ]
    made = []
    for name, values, sequence_count, counter, time in cases:
        at = {"apid": 64, "sequence_count": sequence_count, "counter": counter}
        packet = codec.housekeeping(values, **at, time=codec.encode_time(*time))
        fields = {**at, "seconds": time[0], "microseconds": time[1], "subtype": 25, **values}
        kind = "board" if values["sid"] == 1 else "ledger"
        made.append(
            {
                "name": name,
                "kind": kind,
                "packet": packet.hex(),
                "frame": codec.encode_frame(packet).hex(),
                "fields": fields,
            }
        )
    return made


def stream_packets() -> list[dict]:
    """Without sample times, 244, 20, 24 and 248 octets: full, one sample, zeros only, no zeros, the index at its end."""
    counting = [bytes((n * 9 + k) % 256 for k in range(9)) for n in range(25)]
    cases = [
        ("244 octets, counting", 0, counting, 0, 0, (5, 0)),
        ("244 octets, one sample", 0, counting[:1], 25, 1, (5, 25_000)),
        ("244 octets, all zeros", 0, [bytes(9)] * 25, 2**32 - 1, 16383, (0, 0)),
        ("244 octets, no zeros in the samples", 0, [b"\xff" * 9] * 25, 2**32 - 25, 0, (6, 1)),
        ("20 octets", 1, [b"\x0c\x80"], 1, 1, (7, 999_999)),
        ("20 octets, zeros", 1, [b"\x00\x00"], 0, 0, (0, 0)),
        ("24 octets, full, no pad", 2, [bytes([n + 1]) for n in range(6)], 100, 2, (8, 1)),
        ("24 octets, zeros at the ends", 2, [b"\x00", b"\x01", b"\x00"], 106, 3, (8, 2)),
        ("248 octets, full, no pad", 3, [bytes([n + 1]) * 10 for n in range(23)], 1000, 4, (9, 1)),
        ("248 octets, all zeros", 3, [bytes(10)] * 23, 0, 5, (0, 0)),
        ("248 octets, one sample", 3, [b"\xaa" * 10], 1023, 6, (9, 3)),
    ]
    made = []
    for name, stream, samples, index, sequence_count, time in cases:
        size, places = PAYLOAD.streams[stream]
        at = {"apid": 65 + stream, "sequence_count": sequence_count}
        packet = codec.stream_packet(samples, index, samples_per_packet=places, **at, time=codec.encode_time(*time))
        fields = {**at, "seconds": time[0], "microseconds": time[1], "stream": stream, "index": index}
        fields |= {"count": len(samples), "samples": b"".join(samples).hex(), "sample_size": size}
        made.append(
            {
                "name": name,
                "kind": "stream",
                "packet": packet.hex(),
                "frame": codec.encode_frame(packet).hex(),
                "fields": fields,
            }
        )
    return made


def coefficient_reports() -> list[dict]:
    """The fewest octets and the most, and zeros that are octets and no padding."""
    cases = [
        ("coefficients, one octet", 1, b"\xa5", 8, 0, (0, 300_000)),
        ("coefficients, one octet that is zero", 1, b"\x00", 9, 1, (0, 300_001)),
        ("coefficients, 24 octets", 3, bytes(range(1, 25)), 10, 2, (0, 300_002)),
        ("coefficients, 24 octets, zeros at the ends", 3, bytes([0, *range(2, 24), 0]), 11, 3, (2, 0)),
        ("coefficients, 44 octets", 2, bytes(range(255, 211, -1)), 16383, 65535, (0xFFFFFFFF, 999_999)),
        ("coefficients, 44 octets, all zeros", 2, bytes(44), 0, 0, (0, 0)),
    ]
    made = []
    for name, sensor, octets, sequence_count, counter, time in cases:
        at = {"apid": 64, "sequence_count": sequence_count, "counter": counter}
        packet = codec.coefficients(sensor, octets, **at, time=codec.encode_time(*time))
        fields = {**at, "seconds": time[0], "microseconds": time[1], "subtype": 2}
        fields |= {"parameter": 512 + sensor, "count": len(octets), "spare": 0, "sensor": sensor, "octets": octets.hex()}
        made.append(
            {
                "name": name,
                "kind": "coefficients",
                "packet": packet.hex(),
                "frame": codec.encode_frame(packet).hex(),
                "fields": fields,
            }
        )
    return made


def parameter_reports() -> list[dict]:
    """Platform, name and settings: texts of no and of the most octets, and numbers at their ends, which are no text."""
    board = {"begun_ms": 812, "sampling_ms": 1034, "free_heap": 123_456}
    full = {"begun_ms": 65535, "sampling_ms": 65535, "free_heap": 2**32 - 1}
    cases = [
        ("platform", codec.PLATFORM, codec.platform(board, "micropython 1.26.1 rp2"), 12, 3, (2, 1)),
        ("platform, numbers full, no text", codec.PLATFORM, codec.platform(full, ""), 13, 4, (2, 2)),
        ("platform, 36 letters", codec.PLATFORM, codec.platform(full, "p" * 36), 16383, 65535, (0xFFFFFFFF, 999_999)),
        ("platform, numbers zero", codec.PLATFORM, codec.platform(dict.fromkeys(board, 0), "x"), 14, 5, (2, 3)),
        ("name", codec.NAME, b"vibration", 15, 6, (2, 4)),
        ("name of one letter", codec.NAME, b"v", 16, 7, (2, 5)),
        (
            "name of 44 characters, from the first of ASCII to the last",
            codec.NAME,
            bytes([0, *range(86, 128), 10]),
            17,
            8,
            (2, 6),
        ),
        ("settings", codec.SETTINGS, codec.settings([100_000, 1, 500_000]), 18, 9, (2, 7)),
        ("settings, all zero", codec.SETTINGS, codec.settings([0, 0, 0]), 19, 10, (2, 8)),
        ("settings, all full", codec.SETTINGS, codec.settings([2**32 - 1] * 3), 20, 11, (2, 9)),
    ]
    made = []
    for name, number, octets, sequence_count, counter, time in cases:
        at = {"apid": 64, "sequence_count": sequence_count, "counter": counter}
        packet = codec.parameter(number, octets, **at, time=codec.encode_time(*time))
        fields = {**at, "seconds": time[0], "microseconds": time[1], "subtype": 2}
        fields |= {"parameter": number, "count": len(octets), "spare": 0, "octets": octets.hex()}
        made.append(
            {
                "name": name,
                "kind": "parameter",
                "packet": packet.hex(),
                "frame": codec.encode_frame(packet).hex(),
                "fields": fields,
            }
        )
    return made


def verification_reports() -> list[dict]:
    """What becomes of telecommands, in every of the four ways."""
    request = 0x1840C001
    done = {"request": request, "code": 0, "number": 0, "value": 0, "limit": 0}
    cases = [
        ("telecommand accepted", "accepted", done, 21, 0, (3, 1)),
        ("telecommand refused, value below the least", "refused", {**done, "code": 4, "value": 9, "limit": 10}, 22, 0, (3, 2)),
        ("telecommand refused, no such function", "refused", {**done, "code": 7, "number": 9}, 23, 1, (3, 3)),
        ("telecommand completed", "completed", done, 24, 0, (3, 4)),
        ("telecommand failed, values not kept", "failed", {**done, "code": 6}, 25, 0, (3, 5)),
        (
            "telecommand refused, fields full",
            "refused",
            {"request": 2**32 - 1, "code": 65535, "number": 65535, "value": 2**32 - 1, "limit": 2**32 - 1},
            16383,
            65535,
            (0xFFFFFFFF, 999_999),
        ),
    ]
    made = []
    for name, kind, values, sequence_count, counter, time in cases:
        at = {"apid": 64, "sequence_count": sequence_count, "counter": counter}
        packet = codec.verification(kind, values, **at, time=codec.encode_time(*time))
        subtype = {name: number for number, name in codec.VERIFICATIONS.items()}[kind]
        made.append(
            {
                "name": name,
                "kind": "verification",
                "packet": packet.hex(),
                "frame": codec.encode_frame(packet).hex(),
                "fields": {**at, "seconds": time[0], "microseconds": time[1], "subtype": subtype, **values},
            }
        )
    return made


def alive_reports() -> list[dict]:
    """The answer to a test of the connection, which says no more than that."""
    made = []
    for name, sequence_count, counter, time in [
        ("alive", 26, 0, (4, 0)),
        ("alive, fields full", 16383, 65535, (0xFFFFFFFF, 999_999)),
    ]:
        at = {"apid": 64, "sequence_count": sequence_count, "counter": counter}
        packet = codec.alive(**at, time=codec.encode_time(*time))
        made.append(
            {
                "name": name,
                "kind": "alive",
                "packet": packet.hex(),
                "frame": codec.encode_frame(packet).hex(),
                "fields": {**at, "seconds": time[0], "microseconds": time[1], "subtype": 2},
            }
        )
    return made


def timed_packets() -> list[dict]:
    """A stream of samples with their own times: none apart, a second apart and as far as 32 bits go, with a time that carries."""
    stream = TIMED[0]
    cases = [
        ("sample times, full, one period apart", [(20_000 * n, bytes([n, n + 1])) for n in range(38)], 0, 0, (1, 500_000)),
        ("sample times, not one period apart", [(0, b"\x00\x01"), (1, b"\x00\x00"), (500_001, b"\xff\xff")], 38, 1, (1, 500_000)),
        ("sample times, one sample", [(0, b"\x12\x34")], 41, 2, (2, 999_999)),
        ("sample times, all zeros", [(0, b"\x00\x00")] * 38, 2**32 - 38, 3, (0, 0)),
        ("sample times, the longest", [(0, b"\x01\x02"), (2**32 - 1, b"\x03\x04")], 7, 4, (0xFFFFFFFF, 999_999)),
    ]
    size, places = PAYLOAD.streams[stream]
    made = []
    for name, samples, index, sequence_count, time in cases:
        timed = [codec.timed_sample(own_time, octets) for own_time, octets in samples]
        at = {"apid": 65 + stream, "sequence_count": sequence_count}
        packet = codec.stream_packet(timed, index, samples_per_packet=places, **at, time=codec.encode_time(*time))
        fields = {**at, "seconds": time[0], "microseconds": time[1], "stream": stream, "index": index}
        fields |= {"count": len(timed), "samples": b"".join(timed).hex(), "sample_size": size}
        fields["times"] = [time[0] * 1_000_000 + time[1] + own_time for own_time, _ in samples]
        made.append(
            {
                "name": name,
                "kind": "stream",
                "packet": packet.hex(),
                "frame": codec.encode_frame(packet).hex(),
                "fields": fields,
            }
        )
    return made
