"""The ADXL355's INT1 pin, on either bus: what drives it, its polarity, and the FIFO's watermark as a board uses it."""

import pytest

from freefall.sensors.catalogue.adxl355 import Adxl355
from freefall.sensors.signals import constant, station_vibration

MS = 1_000_000
RANGE, INT_MAP, FIFO_SAMPLES, POWER_CTL, STATUS = 0x2C, 0x2A, 0x29, 0x2D, 0x04
ACTIVE_HIGH = 0x40
RDY, FULL, OVR = 0x01, 0x02, 0x04
STILL = constant((0.0, 0.0, 0.0))


@pytest.fixture
def build(clock, pin, either):
    """build(INT_MAP, ...): a part at 1 kHz that measures, its INT1 on `pin`."""
    address, controller = either

    def build(sources, watermark=3, polarity=ACTIVE_HIGH, signal=STILL):
        part = Adxl355(address, clock, None, signal, 1, int1=pin)
        bus = controller(part)
        bus.write(0x28, 0x02)
        bus.write(RANGE, 0x81 | polarity)
        bus.write(FIFO_SAMPLES, 3 * watermark)
        bus.write(INT_MAP, sources)
        bus.write(POWER_CTL, 0x00)
        return part, bus

    return build


def test_after_power_up_the_pin_is_active_low_and_inactive(clock, pin):
    Adxl355(0x1D, clock, None, STILL, 1, int1=pin)
    assert pin.changes == [(0, True)]


def test_the_polarity_bit_turns_the_pin_over_at_once(clock, pin, controller):
    bus = controller(Adxl355(0x1D, clock, None, STILL, 1, int1=pin))
    bus.write(RANGE, 0x81 | ACTIVE_HIGH)
    assert pin.changes == [(0, True), (0, False)]
    bus.write(RANGE, 0x81)
    assert pin.level is True


@pytest.mark.parametrize("watermark", [1, 2, 25, 32])
def test_the_pin_rises_with_the_sample_that_fills_the_watermark(build, clock, pin, watermark):
    build(FULL, watermark)
    clock.advance_to(40 * MS)
    assert pin.rises[1:] == [watermark * MS]
    assert pin.level is True


def test_the_watermark_counts_entries_of_one_axis(build, clock, pin):
    _, bus = build(0x00)
    bus.write(POWER_CTL, 0x01)
    bus.write(FIFO_SAMPLES, 4)
    bus.write(INT_MAP, FULL)
    bus.write(POWER_CTL, 0x00)
    clock.advance_to(5 * MS)
    assert pin.rises[1:] == [2 * MS]


def test_the_pin_falls_with_the_first_entry_that_makes_fewer_than_the_watermark(build, clock, pin):
    _, bus = build(FULL, 3)
    clock.advance_to(4 * MS)
    bus.begin(0x11)
    levels = []
    for _ in range(12):
        bus.octet()
        levels.append(pin.level)
    bus.end()
    # Twelve entries wait; the first octet of the fourth leaves eight.
    assert levels == [True] * 9 + [False] * 3


def test_a_reader_of_every_watermark_gets_every_sample_once(build, clock, pin):
    part, bus = build(FULL, 25, signal=station_vibration())
    bursts = []

    def interrupt():
        clock.advance_to(clock.now_ns() + 200_000)
        bursts.append(bus.read(0x11, 225))

    pin.on_rise = interrupt
    clock.advance_to(1000 * MS + 500_000)
    assert len(bursts) == 40
    assert pin.rises[1:] == [n * 25 * MS for n in range(1, 41)]
    assert [sample.raw for sample in part.read_out] == [sample.raw for sample in part.produced]
    assert b"".join(bursts)[0:2] == part.produced[0].raw[0:2]


def test_samples_that_come_during_a_burst_wait_for_the_next(build, clock, pin):
    part, bus = build(FULL, 4)
    clock.advance_to(6 * MS)
    bus.read(0x11, 36)  # a late burst: two samples stay
    assert pin.level is False
    clock.advance_to(8 * MS)
    assert pin.rises[1:] == [4 * MS, 8 * MS]


def test_a_burst_that_leaves_a_watermark_makes_no_new_edge(build, clock, pin):
    _, bus = build(FULL, 4)
    clock.advance_to(9 * MS)
    bus.read(0x11, 36)
    assert pin.level is True
    clock.advance_to(20 * MS)
    assert pin.rises[1:] == [4 * MS]


@pytest.mark.parametrize("register", [0x08, 0x05, STATUS])
def test_reading_other_registers_leaves_the_watermark(build, clock, pin, register):
    _, bus = build(FULL, 3)
    clock.advance_to(3 * MS)
    bus.read(register, 1)
    assert pin.level is True


def test_an_active_low_pin_falls_at_the_watermark_and_rises_when_it_is_read(build, clock, pin):
    _, bus = build(FULL, 2, polarity=0)
    clock.advance_to(2 * MS)
    assert pin.changes == [(0, True), (2 * MS, False)]
    bus.read(0x11, 18)
    assert pin.changes[-1] == (2 * MS, True)


def test_new_data_on_the_pin_lasts_until_status_is_read(build, clock, pin):
    _, bus = build(RDY)
    clock.advance_to(3 * MS)
    assert pin.rises[1:] == [MS]
    bus.read(0x08, 9)
    assert pin.level is True
    bus.read(STATUS, 1)
    assert pin.level is False
    clock.advance_to(4 * MS)
    assert pin.rises[1:] == [MS, 4 * MS]


def test_an_overrun_on_the_pin_lasts_until_status_is_read(build, clock, pin):
    _, bus = build(OVR, 25)
    clock.advance_to(32 * MS)
    assert pin.rises[1:] == []
    clock.advance_to(33 * MS)
    assert pin.rises[1:] == [33 * MS]
    bus.read(0x11, 225)
    assert pin.level is True
    bus.read(STATUS, 1)
    assert pin.level is False


@pytest.mark.parametrize("sources", [0x00, 0x10, 0x20, 0x40, 0x70])
def test_what_is_mapped_to_the_other_pin_or_none_does_not_show(build, clock, pin, sources):
    build(sources, 1)
    clock.advance_to(40 * MS)
    assert pin.changes == [(0, True), (0, False)]


def test_mapping_may_change_while_measuring_and_shows_at_once(build, clock, pin):
    _, bus = build(0x00, 3)
    clock.advance_to(5 * MS)
    bus.write(INT_MAP, FULL)
    assert pin.changes[-1] == (5 * MS, True)
    bus.write(INT_MAP, 0x00)
    assert pin.level is False


def test_standby_and_reset_make_the_pin_inactive(build, clock, pin):
    _, bus = build(FULL, 3)
    clock.advance_to(5 * MS)
    bus.write(POWER_CTL, 0x01)
    assert pin.changes[-1] == (5 * MS, False)
    bus.write(0x2F, 0x52)
    assert pin.changes[-1] == (5 * MS, True), "active low again"


def test_the_data_ready_pin_is_active_high_whatever_the_polarity(clock, pin, either):
    address, controller = either
    bus = controller(Adxl355(address, clock, pin, STILL, 1))
    bus.write(0x28, 0x02)
    bus.write(RANGE, 0x81)
    bus.write(POWER_CTL, 0x00)
    clock.advance_to(1 * MS)
    assert pin.changes == [(0, False), (MS, True)]
