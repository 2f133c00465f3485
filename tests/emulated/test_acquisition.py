"""An accelerometer at its highest rate, 4000 samples a second: by data-ready on I2C and by its FIFO on SPI.

Every sample and every time stamp is compared with what the model of the sensor made, and when.
"""

from statistics import mean

import pytest

pytestmark = pytest.mark.emulated

OFTEN = ("period_ms = 1000 ", "period_ms = 100 ")
FAST = ("odr_hz = 1000 ", "odr_hz = 4000 ")


def assert_nothing_was_lost(totals, at_least):
    assert (totals.bus_errors, totals.overruns, totals.samples_dropped, totals.lost, totals.gaps, totals.late) == (0,) * 6
    assert totals.seen == totals.taken >= at_least


# Data-ready on I2C ----------------------------------------------------------------------------------------------

REFUSED = (1, 2, 40)  # reads in a row


class Fast:
    """The vibration payload at 4 kHz: 0.2 s of which `calm` are the totals and `samples` what came, then reads are refused."""

    def __init__(self, payload, image, *changes):
        from emulated.payload_bench import PayloadBench, edited

        definition = edited(payload, FAST, OFTEN, *changes)
        self.bench = bench = PayloadBench(definition, image.path, rate_errors_ppm={"accel": 100.0})
        bench.start().run_to(450)
        self.calm, self.samples = bench.totals("vibration"), bench.samples("vibration")
        for reads in REFUSED:
            bench.models["accel"].fail_next(reads)
            bench.advance(30)
        bench.advance(100)


@pytest.fixture(scope="module")
def by_interrupt(image, vibration):
    return Fast(vibration, image)


@pytest.fixture(scope="module")
def by_hardware(image, vibration):
    return Fast(vibration, image, ("pin = 15 ", 'timestamps = "hardware"\npin = 15 '))


@pytest.fixture(params=["by_interrupt", "by_hardware"])
def fast(request):
    return request.getfixturevalue(request.param)


def test_every_sample_at_4_khz_by_data_ready_is_what_the_sensor_made(fast):
    assert_nothing_was_lost(fast.calm, at_least=700)
    assert list(fast.samples) == list(range(len(fast.samples)))
    assert list(fast.samples.values()) == [made.raw for made in fast.bench.made("vibration")[: len(fast.samples)]]
    assert fast.bench.models["accel"].torn == 0


def test_reads_that_are_not_acknowledged_cost_exactly_their_samples_at_4_khz(fast):
    bench, totals = fast.bench, fast.bench.totals("vibration")
    assert (totals.bus_errors, totals.overruns, totals.late, totals.lost) == (sum(REFUSED), 0, 0, 0)
    assert totals.gaps == sum(REFUSED) == len(bench.missing("vibration"))
    assert totals.seen == totals.taken + sum(REFUSED) >= 1200
    assert bench.decoder.ledger.closed, bench.decoder.ledger.reasons
    assert bench.decoder.counters.rejected == 0
    made, samples = bench.made("vibration"), bench.samples("vibration")
    assert samples == {index: made[index].raw for index in samples}
    assert bench.events() == [("stopped", "vibration"), ("back", "vibration")]


def test_time_stamps_by_interrupt_are_right_to_a_microsecond(by_interrupt):
    bench = by_interrupt.bench
    made = bench.made("vibration")
    calm = {index: stamp for index, stamp in bench.stamps_us("vibration").items() if index < by_interrupt.calm.seen}
    errors = [stamp - bench.us(made[index].time_ns) for index, stamp in calm.items()]
    assert len(errors) == by_interrupt.calm.taken
    assert -1 <= mean(errors) <= 1
    assert set(errors) <= {-1, 0, 1}


def test_time_stamps_by_hardware_name_the_microsecond_of_every_edge(by_hardware):
    bench = by_hardware.bench
    assert bench.stamps_off_hardware("vibration", bench.made("vibration")) == {}
    assert len(bench.stamps_us("vibration")) >= bench.totals("vibration").taken


def test_packets_carry_the_stamp_of_their_first_sample(fast):
    stamps, packets = fast.bench.stamps_us("vibration"), fast.bench.packets("vibration")
    assert len(packets) >= 50
    assert [packet.time_ns for packet in packets] == [1000 * stamps[packet.index] for packet in packets]


# FIFO on SPI ----------------------------------------------------------------------------------------------------

PULSES_HZ = 2000.0
# From a tick's stamp to the look at the counter.
COUNTED_US = 25


@pytest.fixture(scope="module")
def fifo(image, jitter):
    """The jitter payload after 1.6 s, with a thermometer that was silent for a while; its counter is read often."""
    from emulated.payload_bench import PayloadBench, edited

    changes = (
        # The loop stands still for less than is usually allowed for.
        ("[bus.spi0]", "[housekeeping]\nperiod_ms = 100\n\n[stalls]\nforeground_ms = 150\n\n[bus.spi0]"),
        ("rate_hz = 1.0                   #", "rate_hz = 100.0 #"),
        ("rate_hz = 1.0", "rate_hz = 8.0"),
    )
    # A clock so little off lets the edges wander through the microsecond, and the estimated pace has nothing to learn.
    bench = PayloadBench(edited(jitter, *changes), image.path, symbols=image.symbols, rate_errors_ppm={"accel": 20.0})
    tube = bench.models["tube"]
    tube.rate = lambda t_s: PULSES_HZ
    tube.absent = True  # what comes before the board counts is not counted
    bench.start()
    tube.absent = False
    bench.run_to(700)
    bench.models["structure"].fail_next(3)
    return bench.run_to(2000)


def test_every_sample_at_4_khz_by_fifo_is_what_the_sensor_made_and_begins_with_x(fifo):
    assert_nothing_was_lost(fifo.totals("jitter"), at_least=6500)
    assert fifo.decoder.ledger.closed, fifo.decoder.ledger.reasons
    assert fifo.decoder.counters.rejected == 0
    samples = fifo.samples("jitter")
    assert list(samples) == list(range(len(samples)))
    # Datasheet, "FIFO": the lowest bit marks the entries of the x axis.
    marked = [(made.raw[:2] + bytes([made.raw[2] | 1]) + made.raw[3:]) for made in fifo.made("jitter")[: len(samples)]]
    assert list(samples.values()) == marked


def test_stamps_of_a_fifo_name_the_microsecond_of_its_watermark_and_date_every_sample_within_2_us(fifo):
    made = fifo.made("jitter")
    assert fifo.stamps_off_hardware("jitter", made[24:]) == {}
    table = fifo.collector.table("jitter")
    begin_ns = -1000 * fifo.desk.notes[0]
    errors = [time - made[index].time_ns - begin_ns for index, time in zip(table.index, table.time_ns, strict=True)]
    assert min(errors) >= -2000 and max(errors) <= 2000


def test_pulse_counts_are_those_of_the_source_at_each_tick(fifo):
    tube = fifo.models["tube"]
    stamps = fifo.stamps_us("radiation")
    words = {
        index: [int.from_bytes(raw[at : at + 4], "little") for at in (0, 4, 8)]
        for index, raw in fifo.samples("radiation").items()
    }
    counts = {index: count for index, (count, _, _) in words.items()}
    assert list(counts) == list(range(len(counts))) and len(counts) >= 150
    at_stamp = {index: tube.count_at(fifo.ns(stamps[index])) for index in counts}
    at_read = {index: tube.count_at(fifo.ns(stamps[index] + COUNTED_US)) for index in counts}
    assert all(at_stamp[index] <= count <= at_read[index] for index, count in counts.items())
    assert counts[len(counts) - 1] > 0.5 * PULSES_HZ
    # Each sample tells of its own interval, too.
    assert [words[index][1] for index in words if index] == [counts[index] - counts[index - 1] for index in counts if index]
    assert all(abs(words[index][2] - (stamps[index] - stamps[index - 1])) < COUNTED_US for index in words if index)
    # Seldom a pulse comes between the two: else the count is known exactly.
    assert sum(at_stamp[index] == at_read[index] for index in counts) >= 0.85 * len(counts)


def test_thermometer_beside_it_loses_the_samples_it_refused_and_nothing_else(fifo):
    totals = fifo.totals("temperature")
    assert (totals.bus_errors, totals.overruns, totals.gaps + totals.tail, totals.lost) == (3, 0, 3, 0)
    assert fifo.events() == [("stopped", "temperature"), ("back", "temperature")]
    samples = list(fifo.samples("temperature").values())
    assert samples == [read.raw for read in fifo.models["structure"].read_out[: len(samples)]]


def test_allocator_is_never_called_after_the_start_with_reports_and_events_and_all(fifo):
    assert fifo.allocator_calls() == []
    assert fifo.board.now_ns() - fifo.items[0].host_ns >= 1_500_000_000
