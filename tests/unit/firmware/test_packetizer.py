"""Ring to packet: when a packet is due, where it ends, what it says and what is counted; the oracle takes the packets apart."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from freefall_board.core import words as at
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
    assert bench.times_us == [1000], "the interrupt of its first sample"
    header = codec.parse_primary_header(bench.frames.packets[0])
    assert (header["apid"], header["sequence_count"]) == (APID, 0)


def test_packet_leaves_when_the_ring_is_half_full():
    bench = PacketizerBench(full=25, depth=8)
    bench.take(0, 1, 2)
    bench.poll()
    assert bench.spans == []
    bench.take(3)
    bench.poll()
    assert bench.spans == [(0, 4)]


@pytest.mark.parametrize("start_us", [0, TICKS_MODULO - 1500, TICKS_MODULO - 30_000])
def test_packet_leaves_when_its_first_sample_is_as_old_as_the_latency(start_us):
    bench = PacketizerBench(start_us=start_us)
    bench.take(0, 1)
    bench.poll()
    bench.ticks.true_us = start_us + 1000 + _LATENCY_US - 1
    bench.poll()
    assert bench.spans == []
    bench.ticks.true_us += 1
    bench.poll()
    assert bench.spans == [(0, 2)]


def test_nothing_is_sent_of_an_empty_ring():
    bench = PacketizerBench(max_latency_ms=0)
    bench.ticks.true_us += 1_000_000
    assert (bench.poll(), bench.packetizer.send()) == (0, 0)
    assert (bench.packetizer.framed, bench.packetizer.packets_sent, bench.spans) == (0, 0, [])


def test_gap_in_the_triggers_ends_the_packet_before_it():
    bench = PacketizerBench()
    bench.take(0, 1)
    bench.take(3, 4, 5, 6)
    bench.poll()
    assert bench.spans == [(0, 2), (3, 4)]
    assert bench.packetizer.late() == 0


def test_late_trigger_ends_the_packet_before_it_and_is_counted():
    bench = PacketizerBench(period_us=1000)
    bench.take(0, 1)
    bench.take(2, after_us=1501)
    bench.take(3, 4, 5)
    bench.poll()
    assert bench.spans == [(0, 2), (2, 4)]
    assert bench.packetizer.late() == 1
    assert bench.times_us[1] == 2000 + 1501


def test_trigger_half_a_period_after_its_time_is_not_yet_late():
    bench = PacketizerBench(period_us=1000)
    bench.take(0, 1, 2, 3, after_us=1500)
    bench.poll()
    assert (bench.spans, bench.packetizer.late()) == ([(0, 4)], 0)


def test_late_trigger_is_counted_where_a_packet_begins():
    bench = PacketizerBench(full=1)
    bench.take(0)
    bench.take(1, after_us=1501)
    bench.poll()
    assert (bench.spans, bench.packetizer.late()) == ([(0, 1), (1, 1)], 1)


def test_first_sample_after_a_failed_first_trigger_is_not_late():
    bench = PacketizerBench(start_us=3_000_000)
    bench.take(1)
    bench.packetizer.send()
    assert bench.packetizer.late() == 0


def test_trigger_late_after_one_that_gave_no_sample_is_late():
    bench = PacketizerBench(full=1)
    bench.take(0)
    bench.take(2, after_us=1000 + 1501)  # trigger 1 came in time, and its read failed
    bench.poll()
    assert bench.packetizer.late() == 1


def test_trigger_ten_minutes_late_is_late():
    bench = PacketizerBench(full=1)
    bench.take(0)
    bench.poll()
    for _ in range(60):
        bench.ticks.true_us += 10_000_000
        bench.poll()
    bench.take(1)
    bench.poll()
    assert bench.packetizer.late() == 1


def test_index_goes_on_past_2_to_the_30_and_wraps_at_2_to_the_32():
    bench = PacketizerBench(full=1, depth=16)
    expected = []
    for wraps in range(5):
        triggers = [wraps * TICKS_MODULO + number for number in (0, 1, TICKS_MODULO // 2, TICKS_MODULO - 1)]
        bench.take(*triggers)
        bench.poll()
        expected += [trigger % 2**32 for trigger in triggers]
    assert [index for index, _ in bench.spans] == expected


@pytest.mark.parametrize("step", [1, 2])
def test_packet_across_2_to_the_30_has_the_index_of_its_first_sample(step):
    bench = PacketizerBench(full=4, step=step)
    bench.take(*range(TICKS_MODULO - 2, TICKS_MODULO + 6, step), after_us=1000 * step)
    bench.poll()
    assert bench.spans == [(TICKS_MODULO - 2, 4), (TICKS_MODULO + 2, 4)]


@pytest.mark.parametrize(("full", "sample_len", "step"), [(3, 9, 1), (4, 2, 2), (5, 1, 1), (24, 9, 12)])
def test_packet_shorter_than_the_one_before_it_is_padded_with_zeros(full, sample_len, step):
    bench = PacketizerBench(full=full, sample_len=sample_len, step=step)
    bench.take(*range(0, full + step, step), after_us=1000 * step)
    bench.poll()
    bench.packetizer.send()
    long, short = bench.frames.packets
    assert len(short) == len(long) == codec.stream_packet_length(full, sample_len)
    samples = b"".join(bench.sample(full + i) for i in range(step))
    assert short[18:] == samples + bytes(len(short) - 18 - len(samples))


def test_packet_the_queue_refuses_is_counted_and_leaves_a_hole_in_the_sequence():
    bench = PacketizerBench(full=2)
    for refused in (False, True, False):
        bench.frames.full = refused
        first = bench.packetizer.framed
        bench.take(first, first + 1)
        bench.poll()
    packetizer = bench.packetizer
    assert (packetizer.framed, packetizer.samples_sent, packetizer.samples_dropped) == (6, 4, 2)
    assert (packetizer.packets_sent, packetizer.packets_dropped, bench.pending()) == (2, 1, 0)
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


@pytest.mark.parametrize("step", [1, 3])
def test_send_makes_one_packet_and_says_how_many_samples_it_took(step):
    bench = PacketizerBench(full=2 * step, step=step)
    bench.take(*range(0, 5 * step, step), after_us=1000 * step)
    assert bench.packetizer.send() == 2 * step
    assert (len(bench.packets), bench.pending(), bench.packetizer.most_waiting) == (1, 3 * step, 5 * step)
    assert [bench.packetizer.send() for _ in range(3)] == [2 * step, step, 0]
    assert (bench.pending(), bench.packetizer.most_waiting) == (0, 5 * step)


def test_pending_is_what_waited_when_the_head_was_there():
    bench = PacketizerBench(step=3, full=3, depth=4)
    bench.take(0, 3, after_us=3000)
    head = bench.ring.words[at.HEAD]
    bench.take(6, after_us=3000)
    assert (bench.packetizer.pending(head), bench.pending()) == (6, 9)
    bench.packetizer.send()
    assert (bench.packetizer.pending(head), bench.pending()) == (3, 6)


# Several samples a read


def test_packet_of_reads_is_dated_at_the_first_sample_of_its_first_read():
    bench = PacketizerBench(full=8, step=4, period_us=1000)
    bench.take(0, 4, after_us=4000)
    assert bench.poll() == 8
    assert bench.spans == [(0, 8)]
    assert bench.times_us == [4000 - 3000]
    assert bench.packets[0]["samples"] == bench.taken


def test_read_of_a_slow_sensor_is_dated_back_by_the_interval_found():
    bench = PacketizerBench(full=4, step=4, period_us=1000)
    for number in range(0, 400, 4):
        bench.take(number, after_us=4080)
        bench.poll()
    assert bench.times_us[0] == 4080 - 3000, "the data sheet's period, while no other is known"
    assert bench.times_us[-1] == 100 * 4080 - 3 * 1020
    assert bench.packetizer.late() == 0


def test_latency_counts_from_the_first_sample_of_a_read():
    bench = PacketizerBench(full=8, step=4, period_us=1000)
    bench.take(0, after_us=4000)
    bench.ticks.true_us = 1000 + _LATENCY_US - 1
    bench.poll()
    assert bench.spans == []
    bench.ticks.true_us += 1
    bench.poll()
    assert bench.spans == [(0, 4)]


def test_read_that_takes_longer_than_the_latency_leaves_at_once():
    bench = PacketizerBench(full=200, sample_len=1, step=100, period_us=1000, max_latency_ms=50)
    bench.take(0, after_us=100_000)
    assert bench.poll() == 100


def test_samples_a_fifo_gave_up_end_the_packet_before_them():
    bench = PacketizerBench(full=12, step=4, period_us=1000)
    bench.take(0, 4, after_us=4000)
    bench.take(11, after_us=7000)  # three samples missing between the reads
    bench.take(15, 19, after_us=4000)
    bench.poll()
    assert bench.spans == [(0, 8), (11, 12)]
    assert bench.times_us == [1000, 8000 + 7000 - 3000]
    assert bench.packetizer.late() == 0


def test_trigger_half_a_period_before_its_time_is_not_yet_early():
    bench = PacketizerBench(full=4)
    bench.take(0)
    bench.take(1, after_us=500)
    bench.take(2, 3)
    bench.poll()
    assert bench.spans == [(0, 4)]


def test_early_trigger_ends_the_packet_before_it_and_is_not_late():
    # The one before it was read long after it was made.
    bench = PacketizerBench(full=4)
    bench.take(0, 1)
    bench.take(2, after_us=499)
    bench.take(3)
    bench.ticks.true_us += _LATENCY_US
    bench.poll()
    assert bench.spans == [(0, 2), (2, 2)]
    assert bench.times_us == [1000, 2499]
    assert bench.packetizer.late() == 0


def test_packet_of_samples_with_their_own_times_is_the_oracles():
    bench = PacketizerBench(full=3, sample_len=2, times=True)
    bench.take(0, after_us=1000)
    bench.take(1, after_us=17_000)
    bench.take(2, after_us=3)
    bench.take(4, after_us=2000)
    bench.take(5, after_us=1000)
    bench.ticks.true_us += _LATENCY_US
    bench.poll()
    said = [codec.parse_timed_samples(packet, 6) for packet in bench.frames.packets]
    assert [(packet["index"], packet["times"]) for packet in said] == [(0, [1000, 18_000, 18_003]), (4, [20_003, 21_003])]
    assert [sample for packet in said for sample in packet["samples"]] == bench.taken
    assert {len(packet) for packet in bench.frames.packets} == {codec.stream_packet_length(3, 6)}


_GAP = st.sampled_from([1, 1, 1, 2, 33])
_AFTER_US = st.sampled_from([1000, 1000, 1000, 500, 499, 1500, 1501, 30_000])


@settings(deadline=None)
@given(
    st.sampled_from([0, TICKS_MODULO - 5, 2 * TICKS_MODULO - 3]),
    st.sampled_from([0, TICKS_MODULO - 9000]),
    st.integers(1, 5),
    st.lists(st.tuples(_GAP, _AFTER_US, st.booleans()), max_size=40),
)
@example(0, 0, 2, [(1, 1000, False), (1, 30_000, False), (1, 30_000, False)])
def test_packets_are_cut_where_spec_says(first, start_us, full, steps):
    bench = PacketizerBench(full=full, depth=128, start_us=start_us)
    bench.packetizer._wraps = first // TICKS_MODULO
    expected = []  # index, number of samples, time of the first
    waiting = []  # (index, time, whether it begins a packet) of samples not yet sent
    late = 0

    def send(now_us):
        # Due: a packet's worth waits, or the oldest is old enough.
        while waiting and (len(waiting) >= full or now_us - waiting[0][1] >= _LATENCY_US):
            index, time_us, _ = waiting.pop(0)
            expected.append([index % 2**32, 1, time_us])
            while waiting and expected[-1][1] < full and not waiting[0][2]:
                waiting.pop(0)
                expected[-1][1] += 1

    bench.take(first)
    waiting.append((first, 1000, True))
    index = first
    for gap, after_us, polls in steps:
        index += gap
        bench.take(index, after_us=after_us)
        now_us = bench.ticks.true_us - start_us
        is_late = after_us > 1000 * gap + 500
        late += is_late
        is_early = after_us < 1000 * gap - 500
        waiting.append((index, now_us, gap > 1 or is_late or is_early))
        if polls:
            bench.poll()
            send(now_us)
    bench.ticks.true_us += _LATENCY_US
    bench.poll()
    send(bench.ticks.true_us - start_us)
    sent = [[index, count, time_us] for (index, count), time_us in zip(bench.spans, bench.times_us, strict=True)]
    assert sent == expected
    assert [sample for p in bench.packets for sample in p["samples"]] == bench.taken
    assert (bench.packetizer.late(), bench.packetizer.framed, bench.pending()) == (late, len(steps) + 1, 0)
