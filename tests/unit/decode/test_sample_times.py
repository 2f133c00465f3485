"""Streams whose samples carry their own times."""

import numpy as np
import pytest

from freefall.decode import Collector, Decoder, Gap, SamplePacket, Summary, rows
from oracle import codec
from unit.decode import packets

OWN_US = (0, 20_000, 20_001, 500_000, 2**32 - 1)


@pytest.fixture
def light(climate):
    return climate.stream("light")


def timed(light, index, own_us, time_us, sequence=0):
    samples = [codec.timed_sample(own, (index + n).to_bytes(2, "little")) for n, own in enumerate(own_us)]
    return packets.given(light, index, samples, time_us, sequence)


def test_a_sample_has_the_packets_time_and_its_own(climate, light):
    (item,) = Decoder(climate).feed(b"\0" + timed(light, 4, OWN_US, 1_999_999))
    assert item.time_ns == 1_999_999_000
    assert item.times_ns.dtype == np.int64
    assert item.times_ns.tolist() == [(1_999_999 + own) * 1000 for own in OWN_US]
    assert item.raw.tobytes() == b"".join((4 + n).to_bytes(2, "little") for n in range(5)), "as the sensor delivered them"
    assert not item.raw.flags.writeable
    table = rows(item)
    assert table.time_ns.tolist() == item.times_ns.tolist()
    assert table.raw["light"].tolist() == table.index.tolist() == [4, 5, 6, 7, 8]


def test_streams_without_sample_times_have_none(climate):
    (item,) = Decoder(climate).feed(b"\0" + packets.samples(climate.streams[0], 0, 3, 1000))
    assert item.times_ns is None and item.raw.shape == (3, 9)


def test_tables_of_many_packets_have_every_time_as_it_was_sent(climate, light):
    wire = packets.boot(climate)
    expected = []
    for sequence, (index, own_us) in enumerate([(0, (0, 7, 9)), (3, (0,)), (9, (0, 50, 51, 52, 53, 4_000_000))]):
        begin = 10_000_000 * sequence + 3
        wire += timed(light, index, own_us, begin, sequence)
        expected += [(begin + own) * 1000 for own in own_us]
    items = Decoder(climate).feed(b"\0" + wire)
    assert [item for item in items if isinstance(item, Gap)] == [Gap(light, 4, 5, 0)]
    collector = Collector(climate)
    collector.add(items)
    table = collector.table("light")
    assert table.time_ns.dtype == np.int64 and table.time_ns.tolist() == expected
    assert table.index.tolist() == [0, 1, 2, 3, 9, 10, 11, 12, 13, 14]


def test_an_empty_table_has_times_of_the_right_kind(climate):
    table = Collector(climate).table("light")
    assert table.time_ns.shape == (0,) and table.time_ns.dtype == np.int64


def test_order_and_beginning_of_the_times_are_the_boards_business(climate, light):
    (item,) = Decoder(climate).feed(b"\0" + timed(light, 0, (9, 3, 0), 1000))
    assert item.times_ns.tolist() == [1_009_000, 1_003_000, 1_000_000]


def test_unused_places_must_be_zero_their_times_too(climate, light):
    octets = bytearray(codec.judge_frame(timed(light, 0, (0, 5), 1000)[:-1])[0])
    octets[18 + 2 * 6 + 3] = 1  # the last octet of the third sample's own time
    (item,) = Decoder(climate).feed(b"\0" + packets.framed(bytes(octets)))
    assert item.reason == "size"


def test_statistics_count_samples_with_times_as_any(climate, light):
    summary = Summary(climate)
    wire = packets.boot(climate) + timed(light, 0, (0, 30_000, 31_000), 0) + timed(light, 3, (0, 1), 60_000, 1)
    items = summary.feed(b"\0" + wire)
    own = summary.statistics[3]
    assert sum(isinstance(item, SamplePacket) for item in items) == 2
    assert (own.samples, own.rate_hz) == (5, 50.0)
    assert (own.channels[0].count, own.channels[0].mean) == (5, 2.0)
