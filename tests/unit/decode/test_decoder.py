"""Decoder, on packets made by the oracle: what is delivered, what is refused and why, gaps, duplicates and reboots."""

import pytest

from freefall.decode import BoardReport, BootEvent, Decoder, Gap, LedgerReport, Reboot, Reject, SamplePacket
from freefall.errors import WrongDefinition
from oracle import codec
from unit.decode import packets
from unit.decode.fake_board import FakeBoard, frames_of
from unit.decode.packets import plain


def feed(decoder, *frames):
    return decoder.feed(b"\0" + b"".join(frames))


def kinds(items):
    return [type(item) for item in items]


def indexes(items):
    return [item.index for item in items if isinstance(item, SamplePacket)]


def test_decoder_delivers_every_kind_of_packet_in_order(bench):
    vibration, temperature = bench.streams
    decoder = Decoder(bench)
    items = feed(
        decoder,
        packets.boot(bench),
        packets.samples(vibration, 0, 10, 5000),
        packets.ledger(bench, 0, 1, 6000),
        packets.samples(temperature, 0, 2, 5500),
        packets.board(bench, 1, 2, 6000, built=2),
    )
    assert kinds(items) == [BootEvent, SamplePacket, LedgerReport, SamplePacket, BoardReport]
    assert items[1].stream is vibration and items[3].stream is temperature
    assert items[1].raw.tobytes() == b"".join(packets.sample(vibration, i) for i in range(10))
    assert decoder.counters.octets_unaccounted == 0
    assert decoder.counters.frames_accepted == 5


def body(stream, count=1, index=0, length=None, apid=None, fill=b""):
    """A stream packet without manners."""
    length = length or stream.packet_len
    packet = codec.primary_header(stream.apid if apid is None else apid, 0, length)
    packet += bytes(7) + bytes([count]) + index.to_bytes(4, "big") + fill
    return packets.framed(packet + bytes(length - len(packet)))


def test_decoder_rejects_with_the_reason_of_the_page(bench):
    stream = bench.streams[0]
    unlisted = packets.event(bench, 3, {"stream": 2, "spare": 0, "bus_errors": 0})
    cases = [
        (body(stream, apid=bench.apid + 3), "apid"),
        (body(stream, apid=bench.apid - 1), "apid"),
        (body(stream, length=stream.packet_len - 4), "size"),
        (body(stream, length=stream.packet_len + 4), "size"),
        (body(stream, count=0), "size"),
        (body(stream, count=stream.samples_per_packet + 1), "size"),
        (body(stream, count=1, fill=bytes(9) + b"\1"), "size"),
        (unlisted, "size"),
        (b"\x05abc\0", "cobs"),
        (b"\x04abc\0", "crc"),
        (b"\x01" * 260 + b"\0", "oversize"),
    ]
    decoder = Decoder(bench)
    items = feed(decoder, *(octets for octets, _ in cases))
    assert [item.reason for item in items] == [reason for _, reason in cases]
    offset = 1
    for item, (octets, reason) in zip(items, cases, strict=True):
        assert (item.offset, item.size) == (offset, len(octets))
        assert item.octets == (b"" if reason == "oversize" else octets[:-1])
        offset += len(octets)
    counters = decoder.counters
    assert counters.frames_accepted == counters.octets_accepted == counters.octets_unaccounted == 0
    assert counters.octets_rejected["size"] == sum(len(octets) for octets, reason in cases if reason == "size")
    assert counters.frames_rejected["apid"] == 2 and counters.rejected == len(cases)


def test_decoder_accepts_zeros_as_samples(bench):
    (item,) = feed(Decoder(bench), body(bench.streams[0], count=2))
    assert item.raw.shape == (2, 9) and not item.raw.any()


def test_sample_packet_keeps_the_octets_that_came_and_shows_its_samples_in_them(bench):
    stream = bench.streams[0]
    frame = packets.samples(stream, 40, 7, 5000)
    item = feed(Decoder(bench), frame)[-1]
    assert item.octets == codec.cobs_decode(frame[:-1])[:-4]
    assert (item.count, item.raw.shape, item.times_ns) == (7, (7, stream.sample_len), None)
    assert all(item.raw[i].tobytes() == packets.sample(stream, 40 + i) for i in range(7))
    assert not item.raw.flags.writeable


def test_decoder_loses_no_more_than_the_frame_a_reject_is_in(bench):
    stream = bench.streams[0]
    frames = [packets.samples(stream, 10 * i, 10, 10_000 * i, i) for i in range(3)]
    broken = bytes([frames[1][0], frames[1][1] ^ 1]) + frames[1][2:]
    items = feed(Decoder(bench), packets.boot(bench), frames[0], broken, frames[2])
    assert kinds(items) == [BootEvent, SamplePacket, Reject, Gap, SamplePacket]
    assert items[3] == Gap(stream, 10, 10, 0)


def test_decoder_says_wrong_definition_with_both_ids_and_stays_with_it(bench):
    for frame in (packets.boot(bench, definition_id=0x00C0FFEE), packets.board(bench, definition_id=0x00C0FFEE)):
        decoder = Decoder(bench)
        with pytest.raises(WrongDefinition, match=f"00c0ffee.*{bench.definition_id:08x}"):
            feed(decoder, frame)
        with pytest.raises(WrongDefinition):
            decoder.feed(b"")
        assert decoder.counters.octets_unaccounted == 0 and not decoder.ledger.closed


# Gaps and joining


def test_decoder_reports_what_is_missing_at_the_start_of_a_boot_it_saw(bench):
    stream = bench.streams[0]
    items = feed(Decoder(bench), packets.boot(bench), packets.samples(stream, 7, 3, 7000))
    assert items[1] == Gap(stream, 0, 7, 0)


def test_decoder_that_joins_late_counts_from_the_first_index_it_receives(bench):
    stream = bench.streams[0]
    decoder = Decoder(bench)
    items = feed(decoder, packets.samples(stream, 1000, 10, 10**6), packets.samples(stream, 1012, 10, 1_012_000, 2))
    assert kinds(items) == [SamplePacket, Gap, SamplePacket]
    assert items[1] == Gap(stream, 1010, 2, 0)
    assert decoder.ledger.stream("vibration").joined_at == 1000


def test_decoder_knows_the_start_from_a_ledger_report_of_no_triggers(bench):
    stream = bench.streams[0]
    items = feed(Decoder(bench), packets.ledger(bench, 0, 1), packets.samples(stream, 4, 1, 4000))
    assert items[1] == Gap(stream, 0, 4, 0)


def test_decoder_unwraps_indexes_past_2_to_32(bench):
    stream = bench.streams[0]
    first = 2**32 - 15
    frames = [packets.samples(stream, first + 10 * i, 10, 10**9 + 10_000 * i, i) for i in range(3)]
    frames.append(packets.samples(stream, first + 33, 10, 10**9 + 33_000, 4))
    items = feed(Decoder(bench), *frames)
    assert indexes(items) == [first, first + 10, first + 20, first + 33]
    assert items[3] == Gap(stream, first + 30, 3, 0)


def test_decoder_takes_a_gap_of_a_billion_samples_as_a_gap(bench):
    stream = bench.streams[0]
    items = feed(Decoder(bench), packets.samples(stream, 5, 1, 0), packets.samples(stream, 10**9, 1, 10**12, 99))
    assert items[1] == Gap(stream, 6, 10**9 - 6, 0)


# Duplicates


def test_decoder_counts_a_packet_that_comes_again_and_does_not_deliver_it(bench):
    stream = bench.streams[0]
    frames = [packets.samples(stream, 10 * i, 10, 10_000 * i, i) for i in range(8)]
    decoder = Decoder(bench)
    boot = packets.boot(bench)
    # Once more at once, and a whole stretch of the past once more.
    items = feed(decoder, boot, boot, *frames[:4], frames[3], *frames[4:], *frames[2:6])
    assert kinds(items) == [BootEvent] + [SamplePacket] * 8
    assert decoder.duplicates == decoder.counters.duplicates == 6
    assert decoder.ledger.stream("vibration").duplicates == 5
    assert decoder.ledger.board.service_duplicates == 1
    assert decoder.counters.frames_accepted == 9 + 6


def test_decoder_knows_a_duplicate_from_before_a_reboot(bench):
    stream = bench.streams[0]
    old = packets.samples(stream, 30, 10, 30_000, 3)
    items = feed(Decoder(bench), packets.boot(bench), old, packets.boot(bench, 2), old)
    assert kinds(items) == [BootEvent, Gap, SamplePacket, Reboot, BootEvent]


def test_decoder_delivers_equal_packets_of_two_boots(bench):
    # A board restarting in a loop sends the same octets again and again, but for the boot count.
    stream = bench.streams[0]
    frames = [packets.ledger(bench, 0, 1, 10), packets.samples(stream, 0, 3, 100)]
    items = feed(Decoder(bench), packets.boot(bench), *frames, packets.boot(bench, 2), *frames)
    assert kinds(items) == [BootEvent, LedgerReport, SamplePacket, Reboot, BootEvent, LedgerReport, SamplePacket]


# Reboots


@pytest.mark.parametrize("between", ["samples", "report"])
def test_decoder_takes_a_boot_event_that_comes_again_after_others_as_another_boot(bench, between):
    stream = bench.streams[0]
    other = packets.samples(stream, 0, 10, 100) if between == "samples" else packets.ledger(bench, 0, 1, 100)
    decoder = Decoder(bench)
    run = packets.boot(bench), packets.boot(bench), other
    items = feed(decoder, *run, *run)
    assert kinds(items) == [BootEvent, kinds(items)[1], Reboot, BootEvent, kinds(items)[1]]
    assert (decoder.boots, decoder.duplicates) == (2, 2)


def test_decoder_delivers_a_run_that_repeats_another_octet_for_octet(bench):
    board = FakeBoard(bench)
    for _ in range(2):
        board.boot()
        board.send()
        board.run(0, 95)
        board.report()
        board.send()
    run = frames_of(board.wire)
    # Of the second run frames are lost, so that not every packet has the next sequence count.
    again = [octets for number, octets in enumerate(run) if number not in (1, 5, 8, 9)]
    decoder = Decoder(bench)
    first = decoder.feed(b"\0" + b"\0".join(run) + b"\0")
    second = decoder.feed(b"\0".join(again) + b"\0")
    alone = Decoder(bench).feed(b"\0" + b"\0".join(again) + b"\0")
    assert kinds(second) == [Reboot, *kinds(alone)]
    assert [(i.index, i.raw.tobytes()) for i in second if isinstance(i, SamplePacket)] == [
        (i.index, i.raw.tobytes()) for i in alone if isinstance(i, SamplePacket)
    ]
    assert (decoder.boots, decoder.duplicates) == (4, 0)
    assert decoder.ledger.closed and decoder.ledger.lost == 30 and len(indexes(first)) == 18


def test_decoder_begins_anew_with_a_boot_event(bench):
    stream = bench.streams[0]
    decoder = Decoder(bench)
    before = packets.boot(bench, 6), packets.samples(stream, 0, 10, 0)
    items = feed(decoder, *before, packets.boot(bench, 7), packets.samples(stream, 2, 10, 2000))
    assert kinds(items) == [BootEvent, SamplePacket, Reboot, BootEvent, Gap, SamplePacket]
    assert items[2] == Reboot(1, 7)
    assert items[4] == Gap(stream, 0, 2, 1)
    assert [item.boot for item in items if isinstance(item, SamplePacket)] == [0, 1]
    assert decoder.boots == 2


def test_decoder_sees_a_reboot_of_a_board_that_lost_its_boot_count(bench):
    stream = bench.streams[0]
    before = packets.boot(bench, 1), packets.samples(stream, 0, 10, 0), packets.board(bench, 1, 1, 10**6)
    items = feed(Decoder(bench), *before, packets.boot(bench, 1, time_us=1))
    assert items[-2] == Reboot(1, 1)


def test_decoder_sees_a_reboot_without_boot_event_by_the_boot_count(bench):
    before = packets.boot(bench, 1), packets.samples(bench.streams[0], 0, 10, 0)
    items = feed(Decoder(bench), *before, packets.board(bench, 2, 1, 10**6), packets.samples(bench.streams[0], 50, 1, 10**6))
    assert kinds(items) == [BootEvent, SamplePacket, Reboot, BoardReport, SamplePacket]
    assert items[2] == Reboot(1, 2)


@pytest.mark.parametrize("index, time_us", [(50, 50_000), (50, 200_000), (250, 50_000)], ids=["both", "index", "time"])
def test_decoder_sees_a_reboot_without_any_report_by_a_step_back(bench, index, time_us):
    stream = bench.streams[0]
    decoder = Decoder(bench)
    items = feed(decoder, packets.boot(bench, 3), packets.samples(stream, 0, 1, 0))
    items += decoder.feed(packets.samples(stream, 100, 10, 100_000, 9) + packets.samples(stream, index, 10, time_us, 4))
    assert kinds(items) == [BootEvent, SamplePacket, Gap, SamplePacket, Reboot, SamplePacket]
    assert items[4] == Reboot(1, None)
    # The board's next report says the boot count; that is not yet another boot.
    assert kinds(decoder.feed(packets.board(bench, 4, 9, 60_000))) == [BoardReport]
    assert decoder.ledger.board.boot_count == 4


def test_decoder_sees_a_reboot_by_the_time_of_a_service_packet(bench):
    decoder = Decoder(bench)
    feed(decoder, packets.boot(bench, 3), packets.ledger(bench, 0, 5, 10**7, seen=5, taken=5, pending=5))
    items = decoder.feed(packets.ledger(bench, 0, 1, 1000))
    assert kinds(items) == [Reboot, LedgerReport]


def test_decoder_gives_the_same_items_for_any_cut(bench):
    stream = bench.streams[0]
    wire = b"noise\0" + packets.boot(bench) + b"\0\0" + b"".join(
        packets.samples(stream, 10 * i, 10, 10_000 * i, i) for i in range(5) if i != 2
    )  # fmt: skip
    whole = Decoder(bench)
    expected = plain(whole.feed(wire))
    for size in (1, 2, 3, 7, 100):
        decoder = Decoder(bench)
        items = [item for at in range(0, len(wire), size) for item in decoder.feed(bytearray(wire[at : at + size]))]
        assert plain(items) == expected
        assert decoder.counters == whole.counters
