"""Coefficients: their reports, which samples they are for, and who waits for them."""

import numpy as np
import pytest

from freefall.decode import CoefficientReport, Collector, Decoder, Reboot, Reject, SamplePacket, Summary
from oracle import codec
from unit.decode import packets
from unit.decode.climate import PARTS, climate_sample

FIRST, SECOND = PARTS
SENSOR = 2


def report(definition, octets=FIRST, sequence=1, time_us=10):
    return packets.coefficients(definition, SENSOR, octets, sequence, time_us)


def sampled(definition, index, sequence=0, count=2):
    """A packet of "climate", a period after the other."""
    samples = [climate_sample(20, pressure=index + n) for n in range(count)]
    return packets.given(definition.stream("climate"), index, samples, 1000 + index * 20_000, sequence)


def feed(decoder, *frames):
    return decoder.feed(b"\0" + b"".join(frames))


def known(items):
    return [item.coefficients for item in items if isinstance(item, SamplePacket)]


def temperatures(table):
    return [None if value != value else value for value in table.values["temperature"].tolist()]


# Reports


def test_decoder_delivers_a_report_of_coefficients(climate):
    items = Decoder(climate).feed(b"\0" + packets.boot(climate) + report(climate, time_us=1_500_000), host_ns=7)
    assert items[1] == CoefficientReport(1_500_000_000, 7, climate.sensors[SENSOR], FIRST, boot=0)


def test_decoder_reads_a_report_written_by_hand(climate):
    octets = bytes.fromhex("0864 c001 003d20 14 02 0007 0000 000000018000000202 04 00 a1a2a3a4" + "00" * 40)
    (item,) = feed(Decoder(climate), packets.framed(octets))
    assert (item.sensor.name, item.octets.hex(), item.time_ns) == ("climate", "a1a2a3a4", 1_500_000_000)


@pytest.mark.parametrize(
    "sensor, octets",
    [(0, FIRST), (3, FIRST), (4, FIRST), (7, FIRST), (2, FIRST[:3]), (2, FIRST + b"\0"), (2, bytes(44))],
)
def test_decoder_rejects_coefficients_of_a_sensor_that_has_none_or_another_number(climate, sensor, octets):
    (item,) = feed(Decoder(climate), packets.coefficients(climate, sensor, octets))
    assert isinstance(item, Reject) and item.reason == "size"


def test_decoder_of_a_payload_without_coefficients_rejects_them_and_nothing_else(bench):
    stream = bench.streams[0]
    decoder = Decoder(bench)
    items = feed(decoder, packets.boot(bench), packets.coefficients(bench, 1, FIRST, 1, 10), packets.samples(stream, 0, 10, 100))
    assert [type(item).__name__ for item in items] == ["BootEvent", "Reject", "SamplePacket"]
    assert decoder.counters.frames_rejected["size"] == 1 and decoder.counters.octets_unaccounted == 0


def test_a_report_is_a_service_packet_of_the_ledger(climate):
    decoder = Decoder(climate)
    wire = packets.boot(climate), report(climate), packets.board(climate, 1, 2, 20, built=2)
    feed(decoder, *wire)
    line = decoder.ledger.board.lines[0]
    assert (line.left, dict(line.terms), line.difference) == (2, {"received": 2, "dropped": 0, "lost": 0}, 0)
    lost = Decoder(climate)
    feed(lost, wire[0], wire[2])
    assert lost.ledger.board.service_lost == 1


def test_a_report_that_comes_again_is_a_duplicate(climate):
    decoder = Decoder(climate)
    items = feed(decoder, packets.boot(climate), report(climate), report(climate))
    assert len(items) == 2 and decoder.duplicates == 1


# Which samples they are for


def test_packets_have_the_newest_coefficients_of_their_sensor(climate):
    decoder = Decoder(climate)
    wire = [packets.boot(climate), sampled(climate, 0), report(climate), sampled(climate, 2, 1)]
    wire += [packets.samples(climate.stream("temperature"), 0, 3, 9000), report(climate, SECOND, 2), sampled(climate, 4, 2)]
    assert known(feed(decoder, *wire)) == [None, FIRST, None, SECOND]


def test_coefficients_hold_for_their_boot_alone(climate):
    wire = [packets.boot(climate), report(climate), sampled(climate, 0)]
    wire += [packets.boot(climate, 2), sampled(climate, 0), report(climate, SECOND), sampled(climate, 2, 1)]
    items = feed(Decoder(climate), *wire)
    assert known(items) == [FIRST, None, SECOND]
    assert [item.boot for item in items if isinstance(item, CoefficientReport)] == [0, 1]


def test_a_report_from_before_the_one_that_came_last_is_of_another_boot(climate):
    items = feed(Decoder(climate), packets.boot(climate), report(climate, time_us=10**7), report(climate, SECOND, 2, 500))
    assert items[2:] == [Reboot(1, None), CoefficientReport(500_000, None, climate.sensors[SENSOR], SECOND, boot=1)]


def test_coefficients_of_a_boot_noticed_late_are_those_of_its_set(climate):
    """The reports of the set come before the board's, which tells of the boot."""
    decoder = Decoder(climate)
    feed(decoder, packets.boot(climate), report(climate), sampled(climate, 0), packets.board(climate, 1, 2, 20))
    items = decoder.feed(report(climate, SECOND, 3, 10**6) + packets.board(climate, 2, 4, 10**6) + sampled(climate, 50, 1))
    assert [item.boot for item in items if isinstance(item, Reboot)] == [1]
    assert known(items) == [SECOND]
    items = decoder.feed(packets.board(climate, 3, 5, 10**6 + 1) + sampled(climate, 100, 2))
    assert known(items) == [None], "the part of the third boot has not been heard of"


def test_coefficients_that_a_board_report_has_confirmed_stay_with_their_boot(climate):
    decoder = Decoder(climate)
    feed(decoder, packets.boot(climate), report(climate), sampled(climate, 0), packets.board(climate, 1, 2, 20))
    items = decoder.feed(packets.board(climate, 2, 4, 10**6) + sampled(climate, 50, 1))
    assert known(items) == [None], "the reports of the second boot are lost, but the board's"


# Who waits for them


def test_collector_gives_samples_the_first_coefficients_of_their_boot(climate):
    collector = Collector(climate)
    decoder = Decoder(climate)
    collector.add(feed(decoder, packets.boot(climate), sampled(climate, 0), sampled(climate, 2, 1)))
    assert temperatures(collector.table("climate")) == [None] * 4
    collector.add(decoder.feed(report(climate)))
    assert temperatures(collector.table("climate")) == [30.0] * 4
    collector.add(decoder.feed(report(climate, SECOND, 2) + sampled(climate, 4, 2)))
    assert temperatures(collector.table("climate")) == [30.0] * 4 + [17.0] * 2
    assert collector.table("climate").index.tolist() == [0, 1, 2, 3, 4, 5]


def test_collector_gives_no_boot_the_coefficients_of_another(climate):
    wire = [packets.boot(climate), report(climate), sampled(climate, 0)]
    wire += [packets.boot(climate, 2), sampled(climate, 0)]
    wire += [packets.boot(climate, 3), sampled(climate, 0), sampled(climate, 2, 1)]
    wire += [report(climate, SECOND), sampled(climate, 4, 2)]
    wire += [packets.boot(climate, 4), report(climate), packets.boot(climate, 5), sampled(climate, 0)]
    collector = Collector(climate)
    collector.add(feed(Decoder(climate), *wire))
    table = collector.table("climate")
    assert temperatures(table) == [30.0] * 2 + [None] * 2 + [17.0] * 6 + [None] * 2
    assert table.boot.tolist() == [0, 0, 1, 1, 2, 2, 2, 2, 2, 2, 4, 4]
    assert table.raw["temperature"].tolist() == [20] * 12


def test_coefficients_of_a_new_boot_are_not_for_what_waits_from_the_old(climate):
    collector = Collector(climate)
    collector.add(feed(Decoder(climate), packets.boot(climate), sampled(climate, 0), packets.boot(climate, 2), report(climate)))
    assert temperatures(collector.table("climate")) == [None, None]


def test_drained_tables_are_the_whole_table_in_pieces(climate):
    frames = [packets.boot(climate), sampled(climate, 0), packets.samples(climate.stream("vibration"), 0, 10, 2000)]
    frames += [sampled(climate, 2, 1), report(climate), sampled(climate, 4, 2), packets.boot(climate, 2), sampled(climate, 0)]
    whole, drained, decoder = Collector(climate), Collector(climate), Decoder(climate)
    pieces = []
    for octets in [b"\0", *frames]:
        items = decoder.feed(octets)
        whole.add(items)
        drained.add(items)
        pieces.append(drained.drain())
    assert [len(tables[2]) for tables in pieces] == [0, 0, 0, 0, 0, 4, 2, 0, 0]
    assert [len(tables[0]) for tables in pieces] == [0, 0, 0, 10, 0, 0, 0, 0, 0]
    pieces.append(drained.drain(at_end=True))
    for stream in climate.streams:
        tables, table = [tables[stream.number] for tables in pieces], whole.table(stream)
        for name in ("index", "time_ns", "boot"):
            assert np.concatenate([getattr(t, name) for t in tables]).tolist() == getattr(table, name).tolist()
        for name in table.values:
            assert np.array_equal(np.concatenate([t.values[name] for t in tables]), table.values[name], equal_nan=True)
    assert [len(table) for table in drained.drain(at_end=True)] == [0] * 4


def test_samples_of_a_boot_that_ended_without_coefficients_wait_no_longer(climate):
    collector, decoder = Collector(climate), Decoder(climate)
    collector.add(feed(decoder, packets.boot(climate), sampled(climate, 0)))
    assert len(collector.drain()[2]) == 0
    collector.add(decoder.feed(packets.boot(climate, 2) + sampled(climate, 0)))
    table = collector.drain()[2]
    assert table.boot.tolist() == [0, 0] and temperatures(table) == [None, None]


def test_collector_lets_the_oldest_go_when_too_many_packets_wait(climate):
    collector = Collector(climate, most_waiting=3)
    decoder = Decoder(climate)
    collector.add(feed(decoder, packets.boot(climate), *(sampled(climate, 2 * n, n) for n in range(5))))
    assert len(collector.drain()[2]) == 4
    collector.add(decoder.feed(report(climate)))
    table = collector.drain()[2]
    assert table.index.tolist() == [4, 5, 6, 7, 8, 9] and temperatures(table) == [30.0] * 6


def test_streams_that_need_no_coefficients_never_wait(climate):
    collector = Collector(climate)
    collector.add(feed(Decoder(climate), packets.boot(climate), packets.samples(climate.stream("temperature"), 0, 3, 2000)))
    assert len(collector.drain()[1]) == 3


def test_summary_takes_samples_in_when_their_coefficients_arrive(climate):
    summary = Summary(climate)
    summary.feed(b"\0" + packets.boot(climate) + sampled(climate, 0) + sampled(climate, 2, 1))
    own = summary.statistics[2]
    assert (own.samples, own.channels[0].count, own.invalid["no coefficients"], own.invalid_samples) == (4, 0, 4, 4)
    assert summary.metrics()["invalid"] == 4 and "INVALID 4" in summary.verdict
    summary.feed(report(climate))
    own = summary.statistics[2]
    assert (own.samples, own.channels[0].count, own.channels[0].mean, own.invalid_samples) == (4, 4, 30.0, 0)
    assert own.channels[1].count == 4, "no sample is counted twice"
    summary.feed(packets.boot(climate, 2) + sampled(climate, 0) + packets.boot(climate, 3) + report(climate))
    summary.feed(sampled(climate, 0))
    own = summary.statistics[2]
    assert (own.samples, own.channels[0].count, own.invalid["no coefficients"]) == (8, 6, 2)
    assert own.channels[1].count == 8, "the other channels need none"


def test_oracle_and_parser_name_the_same_fields(climate):
    octets, _ = codec.judge_frame(report(climate)[:-1])
    fields = codec.parse_report(octets, 4, 4, (0, 0, 4, 0))
    (item,) = feed(Decoder(climate), packets.framed(octets))
    assert (fields["sensor"], fields["octets"]) == (item.sensor.number, item.octets)
