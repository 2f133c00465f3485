"""What only an ADXL355 on I2C does: addresses of 8 bits, and reads that need a register address of their own."""

import pytest

from freefall.sensors.catalogue.adxl355 import Adxl355
from freefall.sensors.part import ModelError
from freefall.sensors.signals import constant


@pytest.fixture
def part(clock):
    return Adxl355(0x1D, clock, None, constant((0.0, 0.0, 0.0)), seed=1)


@pytest.fixture
def bus(part, controller):
    return controller(part)


@pytest.mark.parametrize("register", [0x80, 0xAD, 0xFF])
def test_a_register_beyond_seven_bits_is_refused(bus, register):
    with pytest.raises(ModelError, match="no such register"):
        bus.write(register, 0)
    with pytest.raises(ModelError, match="no such register"):
        bus.read(register, 1)


def test_a_read_without_a_register_address_is_refused(bus):
    with pytest.raises(ModelError, match="no register address"):
        bus.read_on(1)


def test_a_second_read_needs_its_own_register_address(bus):
    bus.read(0x00, 1)
    with pytest.raises(ModelError, match="no register address"):
        bus.read_on(1)


def test_the_address_left_by_a_write_is_no_address_for_a_read(bus):
    bus.write(0x2A, 0x00)
    with pytest.raises(ModelError, match="no register address"):
        bus.read_on(1)


def test_a_probe_between_address_and_read_does_no_harm(bus, part):
    bus.write(0x00)
    part.start(read=False)
    part.stop()
    assert bus.read_on(1) == b"\xad"
