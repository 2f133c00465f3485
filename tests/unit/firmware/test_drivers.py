"""The drivers against the strict register models, through the virtual board's bus."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freefall.board.clock import SimulatedClock
from freefall.board.sensors import adxl355 as adxl355_model
from freefall.board.sensors import tmp117 as tmp117_model
from freefall.definition.sensors import DRIVERS
from freefall_board.drivers import driver_class
from freefall_board.drivers.adxl355 import Adxl355
from freefall_board.drivers.tmp117 import Tmp117
from freefall_board.ports.virtual import Bus

_MS = 1_000_000
_ADXL355_AT, _TMP117_AT = 0x1D, 0x48
_NO_RESULT = b"\x80\x00"  # -256 degC


class Bench:
    """A driver, and the model of its part alone on a bus."""

    def __init__(self, make_model, driver, config):
        self.clock = SimulatedClock()
        self.model = make_model(self.clock)
        self.driver = driver(Bus(self.clock, 400_000, 1000, [self.model]), self.model.address, config)

    def sleep_ms(self, duration_ms):
        self.clock.advance_to(self.clock.now_ns() + duration_ms * _MS)

    def configure(self):
        return self.driver.configure(self.sleep_ms)

    def read(self):
        sample = bytearray(DRIVERS[self.model.part.lower()].SAMPLE_LEN)
        self.driver.read_into(sample)
        return bytes(sample)


def make_adxl355(range_code=1, odr_code=2, model=adxl355_model.Adxl355):
    return Bench(
        lambda clock: model(_ADXL355_AT, clock, None, lambda s: (0.1, -0.2, 1.0), 1),
        Adxl355,
        {"range_code": range_code, "odr_code": odr_code},
    )


def make_tmp117(averages_code=1, model=tmp117_model.Tmp117):
    return Bench(lambda clock: model(_TMP117_AT, clock, lambda s: 21.0, 1), Tmp117, {"averages_code": averages_code})


both = pytest.mark.parametrize("make", [make_adxl355, make_tmp117])


@pytest.mark.parametrize(("name", "driver"), [("adxl355", Adxl355), ("tmp117", Tmp117)])
def test_driver_is_found_by_the_name_a_definition_uses(name, driver):
    assert driver_class(name) is driver


def test_driver_that_does_not_exist_is_an_import_error():
    with pytest.raises(ImportError):
        driver_class("adxl999")


# --- any driver ---


@both
def test_part_is_identified_configured_and_then_delivers_what_it_made(make):
    bench = make()
    assert bench.driver.identify()
    assert bench.configure()
    bench.driver.start()
    bench.sleep_ms(1500)
    for _ in range(3):
        bench.sleep_ms(250)
        assert bench.read() == bench.model.produced[-1].raw
    assert [sample.raw for sample in bench.model.read_out][-1] == bench.model.produced[-1].raw


@both
@pytest.mark.parametrize("act", ["identify", "configure", "start", "read"])
def test_absent_part_is_an_os_error(make, act):
    bench = make()
    bench.model.absent = True
    if act == "start" and make is make_tmp117:
        bench.driver.start()  # measures from power-up: asks nothing of the part
        return
    acts = {"identify": bench.driver.identify, "configure": bench.configure, "start": bench.driver.start, "read": bench.read}
    with pytest.raises(OSError, match="acknowledge"):
        acts[act]()


@both
def test_hung_part_is_an_os_error_after_the_timeout_of_its_bus(make):
    bench = make()
    assert bench.configure()
    bench.model.hung = True
    before_ns = bench.clock.now_ns()
    with pytest.raises(OSError, match="timeout"):
        bench.read()
    assert bench.clock.now_ns() - before_ns == _MS


@both
@pytest.mark.parametrize("nth", range(1, 4))
def test_transfer_that_is_not_acknowledged_while_configuring_is_an_os_error(make, nth):
    bench = make()
    starts = iter(range(1, 1000))
    start = bench.model.start
    bench.model.start = lambda read: next(starts) != nth and start(read)
    with pytest.raises(OSError, match="acknowledge"):
        bench.configure()


@both
def test_sampling_goes_on_after_a_failed_read(make):
    bench = make()
    assert bench.configure()
    bench.driver.start()
    bench.sleep_ms(300)
    bench.model.fail_next(1)
    with pytest.raises(OSError, match="acknowledge"):
        bench.read()
    assert bench.read() == bench.model.produced[-1].raw


@both
def test_part_that_already_measures_is_configured_anew(make):
    bench = make()
    for _ in range(2):
        assert bench.driver.identify()
        assert bench.configure()
        bench.driver.start()
        bench.sleep_ms(777)
        bench.read()


# --- ADXL355 ---


def register(bench, number):
    """A register of the accelerometer, read as the bus reads it."""
    value = bytearray(1)
    bench.driver._read(_ADXL355_AT, number, value)
    return value[0]


@pytest.mark.parametrize("range_code", [1, 2, 3])
@pytest.mark.parametrize("odr_code", range(11))
def test_accelerometer_has_its_range_and_rate_and_measures_only_when_started(range_code, odr_code):
    bench = make_adxl355(range_code, odr_code)
    assert bench.configure()
    assert [register(bench, number) for number in (0x2C, 0x28, 0x2D)] == [0x80 | range_code, odr_code, 0x01]
    period_ns = 250_000 << odr_code
    bench.clock.advance_to(bench.clock.now_ns() + 2 * period_ns)
    assert not bench.model.produced
    bench.driver.start()
    started_ns = bench.clock.now_ns()
    bench.clock.advance_to(started_ns + 3 * period_ns)
    assert len(bench.model.produced) in (2, 3)
    gaps = [
        later.time_ns - earlier.time_ns for earlier, later in zip(bench.model.produced, bench.model.produced[1:], strict=False)
    ]
    assert set(gaps) == {period_ns}


@pytest.mark.parametrize("register_number", [0x00, 0x01, 0x02])
def test_accelerometer_with_another_identity_is_refused(register_number):
    class Other(adxl355_model.Adxl355):
        def _read_register(self, register):
            return super()._read_register(register) ^ (register == register_number)

    assert not make_adxl355(model=Other).driver.identify()


@pytest.mark.parametrize(("spoiled", "taken"), [(0, True), (1, True), (2, True), (3, False)])
def test_accelerometer_whose_reset_spoils_its_trim_is_reset_three_times_at_most(spoiled, taken):
    bench = make_adxl355()
    bench.model.spoil_resets(spoiled)
    assert bench.configure() == taken
    bench.model.spoil_resets(0)
    if taken:
        assert bench.model._shadow == bench.model._trim


@pytest.mark.parametrize("register_number", [0x28, 0x2C])
def test_accelerometer_that_does_not_take_a_setting_is_refused(register_number):
    class Deaf(adxl355_model.Adxl355):
        def _write_register(self, register, value):
            if register != register_number:
                super()._write_register(register, value)

    assert not make_adxl355(range_code=2, odr_code=3, model=Deaf).configure()


def test_accelerometer_is_configured_within_60_ms():
    bench = make_adxl355()
    bench.model.spoil_resets(2)
    bench.configure()
    assert bench.clock.now_ns() < 60 * _MS


# --- TMP117 ---


@pytest.mark.parametrize("averages_code", range(4))
def test_thermometer_has_its_averages_and_the_shortest_cycle(averages_code):
    bench = make_tmp117(averages_code)
    assert bench.configure()
    bench.sleep_ms(3000)
    times = [sample.time_ns for sample in bench.model.produced[-2:]]
    assert times[1] - times[0] == tmp117_model.ACTIVE_NS[averages_code]


@settings(deadline=None)
@given(st.integers(0, 3), st.integers(0, 1500), st.integers(0, 200), st.booleans())
def test_first_sample_of_the_thermometer_is_never_that_of_a_part_without_a_result(averages_code, up_ms, after_ms, resets):
    bench = make_tmp117(averages_code)
    bench.sleep_ms(up_ms)
    if resets:
        bench.driver._write(_TMP117_AT, 0x01, b"\x00\x02")  # Soft_Reset: as a power cycle of the part alone
        bench.sleep_ms(3)
    assert bench.driver.identify()
    assert bench.configure()
    bench.driver.start()
    bench.sleep_ms(after_ms)
    sample = bench.read()
    assert sample != _NO_RESULT
    assert abs(int.from_bytes(sample, "big", signed=True) / 128 - 21) < 0.1


def test_thermometer_that_never_converts_is_refused_after_its_longest_cycle():
    class Stuck(tmp117_model.Tmp117):
        def _finish(self, *arguments):
            pass

    bench = make_tmp117(model=Stuck)
    assert not bench.configure()
    assert 1000 * _MS <= bench.clock.now_ns() < 2000 * _MS


@pytest.mark.parametrize(
    ("device_id", "known"), [(0x0117, True), (0x1117, True), (0x0116, False), (0x0017, False), (0x0217, False)]
)
def test_thermometer_is_known_by_its_device_and_not_by_its_revision(device_id, known):
    class Other(tmp117_model.Tmp117):
        def _read_register(self):
            return device_id if self._pointer == tmp117_model.DEVICE_ID else super()._read_register()

    assert make_tmp117(model=Other).driver.identify() == known


def test_thermometer_that_does_not_take_its_averages_is_refused():
    class Deaf(tmp117_model.Tmp117):
        def _write_register(self, value):
            pass

    assert not make_tmp117(averages_code=3, model=Deaf).configure()
