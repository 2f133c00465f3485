"""INA219: the driver, the table and the model of its part, each held against the others and against the data sheet."""

from dataclasses import replace

import pytest

from freefall.sensors.catalogue.ina219 import AVERAGES, CONVERSIONS_US, SENSOR, Ina219
from freefall.sensors.part import ModelError
from freefall.sensors.signals import constant
from freefall_board.drivers.ina219 import Ina219 as Driver
from unit.sensors.model_device import MS, Bench, assert_halves_agree

SHUNT_OHM = 0.1
CONFIG, SHUNT, BUS, POWER, CURRENT, CALIBRATION = range(6)


def make(current=0.4, bus_voltage=5.0, model=Ina219, **options):
    signals = {"current": constant(current), "bus_voltage": constant(bus_voltage)}
    return Bench(replace(SENSOR, model=model), Driver, {"address": 0x40, "shunt_ohm": SHUNT_OHM, **options}, signals=signals)


def word(bench, register):
    octets = bytearray(2)
    bench.device.read(register, octets)
    return int.from_bytes(octets, "big")


def write(bench, register, value):
    bench.device.write(register, value.to_bytes(2, "big"))


# --- the driver and the table ---


def test_both_halves_say_the_same_of_a_read():
    assert_halves_agree(make())


@pytest.mark.parametrize("value, known", [(0x399F, True), (0x4127, False), (0x399E, False), (0x0000, False)])
def test_driver_knows_the_part_by_its_configuration_after_a_reset(value, known):
    class Other(Ina219):
        def _read_word(self, register):
            return value if register == CONFIG else super()._read_word(register)

    assert make(model=Other).driver.identify() is known


def test_driver_knows_a_part_that_another_run_has_set_up():
    bench = make(averages=128)
    assert bench.run()
    bench.sleep_ms(500)
    assert word(bench, CONFIG) != 0x399F
    assert bench.driver.identify()


@pytest.mark.parametrize("averages", AVERAGES)
@pytest.mark.parametrize("shunt_range_mv, pg", [(40, 0), (80, 1), (160, 2), (320, 3)])
@pytest.mark.parametrize("bus_range_v, brng", [(16, 0), (32, 1)])
def test_driver_sets_ranges_and_averages_as_the_data_sheet_codes_them(averages, shunt_range_mv, pg, bus_range_v, brng):
    bench = make(averages=averages, shunt_range_mv=shunt_range_mv, bus_range_v=bus_range_v)
    assert bench.driver.identify()
    assert bench.configure()
    adc = 8 + AVERAGES.index(averages)
    assert word(bench, CONFIG) == brng << 13 | pg << 11 | adc << 7 | adc << 3 | 7
    assert word(bench, CALIBRATION) == 0, "the host calculates"


def test_driver_refuses_a_part_that_does_not_take_its_settings():
    class Deaf(Ina219):
        def _write_word(self, register, value):
            pass

    assert not make(model=Deaf, averages=16).configure()


def test_driver_refuses_a_part_that_never_converts():
    class Stuck(Ina219):
        def _finish(self, time_ns):
            pass

    bench = make(model=Stuck)
    assert not bench.configure()
    assert bench.clock.now_ns() <= 200 * MS


@pytest.mark.parametrize("averages", AVERAGES)
def test_samples_come_at_the_data_rate_and_the_first_is_a_measurement(averages):
    bench = make(averages=averages)
    assert bench.run()
    assert bench.value(bench.read())["bus_voltage"] == pytest.approx(5.0, abs=5 * 4e-3)
    period_ms = 2 * CONVERSIONS_US[AVERAGES.index(averages)] / 1000
    made = len(bench.model.produced)
    bench.sleep_ms(5 * period_ms)
    times = [sample.time_ns for sample in bench.model.produced[made:]]
    assert {later - earlier for earlier, later in zip(times, times[1:], strict=False)} == {period_ms * MS}
    assert bench.table.data_rate_hz() == pytest.approx(1000 / period_ms)


def test_a_whole_sample_read_is_the_newest_one_made():
    bench = make()
    assert bench.run()
    for _ in range(5):
        bench.sleep_ms(1.064)
        assert bench.read() == bench.model.produced[-1].raw
    assert [sample.raw for sample in bench.model.read_out] == [sample.raw for sample in bench.model.produced[-5:]]


@pytest.mark.parametrize("shunt_range_mv", [40, 80, 160, 320])
@pytest.mark.parametrize("bus_range_v", [16, 32])
@pytest.mark.parametrize("share", [-0.99, -0.001, 0.0, 0.5, 0.99])
def test_values_follow_the_signals_within_the_resolution(shunt_range_mv, bus_range_v, share):
    current, bus_voltage = share * shunt_range_mv / 1000 / SHUNT_OHM, abs(share) * bus_range_v
    bench = make(current, bus_voltage, shunt_range_mv=shunt_range_mv, bus_range_v=bus_range_v, averages=128)
    assert bench.run()
    bench.sleep_ms(140)
    values = bench.value(bench.read())
    assert values["current"] == pytest.approx(current, abs=10e-6 / SHUNT_OHM)
    assert values["shunt_voltage"] == pytest.approx(current * SHUNT_OHM, abs=10e-6)
    assert values["bus_voltage"] == pytest.approx(bus_voltage, abs=4e-3)


@pytest.mark.parametrize("shunt_range_mv", [40, 80, 160, 320])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_shunt_voltage_beyond_its_range_is_no_value(shunt_range_mv, sign):
    bench = make(sign * 1.02 * shunt_range_mv / 1000 / SHUNT_OHM, shunt_range_mv=shunt_range_mv)
    assert bench.run()
    values = bench.value(bench.read())
    assert values["current"] is None and values["shunt_voltage"] is None
    assert values["bus_voltage"] == pytest.approx(5.0, abs=0.02)


def test_a_bus_voltage_beyond_its_range_is_no_value():
    bench = make(bus_voltage=16.4, bus_range_v=16)
    assert bench.run()
    values = bench.value(bench.read())
    assert values["bus_voltage"] is None
    assert values["current"] == pytest.approx(0.4, abs=5e-4)


def test_a_sample_with_the_overflow_flag_is_no_value():
    bench = make()
    assert bench.run()
    write(bench, CALIBRATION, 0xFFFE)
    bench.sleep_ms(5)
    sample = bench.read()
    assert sample[3] & 0x01
    assert set(bench.value(sample).values()) == {None}


def test_a_sample_from_before_the_first_conversion_is_no_value():
    bench = make()
    sample = bench.read()
    assert sample == bytes(4)
    assert set(bench.value(sample).values()) == {None}


def test_full_scale_is_that_of_the_ranges_and_of_what_the_part_stands():
    full_scale = make(shunt_range_mv=80).table.full_scale()
    assert full_scale["shunt_voltage"] == (-0.08, 0.08)
    assert full_scale["current"] == pytest.approx((-0.8, 0.8))
    assert full_scale["bus_voltage"] == (0.0, 26.0)
    assert make(bus_range_v=16).table.full_scale()["bus_voltage"] == (0.0, 16.0)


# --- the model ---


def test_model_has_the_reset_values_of_the_data_sheet():
    bench = make()
    resets = {0: 0x399F, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0}
    assert {register: word(bench, register) for register in resets} == resets


@pytest.mark.parametrize("register", [0x06, 0x40, 0xFE, 0xFF])
def test_model_refuses_a_register_that_is_not_there(register):
    with pytest.raises(ModelError, match="no such register"):
        word(make(), register)


@pytest.mark.parametrize("register", [SHUNT, BUS, POWER, CURRENT])
def test_model_refuses_to_write_what_is_read_only(register):
    with pytest.raises(ModelError, match="read-only"):
        write(make(), register, 0)


@pytest.mark.parametrize(
    "register, value, reason",
    [(CONFIG, 0x799F, "reserved"), (CONFIG, 0x381F, "12 bits"), (CONFIG, 0x3997, "12 bits"), (CALIBRATION, 0x0001, "bit 0")],
)
def test_model_refuses_values_that_the_part_does_not_define(register, value, reason):
    with pytest.raises(ModelError, match=reason):
        write(make(), register, value)


def test_model_refuses_half_a_word():
    bench = make()
    with pytest.raises(ModelError, match="half a register was read"):
        bench.device.read(BUS, bytearray(1))
    with pytest.raises(ModelError, match="half a register was written"):
        bench.device.write(CONFIG, b"\x39")


def test_conversion_ready_is_cleared_by_the_power_register_and_by_a_new_mode():
    bench = make()
    bench.sleep_ms(2)
    assert word(bench, BUS) & 0x02
    assert word(bench, BUS) & 0x02, "not by being read itself"
    word(bench, POWER)
    assert not word(bench, BUS) & 0x02
    bench.sleep_ms(2)
    assert word(bench, BUS) & 0x02
    write(bench, CONFIG, 0x3998)  # power-down keeps it
    assert word(bench, BUS) & 0x02
    write(bench, CONFIG, 0x399B)
    assert not word(bench, BUS) & 0x02
    bench.sleep_ms(20)
    assert word(bench, BUS) & 0x02
    made = len(bench.model.produced)
    bench.sleep_ms(20)
    assert len(bench.model.produced) == made, "triggered: one conversion"


def test_model_calculates_current_and_power():
    bench = make(current=0.4, bus_voltage=5.0)
    write(bench, CALIBRATION, 4096)  # 4000 * 4096 / 4096; 4000 * 1250 / 5000
    bench.sleep_ms(5)
    assert word(bench, CURRENT) == pytest.approx(4000, abs=5)
    assert word(bench, POWER) == pytest.approx(1000, abs=5)


def test_the_same_seed_gives_the_same_samples_and_another_address_others():
    def samples(**options):
        bench = make(**options)
        bench.sleep_ms(100)
        return bench.model.produced

    assert samples() == samples()
    assert samples() != samples(address=0x4F)


# --- faults ---


@pytest.mark.parametrize("act", ["identify", "configure", "read"])
def test_an_absent_part_is_an_os_error(act):
    bench = make()
    bench.model.absent = True
    acts = {"identify": bench.driver.identify, "configure": bench.configure, "read": bench.read}
    with pytest.raises(OSError, match="acknowledge"):
        acts[act]()


@pytest.mark.parametrize("phase", range(4))
def test_a_read_that_fails_anywhere_is_an_os_error_and_the_next_is_whole(phase):
    bench = make()
    assert bench.run()
    start, calls = bench.model.start, iter(range(100))
    bench.model.start = lambda read: next(calls) != phase and start(read)
    with pytest.raises(OSError, match="acknowledge"):
        bench.read()
    assert bench.read() == bench.model.produced[-1].raw


def test_a_refused_transfer_is_an_os_error():
    bench = make()
    bench.model.fail_next(1)
    with pytest.raises(OSError, match="acknowledge"):
        bench.driver.identify()
    assert bench.driver.identify()


def test_a_part_that_lost_its_power_is_silent_then_as_new():
    bench = make(averages=16)
    assert bench.run()
    bench.sleep_ms(50)
    bench.model.power_cycle(10 * MS)
    with pytest.raises(OSError, match="acknowledge"):
        bench.read()
    bench.sleep_ms(10)
    assert word(bench, CONFIG) == 0x399F
    assert set(bench.value(bench.read()).values()) == {None}
    assert bench.run()
    assert bench.value(bench.read())["bus_voltage"] == pytest.approx(5.0, abs=0.01)
