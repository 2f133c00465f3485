"""The golden vectors of the wire, tests/vectors/wire.json, through freefall_wire."""

import json
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from freefall.decode import Alive, Decoder, NameReport, PlatformReport, Reject, SettingsReport
from freefall.definition import load_definition
from freefall.definition.settings import Setting
from freefall_wire import cobs, crc, frame, packet, reports, timecode
from oracle import codec, make_vectors, receiver

ROOT = Path(__file__).parents[3]
VECTORS = json.loads(make_vectors.PATH.read_text(encoding="utf-8"))
STREAMS = VECTORS["streams"] + VECTORS["payload_streams"]

# Source data by our layouts. Four octets of version and wire format, and the definition id, travel as octets in them.
_VERSION = ("version_major", "version_minor", "version_patch", "wire_format")
BOOT = ("event", "boot_count", _VERSION, "definition_id", "reset_cause", "slot", "failed_boots")
SENSOR = ("event", "stream", "spare", "bus_errors")
BOARD = (
    "sid",
    "reset_cause",
    "streams",
    "boot_count",
    _VERSION,
    "definition_id",
    "longest_pass_us",
    "most_waiting",
)
BOARD += ("queue_size", "service_built", "service_dropped")
LEDGER = (
    "sid",
    "most_waiting",
    "seen",
    "taken",
    "bus_errors",
    "overruns",
    "framed",
    "pending",
    "samples_sent",
)
LEDGER += ("samples_dropped", "packets_sent", "packets_dropped", "longest_interrupt_us", "late")
SOURCES = {
    ("event", reports.BOOT): (reports.BOOT_LAYOUT, BOOT),
    ("event", reports.SENSOR_ABSENT): (reports.SENSOR_ABSENT_LAYOUT, ("event", "sensor", "reason")),
    ("event", reports.SENSOR_STOPPED): (reports.SENSOR_LAYOUT, SENSOR),
    ("event", reports.SENSOR_BACK): (reports.SENSOR_LAYOUT, SENSOR),
    ("board", None): (reports.BOARD_LAYOUT, BOARD),
    ("ledger", None): (reports.LEDGER_LAYOUT, LEDGER),
    ("coefficients", None): (reports.PARAMETER_LAYOUT, ("parameter", "count", "spare", "octets")),
    ("parameter", None): (reports.PARAMETER_LAYOUT, ("parameter", "count", "spare", "octets")),
    ("verification", None): (reports.VERIFICATION_LAYOUT, ("request", "code", "number", "value", "limit")),
    ("alive", None): (">", ()),
}
SERVICES = {
    "event": reports.EVENT, "board": reports.HOUSEKEEPING, "ledger": reports.HOUSEKEEPING, "coefficients": reports.PARAMETERS,
    "parameter": reports.PARAMETERS, "verification": reports.VERIFICATION, "alive": reports.TEST,
}  # fmt: skip


@pytest.mark.parametrize("size", (1_000_000, 1, 7))
@pytest.mark.parametrize("case", STREAMS, ids=lambda case: case["name"])
def test_decoder_makes_of_a_golden_stream_what_the_vector_says(case, size):
    data = bytes.fromhex(case["octets"])
    decoder = frame.FrameDecoder()
    stretches = [one for at in range(0, len(data), size) for one in decoder.feed(data[at : at + size])]
    made = [[one.offset, one.size, one.packet and one.packet.hex(), one.reason] for one in stretches]
    late = receiver.PAYLOAD_REASONS  # the host's, after this decoder: here the packet is still accepted
    assert len(made) == len(case["stretches"])
    for ours, golden in zip(made, case["stretches"], strict=True):
        assert ours == golden or (golden[3] in late and ours[:2] == golden[:2] and ours[3] is None)
    rejected = {reason: count for reason, count in case["rejected"].items() if reason not in late}
    put_off = sum(case["rejected"].values()) - sum(rejected.values())
    assert {reason: count for reason, count in decoder.rejected_bytes.items() if count} == rejected
    counted = (decoder.accepted_bytes, decoder.idle_bytes, decoder.pending_bytes)
    assert counted == (case["accepted"] + put_off, case["idle"], case["pending"])


def test_golden_crcs_cobs_and_times_are_ours():
    for data, golden in VECTORS["crc32"]:
        assert f"{crc.crc32(bytes.fromhex(data)):08x}" == golden
    for data, golden in VECTORS["cobs"]:
        buf = bytearray(b"\xee" + bytes.fromhex(data))
        cobs.encode_in_place(buf, 0, len(buf))
        assert buf.hex() == golden
        assert cobs.decode(buf).hex() == data
    for golden in VECTORS["cobs_rejects"]:
        assert b"\x00" in bytes.fromhex(golden) or cobs.decode(bytes.fromhex(golden)) is None
    buf = bytearray(7)
    for seconds, micros, golden in VECTORS["times"]:
        timecode.put_cuc(buf, 0, seconds, micros)
        assert buf.hex() == golden
        assert timecode.get_cuc(buf, 0) == (seconds, micros)
    for golden, seconds, micros in VECTORS["received_times"]:
        assert timecode.get_cuc(bytes.fromhex(golden), 0) == (seconds, micros)


@pytest.mark.parametrize("case", VECTORS["frames"] + VECTORS["packets"], ids=lambda case: case["name"])
def test_golden_frames_are_ours(case):
    assert frame.encode(bytes.fromhex(case["packet"])).hex() == case["frame"]


@pytest.mark.parametrize("case", VECTORS["packets"], ids=lambda case: case["name"])
def test_golden_packets_are_what_our_header_functions_and_layouts_make(case):
    golden, fields = bytes.fromhex(case["packet"]), case["fields"]
    buf = bytearray(len(golden))
    packet.put_primary(buf, 0, fields["apid"], fields["sequence_count"], len(golden))
    if case["kind"] == "stream":
        timecode.put_cuc(buf, packet.STREAM_TIME_AT, fields["seconds"], fields["microseconds"])
        packet.put_stream(buf, 0, fields["count"], fields["index"] >> 30, fields["index"] & 0x3FFFFFFF)
        samples = bytes.fromhex(fields["samples"])
        buf[packet.SAMPLES_AT : packet.SAMPLES_AT + len(samples)] = samples
        assert packet.stream_of(golden) == (fields["count"], fields["index"])
    else:
        service = SERVICES[case["kind"]]
        packet.put_service(buf, 0, service, fields["subtype"], fields["counter"])
        timecode.put_cuc(buf, packet.SERVICE_TIME_AT, fields["seconds"], fields["microseconds"])
        put_source(buf, case["kind"], fields)
        assert packet.service_of(golden) == (0x20, service, fields["subtype"], fields["counter"])
        assert reports.report_len(golden) == len(golden)
    assert bytes(buf) == golden
    assert (packet.apid_of(golden), packet.sequence_of(golden)) == (fields["apid"], fields["sequence_count"])
    assert packet.declared_len(golden) == len(golden)
    assert packet.is_telemetry(golden)


def put_source(buf, kind, fields):
    """Pack the source data of a report by the layout that board and host share."""
    layout, names = SOURCES[kind, fields.get("event")]
    values = []
    for name in names:
        if name == _VERSION:
            values.append(bytes(fields[part] for part in _VERSION))
        elif name in ("definition_id", "request"):
            values.append(fields[name].to_bytes(4, "big"))
        elif name == "octets":
            values.append(bytes.fromhex(fields[name]))
        else:
            values.append(fields[name])
    struct.pack_into(layout, buf, packet.SOURCE_DATA_AT, *values)
    if kind == "event":
        assert reports.EVENT_SUBTYPE[fields["event"]] == fields["subtype"]


def test_decoder_of_the_host_rejects_in_golden_streams_what_the_vectors_reject():
    """`apid` and `size` are judged by freefall.decode."""
    definition = payload_definition(VECTORS["payload"])
    for case in VECTORS["payload_streams"]:
        decoder = Decoder(definition)
        rejects = [item for item in decoder.feed(bytes.fromhex(case["octets"])) if isinstance(item, Reject)]
        golden = [(offset, size, reason) for offset, size, _, reason in case["stretches"] if reason]
        assert [(reject.offset, reject.size, reject.reason) for reject in rejects] == golden, case["name"]
        counters = decoder.counters
        rejected = {reason: count for reason, count in counters.octets_rejected.items() if count}
        assert rejected == case["rejected"], case["name"]
        counted = (counters.octets_accepted, counters.octets_idle, counters.octets_pending)
        assert counted == (case["accepted"], case["idle"], case["pending"]), case["name"]


def test_decoder_of_the_host_reads_golden_parameters_verifications_and_sample_times():
    definition = payload_definition(VECTORS["payload"])
    read = []
    for case in VECTORS["packets"]:
        (item,) = Decoder(definition).feed(b"\0" + bytes.fromhex(case["frame"]) + b"\0")
        fields = case["fields"]
        if case["kind"] == "coefficients":
            assert (item.sensor.number, item.octets.hex()) == (fields["sensor"], fields["octets"])
        elif case["kind"] == "parameter":
            assert told(item) == fields["octets"]
        elif case["kind"] == "verification":
            assert item.request.hex() == f"{fields['request']:08x}"
            assert {name: getattr(item, name) for name in ("code", "number", "value", "limit")}.items() <= fields.items()
            assert item.kind == codec.VERIFICATIONS[fields["subtype"]]
        elif case["kind"] == "alive":
            assert item == Alive((fields["seconds"] * 10**6 + fields["microseconds"]) * 1000, None)
        elif case["kind"] == "stream" and "times" in fields:
            assert item.times_ns.tolist() == [time * 1000 for time in fields["times"]]
            size, samples = fields["sample_size"], bytes.fromhex(fields["samples"])
            assert item.raw.tolist() == [list(samples[at + 4 : at + size]) for at in range(0, len(samples), size)]
        else:
            continue
        read.append(case["kind"])
    least = {"coefficients": 5, "parameter": 8, "verification": 5, "alive": 1, "stream": 5}
    assert all(read.count(kind) >= count for kind, count in least.items())


def told(item) -> str:
    """The octets that a report of a parameter was read from, made of what was read."""
    match item:
        case PlatformReport():
            return struct.pack(">HHI", item.begun_ms, item.sampling_ms, item.free_heap).hex() + item.text.encode().hex()
        case NameReport():
            return item.name.encode().hex()
        case SettingsReport():
            return struct.pack(f">{len(item.values)}I", *item.values).hex()


def payload_definition(payload):
    """A definition with the vectors' streams, which no payload.toml could give: no sensor has such samples."""
    model = load_definition(ROOT / "payload_defs" / "vibration")
    streams = []
    for number, (sample_len, places) in enumerate(payload["streams"]):
        at = {"number": number, "name": f"stream{number}", "apid": payload["base_apid"] + 1 + number}
        lengths = {"packet_len": packet.padded(packet.SAMPLES_AT + places * sample_len), "sample_len": sample_len}
        times = number in payload["times"]
        streams.append(replace(model.streams[0], **at, **lengths, samples_per_packet=places, times=times))
    octets = payload["coefficients"] + [0] * payload["sensors"]
    sensors = tuple(
        replace(model.sensors[0], number=number, name=f"sensor{number}", coefficients=octets[number])
        for number in range(payload["sensors"])
    )
    there = {"apid": payload["base_apid"], "definition_id": payload["definition_id"]}
    settings = tuple(Setting(number, number, f"stream{number}", "on", 0, 1, 1) for number in range(payload["settings"]))
    return replace(model, **there, streams=tuple(streams), sensors=sensors, settings=settings)
