"""What every model shares: phases, fault hooks, the registry."""

import pytest

from freefall.errors import BoardError
from freefall.sensors.part import ModelError, Wiring
from freefall.sensors.registry import SENSORS

ADDRESSES = {"adxl355": 0x1D, "tmp117": 0x48}
IDENTITY = {"adxl355": (0x00, b"\xad\x1d\xed\x01"), "tmp117": (0x0F, b"\x01\x17")}


def make(driver, address, clock, **lines):
    return SENSORS[driver].model(Wiring(clock, address, lines, 1, SENSORS[driver].signals))


@pytest.fixture(params=sorted(ADDRESSES))
def driver(request):
    return request.param


@pytest.fixture
def target(driver, clock):
    return make(driver, ADDRESSES[driver], clock)


def test_the_registry_builds_parts_that_identify_themselves(driver, target, controller):
    register, identity = IDENTITY[driver]
    assert target.address == ADDRESSES[driver]
    assert controller(target).read(register, len(identity)) == identity


@pytest.mark.parametrize("address", [0x00, 0x1C, 0x47, 0x4C, 0x52])
def test_an_address_the_part_cannot_have_is_refused(driver, clock, address):
    with pytest.raises(ModelError, match="address"):
        make(driver, address, clock)


def test_the_thermometer_has_no_data_ready_pin_yet(clock, pin):
    with pytest.raises(ModelError, match="not modelled"):
        make("tmp117", 0x48, clock, data_ready=pin)


def test_failing_next_refuses_so_many_address_phases(driver, target, controller, nacked):
    register, identity = IDENTITY[driver]
    target.fail_next(2)
    for _ in range(2):
        with pytest.raises(nacked):
            controller(target).read(register, len(identity))
    assert controller(target).read(register, len(identity)) == identity


def test_a_failed_phase_between_pointer_and_data_reaches_the_reader(driver, target):
    register, _ = IDENTITY[driver]
    assert target.start(read=False)
    assert target.write(register)
    target.fail_next(1)
    assert not target.start(read=True)
    target.stop()


def test_an_absent_part_never_answers_and_comes_back(driver, target, controller, nacked):
    register, identity = IDENTITY[driver]
    target.absent = True
    for _ in range(3):
        with pytest.raises(nacked):
            controller(target).read(register, len(identity))
    target.absent = False
    assert controller(target).read(register, len(identity)) == identity


def test_a_part_unplugged_in_a_read_leaves_the_bus_high(driver, target):
    register, _ = IDENTITY[driver]
    target.start(read=False)
    target.write(register)
    target.start(read=True)
    target.absent = True
    assert target.read() == 0xFF
    assert target.write(0) is False
    target.stop()


def test_a_transfer_on_a_hung_bus_is_cut_off_not_ended(driver, target, controller):
    target.start(read=False)
    target.write({"adxl355": 0x11, "tmp117": 0x00}[driver])
    target.start(read=True)
    target.read()  # a part of what must be read whole
    target.hung = True
    target.stop()  # what a controller that gave up believes to have sent
    target.hung = False
    register, identity = IDENTITY[driver]
    assert controller(target).read(register, len(identity)) == identity


def test_an_address_phase_alone_is_a_probe(target):
    assert target.start(read=False)
    target.stop()


def test_octets_outside_their_phase_are_refused(target):
    with pytest.raises(ModelError, match="read while idle"):
        target.read()
    with pytest.raises(ModelError, match="written while idle"):
        target.write(0)
    target.start(read=False)
    with pytest.raises(ModelError, match="read while writing"):
        target.read()


def test_nothing_wider_than_an_octet_is_written(target):
    target.start(read=False)
    with pytest.raises(ModelError, match="octet is 0 to 255"):
        target.write(256)


def test_the_error_names_part_register_value_and_section():
    error = ModelError("PART", "it is read-only", "7.6", register=0x0F, value=0x1234)
    assert str(error) == "PART, register 0x0f, value 0x1234: it is read-only (datasheet: 7.6)"
    assert (error.part, error.register, error.value, error.section) == ("PART", 0x0F, 0x1234, "7.6")
    assert isinstance(error, BoardError)
