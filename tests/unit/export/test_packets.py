"""Files of packets hold what came, in order: the good ones as CCSDS packets, all of them as pcap."""

import struct

import pytest

from freefall.decode import Decoder, Reject
from freefall.export import CcsdsWriter, PcapWriter, RunExport
from oracle import frames
from unit.decode import packets
from unit.decode.climate import climate_definition, climate_sample


@pytest.fixture
def climate():
    return climate_definition()


@pytest.fixture
def pieces(climate):
    """(host ns, octets): two good packets and one of them again, one of another payload, a broken one, a stretch too long."""
    stream = climate.stream("climate")
    good = packets.given(stream, 0, [climate_sample(1, 2, 3)], 1000)
    other = packets.given(stream, 1, [climate_sample(4, 5, 6)], 2000, sequence=1)
    foreign = packets.framed(bytes([0x0B, 0xFF]) + packet_in(good)[2:])
    broken = bytearray(other)
    broken[9] ^= 0x80
    noise = b"\x55" * 300 + b"\0"
    return [
        (5_000_000_001, b"\0" + good + good[:7]),
        (6_000_000_002, good[7:] + foreign + bytes(broken)),
        (7_999_999_999, noise + other),
    ]


def packet_in(frame):
    return frames.cobs_decode(frame.rstrip(b"\0"))[:-4]


def rejects_of(climate, pieces):
    decoder = Decoder(climate)
    return [[item for item in decoder.feed(octets, host_ns) if isinstance(item, Reject)] for host_ns, octets in pieces]


def write(kind, path, climate, pieces):
    with kind(path) as writer:
        for piece, rejects in zip(pieces, rejects_of(climate, pieces), strict=True):
            writer.write([piece], rejects)
    return path.read_bytes()


def records(octets):
    """(ns since 1970, octets, original length) of each record of a nanosecond pcap, read by its format alone."""
    magic, major, minor, _, _, snap, link = struct.unpack_from("<IHHiIII", octets)
    assert (magic, major, minor, snap, link) == (0xA1B23C4D, 2, 4, 65536, 147)
    at, found = 24, []
    while at < len(octets):
        seconds, ns, kept, length = struct.unpack_from("<IIII", octets, at)
        found.append((seconds * 10**9 + ns, octets[at + 16 : at + 16 + kept], length))
        at += 16 + kept
    assert at == len(octets)
    return found


def test_good_packets_are_kept_in_order_and_twice_what_came_twice(climate, pieces, tmp_path):
    first, second = packet_in(pieces[0][1][1:-7]), packet_in(pieces[2][1].partition(b"\0")[2])
    assert write(CcsdsWriter, tmp_path / "run.ccsds", climate, pieces) == first + first + second


def test_pcap_keeps_every_stretch_with_the_time_of_the_read_that_ended_it(climate, pieces, tmp_path):
    found = records(write(PcapWriter, tmp_path / "run.pcap", climate, pieces))
    assert [time for time, _, _ in found] == [5_000_000_001, *3 * [6_000_000_002], *2 * [7_999_999_999]]
    stretches = [stretch for stretch in b"".join(octets for _, octets in pieces).split(b"\0") if stretch]
    assert [octets for _, octets, _ in found] == [stretch if len(stretch) < 254 else b"" for stretch in stretches]
    assert [length for _, _, length in found] == [len(stretch) for stretch in stretches]


@pytest.mark.parametrize("format", ["ccsds", "pcap"])
def test_run_is_one_file_named_after_the_payload(format, climate, pieces, tmp_path):
    with RunExport(format, tmp_path, climate) as run:
        for host_ns, octets in pieces:
            run.feed(octets, host_ns)
    assert run.paths == [tmp_path / f"{climate.name}.{format}"]
    kind = {"ccsds": CcsdsWriter, "pcap": PcapWriter}[format]
    assert run.paths[0].read_bytes() == write(kind, tmp_path / "other", climate, pieces)
    assert run.summary.decoder.counters.duplicates == 1
    assert run.summary.decoder.counters.rejected == 3


@pytest.mark.parametrize("format", ["ccsds", "pcap"])
def test_run_that_fails_leaves_no_file(format, climate, pieces, tmp_path):
    with pytest.raises(ZeroDivisionError), RunExport(format, tmp_path, climate) as run:
        run.feed(pieces[0][1], pieces[0][0])
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
