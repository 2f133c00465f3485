"""The drivers against the strict register models, through the virtual board's buses."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freefall.sensors.catalogue import tmp117 as tmp117_model
from freefall_board.drivers import driver_class
from freefall_board.drivers.adxl355 import Adxl355
from freefall_board.drivers.pulse_counter import PulseCounter
from freefall_board.drivers.tmp117 import Tmp117
from unit.firmware.driver_bench import MS, make_adxl355, make_adxl355_on_spi, make_tmp117

_NO_RESULT = b"\x80\x00"  # -256 degC
on_i2c = pytest.mark.parametrize("make", [make_adxl355, make_tmp117])
everywhere = pytest.mark.parametrize("make", [make_adxl355, make_adxl355_on_spi, make_tmp117])


@pytest.mark.parametrize(("name", "driver"), [("adxl355", Adxl355), ("tmp117", Tmp117), ("pulse_counter", PulseCounter)])
def test_driver_is_found_by_the_name_a_definition_uses(name, driver):
    assert driver_class(name) is driver


def test_driver_that_does_not_exist_is_an_import_error():
    with pytest.raises(ImportError):
        driver_class("adxl999")


# --- any driver ---


@everywhere
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


@on_i2c
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


@on_i2c
def test_hung_part_is_an_os_error_after_the_timeout_of_its_bus(make):
    bench = make()
    assert bench.configure()
    bench.model.hung = True
    before_ns = bench.clock.now_ns()
    with pytest.raises(OSError, match="timeout"):
        bench.read()
    assert bench.clock.now_ns() - before_ns == MS


@on_i2c
@pytest.mark.parametrize("nth", range(1, 4))
def test_transfer_that_is_not_acknowledged_while_configuring_is_an_os_error(make, nth):
    bench = make()
    starts = iter(range(1, 1000))
    start = bench.model.start
    bench.model.start = lambda read: next(starts) != nth and start(read)
    with pytest.raises(OSError, match="acknowledge"):
        bench.configure()


@on_i2c
def test_sampling_goes_on_after_a_failed_read(make):
    bench = make()
    assert bench.configure()
    bench.driver.start()
    bench.sleep_ms(300)
    bench.model.fail_next(1)
    with pytest.raises(OSError, match="acknowledge"):
        bench.read()
    assert bench.read() == bench.model.produced[-1].raw


@everywhere
def test_part_that_already_measures_is_configured_anew(make):
    bench = make()
    for _ in range(2):
        assert bench.driver.identify()
        assert bench.configure()
        bench.driver.start()
        bench.sleep_ms(777)
        bench.read()


# --- pulse counter ---


def test_pulse_counter_is_there_and_has_nothing_to_set_up():
    driver = PulseCounter(None, {"pin": 18})
    assert (driver.identify(), driver.configure(None), driver.start()) == (True, True, None)


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
        bench.device.write(0x01, b"\x00\x02")  # Soft_Reset: as a power cycle of the part alone
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
    assert 1000 * MS <= bench.clock.now_ns() < 2000 * MS


@pytest.mark.parametrize(
    ("device_id", "known"), [(0x0117, True), (0x1117, True), (0x0116, False), (0x0017, False), (0x0217, False)]
)
def test_thermometer_is_known_by_its_device_and_not_by_its_revision(device_id, known):
    class Other(tmp117_model.Tmp117):
        def _read_register(self):
            return device_id if self._pointer == 0x0F else super()._read_register()

    assert make_tmp117(model=Other).driver.identify() == known


def test_thermometer_that_does_not_take_its_averages_is_refused():
    class Deaf(tmp117_model.Tmp117):
        def _write_register(self, value):
            pass

    assert not make_tmp117(averages_code=3, model=Deaf).configure()
