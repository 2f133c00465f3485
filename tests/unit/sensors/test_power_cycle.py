"""Parts that lose their power and get it back: silent, then as after power-up, whatever they were doing."""

import pytest

from freefall.sensors.catalogue.adxl355 import Adxl355
from freefall.sensors.catalogue.tmp117 import Tmp117
from freefall.sensors.signals import constant

MS = 1_000_000
STILL = constant((0.0, 0.0, 0.0))


class Recorder:
    """A pin whose changes are told apart from another's."""

    def __init__(self, clock):
        self.clock = clock
        self.changes = []

    def set(self, level):
        if not self.changes or self.changes[-1][1] != level:
            self.changes.append((self.clock.now_ns(), level))


@pytest.fixture
def measuring(clock, either):
    """(part, bus, DRDY, INT1) of an ADXL355 that has measured for 5 ms at 1 kHz, with a watermark of 3 samples."""
    address, controller = either
    ready, int1 = Recorder(clock), Recorder(clock)
    part = Adxl355(address, clock, ready, STILL, 1, int1=int1)
    bus = controller(part)
    for register, value in ((0x28, 0x02), (0x2C, 0xC1), (0x29, 9), (0x2A, 0x02), (0x2D, 0x00)):
        bus.write(register, value)
    clock.advance_to(5 * MS)
    return part, bus, ready, int1


def answers(bus, nacked):
    try:
        return bus.read(0x00, 3) == b"\xad\x1d\xed"
    except nacked:
        return False


def test_a_part_without_power_neither_answers_nor_measures(measuring, clock, nacked):
    part, bus, ready, int1 = measuring
    part.power_cycle(20 * MS)
    assert ready.changes[-1] == int1.changes[-1] == (5 * MS, False)
    made = len(part.produced)
    clock.advance_to(25 * MS - 1)
    assert not answers(bus, nacked)
    clock.advance_to(25 * MS)
    assert answers(bus, nacked)
    clock.advance_to(100 * MS)
    assert len(part.produced) == made
    assert ready.changes[-1] == (5 * MS, False)


def test_a_part_that_is_back_has_every_register_at_its_reset_value_and_an_empty_fifo(measuring, clock):
    part, bus, _, int1 = measuring
    trim = bus.read(0x50, 5)
    part.power_cycle()
    clock.advance_to(15 * MS)
    resets = {0x04: 0, 0x05: 0, 0x28: 0x00, 0x29: 0x60, 0x2A: 0x00, 0x2C: 0x81, 0x2D: 0x01}
    assert {register: bus.read(register, 1)[0] for register in resets} == resets
    assert bus.read(0x50, 5) == trim
    assert int1.changes[-1] == (15 * MS, True), "active low, and inactive: a rising edge"


def test_a_part_that_is_back_can_be_set_up_and_measures(measuring, clock):
    part, bus, _, _ = measuring
    made = len(part.produced)
    part.power_cycle()
    clock.advance_to(20 * MS)
    bus.write(0x28, 0x02)
    bus.write(0x2D, 0x00)
    clock.advance_to(23 * MS)
    assert [sample.time_ns for sample in part.produced[made:]] == [21 * MS, 22 * MS, 23 * MS]


def test_a_second_cycle_before_the_first_is_over_prolongs_it(measuring, clock, nacked):
    part, bus, _, int1 = measuring
    part.power_cycle(10 * MS)
    clock.advance_to(10 * MS)
    part.power_cycle(10 * MS)
    clock.advance_to(19 * MS)
    assert not answers(bus, nacked) and int1.changes[-1][1] is False
    clock.advance_to(20 * MS)
    assert answers(bus, nacked) and int1.changes[-1] == (20 * MS, True)


def test_a_read_cut_off_gives_an_undriven_line_and_is_no_read_in_the_middle_of_an_entry(measuring, clock):
    part, bus, _, _ = measuring
    bus.begin(0x11)
    for _ in range(4):
        bus.octet()
    part.power_cycle(1 * MS)
    assert bus.octet() == 0xFF
    clock.advance_to(10 * MS)  # the power is back, the transfer goes on
    assert bus.octet() == 0xFF
    bus.end()
    assert bus.read(0x00, 1) == b"\xad"


def test_a_write_cut_off_is_refused_on_i2c_and_lost_on_spi(clock, controller, spi_controller):
    for address in (0x1D, None):
        part = Adxl355(address, clock, None, STILL, 1)
        if address is None:
            part.select()
            part.exchange(0x28 << 1)
            part.power_cycle(1 * MS)
            clock.advance_to(clock.now_ns() + 2 * MS)
            assert part.exchange(0x03) == 0xFF
            part.deselect()
            bus = spi_controller(part)
        else:
            part.start(read=False)
            part.write(0x28)
            part.power_cycle(1 * MS)
            clock.advance_to(clock.now_ns() + 2 * MS)
            assert part.write(0x03) is False
            part.stop()
            bus = controller(part)
        assert bus.read(0x28, 1) == b"\x00"


def test_a_register_address_is_forgotten(clock, controller):
    part = Adxl355(0x1D, clock, None, STILL, 1)
    bus = controller(part)
    bus.write(0x00)
    part.power_cycle(1 * MS)
    clock.advance_to(2 * MS)
    with pytest.raises(Exception, match="no register address"):
        bus.read_on(1)


def test_a_thermometer_begins_anew(clock, controller, nacked):
    part = Tmp117(0x48, clock, constant(25.0), seed=1)
    bus = controller(part)
    bus.write(1, 0x00, 0x20)
    clock.advance_to(300 * MS)
    made = len(part.produced)
    part.power_cycle(10 * MS)
    clock.advance_to(310 * MS - 1)
    with pytest.raises(nacked):
        bus.read(1, 2)
    clock.advance_to(310 * MS)
    assert bus.read(1, 2) == b"\x02\x20" and bus.read(0, 2) == b"\x80\x00"
    clock.advance_to(2000 * MS)
    assert [sample.time_ns for sample in part.produced[made:]] == [435 * MS, 1435 * MS]
