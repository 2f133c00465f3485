"""Sample octets to raw and engineering values, one packet and whole tables."""

import numpy as np
import pytest

from freefall.decode import Collector, Decoder, rows
from freefall.definition import RawWord
from unit.decode import packets

SAMPLES = np.array([[0x80, 0x01, 0x7F, 0xFF], [0xFF, 0xFE, 0x00, 0x10]], np.uint8)


@pytest.mark.parametrize(
    "word, values",
    [
        (RawWord(0, 1, "big", 0, 8, False), [0x80, 0xFF]),
        (RawWord(0, 1, "big", 0, 8, True), [-128, -1]),
        (RawWord(0, 2, "big", 0, 16, True), [-32767, -2]),
        (RawWord(0, 2, "little", 0, 16, True), [0x0180, -257]),
        (RawWord(1, 3, "big", 4, 20, False), [0x017FF, 0xFE001]),
        (RawWord(1, 3, "big", 4, 20, True), [0x017FF, -0x1FFF]),
        (RawWord(0, 4, "big", 0, 32, True), [-0x7FFE8001, -0x1FFF0]),
        (RawWord(0, 4, "big", 0, 32, False), [0x80017FFF, 0xFFFE0010]),
        (RawWord(0, 4, "little", 31, 1, False), [1, 0]),
        (RawWord(3, 1, "big", 4, 3, True), [-1, 1]),
    ],
)
def test_raw_word_is_cut_shifted_masked_and_sign_extended(word, values):
    found = word.values(SAMPLES)
    assert found.dtype == np.int64
    assert found.tolist() == values


def test_rows_of_a_packet_are_known_numbers(bench):
    stream = bench.streams[0]
    packet = bytes.fromhex(
        "0865 c000 0065" "00000001800000" "02" "00000010"  # 1.5 s, 2 samples from index 16
        "000010 fffff0 7ffff0" "800000 3e8000 00000f"
    )  # fmt: skip
    packet += bytes(stream.packet_len - len(packet))
    (item,) = Decoder(bench).feed(b"\0" + packets.framed(packet), host_ns=5)
    assert (item.index, item.time_ns, item.host_ns, item.boot) == (16, 1_500_000_000, 5, 0)
    assert item.raw.shape == (2, 9) and item.raw.dtype == np.uint8
    columns = rows(item)
    assert columns.index.tolist() == [16, 17]
    assert columns.time_ns.tolist() == [1_500_000_000, 1_501_000_000]
    assert {name: raw.tolist() for name, raw in columns.raw.items()} == {
        "x": [1, -524288],
        "y": [-1, 256000],
        "z": [524287, 0],
    }
    assert columns.values["y"] == pytest.approx([-1 / 256000, 1.0])
    assert all(values.dtype == np.float64 for values in columns.values.values())


def test_collector_table_equals_the_rows_of_its_packets(bench):
    stream = bench.streams[0]
    wire = packets.boot(bench)
    at_us = 0
    for sequence, (index, count) in enumerate([(0, 10), (10, 3), (20, 10), (30, 1), (31, 10)]):
        at_us = index * 1013 + 7
        wire += packets.samples(stream, index, count, at_us, sequence)
    wire += packets.boot(bench, 2) + packets.samples(stream, 2, 4, 2000)
    items = Decoder(bench).feed(b"\0" + wire)
    collector = Collector(bench)
    collector.add(items)
    table = collector.table("vibration")
    pieces = [rows(item) for item in items if hasattr(item, "raw")]
    assert len(table) == len(table.boot) == 38
    assert table.boot.tolist() == [0] * 34 + [1] * 4
    assert table.index.dtype == table.time_ns.dtype == np.int64
    assert np.array_equal(table.index, np.concatenate([p.index for p in pieces]))
    assert np.array_equal(table.time_ns, np.concatenate([p.time_ns for p in pieces]))
    for name in "xyz":
        assert np.array_equal(table.raw[name], np.concatenate([p.raw[name] for p in pieces]))
        assert np.array_equal(table.values[name], np.concatenate([p.values[name] for p in pieces]))


def test_collector_has_an_empty_table_of_a_silent_stream(bench):
    table = Collector(bench).table(bench.streams[1])
    assert len(table) == 0 and table.values["temperature"].dtype == np.float64 and table.index.dtype == np.int64


def test_collector_names_the_streams_it_knows(bench):
    with pytest.raises(KeyError, match="vibration, temperature"):
        Collector(bench).table("pressure")


def test_times_follow_the_sensors_own_clock_within_5_percent(bench):
    stream = bench.streams[0]
    wire = packets.samples(stream, 0, 10, 0) + packets.samples(stream, 10, 10, 10_400, 1)
    wire += packets.samples(stream, 20, 10, 10_400 + 10_600, 2)
    first, measured, too_slow = Decoder(bench).feed(b"\0" + wire)
    assert rows(first).time_ns[-1] == 9_000_000, "nominal before there is anything to measure with"
    assert rows(measured).time_ns[-1] == 10_400_000 + 9 * 1_040_000
    assert rows(too_slow).time_ns[-1] == 21_000_000 + 9 * 1_000_000, "6 % off is an interruption, not a clock"


def test_times_are_measured_across_a_gap_but_not_across_a_reboot(bench):
    stream = bench.streams[0]
    wire = packets.boot(bench) + packets.samples(stream, 0, 10, 0) + packets.samples(stream, 110, 10, 112_200, 9)
    wire += packets.boot(bench, 2) + packets.samples(stream, 220, 10, 224_400, 9)
    found = [item.period_ns for item in Decoder(bench).feed(b"\0" + wire) if hasattr(item, "raw")]
    assert found == [1e6, 1.02e6, 1e6]
