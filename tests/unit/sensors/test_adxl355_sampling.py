"""The ADXL355 model while it measures, on either bus: instants, values, data ready, bursts, FIFO."""

from fractions import Fraction
from statistics import fmean, pstdev

import pytest

from freefall.board.clock import SimulatedClock
from freefall.sensors.catalogue.adxl355 import Adxl355
from freefall.sensors.part import ModelError, Produced
from freefall.sensors.signals import constant, station_vibration

MS = 1_000_000
ZERO = constant((0.0, 0.0, 0.0))


def words(raw):
    """The three 20-bit numbers of a sample."""
    return tuple(int.from_bytes(raw[n : n + 3], "big", signed=True) >> 4 for n in (0, 3, 6))


@pytest.fixture
def build(clock, pin, either):
    address, controller = either

    def build(signal=ZERO, seed=1, odr_code=2, range_code=1, start=True, **options):
        part = Adxl355(address, clock, pin, signal, seed, **options)
        bus = controller(part)
        bus.write(0x28, odr_code)
        bus.write(0x2C, 0x80 | range_code)
        if start:
            bus.write(0x2D, 0x00)
        return part, bus

    return build


def test_standby_makes_nothing(build, clock, pin):
    part, _ = build(start=False)
    clock.advance_to(1000 * MS)
    assert part.produced == [] and pin.rises == []
    assert clock.next_event_ns() is None


@pytest.mark.parametrize("odr_code", range(11))
def test_samples_are_exactly_one_period_apart(build, clock, pin, odr_code):
    period_ns = 250_000 << odr_code
    clock.advance_to(123)
    part, _ = build(odr_code=odr_code)
    clock.advance_to(123 + 20 * period_ns)
    expected = [123 + n * period_ns for n in range(1, 21)]
    assert [sample.time_ns for sample in part.produced] == expected
    assert pin.rises == expected


@pytest.mark.parametrize("ppm", [-20_000, -1.5, 1.5, 20_000])
def test_a_rate_error_never_accumulates_rounding(build, clock, ppm):
    part, _ = build(rate_error_ppm=ppm)
    clock.advance_to(2000 * MS)
    period = Fraction(1_000_000) / (1 + Fraction(str(ppm)) / 1_000_000)
    assert [s.time_ns for s in part.produced] == [int(n * period) for n in range(1, len(part.produced) + 1)]
    assert len(part.produced) == int(2000 * MS / period)


def test_a_rate_error_may_change_between_two_runs(build, clock):
    part, bus = build()
    part.rate_error_ppm = 250_000
    clock.advance_to(2 * MS)
    bus.write(0x2D, 0x01)
    bus.write(0x2D, 0x00)
    clock.advance_to(4 * MS)
    assert [s.time_ns for s in part.produced] == [1_000_000, 2_000_000, 2_800_000, 3_600_000]


def test_the_same_seed_gives_the_same_samples_and_another_seed_others(controller):
    def run(seed, address=0x1D):
        clock = SimulatedClock()
        part = Adxl355(address, clock, None, station_vibration(), seed)
        controller(part).write(0x2D, 0x00)
        clock.advance_to(100 * MS)
        return part.produced

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert run(1) != run(1, address=0x53)


@pytest.mark.parametrize("odr_code", [0, 2, 4])
@pytest.mark.parametrize("range_code, lsb_per_g", [(1, 256_000), (2, 128_000), (3, 64_000)])
def test_noise_has_the_datasheet_density(build, clock, odr_code, range_code, lsb_per_g):
    part, _ = build(constant((0.1, -0.2, 1.0)), odr_code=odr_code, range_code=range_code)
    clock.advance_to(3000 * (250_000 << odr_code))
    sigma_g = 22.5e-6 * (4000 / 2**odr_code / 4) ** 0.5
    for axis, expected_g in enumerate((0.1, -0.2, 1.0)):
        values_g = [words(sample.raw)[axis] / lsb_per_g for sample in part.produced]
        assert fmean(values_g) == pytest.approx(expected_g, abs=5 * sigma_g / 3000**0.5)
        assert pstdev(values_g) == pytest.approx(sigma_g, rel=0.07)


@pytest.mark.parametrize("range_code, lsb_per_g", [(1, 256_000), (2, 128_000), (3, 64_000)])
def test_values_follow_the_signal_within_noise(build, clock, range_code, lsb_per_g):
    signal = station_vibration()
    part, _ = build(signal, odr_code=10, range_code=range_code)
    clock.advance_to(10_000 * MS)
    for sample in part.produced:
        for word, g in zip(words(sample.raw), signal(sample.time_ns / 1e9), strict=True):
            assert abs(word / lsb_per_g - g) < 6 * 22.5e-6 + 1 / lsb_per_g


def test_the_ends_saturate(build, clock):
    part, _ = build(constant((9.0, -9.0, 0.0)))
    clock.advance_to(1 * MS)
    assert part.produced[0].raw[:6] == b"\x7f\xff\xf0\x80\x00\x00"


def test_the_low_four_bits_of_each_axis_are_zero(build, clock):
    part, _ = build(station_vibration())
    clock.advance_to(50 * MS)
    assert all(not sample.raw[n] & 0x0F for sample in part.produced for n in (2, 5, 8))


def test_offsets_are_added_with_the_weight_of_the_upper_16_bits(build, clock):
    part, bus = build(start=False)
    bus.write(0x1E, 0x01, 0x00, 0xFF, 0x00, 0x00, 0x00)
    bus.write(0x2D, 0x00)
    clock.advance_to(1 * MS)
    x, y, z = words(part.produced[0].raw)
    assert abs(x - 0x1000) < 700 and abs(y + 0x1000) < 700 and abs(z) < 700


def test_data_ready_falls_when_data_is_read(build, clock, pin):
    _, bus = build()
    clock.advance_to(1 * MS + 1000)
    assert pin.level is True
    bus.read(0x08, 9)
    assert pin.level is False
    assert pin.changes[-1] == (1 * MS + 1000, False)


@pytest.mark.parametrize("register", range(0x08, 0x11))
def test_reading_any_data_register_lowers_data_ready(build, clock, pin, register):
    _, bus = build()
    clock.advance_to(1 * MS)
    bus.read(register, 1)
    assert pin.level is False


@pytest.mark.parametrize("register", [0x00, 0x04, 0x05, 0x06, 0x07, 0x2D])
def test_reading_anything_else_leaves_data_ready_high(build, clock, pin, register):
    _, bus = build()
    clock.advance_to(1 * MS)
    bus.read(register, 1)
    assert pin.level is True


def test_unread_data_ready_falls_half_a_period_later_and_rises_for_every_sample(build, clock, pin):
    build()
    clock.advance_to(3 * MS)
    half = MS // 2
    assert pin.changes[1:] == [
        (MS, True), (MS + half, False), (2 * MS, True), (2 * MS + half, False), (3 * MS, True),
    ]  # fmt: skip


def test_no_edges_while_data_ready_is_off(build, clock, pin):
    part, bus = build(start=False)
    bus.write(0x2D, 0x04)
    clock.advance_to(10 * MS)
    assert len(part.produced) == 10 and pin.rises == []
    bus.write(0x2D, 0x00)
    clock.advance_to(12 * MS)
    assert pin.rises == [11 * MS, 12 * MS]
    bus.write(0x2D, 0x04)
    assert pin.level is False


def test_turning_data_ready_on_and_off_does_not_disturb_the_rate(build, clock):
    part, bus = build()
    clock.advance_to(1_500_000)
    bus.write(0x2D, 0x04)
    clock.advance_to(5 * MS)
    assert [sample.time_ns for sample in part.produced] == [n * MS for n in range(1, 6)]


def test_standby_stops_and_a_new_start_counts_from_its_own_instant(build, clock, pin):
    part, bus = build()
    clock.advance_to(2 * MS)
    bus.write(0x2D, 0x01)
    assert pin.level is False
    clock.advance_to(2_300_000)
    bus.write(0x2D, 0x00)
    clock.advance_to(5 * MS)
    assert [s.time_ns for s in part.produced] == [MS, 2 * MS, 3_300_000, 4_300_000]


def test_status_shows_new_data_until_status_is_read(build, clock):
    _, bus = build()
    assert bus.read(0x04, 1) == b"\x00"
    clock.advance_to(1 * MS)
    bus.read(0x08, 9)  # reading data does not clear the bit
    assert bus.read(0x04, 1) == b"\x01"
    assert bus.read(0x04, 1) == b"\x00"
    clock.advance_to(2 * MS)
    assert bus.read(0x04, 1) == b"\x01"


def test_a_reader_of_every_interrupt_gets_exactly_what_was_produced(build, clock, pin):
    part, bus = build(station_vibration())
    seen = []

    def interrupt():
        clock.advance_to(clock.now_ns() + 20_000)
        seen.append(bus.read(0x08, 9))

    pin.on_rise = interrupt
    clock.advance_to(500 * MS + 100_000)
    assert seen == [sample.raw for sample in part.produced] == [sample.raw for sample in part.read_out]
    assert len(seen) == 500 and part.torn == 0
    assert [read.time_ns for read in part.read_out] == [sample.time_ns + 20_000 for sample in part.produced]


def test_an_axis_is_coherent_but_a_burst_across_two_samples_is_torn(build, clock):
    part, bus = build(constant((1.0, 1.0, 1.0)))
    clock.advance_to(1 * MS)
    bus.begin(0x08)
    data = bytearray()
    for n in range(9):
        if n == 4:
            clock.advance_to(2 * MS)
        data.append(bus.octet())
    bus.end()
    old, new = part.produced[0].raw, part.produced[1].raw
    assert bytes(data) == old[:6] + new[6:]
    assert part.read_out == [Produced(2 * MS, bytes(data))]
    assert part.torn == 1


@pytest.mark.parametrize("register, count", [(0x08, 3), (0x08, 8), (0x0B, 6), (0x09, 8)])
def test_a_part_of_a_sample_is_not_a_sample_read(build, clock, register, count):
    part, bus = build()
    clock.advance_to(1 * MS)
    assert bus.read(register, count) == part.produced[0].raw[register - 8 : register - 8 + count]
    assert part.read_out == []


def test_a_burst_may_begin_before_the_data(build, clock):
    part, bus = build()
    clock.advance_to(1 * MS)
    data = bus.read(0x04, 13)
    assert data[4:] == part.produced[0].raw
    assert [r.raw for r in part.read_out] == [part.produced[0].raw]


def test_temperature_follows_its_signal(build, clock):
    _, bus = build(temperature=constant(35.0))
    assert bus.read(0x06, 2) == b"\0\0"
    clock.advance_to(1 * MS)
    raw = int.from_bytes(bus.read(0x06, 2), "big")
    assert 25 + (raw - 1885) / -9.05 == pytest.approx(35.0, abs=0.06)


def test_temperature_stands_still_while_it_is_off(build, clock):
    _, bus = build(start=False, temperature=lambda t_s: 25 + 1000 * t_s)
    bus.write(0x2D, 0x00)
    clock.advance_to(10 * MS)
    bus.write(0x2D, 0x02)
    before = bus.read(0x06, 2)
    clock.advance_to(100 * MS)
    assert bus.read(0x06, 2) == before


# FIFO


def test_the_fifo_delivers_every_sample_with_its_axis_marker(build, clock):
    part, bus = build(station_vibration())
    clock.advance_to(5 * MS)
    assert bus.read(0x05, 1) == bytes([15])
    data = bus.read(0x11, 45)
    for n, sample in enumerate(part.produced):
        x, y, z = (data[9 * n + k : 9 * n + k + 3] for k in (0, 3, 6))
        assert (x[2] & 3, y[2] & 3, z[2] & 3) == (1, 0, 0)
        assert bytes([*x[:2], x[2] & 0xF0, *y, *z]) == sample.raw
    assert bus.read(0x05, 1) == b"\0"
    assert [r.raw for r in part.read_out] == [p.raw for p in part.produced]


def test_fifo_entries_may_be_read_one_transaction_each(build, clock):
    part, bus = build()
    clock.advance_to(1 * MS)
    data = b"".join(bus.read(0x11, 3) for _ in range(3))
    assert data[3:] == part.produced[0].raw[3:]
    assert [r.raw for r in part.read_out] == [part.produced[0].raw]


def test_an_empty_fifo_says_so(build, clock, pin):
    part, bus = build()
    assert bus.read(0x11, 3) == b"\x00\x00\x02"
    clock.advance_to(1 * MS)
    data = bus.read(0x11, 12)
    assert data[11] & 0x02 and not any(data[n] & 0x02 for n in (2, 5, 8))
    assert pin.level is False
    assert len(part.read_out) == 1


def test_a_fifo_read_that_splits_an_entry_is_refused(build, clock):
    _, bus = build()
    clock.advance_to(1 * MS)
    with pytest.raises(ModelError, match="4 octets read"):
        bus.read(0x11, 4)


def test_the_fifo_keeps_the_newest_32_samples_and_tells_of_the_loss_once(build, clock):
    part, bus = build()
    clock.advance_to(32 * MS)
    assert bus.read(0x04, 1) == b"\x03"  # full at the default watermark of 96, nothing lost
    clock.advance_to(40 * MS)
    assert bus.read(0x04, 1) == b"\x07"
    assert bus.read(0x04, 1) == b"\x02"
    assert bus.read(0x05, 1) == bytes([96])
    bus.read(0x11, 96 * 3)
    assert [r.raw for r in part.read_out] == [p.raw for p in part.produced[8:]]


def test_the_watermark_sets_full_until_enough_is_read(build, clock):
    _, bus = build(start=False)
    bus.write(0x29, 6)
    bus.write(0x2D, 0x00)
    clock.advance_to(1 * MS)
    assert bus.read(0x04, 1) == b"\x01"
    clock.advance_to(2 * MS)
    assert bus.read(0x04, 1) == b"\x03"
    assert bus.read(0x04, 1) == b"\x02"
    bus.read(0x11, 3)
    assert bus.read(0x04, 1) == b"\x00"


def test_standby_empties_the_fifo(build, clock):
    _, bus = build()
    clock.advance_to(5 * MS)
    bus.write(0x2D, 0x01)
    assert bus.read(0x05, 1) == b"\0"
    assert bus.read(0x08, 9) == bytes(9)
