"""INA226: the driver, the table and the model of its part, each held against the others and against the data sheet."""

from dataclasses import replace
from statistics import fmean, pstdev

import pytest

from freefall.sensors.catalogue.ina226 import AVERAGES, CONVERSIONS_US, SENSOR, Ina226
from freefall.sensors.part import ModelError
from freefall.sensors.signals import constant
from freefall_board.drivers.ina226 import Ina226 as Driver
from unit.sensors.line_recorder import LineRecorder
from unit.sensors.model_device import MS, Bench, assert_halves_agree

SHUNT_OHM = 0.1
CONFIG, SHUNT, BUS, POWER, CURRENT, CALIBRATION, MASK, LIMIT = range(8)


def make(current=0.4, bus_voltage=5.0, model=Ina226, line=None, **options):
    signals = {"current": constant(current), "bus_voltage": constant(bus_voltage)}
    table = {"address": 0x40, "shunt_ohm": SHUNT_OHM, **options}
    bench = Bench(replace(SENSOR, model=model), Driver, table, signals=signals, lines={"data_ready": line} if line else {})
    if line:
        line.clock = bench.clock
    return bench


def word(bench, register):
    octets = bytearray(2)
    bench.device.read(register, octets)
    return int.from_bytes(octets, "big")


def write(bench, register, value):
    bench.device.write(register, value.to_bytes(2, "big"))


# --- the driver and the table ---


def test_both_halves_say_the_same_of_a_read():
    assert_halves_agree(make())


@pytest.mark.parametrize(
    "register, value, known",
    [(0xFE, 0x5449, True), (0xFE, 0x5448, False), (0xFF, 0x2260, True), (0xFF, 0x2261, True)]
    + [(0xFF, 0x2270, False), (0xFF, 0xFFFF, False)],
)
def test_driver_knows_the_part_by_its_manufacturer_and_die(register, value, known):
    class Other(Ina226):
        def _read_word(self, number):
            return value if number == register else super()._read_word(number)

    assert make(model=Other).driver.identify() is known


@pytest.mark.parametrize("averages", AVERAGES)
def test_driver_sets_averages_and_conversion_times_as_the_data_sheet_codes_them(averages):
    bench = make(averages=averages, shunt_conversion_us=332, bus_conversion_us=8244)
    assert bench.configure()
    # 100 | AVG | VBUSCT | VSHCT | both continuously
    assert word(bench, CONFIG) == 0x4000 | AVERAGES.index(averages) << 9 | 7 << 6 | 2 << 3 | 7
    assert word(bench, MASK) & ~0x08 == 0x0400
    assert word(bench, CALIBRATION) == 0, "the host calculates"


def test_driver_refuses_a_part_that_does_not_take_its_settings():
    class Deaf(Ina226):
        def _configure(self, settings, now_ns):
            super()._configure(settings & ~0x0E00, now_ns)

    assert not make(model=Deaf, averages=16).configure()


def test_driver_refuses_a_part_that_never_converts():
    class Stuck(Ina226):
        def _finish(self, time_ns):
            pass

    bench = make(model=Stuck)
    assert not bench.configure()
    assert bench.clock.now_ns() <= 25 * MS


@pytest.mark.parametrize("averages, conversion_us", [(1, 140), (1, 8244), (1024, 8244)])
def test_the_first_sample_is_a_measurement_however_long_a_conversion_takes(averages, conversion_us):
    bench = make(averages=averages, shunt_conversion_us=conversion_us, bus_conversion_us=conversion_us)
    assert bench.run()
    assert bench.clock.now_ns() <= 25 * MS
    values = bench.value(bench.read())
    assert values["current"] == pytest.approx(0.4, abs=5 * 25e-6)
    assert values["bus_voltage"] == pytest.approx(5.0, abs=5 * 1.25e-3)


@pytest.mark.parametrize("averages, shunt_us, bus_us", [(1, 140, 204), (4, 332, 588), (64, 1100, 1100), (16, 8244, 140)])
def test_samples_come_at_the_data_rate(averages, shunt_us, bus_us):
    bench = make(averages=averages, shunt_conversion_us=shunt_us, bus_conversion_us=bus_us)
    assert bench.run()
    made = len(bench.model.produced)
    period_ms = averages * (shunt_us + bus_us) / 1000
    bench.sleep_ms(10 * period_ms)
    times = [sample.time_ns for sample in bench.model.produced[made:]]
    assert {later - earlier for earlier, later in zip(times, times[1:], strict=False)} == {period_ms * MS}
    assert bench.table.data_rate_hz() == pytest.approx(1000 / period_ms)


def test_a_whole_sample_read_is_the_newest_one_made():
    bench = make()
    assert bench.run()
    for _ in range(5):
        bench.sleep_ms(2.2)
        assert bench.read() == bench.model.produced[-1].raw
    assert [sample.raw for sample in bench.model.read_out] == [sample.raw for sample in bench.model.produced[-5:]]


@pytest.mark.parametrize("current", [-0.8, -0.0001, 0.0, 0.05, 0.81])
@pytest.mark.parametrize("bus_voltage", [0.02, 3.3, 35.9])
def test_values_follow_the_signals_within_the_resolution(current, bus_voltage):
    bench = make(current, bus_voltage, averages=1024, shunt_conversion_us=140, bus_conversion_us=140)
    assert bench.run()
    bench.sleep_ms(300)
    values = bench.value(bench.read())
    assert values["current"] == pytest.approx(current, abs=2.5e-6 / SHUNT_OHM)
    assert values["shunt_voltage"] == pytest.approx(current * SHUNT_OHM, abs=2.5e-6)
    assert values["bus_voltage"] == pytest.approx(bus_voltage, abs=1.25e-3)


def test_shunt_resistor_of_the_definition_scales_the_current_both_ways():
    bench = make(current=30.0, shunt_ohm=0.002, averages=64)
    assert bench.run()
    bench.sleep_ms(200)
    values = bench.value(bench.read())
    assert values["current"] == pytest.approx(30.0, abs=2.5e-6 / 0.002)
    assert values["shunt_voltage"] == pytest.approx(0.06, abs=2.5e-6)


@pytest.mark.parametrize("current, lost", [(0.9, True), (-0.9, True), (0.81, False), (-0.81, False)])
def test_a_current_beyond_the_range_is_no_value(current, lost):
    bench = make(current)
    assert bench.run()
    bench.sleep_ms(3)
    values = bench.value(bench.read())
    assert (values["current"] is None) is (values["shunt_voltage"] is None) is lost
    assert values["bus_voltage"] == pytest.approx(5.0, abs=0.01)


def test_a_bus_voltage_beyond_the_range_is_no_value():
    bench = make(bus_voltage=41.5)
    assert bench.run()
    bench.sleep_ms(3)
    values = bench.value(bench.read())
    assert values["bus_voltage"] is None
    assert values["current"] == pytest.approx(0.4, abs=5 * 25e-6)


def test_full_scale_is_what_the_words_can_hold():
    full_scale = make().table.full_scale()
    assert full_scale["shunt_voltage"] == pytest.approx((-0.0819175, 0.0819175))
    assert full_scale["current"] == pytest.approx((-0.819175, 0.819175))
    assert full_scale["bus_voltage"] == (0.0, 36.0)


# --- the ALERT pin ---


def test_alert_rests_high_and_falls_with_every_conversion_until_mask_enable_is_read():
    line = LineRecorder()
    bench = make(line=line)
    assert bench.run()
    assert line.level is True
    line.changes.clear()
    bench.sleep_ms(2.2)
    assert line.changes == [(bench.model.produced[-1].time_ns, False)]
    bench.sleep_ms(10)  # unread, it holds, and no further edge comes
    assert len(line.changes) == 1
    bench.read()
    assert line.level is True
    bench.sleep_ms(2.2)
    assert line.level is False
    assert Driver.ACTIVE_LOW and Driver.LINE_HOLDS


def test_alert_tells_of_a_conversion_that_ends_while_the_values_are_read():
    line = LineRecorder()
    bench = make(line=line)
    assert bench.run()
    bench.sleep_ms(2.2)
    word(bench, MASK)
    bench.sleep_ms(2.2)
    word(bench, SHUNT)
    word(bench, BUS)
    assert line.level is False


def test_alert_without_its_setting_rests():
    line = LineRecorder()
    bench = make(line=line)
    bench.sleep_ms(10)
    assert line.changes == [(0, True)]
    write(bench, MASK, 0x0402)  # APOL: active high
    assert line.level is True
    word(bench, MASK)
    assert line.level is False


# --- the model ---


def test_model_has_the_reset_values_of_the_data_sheet():
    bench = make()
    resets = {0: 0x4127, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0, 0xFE: 0x5449, 0xFF: 0x2260}
    assert {register: word(bench, register) for register in resets} == resets


@pytest.mark.parametrize("register", [0x08, 0x3F, 0x80, 0xFD])
def test_model_refuses_a_register_that_is_not_there(register):
    with pytest.raises(ModelError, match="no such register"):
        word(make(), register)


@pytest.mark.parametrize("register", [SHUNT, BUS, POWER, CURRENT, 0xFE, 0xFF])
def test_model_refuses_to_write_what_is_read_only(register):
    with pytest.raises(ModelError, match="read-only"):
        write(make(), register, 0)


@pytest.mark.parametrize(
    "register, value, reason",
    [
        (CONFIG, 0x0127, "100"), (CONFIG, 0x5127, "100"), (MASK, 0x0020, "reserved"), (MASK, 0x0200, "reserved"),
        (MASK, 0x8000, "limits"), (MASK, 0x0001, "limits"), (CALIBRATION, 0x8000, "reserved"),
    ],
)  # fmt: skip
def test_model_refuses_values_that_the_part_does_not_define(register, value, reason):
    with pytest.raises(ModelError, match=reason):
        write(make(), register, value)


def test_model_refuses_half_a_word_and_more_than_a_word():
    bench = make()
    with pytest.raises(ModelError, match="half a register was read"):
        bench.device.read(SHUNT, bytearray(1))
    with pytest.raises(ModelError, match="third octet"):
        bench.device.read(SHUNT, bytearray(3))
    with pytest.raises(ModelError, match="half a register was written"):
        bench.device.write(CONFIG, b"\x41")
    with pytest.raises(ModelError, match="2 octets"):
        bench.device.write(CONFIG, b"\x41\x27\x00")


@pytest.mark.parametrize("address", [0x3F, 0x50])
def test_an_address_that_the_part_cannot_have_is_refused(address):
    with pytest.raises(ValueError, match="not allowed"):
        make(address=address)


def test_a_triggered_conversion_is_one_and_a_power_down_none():
    bench = make()
    write(bench, CONFIG, 0x4123)
    bench.sleep_ms(20)
    assert len(bench.model.produced) == 1
    write(bench, CONFIG, 0x4124)
    assert word(bench, MASK) & 0x08, "a power-down keeps the flag"
    bench.sleep_ms(20)
    assert len(bench.model.produced) == 1


def test_model_calculates_current_and_power_and_tells_when_they_overflow():
    bench = make(current=0.4, bus_voltage=5.0)
    write(bench, CALIBRATION, 0x0200)  # 512 * 16000 / 2048 = 4000; 4000 * 4000 / 20000 = 800
    bench.sleep_ms(5)
    assert word(bench, CURRENT) == pytest.approx(4000, abs=2)
    assert word(bench, POWER) == pytest.approx(800, abs=1)
    assert not word(bench, MASK) & 0x04
    write(bench, CALIBRATION, 0x7FFF)
    bench.sleep_ms(5)
    assert word(bench, MASK) & 0x04


@pytest.mark.parametrize("averages", [1, 16])
def test_noise_is_one_lsb_a_conversion_and_less_with_averages(averages):
    bench = make(averages=averages, shunt_conversion_us=140, bus_conversion_us=140)
    bench.model._current = lambda t_s: 0.3 + 0.0137 * t_s  # over many steps, so that rounding is spread evenly
    assert bench.run()
    made = len(bench.model.produced)
    period_s = averages * 280e-6
    bench.sleep_ms(3000 * period_s * 1000)
    errors = [
        int.from_bytes(sample.raw[:2], "big", signed=True) - (0.3 + 0.0137 * (sample.time_ns / 1e9 - period_s / 2)) * 4e4
        for sample in bench.model.produced[made:]
    ]
    assert fmean(errors) == pytest.approx(0, abs=0.06)
    assert pstdev(errors) == pytest.approx((1 / averages + 1 / 12) ** 0.5, rel=0.07)


def test_the_same_seed_gives_the_same_samples_and_another_address_others():
    def samples(**options):
        bench = make(**options)
        bench.sleep_ms(100)
        return bench.model.produced

    assert samples() == samples()
    assert samples() != samples(address=0x41)


# --- faults ---


@pytest.mark.parametrize("act", ["identify", "configure", "start", "read"])
def test_an_absent_part_is_an_os_error(act):
    bench = make()
    bench.model.absent = True
    acts = {"identify": bench.driver.identify, "configure": bench.configure, "start": bench.driver.start, "read": bench.read}
    with pytest.raises(OSError, match="acknowledge"):
        acts[act]()


@pytest.mark.parametrize("nth", range(6))
def test_a_read_that_fails_anywhere_is_an_os_error_and_the_next_is_whole(nth):
    bench = make()
    assert bench.run()
    bench.sleep_ms(3)
    start, calls = bench.model.start, iter(range(100))
    bench.model.start = lambda read: next(calls) != nth and start(read)
    with pytest.raises(OSError, match="acknowledge"):
        bench.read()
    assert bench.read() == bench.model.produced[-1].raw


def test_a_part_that_lost_its_power_is_silent_then_as_new_and_can_be_set_up_again():
    line = LineRecorder()
    bench = make(line=line, averages=4)
    assert bench.run()
    bench.sleep_ms(20)
    bench.model.power_cycle(10 * MS)
    assert line.level is True
    with pytest.raises(OSError, match="acknowledge"):
        bench.read()
    bench.sleep_ms(10)
    assert word(bench, CONFIG) == 0x4127
    bench.sleep_ms(10)
    assert line.level is True, "ALERT is not set up"
    assert bench.run()
    bench.sleep_ms(10)
    assert bench.value(bench.read())["bus_voltage"] == pytest.approx(5.0, abs=0.005)


def test_every_conversion_time_is_one_of_the_data_sheets():
    assert CONVERSIONS_US == (140, 204, 332, 588, 1100, 2116, 4156, 8244)
    with pytest.raises(ValueError, match="not allowed"):
        make(bus_conversion_us=1000)
