"""tshark with the generated dissector finds the same packets and values in an exported pcap, and what is wrong with a frame."""

import json
import random
import shutil
import subprocess
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from freefall.decode import Columns
from freefall.export import PcapWriter
from freefall.interop import wireshark
from freefall.sensors.channels import Compensated, Limits
from freefall.sensors.validity import Blank, Forbidden, Saturated, Sum8
from freefall_wire import packet as wire
from freefall_wire.frame import encode
from unit.decode import packets
from unit.decode.climate import climate_definition, climate_sample


@pytest.fixture(scope="session")
def tshark(need):
    """The program."""
    path = shutil.which("tshark")
    need(path is not None, "tshark (Debian: apt-get install tshark)")
    return path


@pytest.fixture(scope="session")
def dissect(tshark, tmp_path_factory):
    """dissect(definition, frames) -> the fields of each that tshark found: name without the prefix -> its values, in order."""

    def dissect(definition, frames):
        folder = tmp_path_factory.mktemp("wireshark")
        with PcapWriter(folder / "run.pcap") as writer:
            writer.write([(1_000_000_000 + n, (b"" if n else b"\0") + frame + b"\0") for n, frame in enumerate(frames)], [])
        (folder / "payload.lua").write_text(wireshark(definition), encoding="utf-8")
        command = [tshark, "-X", "lua_script:payload.lua", "-r", "run.pcap", "-T", "json"]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60, cwd=folder)
        assert "Lua Error" not in done.stdout + done.stderr
        found = [fields_of(frame, f"freefall_{definition.name}.") for frame in json.loads(done.stdout, object_pairs_hook=list)]
        assert len(found) == len(frames)
        return found

    return dissect


@pytest.fixture(scope="session")
def dissected(dissect, run):
    """What tshark found, all in one call: sent, of the run's packets; made, of packets with other samples; bad, of bad_frames."""
    made = list(made_packets(run))
    frames = [encode(data) for data in [*run.packets, *(data for data, _, _ in made)]] + list(bad_frames(run).values())
    found = dissect(run.definition, frames)
    sent, bad = len(run.packets), len(run.packets) + len(made)
    return SimpleNamespace(sent=found[:sent], made=list(zip(made, found[sent:bad], strict=True)), bad=found[bad:])


def fields_of(frame, prefix):
    """Name without the prefix -> all its values, in order."""
    fields = {}
    for name, value in leaves(frame):
        if name.startswith(prefix):
            fields.setdefault(name.removeprefix(prefix), []).append(value)
    return fields


def leaves(pairs):
    """(name, value) of every field in tshark's JSON, whatever is inside what; a name may be there many times."""
    for name, value in pairs:
        if isinstance(value, list):
            yield from leaves(value)
        else:
            yield name, value


def made_packets(run):
    """(packet, stream, samples) with octets that no part may ever send: at random, all zeros, all ones."""
    noise = random.Random(run.definition.name)
    for stream in run.definition.streams:
        head = next(data for data, item, _ in run.samples() if item.stream.number == stream.number)[: wire.SAMPLES_AT]
        room = stream.samples_per_packet * stream.sample_len
        for octets in (noise.randbytes(room), noise.randbytes(room), bytes(room), b"\xff" * room):
            head = head[: wire.COUNT_AT] + bytes([stream.samples_per_packet]) + head[wire.COUNT_AT + 1 :]
            data = (head + octets).ljust(stream.packet_len, b"\0")
            samples = np.frombuffer(octets, np.uint8).reshape(-1, stream.sample_len)
            yield data, stream, samples[:, stream.sample_len - stream.sensor_len :]


def bad_frames(run):
    good = next(data for data, _, _ in run.samples())
    flipped = bytearray(encode(good))
    flipped[-1] ^= 0x80 if flipped[-1] != 0x80 else 0x40
    return {
        "crc": bytes(flipped),
        "cobs": encode(good)[:-1],
        "length": encode(good[:5] + bytes([good[5] ^ 1]) + good[6:]),
        "header": encode(bytes([good[0] | 0x10]) + good[1:]),
        "apid": encode(bytes([good[0] & 0xF8 | 7, 0xFE]) + good[2:]),
        "size": encode(good[:13] + b"\xff" + good[14:]),
        "oversize": b"\x55" * 300,
    }


def test_every_packet_is_known_and_right(run, dissected):
    for number, fields in enumerate(dissected.sent):
        assert fields["crc_ok"] == ["1"] and "reject" not in fields, run.packets[number].hex()
        assert int(fields["header.apid"][0]) == int.from_bytes(run.packets[number][:2], "big") & 0x7FF


def test_samples_and_their_values_are_the_same(run, dissected):
    by_packet = {id(data): fields for data, fields in zip(run.packets, dissected.sent, strict=True)}
    for data, item, table in run.samples():
        fields = by_packet[id(data)]
        assert [int(count) for count in fields["count"]] == [len(table)]
        assert [int(number) for number in fields["sample"]] == table.index.tolist()
        assert nanoseconds(fields["time"][0]) == item.time_ns
        if item.stream.times:
            assert [nanoseconds(time) for time in fields["sample_time"]] == table.time_ns.tolist()
        compare(fields, item.stream, table)


def test_samples_that_no_part_sends_have_the_same_values_or_none(dissected):
    for (_, stream, samples), fields in dissected.made:
        compare(fields, stream, Columns.of(stream, samples))


def compare(fields, stream, columns):
    outside = dict.fromkeys(("watch", "warning", "critical"), 0)
    for channel in stream.channels:
        name, values = f"{stream.name}.{channel.name}", columns.values[channel.name]
        assert [int(raw) for raw in fields[f"{name}.raw"]] == columns.raw[channel.name].tolist()
        if isinstance(channel.calibration, Compensated):
            assert name not in fields
            continue
        values = values[~np.isnan(values)].tolist()
        # tshark prints 15 digits.
        assert [float(value) for value in fields.get(name, [])] == pytest.approx(values, rel=1e-14, abs=0)
        for value in values:
            if worst := worst_of(value, channel.limits or Limits()):
                outside[worst] += 1
    assert {level: len(fields.get(f"expert.{level}", [])) for level in outside} == outside


def worst_of(value, limits):
    ranges = {level: getattr(limits, level) for level in ("critical", "warning", "watch")}
    return next((level for level, pair in ranges.items() if pair and not pair[0] <= value <= pair[1]), None)


def test_every_kind_of_check_and_calibration_is_known(dissect):
    """Of a stream that has them all, as no payload does."""
    climate = climate_definition()
    stream = climate.stream("climate")
    words = stream.channels[1].raw, stream.channels[2].raw
    checks = Sum8(0, 5, ("pressure",)), Saturated(words[0], 900, ("pressure",)), Blank(0, bytes(3), ("level",))
    forbidden = Forbidden(words[1], (7,), ("level",), "not measured")
    stream = replace(stream, checks=(*checks, forbidden, *stream.checks))
    climate = replace(climate, streams=tuple(stream if own.name == "climate" else own for own in climate.streams))
    noise = random.Random(1)
    samples = [noise.randbytes(6) for _ in range(100)] + [bytes(6), b"\0\0\0\1\2\7"]
    for pressure in (0, 899, 900, 20_000):
        octets = b"\0\x14\1" + pressure.to_bytes(2, "little")
        octets = bytes([-sum(octets) % 128]) + octets[1:]  # the sum is 0 modulo 128: a checksum without the fault flag in it
        samples += [octets + bytes([-sum(octets) % 256]), octets + bytes([(1 - sum(octets)) % 256])]
    samples += [climate_sample(20, 4, level) for level in (0, 7, 10, 55, 100)] * 2
    frames = [packets.given(stream, 5 * n, samples[5 * n : 5 * n + 5], 0, n).rstrip(b"\0") for n in range(len(samples) // 5)]
    for n, fields in enumerate(dissect(climate, frames)):
        own = np.frombuffer(b"".join(samples[5 * n : 5 * n + 5]), np.uint8).reshape(5, 6)
        columns = Columns.of(stream, own)
        compare(fields, stream, columns)


def test_ledgers_are_the_same(run, dissected):
    for data, report in run.ledgers():
        fields = dissected.sent[next(n for n, packet in enumerate(run.packets) if packet is data)]
        for name in ("seen", "taken", "bus_errors", "overruns", "framed", "pending", "samples_sent", "samples_dropped", "late"):
            assert fields[f"report.ledger_{report.stream.name}.{name}"] == [str(getattr(report, name))]


def test_bad_frames_are_shown_with_the_reason(run, dissected):
    assert [fields["reject"] for fields in dissected.bad] == [[reason] for reason in bad_frames(run)]
    right = {"crc": ["0"], "cobs": None, "oversize": None}
    assert [fields.get("crc_ok") for fields in dissected.bad] == [right.get(reason, ["1"]) for reason in bad_frames(run)]
    assert all("sample" not in fields for fields in dissected.bad)


def nanoseconds(text):
    """Of tshark's seconds with nine digits behind the point."""
    seconds, _, rest = text.partition(".")
    return int(seconds) * 10**9 + int(rest)


def test_what_a_board_answers_is_known(settable, answers, dissect):
    found = dissect(settable, [encode(data) for data, _, _ in answers])
    for (_, name, items), fields in zip(answers, found, strict=True):
        assert "reject" not in fields and nanoseconds(fields["time"][0]) == 7_500_000_000
        told = {item: fields[f"report.{name.lower()}.{item.lower()}"] for item in items if not item.startswith("TIME_")}
        assert told == {item: [str(items[item])] for item in told}
