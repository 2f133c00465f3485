"""The ADXL355 model, register by register, on either bus: values, resets, and every access it must refuse."""

import pytest

from freefall.sensors.catalogue.adxl355 import RESET_NS, Adxl355
from freefall.sensors.part import ModelError
from freefall.sensors.signals import constant

IDENTITY = {0x00: 0xAD, 0x01: 0x1D, 0x02: 0xED, 0x03: 0x01}
WRITABLE = {
    **dict.fromkeys(range(0x1E, 0x28), 0x00), 0x27: 0x01, 0x28: 0x00, 0x29: 0x60, 0x2A: 0x00,
    0x2B: 0x00, 0x2C: 0x81, 0x2D: 0x01, 0x2E: 0x00,
}  # fmt: skip
# A value other than the reset value that the model takes in standby.
OTHER = {
    **dict.fromkeys(range(0x1E, 0x24), 0xA5), 0x25: 0x12, 0x26: 0x34, 0x27: 0x56, 0x28: 0x0A, 0x29: 0x03,
    0x2A: 0xFF, 0x2C: 0x03, 0x2D: 0x07,
}  # fmt: skip
READ_ONLY = [*range(0x00, 0x12), *range(0x50, 0x55)]
NO_REGISTER = [*range(0x12, 0x1E), *range(0x30, 0x50), *range(0x55, 0x80)]  # a command on SPI has seven bits for it
STANDBY_ONLY = [0x1E, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x29, 0x2B, 0x2C]


@pytest.fixture
def part(clock, pin, either):
    return Adxl355(either[0], clock, pin, constant((0.0, 0.0, 0.0)), seed=1)


@pytest.fixture
def bus(part, either):
    return either[1](part)


@pytest.mark.parametrize("register, value", [*IDENTITY.items(), *WRITABLE.items()])
def test_a_register_reads_its_reset_value(bus, register, value):
    assert bus.read(register, 1) == bytes([value])


@pytest.mark.parametrize("register", range(0x04, 0x11))
def test_data_registers_read_zero_before_the_first_sample(bus, register):
    assert bus.read(register, 1) == b"\0"


@pytest.mark.parametrize("register, value", OTHER.items())
def test_a_written_value_reads_back(bus, register, value):
    bus.write(register, value)
    assert bus.read(register, 1) == bytes([value])


def test_a_write_of_many_octets_increments_the_address(bus):
    bus.write(0x1E, 1, 2, 3, 4, 5, 6)
    assert bus.read(0x1E, 6) == bytes([1, 2, 3, 4, 5, 6])


def test_a_read_of_many_octets_increments_the_address(bus):
    assert bus.read(0x00, 4) == b"\xad\x1d\xed\x01"


@pytest.mark.parametrize("register", READ_ONLY)
def test_writing_a_read_only_register_is_refused(bus, register):
    with pytest.raises(ModelError, match=f"ADXL355, register {register:#04x}, value 0x00: .*read-only"):
        bus.write(register, 0)


@pytest.mark.parametrize("register", NO_REGISTER)
def test_a_register_that_does_not_exist_is_refused(bus, register):
    with pytest.raises(ModelError, match="no such register"):
        bus.write(register, 0)
    with pytest.raises(ModelError, match="no such register"):
        bus.read(register, 1)


@pytest.mark.parametrize(
    "register, value",
    [
        (0x24, 0x08), (0x24, 0x80), (0x28, 0x80), (0x29, 0x80), (0x2B, 0x08), (0x2C, 0x05), (0x2C, 0x21),
        (0x2D, 0x08), (0x2D, 0x80), (0x2E, 0x04),
    ],
)  # fmt: skip
def test_reserved_bits_are_refused(bus, register, value):
    with pytest.raises(ModelError, match="reserved"):
        bus.write(register, value)


@pytest.mark.parametrize(
    "register, value",
    [(0x28, 0x0B), (0x28, 0x0F), (0x28, 0x70), (0x29, 0), (0x29, 97), (0x2C, 0x80), (0x2F, 0x51)],
)
def test_values_without_a_meaning_are_refused(bus, register, value):
    with pytest.raises(ModelError):
        bus.write(register, value)


@pytest.mark.parametrize(
    "register, value",
    [(0x24, 0x01), (0x24, 0x07), (0x2B, 0x01), (0x2B, 0x04), (0x2E, 0x01), (0x2E, 0x03)]
    + [(0x28, code << 4) for code in range(1, 7)],
)
def test_what_is_not_modelled_says_so(bus, register, value):
    with pytest.raises(ModelError, match="not modelled yet"):
        bus.write(register, value)


@pytest.mark.parametrize("register", STANDBY_ONLY)
def test_configuration_while_measuring_is_refused(bus, register):
    bus.write(0x2D, 0x00)
    with pytest.raises(ModelError, match="standby"):
        bus.write(register, WRITABLE[register])


def test_the_rate_cannot_change_while_measuring(bus):
    bus.write(0x2D, 0x00)
    with pytest.raises(ModelError, match="standby"):
        bus.write(0x28, 0x01)
    bus.write(0x28, 0x00)  # the same rate: only the high-pass corner is addressed, and that may change


@pytest.mark.parametrize("register, value", [(0x2A, 0x01), (0x2D, 0x04), (0x2E, 0x00)])
def test_what_may_change_while_measuring_does(bus, register, value):
    bus.write(0x2D, 0x00)
    bus.write(register, value)
    assert bus.read(register, 1) == bytes([value])


def test_the_reset_register_cannot_be_read(bus):
    with pytest.raises(ModelError, match="register 0x2f"):
        bus.read(0x2F, 1)
    with pytest.raises(ModelError, match="register 0x2f"):
        bus.read(0x2D, 3)


def test_a_burst_into_the_fifo_register_is_refused(bus):
    with pytest.raises(ModelError, match="register 0x11"):
        bus.read(0x10, 2)


def test_a_reset_restores_every_register(bus, clock):
    for register, value in OTHER.items():
        bus.write(register, value)
    bus.write(0x2F, 0x52)
    clock.advance_to(clock.now_ns() + RESET_NS)
    for register, value in WRITABLE.items():
        assert bus.read(register, 1) == bytes([value])


def test_a_reset_ends_measuring(bus, clock, part, pin):
    bus.write(0x2D, 0x00)
    clock.advance_to(10_000_000)
    made = len(part.produced)
    bus.write(0x2F, 0x52)
    assert pin.level is False
    clock.advance_to(clock.now_ns() + 50_000_000)
    assert len(part.produced) == made
    assert bus.read(0x08, 9) == bytes(9)


def test_only_status_answers_until_the_reset_is_over(bus, clock):
    clock.advance_to(1000)
    bus.write(0x2F, 0x52)
    clock.advance_to(1000 + RESET_NS - 1)
    assert bus.read(0x04, 1) == b"\x10"
    with pytest.raises(ModelError, match="resets"):
        bus.read(0x00, 1)
    with pytest.raises(ModelError, match="resets"):
        bus.write(0x2D, 0x00)
    clock.advance_to(1000 + RESET_NS)
    assert bus.read(0x04, 1) == b"\x00"
    assert bus.read(0x00, 1) == b"\xad"


def test_the_reset_code_ends_its_transaction(bus):
    with pytest.raises(ModelError):
        bus.write(0x2F, 0x52, 0x00)


def test_shadow_registers_survive_a_good_reset_and_show_a_spoiled_one(bus, clock, part):
    trim = bus.read(0x50, 5)
    part.spoil_resets(1)
    seen = []
    for _ in range(2):
        bus.write(0x2F, 0x52)
        clock.advance_to(clock.now_ns() + RESET_NS)
        seen.append(bus.read(0x50, 5))
    assert seen[0] != trim and seen[1] == trim
