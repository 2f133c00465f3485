"""The golden vectors of every payload: what its board sends, and what the host reads in it, by the oracle."""

import random

import numpy as np
import pytest

from catalogue.payloads import agrees, scenario_of, vectors_of
from freefall.board.virtual import VirtualBoard
from freefall.decode import BootEvent, CoefficientReport, Collector, Decoder
from freefall.decode.columns import Columns
from freefall.definition import load_definition
from oracle import codec, make_payload_vectors, sensor_values
from oracle.make_payload_vectors import PACKETS, Source, apid_of, packet_of
from oracle.words import word_crc

_AGAIN = "; if that is meant: PYTHONPATH=tests python -m oracle.make_payload_vectors"
_STEP_NS, _PATIENCE_NS = 50_000_000, 20_000_000_000
_SAMPLES = 1500


@pytest.fixture(scope="module")
def vectors(folder):
    return vectors_of(folder)


@pytest.fixture(scope="module")
def definition(folder):
    return load_definition(folder)


def frames_of(vectors):
    """The frames of a file in the order in which a receiver may get them."""
    yield bytes.fromhex(vectors["boot"]["frame"])
    for report in vectors["coefficients"]:
        yield codec.encode_frame(bytes.fromhex(report["packet"]))
    for stream in vectors["streams"]:
        for packet in stream["packets"]:
            yield codec.encode_frame(bytes.fromhex(packet["packet"]))


def test_definition_is_that_of_the_vectors(folder, definition, vectors):
    assert f"{definition.definition_id:08x}" == vectors["definition_id"], f"another definition{_AGAIN} {folder.name}"
    assert vectors["boot"]["definition_id"] == definition.definition_id
    assert [stream.name for stream in definition.streams] == [stream["stream"] for stream in vectors["streams"]]
    with_coefficients = [sensor.name for sensor in definition.sensors if sensor.coefficients]
    assert with_coefficients == [report["sensor"] for report in vectors["coefficients"]]


def test_board_sends_the_frames_of_the_vectors(folder, definition, vectors):
    board = VirtualBoard(definition, seed=vectors["seed"], scenario=scenario_of(folder, definition))
    assert vectors["scenario"] == ("scenario.toml" if (folder / "scenario.toml").exists() else None)
    missing = {stream.apid: PACKETS for stream in definition.streams}
    sent, reports, octets = {apid: [] for apid in missing}, [], b""
    while any(missing.values()) and board.now_ns() < _PATIENCE_NS:
        octets += board.advance(_STEP_NS)
        *stretches, octets = octets.split(b"\x00")
        for frame in filter(None, stretches):
            packet, reason = codec.judge_frame(frame)
            assert packet, reason
            apid = apid_of(packet)
            if apid == definition.apid:
                reports.append(frame)
            elif missing[apid]:
                missing[apid] -= 1
                sent[apid].append(frame)
    assert not any(missing.values()), f"packets missing, by APID, after {board.now_ns() / 1e9:.0f} s: {missing}"
    assert reports[0].hex() == vectors["boot"]["frame"]
    for report in vectors["coefficients"]:
        assert codec.encode_frame(bytes.fromhex(report["packet"])) in reports
    for stream in vectors["streams"]:
        assert stream["packets"][0]["frame"] == sent[stream["apid"]][0].hex(), f"{stream['stream']}{_AGAIN} {folder.name}"
        packets = [codec.judge_frame(frame)[0].hex() for frame in sent[stream["apid"]]]
        assert packets == [packet["packet"] for packet in stream["packets"]], f"{stream['stream']}{_AGAIN} {folder.name}"


def test_vectors_say_what_the_oracle_reads_in_their_packets(folder, vectors):
    source = Source.of(folder)
    octets = {report["sensor"]: bytes.fromhex(report["octets"]) for report in vectors["coefficients"]}
    for stream in vectors["streams"]:
        table, options = source.tables["stream"][stream["stream"]], source.options(stream["stream"])
        for packet in stream["packets"]:
            told = packet_of(bytes.fromhex(packet["packet"]), table, options, octets.get(table["sensor"]))
            assert told == {key: packet[key] for key in told}
    assert len((folder / make_payload_vectors.FILE).read_bytes()) <= make_payload_vectors.LARGEST


def test_decoder_reads_the_values_of_the_vectors(definition, vectors):
    decoder, collector = Decoder(definition), Collector(definition)
    items = decoder.feed(b"\x00" + b"\x00".join(frames_of(vectors)) + b"\x00")
    collector.add(items)
    assert not any(decoder.counters.octets_rejected.values())
    (boot,) = (item for item in items if isinstance(item, BootEvent))
    assert boot.boot_count == vectors["boot"]["boot_count"]
    reports = [[item.sensor.name, item.octets.hex()] for item in items if isinstance(item, CoefficientReport)]
    assert reports == [[report["sensor"], report["octets"]] for report in vectors["coefficients"]]
    for stream in vectors["streams"]:
        table = collector.table(stream["stream"])
        samples = [sample for packet in stream["packets"] for sample in packet["samples"]]
        assert table.index.tolist() == [p["index"] + n for p in stream["packets"] for n in range(len(p["samples"]))]
        first = 0
        for packet in stream["packets"]:
            assert table.time_ns[first] == (packet["seconds"] * 10**6 + packet["microseconds"]) * 1000
            first += len(packet["samples"])
        for row, (_, time_us, values) in enumerate(samples):
            assert time_us is None or table.time_ns[row] == time_us * 1000
            assert values.keys() == table.values.keys()
            for channel, value in values.items():
                ours = float(table.values[channel][row])
                assert agrees(stream["driver"], channel, ours, value), f"{stream['stream']} {channel}: {ours}, not {value}"


# Of octets that no scenario makes -----------------------------------------------------------------------------


def octets_of(driver, length, source, example):
    """Any octets; some of them with right CRCs, some from a good sample with a few bits changed, some at the ends of words."""
    kind = source.randrange(4)
    if kind == 0:
        sample = bytearray(source.randbytes(length))
    elif kind == 1:
        ends = (b"\x00\x00", b"\xff\xff", b"\x7f\xff", b"\x80\x00", b"\xff\x7f", b"\x00\x80")
        sample = bytearray(b"".join(source.choice(ends) for _ in range(length))[:length])
    else:
        sample = bytearray(example)
        for _ in range(source.randrange(1, 4)):
            sample[source.randrange(length)] ^= 1 << source.randrange(8)
    repair = source.random() < 0.7
    if driver in ("scd41", "slf3s") and repair:
        for at in (0, 3, 6):
            sample[at + 2] = word_crc(bytes(sample[at : at + 2]))
    if driver == "mhz19b" and repair:
        sample[0:2] = b"\xff\x86"
        sample[8] = -sum(sample[1:8]) % 256
    if driver == "bme280":
        sample[5] &= 0x80  # 17 bits of temperature, as from two samples; the oracle's integers drop the others
    return bytes(sample)


def test_host_reads_any_octets_as_the_oracle_does(folder, definition, vectors):
    source, seeded = Source.of(folder), random.Random(f"any octets of {folder.name}")
    octets = {report["sensor"]: bytes.fromhex(report["octets"]) for report in vectors["coefficients"]}
    tables = {sensor.name: sensor.table for sensor in definition.sensors}
    for stream, told in zip(definition.streams, vectors["streams"], strict=True):
        example = bytes.fromhex(told["packets"][0]["samples"][0][0])
        samples = [octets_of(stream.driver, stream.sensor_len, seeded, example) for _ in range(_SAMPLES)]
        rows = np.frombuffer(b"".join(samples), np.uint8).reshape(_SAMPLES, -1)
        coefficients, options = octets.get(stream.sensor), source.options(stream.name)
        own = source.tables["stream"][stream.name].get("calibration")
        values = Columns.of(stream, rows, coefficients).values
        # Words that a part with coefficients does not make are beyond what either algorithm was made for.
        ranges = tables[stream.sensor].full_scale() if coefficients else {}
        judged = 0
        for row, sample in enumerate(samples):
            oracle = sensor_values.sample_values(stream.driver, sample, options, coefficients, own)
            if any(oracle[name] is not None and not low <= oracle[name] <= high for name, (low, high) in ranges.items()):
                continue
            judged += 1
            for channel, value in oracle.items():
                ours = float(values[channel][row])
                assert agrees(stream.driver, channel, ours, value), f"{stream.name} {channel} of {sample.hex()}: {ours}, {value}"
        assert judged > _SAMPLES // 4
