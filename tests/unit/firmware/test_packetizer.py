"""Ring to packet: when a packet ends, what it says, and what is counted; the oracle takes the packets apart."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oracle import codec
from unit.firmware.parts import APID, TICKS_MODULO, PacketizerBench

_LATENCY_US = 50_000


def test_packet_leaves_when_it_is_full_and_not_before():
    bench = PacketizerBench(full=4)
    bench.take(0, 1, 2)
    bench.poll()
    assert bench.spans == []
    bench.take(3, 4)
    bench.poll()
    assert bench.spans == [(0, 4)]
    packet = bench.packets[0]
    assert packet["samples"] == [bench.sample(number) for number in range(4)]
    assert (packet["seconds"], packet["microseconds"]) == (0, 1000), "the interrupt of its first sample"
    header = codec.parse_primary_header(bench.frames.packets[0])
    assert (header["apid"], header["sequence_count"]) == (APID, 0)


def test_packet_leaves_when_its_first_sample_is_as_old_as_the_latency():
    bench = PacketizerBench()
    bench.take(0, 1)
    bench.poll()
    bench.ticks.true_us = 1000 + _LATENCY_US - 1
    bench.poll()
    assert bench.spans == []
    bench.ticks.true_us += 1
    bench.poll()
    assert bench.spans == [(0, 2)]


def test_latency_is_right_where_the_tick_wraps():
    bench = PacketizerBench(start_us=TICKS_MODULO - 1500)
    bench.take(0)
    bench.poll()
    bench.ticks.true_us += _LATENCY_US
    bench.poll()
    assert bench.spans == [(0, 1)]


def test_gap_in_the_triggers_ends_the_packet_before_it():
    bench = PacketizerBench()
    bench.take(0, 1)
    bench.take(3, 4, 5, 6)
    bench.poll()
    assert bench.spans == [(0, 2), (3, 4)]
    assert bench.packetizer.late == 0


def test_late_trigger_ends_the_packet_before_it_and_is_counted():
    bench = PacketizerBench(period_us=1000)
    bench.take(0, 1)
    bench.take(2, after_us=1501)
    bench.take(3, 4, 5)
    bench.poll()
    assert bench.spans == [(0, 2), (2, 4)]
    assert bench.packetizer.late == 1
    assert bench.packets[1]["microseconds"] == 2000 + 1501


def test_trigger_half_a_period_after_its_time_is_not_yet_late():
    bench = PacketizerBench(period_us=1000)
    bench.take(0, 1, 2, 3, after_us=1500)
    bench.poll()
    assert (bench.spans, bench.packetizer.late) == ([(0, 4)], 0)


def test_late_trigger_is_counted_where_no_packet_is_open():
    bench = PacketizerBench(full=1)
    bench.take(0)
    bench.take(1, after_us=1501)
    bench.poll()
    assert (bench.spans, bench.packetizer.late) == ([(0, 1), (1, 1)], 1)


def test_first_sample_after_a_failed_first_trigger_is_not_late():
    bench = PacketizerBench(start_us=3_000_000)
    bench.take(1)
    bench.poll()
    assert bench.packetizer.late == 0


def test_trigger_late_after_one_that_gave_no_sample_is_late():
    bench = PacketizerBench()
    bench.take(0)
    bench.take(2, after_us=1000 + 1501)  # trigger 1 came in time, and its read failed
    bench.poll()
    assert bench.packetizer.late == 1


def test_trigger_ten_minutes_late_is_late():
    bench = PacketizerBench()
    bench.take(0)
    bench.poll()
    for _ in range(60):
        bench.ticks.true_us += 10_000_000
        bench.poll()
    bench.take(1)
    bench.poll()
    assert bench.packetizer.late == 1


def test_late_counter_wraps_at_2_to_the_30():
    bench = PacketizerBench()
    bench.packetizer.late = TICKS_MODULO - 1
    bench.take(0, 1, after_us=2000)
    bench.poll()
    assert bench.packetizer.late == 0


def test_index_goes_on_past_2_to_the_30_and_wraps_at_2_to_the_32():
    bench = PacketizerBench(full=1, depth=16)
    expected = []
    for wraps in range(5):
        triggers = [wraps * TICKS_MODULO + number for number in (0, 1, TICKS_MODULO // 2, TICKS_MODULO - 1)]
        bench.take(*triggers)
        bench.poll()
        expected += [trigger % 2**32 for trigger in triggers]
    assert [index for index, _ in bench.spans] == expected


def test_packet_across_2_to_the_30_has_the_index_of_its_first_sample():
    bench = PacketizerBench(full=4)
    bench.take(*range(TICKS_MODULO - 2, TICKS_MODULO + 6))
    bench.poll()
    assert bench.spans == [(TICKS_MODULO - 2, 4), (TICKS_MODULO + 2, 4)]


@pytest.mark.parametrize(("full", "sample_len"), [(3, 9), (4, 2), (5, 1), (25, 9)])
def test_packet_shorter_than_the_one_before_it_is_padded_with_zeros(full, sample_len):
    bench = PacketizerBench(full=full, sample_len=sample_len, depth=64)
    bench.take(*range(full + 1))
    bench.poll()
    bench.ticks.true_us += _LATENCY_US
    bench.poll()
    long, short = bench.frames.packets
    assert len(short) == len(long) == codec.stream_packet_length(full, sample_len)
    assert short[18:] == bench.sample(full) + bytes(len(short) - 18 - sample_len)


def test_packet_the_queue_refuses_is_counted_and_leaves_a_hole_in_the_sequence():
    bench = PacketizerBench(full=2)
    for refused in (False, True, False):
        bench.frames.full = refused
        first = bench.packetizer.framed
        bench.take(first, first + 1)
        bench.poll()
    packetizer = bench.packetizer
    assert (packetizer.framed, packetizer.samples_sent, packetizer.samples_dropped) == (6, 4, 2)
    assert (packetizer.packets_sent, packetizer.packets_dropped, packetizer.pending()) == (2, 1, 0)
    assert [codec.parse_primary_header(packet)["sequence_count"] for packet in bench.frames.packets] == [0, 2]


def test_sequence_count_wraps_at_16384():
    bench = PacketizerBench(full=1)
    bench.packetizer._sequence = 16383
    bench.take(0, 1)
    bench.poll()
    assert [codec.parse_primary_header(packet)["sequence_count"] for packet in bench.frames.packets] == [16383, 0]
    # 16384 would do for the two bits that hide it, 65536 would not fit its field.
    assert bench.packetizer._sequence == 1


@pytest.mark.parametrize("counter", ["framed", "samples_sent", "packets_sent", "samples_dropped", "packets_dropped"])
def test_counter_wraps_at_2_to_the_30(counter):
    bench = PacketizerBench(full=1)
    bench.frames.full = counter.endswith("dropped")
    setattr(bench.packetizer, counter, TICKS_MODULO - 1)
    bench.take(0, 1)
    bench.poll()
    assert getattr(bench.packetizer, counter) == 1


def test_poll_says_how_many_it_packed_and_remembers_the_most_that_waited():
    bench = PacketizerBench()
    packed = []
    for numbers in ((0, 1, 2), (3, 4, 5, 6, 7), (), (8,)):
        bench.take(*numbers)
        packed.append(bench.poll())
    assert (packed, bench.packetizer.most_waiting) == ([3, 5, 0, 1], 5)


def test_poll_packs_what_waited_when_it_began_and_leaves_what_came_meanwhile():
    bench = PacketizerBench(full=1)
    bench.take(0)

    def put_while_the_next_sample_comes(room, size):
        if bench.packetizer.framed < 3:
            bench.take(bench.packetizer.framed)
        return True

    bench.frames.put_samples = put_while_the_next_sample_comes
    assert [bench.poll(), bench.packetizer.pending()] == [1, 1]


_GAP = st.sampled_from([1, 1, 1, 2, 33])
_AFTER_US = st.sampled_from([1000, 1000, 1000, 1500, 1501, 30_000])


@settings(deadline=None)
@given(
    st.sampled_from([0, TICKS_MODULO - 5, 2 * TICKS_MODULO - 3]),
    st.sampled_from([0, TICKS_MODULO - 9000]),
    st.integers(1, 5),
    st.lists(st.tuples(_GAP, _AFTER_US, st.booleans()), max_size=40),
)
@example(0, 0, 2, [(1, 1000, False), (1, 30_000, False), (1, 30_000, False)])
def test_packets_are_cut_where_spec_says(first, start_us, full, steps):
    bench = PacketizerBench(full=full, depth=64, start_us=start_us)
    bench.packetizer._wraps = first // TICKS_MODULO
    bench.take(first)
    packets = [[first, 1, 1000]]  # index, number of samples, time of the first
    late = 0
    index = first
    is_ended = False
    for gap, after_us, polls in steps:
        index += gap
        bench.take(index, after_us=after_us)
        now_us = bench.ticks.true_us - start_us
        is_late = after_us > 1000 * gap + 500
        late += is_late
        if gap > 1 or is_late or is_ended or packets[-1][1] == full:
            packets.append([index, 0, now_us])
        packets[-1][1] += 1
        is_ended = polls and now_us - packets[-1][2] >= _LATENCY_US
        if polls:
            bench.poll()
    bench.ticks.true_us += _LATENCY_US
    bench.poll()
    sent = [[p["index"], len(p["samples"]), p["seconds"] * 10**6 + p["microseconds"]] for p in bench.packets]
    assert sent == [[index % 2**32, count, time_us] for index, count, time_us in packets]
    assert [sample for p in bench.packets for sample in p["samples"]] == bench.taken
    assert (bench.packetizer.late, bench.packetizer.framed) == (late, len(steps) + 1)
