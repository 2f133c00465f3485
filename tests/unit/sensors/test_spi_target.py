"""What a part on SPI does with chip select and octets, and how it looks when it does not answer."""

import pytest

from freefall.sensors.part import ModelError, Wiring
from freefall.sensors.registry import SENSORS

MS = 1_000_000


def make(driver, address, clock):
    return SENSORS[driver].model(Wiring(clock, address, {}, 1, SENSORS[driver].signals))


@pytest.fixture
def target(clock):
    return make("adxl355", None, clock)


@pytest.fixture
def bus(target, spi_controller):
    return spi_controller(target)


def exchange(target, *octets):
    """A whole transfer: what came back for the octets."""
    target.select()
    answer = bytes(target.exchange(octet) for octet in octets)
    target.deselect()
    return answer


def test_the_command_octet_is_the_register_and_whether_it_is_read(target):
    assert exchange(target, 0x00 << 1 | 1, 0, 0, 0) == b"\xff\xad\x1d\xed"
    assert exchange(target, 0x28 << 1 | 0, 0x03) == b"\xff\xff"
    assert exchange(target, 0x28 << 1 | 1, 0xEE) == b"\xff\x03"


def test_what_the_controller_sends_in_a_read_is_not_looked_at(target):
    assert exchange(target, 0x01, 0x5A, 0x2F << 1, 0x52) == b"\xff\xad\x1d\xed"


def test_every_transfer_begins_with_a_command(target):
    exchange(target, 0x01)
    assert exchange(target, 0x02 << 1 | 1, 0) == b"\xff\xed"


def test_a_select_without_octets_and_a_command_alone_do_no_harm(target, bus):
    exchange(target)
    exchange(target, 0x11 << 1 | 1)
    assert bus.read(0x00, 1) == b"\xad"


def test_octets_without_chip_select_are_refused(target):
    with pytest.raises(ModelError, match="not selected"):
        target.exchange(0x01)
    target.select()
    target.deselect()
    with pytest.raises(ModelError, match="not selected"):
        target.exchange(0x01)


def test_a_second_select_is_refused_and_a_second_deselect_is_nothing(target, bus):
    target.select()
    with pytest.raises(ModelError, match="selected already"):
        target.select()
    target.deselect()
    target.deselect()
    assert bus.read(0x00, 1) == b"\xad"


@pytest.mark.parametrize("octet", [-1, 256])
def test_nothing_but_octets_is_exchanged(target, octet):
    target.select()
    with pytest.raises(ModelError, match="octet is 0 to 255"):
        target.exchange(octet)


def test_an_absent_part_leaves_the_line_high_takes_nothing_and_comes_back(target, bus):
    target.absent = True
    assert bus.read(0x00, 3) == b"\xff\xff\xff"
    bus.write(0x28, 0x03)
    target.absent = False
    assert bus.read(0x28, 1) == b"\x00"


def test_a_part_unplugged_in_a_transfer_has_missed_the_rest_of_it(target, bus):
    bus.begin(0x00)
    assert bus.octet() == 0xAD
    target.absent = True
    assert bus.octet() == 0xFF
    target.absent = False
    assert bus.octet() == 0xFF
    bus.end()
    assert bus.read(0x00, 2) == b"\xad\x1d"


def test_a_part_unplugged_between_the_octets_of_an_entry_is_not_said_to_be_misread(target, bus):
    bus.begin(0x11)
    bus.octet()
    target.absent = True
    bus.end()
    target.absent = False
    assert bus.read(0x00, 1) == b"\xad"


def test_failing_next_silences_so_many_transfers(target, bus):
    target.fail_next(2)
    assert [bus.read(0x00, 1) for _ in range(3)] == [b"\xff", b"\xff", b"\xad"]


def test_a_part_with_an_address_only_is_not_put_on_spi(clock):
    with pytest.raises(ModelError, match="no SPI"):
        make("tmp117", None, clock)


def test_both_buses_read_the_same_registers(clock, controller, spi_controller):
    parts = [make("adxl355", address, clock) for address in (0x1D, None)]
    buses = [control(part) for control, part in zip((controller, spi_controller), parts, strict=True)]
    for bus in buses:
        bus.write(0x28, 0x02)
        bus.write(0x2D, 0x00)
    clock.advance_to(20 * MS)
    registers = [*range(0x00, 0x04), *range(0x1E, 0x2F)]
    assert [buses[0].read(register, 1) for register in registers] == [buses[1].read(register, 1) for register in registers]
    for bus, part in zip(buses, parts, strict=True):
        assert bus.read(0x05, 1) == bytes([60])
        burst = bus.read(0x11, 180)
        assert [burst[n : n + 2] for n in range(0, 180, 9)] == [sample.raw[:2] for sample in part.produced]
        assert [sample.raw for sample in part.read_out] == [sample.raw for sample in part.produced]
