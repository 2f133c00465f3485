"""What only time brings about, in simulated time on the virtual board: wraps, overruns, sensors that die, a link that stands."""

import pytest

from freefall_board.core import words as at
from oracle import codec
from unit.firmware.app_bench import APID, MS, Bench, make_fast_plan, make_plan, make_shared_plan

_TICKS = 2**30  # microseconds; 17.9 min
_STOPPED, _BACK = ("event", 3), ("event", 4)


def lost_by_sampling(bench, stream):
    """(bus errors, overruns, late) of a stream."""
    ledger = bench.ledger(stream)
    return ledger["bus_errors"], ledger["overruns"], ledger["late"]


def events(bench):
    """The kinds of all events but the boot's."""
    return [kind for kind in bench.kinds if kind[0] == "event"][1:]


def gaps(indexes):
    """The indexes that are missing between the first and the last."""
    return sorted(set(range(indexes[0], indexes[-1] + 1)) - set(indexes))


# Wraps


@pytest.mark.parametrize("timestamps", ["interrupt", "hardware"])
@pytest.mark.parametrize("start_us", [_TICKS - 2_000_000, _TICKS // 2 - 2_000_000])
def test_ticks_wrap_under_every_kind_of_trigger(start_us, timestamps):
    bench = Bench(make_fast_plan(timestamps), start_us=start_us)
    bench.payload.start()
    bench.run(4000)
    for stream in (0, 1):
        indexes = bench.check_against_model(stream)
        assert gaps(indexes) == []
    for stream, rate_hz in enumerate((4000, 1000, 50, 20)):
        assert lost_by_sampling(bench, stream) == (0, 0, 0)
        assert len(bench.samples(stream)) > 3.8 * rate_hz
    assert events(bench) == []


def test_ticks_wrap_in_a_run_longer_than_they_are():
    plan = make_plan(period_us=1_000_000, housekeeping_ms=60_000)
    plan["sensors"][0]["config"]["odr_code"] = 7
    plan["streams"][0].update(period_us=32_000, max_latency_ms=1000)
    bench = Bench(plan)
    bench.payload.start()
    while bench.clock.now_ns() < (_TICKS + 60_000_000) * 1000:
        if not bench.payload.step():
            bench.port.idle(4000)
    assert gaps(bench.check_against_model(0)) == []
    assert [time_us // 1_000_000 for _, time_us, _, _ in bench.samples(1)] == list(range(1, 1 + len(bench.samples(1))))
    assert len(bench.samples(1)) > 1130
    assert lost_by_sampling(bench, 0) == lost_by_sampling(bench, 1) == (0, 0, 0)
    assert events(bench) == []


def test_sequence_counts_wrap_at_2_to_the_14():
    plan = make_plan(thermometers=0, housekeeping_ms=10_000)
    plan["streams"][0].update(samples_per_packet=1, packet_len=codec.stream_packet_length(1, 9))
    bench = Bench(plan)
    bench.payload.start()
    bench.run(18_000)
    headers = [codec.parse_primary_header(packet) for packet in bench.packets]
    sequence = [header["sequence_count"] for header in headers if header["apid"] == APID + 1]
    assert len(sequence) > 17_000
    assert sequence == [number % 2**14 for number in range(len(sequence))]
    assert gaps(bench.check_against_model(0)) == []


@pytest.mark.parametrize("left", [1, 999, 1500])
def test_counters_wrap_at_2_to_the_30_and_the_index_goes_on(left):
    bench = Bench(make_shared_plan(watermark=20))
    bench.payload.start()
    start = 2**30 - left
    for stream in bench.payload._streams:
        words, packetizer = stream.sampler._words, stream.packetizer
        assert words[at.SEEN] == 0
        words[at.SEEN] = words[at.TAKEN] = packetizer.framed = packetizer.samples_sent = packetizer.packets_sent = start
        packetizer._first = start
    bench.run(4000)
    for stream, rate_hz in enumerate((1000, 500, 50)):
        indexes = [index for index, *_ in bench.samples(stream)]
        assert indexes == list(range(start, start + len(indexes)))
        assert len(indexes) > 3.8 * rate_hz
        ledger = bench.ledger(stream)
        assert ledger["taken"] < 2**30
        assert (ledger["bus_errors"], ledger["overruns"], ledger["late"]) == (0, 0, 0)
    assert bench.ledger(0)["taken"] == bench.ledger(0)["seen"] < 4000, "it has wrapped"


# A foreground that sleeps


@pytest.mark.parametrize("missing", [0, 1, 44, 3000])
def test_ring_overrun_is_counted_exactly(missing):
    bench = Bench(make_plan())
    bench.payload.start()
    bench.run(1000)
    stream = bench.payload._streams[0]
    words = stream.sampler._words
    waiting = stream.packetizer.pending(words[at.HEAD]) + words[at.READING]
    depth = bench.plan["streams"][0]["ring_depth"]
    bench.clock.advance_to(bench.clock.now_ns() + (depth - waiting + missing) * MS)
    bench.settle()
    assert lost_by_sampling(bench, 0) == (0, missing, 0)
    indexes = bench.check_against_model(0)
    assert len(gaps(indexes)) == missing
    assert bench.ledger(0)["most_waiting"] == depth - (not missing), "the last read is still under way"


@pytest.mark.parametrize("asleep_ms", [300, 500, 2000, 20_000])
def test_fifo_overflow_is_counted_exactly(asleep_ms):
    bench = Bench(make_fast_plan())
    bench.payload.start()
    bench.run(1000)
    bench.clock.advance_to(bench.clock.now_ns() + asleep_ms * MS)
    bench.settle()
    indexes = bench.check_against_model(0)
    bus_errors, overruns, late = lost_by_sampling(bench, 0)
    assert (bus_errors, late) == (0, 0)
    # Packets of all that the ring held are more than the link queue holds.
    assert overruns + bench.ledger(0)["samples_dropped"] == len(gaps(indexes))
    made, read = len(bench.models[0].produced), len(bench.models[0].read_out)
    assert overruns == made - read - len(bench.models[0]._fifo) // 3
    assert (overruns > 0) == (asleep_ms * 4 > 64 * 25 + 32)


# Sensors that die and come back


@pytest.mark.parametrize("fault", ["absent", "hung"])
def test_sensor_that_dies_and_comes_back_is_two_events_and_a_gap_to_the_sample(fault):
    bench = Bench(make_plan())
    bench.payload.start()
    bench.run(1000)
    setattr(bench.models[0], fault, True)
    bench.run(700)
    setattr(bench.models[0], fault, False)
    bench.run(1000)
    bench.settle()
    assert events(bench) == [_STOPPED, _BACK]
    indexes = bench.check_against_model(0)
    bus_errors, overruns, late = lost_by_sampling(bench, 0)
    assert bus_errors + overruns == len(gaps(indexes))
    assert 690 <= len(gaps(indexes)) <= 710
    assert (bus_errors > 100, late) == (True, 0)
    assert lost_by_sampling(bench, 1) == (0, 0, 0), "the other bus"


@pytest.mark.parametrize("fault", ["absent", "hung"])
def test_sensor_that_dies_on_a_shared_bus_leaves_the_others_their_samples(fault):
    bench = Bench(make_shared_plan())
    bench.payload.start()
    bench.run(1000)
    setattr(bench.models[0], fault, True)
    bench.run(700)
    setattr(bench.models[0], fault, False)
    bench.run(1000)
    bench.settle()
    assert events(bench) == [_STOPPED, _BACK]
    for stream in (0, 1):
        indexes = bench.check_against_model(stream)
        bus_errors, overruns, _ = lost_by_sampling(bench, stream)
        assert bus_errors + overruns == len(gaps(indexes))
    if fault == "absent":
        assert lost_by_sampling(bench, 1)[:2] == (0, 0), "who is not acknowledged frees the bus for who waits"


@pytest.mark.parametrize("for_ms", [8, 30, 700])
def test_fifo_whose_bus_fails_loses_what_it_cannot_hold_and_counts_that(for_ms):
    bench = Bench(make_shared_plan(watermark=20))
    bench.payload.start()
    bench.run(1000)
    target = bench.models[0]
    target.start, start = lambda read: False, target.start
    bench.run(for_ms)
    target.start = start
    bench.run(1000)
    bench.settle()
    indexes = bench.check_against_model(0)
    bus_errors, overruns, late = lost_by_sampling(bench, 0)
    assert (bus_errors, overruns, late) == (len(gaps(indexes)), 0, 0)
    # It holds 32 samples, and is asked again every 5 ms.
    assert max(0, for_ms - 32) <= bus_errors <= max(0, for_ms + 6 - 12)
    assert events(bench) == ([_STOPPED, _BACK] if for_ms > 8 else [])


# A link that stands


@pytest.mark.parametrize("watermark", [0, 20])
def test_host_that_reads_nothing_for_2_s_costs_frames_exactly_counted_and_no_sample_by_sampling(watermark):
    bench = Bench(make_shared_plan(watermark))
    bench.payload.start()
    bench.run(1000)
    bench.port.wire.open = False
    bench.run(2000)
    bench.port.wire.open = True
    bench.run(2000)
    bench.settle()
    for stream, rate_hz in enumerate((1000, 500, 50)):
        assert lost_by_sampling(bench, stream) == (0, 0, 0)
        ledger = bench.ledger(stream)
        samples = bench.samples(stream)
        indexes = [index for index, *_ in samples]
        assert len(indexes) == len(set(indexes))
        assert ledger["samples_dropped"] == len(gaps(indexes))
        assert ledger["samples_dropped"] > rate_hz
        assert ledger["packets_dropped"] * bench.plan["streams"][stream]["samples_per_packet"] == ledger["samples_dropped"]
    for stream in (0, 1):
        bench.check_against_model(stream)
    board = bench.of("sid", 1)[-1]
    assert board["service_built"] - board["service_dropped"] == len(bench.kinds) - 1
    assert board["service_dropped"] <= 4, "of the set that fell due while the set before it waited"
    assert events(bench) == []
