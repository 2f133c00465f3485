"""Parts whose own clock is fast or slow, by as much as their table allows: samples come faster or slower."""

import pytest

from freefall.sensors.catalogue import ads1115, ads1256, ina219, ina226, lsm6dso, max31865, rm3100
from freefall_board.drivers.ads1115 import Ads1115
from freefall_board.drivers.ads1256 import Ads1256
from freefall_board.drivers.ina219 import Ina219
from freefall_board.drivers.ina226 import Ina226
from freefall_board.drivers.lsm6dso import Lsm6dso
from freefall_board.drivers.max31865 import Max31865
from freefall_board.drivers.rm3100 import Rm3100
from unit.sensors.model_device import Bench

SENSORS = {
    "ads1115": (ads1115.SENSOR, Ads1115, {"address": 0x48, "input": "a0", "rate_hz": 475}),
    "ads1256": (ads1256.SENSOR, Ads1256, {"cs": 5, "input": "a0-a1", "rate_hz": 100}),
    "ina219": (ina219.SENSOR, Ina219, {"address": 0x40, "shunt_ohm": 0.1}),
    "ina226": (ina226.SENSOR, Ina226, {"address": 0x40, "shunt_ohm": 0.1, "averages": 4}),
    "lsm6dso": (lsm6dso.SENSOR, Lsm6dso, {"address": 0x6A, "odr_hz": 416}),
    "max31865": (max31865.SENSOR, Max31865, {"cs": 5, "rtd_ohm": 100, "reference_ohm": 430.0, "wires": 4}),
    "rm3100": (rm3100.SENSOR, Rm3100, {"address": 0x20, "rate_hz": 75}),
}


@pytest.mark.parametrize("share", [-1, -0.5, 0.01, 1])
@pytest.mark.parametrize("name", SENSORS)
def test_part_keeps_the_rate_of_its_own_clock_and_is_set_up_all_the_same(name, share):
    bench = Bench(*SENSORS[name])
    bench.model.rate_error_ppm = error_ppm = share * bench.table.RATE_TOLERANCE * 1e6
    assert bench.run()
    made = len(bench.model.produced)
    bench.sleep_ms(3000)
    times = [sample.time_ns for sample in bench.model.produced[made:]]
    rate_hz = 1e9 * (len(times) - 1) / (times[-1] - times[0])
    assert rate_hz == pytest.approx(bench.table.data_rate_hz() * (1 + error_ppm / 1e6), rel=1e-6)
