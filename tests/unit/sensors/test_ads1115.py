"""ADS1115: the driver, the table and the model of its part, each held against the others and against the data sheet."""

from dataclasses import replace
from statistics import fmean, pstdev

import pytest

from freefall.sensors.catalogue.ads1115 import INPUTS, RANGES_V, RATES_HZ, SENSOR, Ads1115
from freefall.sensors.part import ModelError
from freefall.sensors.signals import constant
from freefall_board.drivers.ads1115 import Ads1115 as Driver
from unit.sensors.line_recorder import LineRecorder
from unit.sensors.model_device import MS, Bench, assert_halves_agree

CONVERSION, CONFIG, LO_THRESH, HI_THRESH = range(4)


def make(voltage=0.1, model=Ads1115, line=None, address=0x48, **options):
    bench = Bench(
        replace(SENSOR, model=model),
        Driver,
        {"address": address, "input": "a0", **options},
        signals={"voltage": voltage if callable(voltage) else constant(voltage)},
        lines={"data_ready": line} if line else {},
    )
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


@pytest.mark.parametrize("value, known", [(0x8583, True), (0x0583, True), (0x8580, False), (0x8783, False), (0xFFFF, False)])
def test_driver_knows_the_part_by_its_configuration_after_power_up(value, known):
    class Other(Ads1115):
        def _read_word(self, register):
            return value if register == CONFIG else super()._read_word(register)

    assert make(model=Other).driver.identify() is known


def test_driver_knows_and_sets_up_a_part_that_converts_since_an_earlier_boot():
    bench = make(rate_hz=8, input="a2-a3")
    for _ in range(2):
        assert bench.run()
        bench.sleep_ms(300)
        assert bench.value(bench.read())["voltage"] == pytest.approx(0.1, abs=1e-3)


@pytest.mark.parametrize("input, mux", list(zip(INPUTS, range(8), strict=True)))
@pytest.mark.parametrize("range_v, pga", list(zip(RANGES_V, range(6), strict=True)))
def test_driver_sets_input_and_range_as_the_data_sheet_codes_them(input, mux, range_v, pga):
    bench = make(input=input, range_v=range_v)
    assert bench.run()
    assert word(bench, CONFIG) == mux << 12 | pga << 9 | 4 << 5


@pytest.mark.parametrize("rate_hz, dr", list(zip(RATES_HZ, range(8), strict=True)))
def test_driver_sets_rate_and_conversion_ready_as_the_data_sheet_has_them(rate_hz, dr):
    bench = make(rate_hz=rate_hz)
    assert bench.run()
    assert word(bench, CONFIG) == 4 << 12 | 2 << 9 | dr << 5
    assert (word(bench, LO_THRESH), word(bench, HI_THRESH)) == (0x0000, 0x8000)
    assert bench.clock.now_ns() <= 310 * MS


@pytest.mark.parametrize("deaf", [CONFIG, LO_THRESH, HI_THRESH])
def test_driver_refuses_a_part_that_does_not_take_a_setting(deaf):
    class Deaf(Ads1115):
        def _write_word(self, register, value):
            if register != deaf:
                super()._write_word(register, 0x0003 | value if register == CONFIG else value)

    assert not make(model=Deaf, rate_hz=8).configure()


def test_driver_refuses_a_part_that_never_comes_to_rest():
    class Busy(Ads1115):
        def _read_word(self, register):
            return super()._read_word(register) & (0x7FFF if register == CONFIG else 0xFFFF)

    bench = make(model=Busy)
    assert not bench.configure()
    assert bench.clock.now_ns() <= 160 * MS


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_samples_come_at_the_data_rate_and_the_first_is_a_measurement(rate_hz):
    bench = make(rate_hz=rate_hz)
    assert bench.run()
    assert bench.value(bench.read())["voltage"] == pytest.approx(0.1, abs=5e-4)
    made = len(bench.model.produced)
    bench.sleep_ms(20 * 1000 / rate_hz)
    times = [sample.time_ns for sample in bench.model.produced[made:]]
    assert 19 <= len(times) <= 21
    assert (times[-1] - times[0]) / (len(times) - 1) == pytest.approx(1e9 / rate_hz, abs=1)
    assert bench.table.data_rate_hz() == rate_hz


def test_the_first_sample_is_of_the_settings_and_not_of_those_of_an_earlier_boot():
    voltage = [2.0]
    bench = make(lambda t_s: voltage[0], rate_hz=8, range_v=4.096)
    write(bench, LO_THRESH, 0)
    write(bench, HI_THRESH, 0x8000)
    write(bench, CONFIG, 0x4A00)  # 0.256 V at 8 Hz: saturates
    bench.sleep_ms(130)
    assert bench.run()
    assert bench.value(bench.read())["voltage"] == pytest.approx(2.0, abs=1e-3)


def test_a_whole_sample_read_is_the_newest_one_made():
    bench = make(rate_hz=475)
    assert bench.run()
    for _ in range(5):
        bench.sleep_ms(2.2)
        assert bench.read() == bench.model.produced[-1].raw
    assert [sample.raw for sample in bench.model.read_out] == [sample.raw for sample in bench.model.produced[-5:]]


@pytest.mark.parametrize("range_v", RANGES_V)
@pytest.mark.parametrize("share", [-0.999, -0.3, 0.0, 0.0001, 0.999])
def test_values_follow_the_voltage_within_noise_and_resolution(range_v, share):
    bench = make(share * range_v, range_v=range_v, input="a0-a1", rate_hz=860)
    assert bench.run()
    bench.sleep_ms(500)
    values = bench.values(*(sample.raw for sample in bench.model.produced[-400:]))["voltage"]
    assert fmean(values) == pytest.approx(share * range_v, abs=range_v / 32768)


@pytest.mark.parametrize("voltage, lost", [(2.1, True), (-2.1, True), (2.04, False), (-2.04, False)])
def test_a_voltage_beyond_the_range_is_no_value(voltage, lost):
    bench = make(voltage, input="a0-a1")
    assert bench.run()
    assert (bench.value(bench.read())["voltage"] is None) is lost


@pytest.mark.parametrize("range_v, rate_hz, peak_to_peak_uv", [(0.256, 860, 35.83), (2.048, 860, 118.63), (0.512, 475, 32.13)])
def test_noise_is_the_data_sheets(range_v, rate_hz, peak_to_peak_uv):
    bench = make(lambda t_s: -0.2 + 0.013 * t_s, range_v=range_v, input="a0-a1", rate_hz=rate_hz)
    assert bench.run()
    bench.sleep_ms(4_000)
    period_s = 1 / rate_hz
    produced = bench.model.produced
    values = bench.values(*(sample.raw for sample in produced))["voltage"]
    errors = [v - (-0.2 + 0.013 * (s.time_ns / 1e9 - period_s / 2)) for v, s in zip(values, produced, strict=True)]
    total_v = ((peak_to_peak_uv * 1e-6 / 6.6) ** 2 + (range_v / 32768) ** 2 / 12) ** 0.5
    assert pstdev(errors) == pytest.approx(total_v, rel=0.06)
    assert bench.table.noise()["voltage"] * (rate_hz / 2) ** 0.5 == pytest.approx(total_v, rel=1e-9)


def test_channel_is_a_transducers_and_full_scale_that_of_the_input():
    table = make(range_v=4.096).table
    assert table.channels()[0].transducer
    assert table.full_scale() == {"voltage": (0.0, 4.096)}
    assert make(range_v=0.512, input="a1-a3").table.full_scale() == {"voltage": (-0.512, 0.512)}


# --- ALERT/RDY ---


def test_ready_pin_pulses_low_with_every_conversion_read_or_not():
    line = LineRecorder()
    bench = make(line=line, rate_hz=860)
    assert bench.run()
    made = len(bench.model.produced)
    bench.sleep_ms(2)
    line.changes.clear()
    made = len(bench.model.produced)
    bench.sleep_ms(20)
    times = [sample.time_ns for sample in bench.model.produced[made:]]
    assert len(times) >= 17
    assert line.edges(False) == times
    assert line.edges(True) == [time_ns + 8_000 for time_ns in times]
    assert Driver.ACTIVE_LOW and not getattr(Driver, "LINE_HOLDS", False)


def test_ready_pin_rests_high_after_power_up():
    line = LineRecorder()
    bench = make(line=line)
    write(bench, CONFIG, 0x8583)
    bench.sleep_ms(100)
    assert line.changes == [(0, True)]


def test_ready_pin_of_a_single_conversion_stays_active():
    line = LineRecorder()
    bench = make(line=line)
    write(bench, LO_THRESH, 0)
    write(bench, HI_THRESH, 0x8000)
    write(bench, CONFIG, 0x8580)
    bench.sleep_ms(50)
    assert line.level is False and len(bench.model.produced) == 1


# --- the model ---


def test_model_has_the_reset_values_of_the_data_sheet():
    assert [word(make(), register) for register in range(4)] == [0x0000, 0x8583, 0x8000, 0x7FFF]


@pytest.mark.parametrize("register", [0x04, 0x80, 0xFF])
def test_model_refuses_a_register_that_is_not_there(register):
    with pytest.raises(ModelError, match="no such register"):
        word(make(), register)


def test_model_refuses_to_write_the_result_and_what_it_does_not_do():
    with pytest.raises(ModelError, match="read-only"):
        write(make(), CONVERSION, 0)
    with pytest.raises(ModelError, match="range codes"):
        write(make(), CONFIG, 0x0C83)
    with pytest.raises(ModelError, match="comparator"):
        write(make(), CONFIG, 0x0580)


def test_model_refuses_half_a_word():
    bench = make()
    with pytest.raises(ModelError, match="half a register was read"):
        bench.device.read(CONVERSION, bytearray(1))
    with pytest.raises(ModelError, match="half a register was written"):
        bench.device.write(CONFIG, b"\x05")


def test_a_single_conversion_is_busy_and_then_idle():
    bench = make()
    write(bench, CONFIG, 0x8583)
    assert word(bench, CONFIG) == 0x0583
    bench.sleep_ms(7.8125)
    assert word(bench, CONFIG) == 0x8583
    bench.sleep_ms(100)
    assert len(bench.model.produced) == 1


def test_settings_written_during_a_conversion_are_those_of_the_next():
    bench = make(0.2)
    write(bench, CONFIG, 0x4403)  # 2.048 V at 8 Hz, continuously
    bench.sleep_ms(60)
    write(bench, CONFIG, 0x46E3)  # 1.024 V at 860 Hz
    bench.sleep_ms(65)
    assert [round(int.from_bytes(sample.raw, "big") / 32768 * 2.048, 2) for sample in bench.model.produced] == [0.2]
    bench.sleep_ms(10)
    later = bench.model.produced[1:]
    assert {round(int.from_bytes(sample.raw, "big") / 32768 * 1.024, 2) for sample in later} == {0.2}
    assert later[0].time_ns == pytest.approx(125 * MS + 1e9 / 860, abs=1)


@pytest.mark.parametrize("address", [0x47, 0x4C])
def test_an_address_that_the_part_cannot_have_is_refused(address):
    with pytest.raises(ValueError, match="not allowed"):
        make(address=address)


def test_the_same_seed_gives_the_same_samples_and_another_address_others():
    def samples(address):
        bench = make(range_v=0.256, rate_hz=860, address=address)
        bench.run()
        return bench.model.produced

    assert samples(0x48) == samples(0x48) != samples(0x4B)


# --- faults ---


@pytest.mark.parametrize("act", ["identify", "configure", "read"])
def test_an_absent_part_is_an_os_error(act):
    bench = make()
    bench.model.absent = True
    acts = {"identify": bench.driver.identify, "configure": bench.configure, "read": bench.read}
    with pytest.raises(OSError, match="acknowledge"):
        acts[act]()


def test_a_refused_transfer_is_no_sample_and_the_next_is_whole():
    bench = make()
    assert bench.run()
    bench.model.fail_next(1)
    with pytest.raises(OSError, match="acknowledge"):
        bench.read()
    assert bench.read() == bench.model.produced[-1].raw


def test_a_part_that_lost_its_power_is_powered_down_and_can_be_set_up_again():
    line = LineRecorder()
    bench = make(line=line)
    assert bench.run()
    bench.sleep_ms(50)
    bench.model.power_cycle(20 * MS)
    assert line.level is True
    made = len(bench.model.produced)
    with pytest.raises(OSError, match="acknowledge"):
        bench.read()
    bench.sleep_ms(200)
    assert len(bench.model.produced) == made and line.level is True
    assert word(bench, CONFIG) == 0x8583
    assert bench.run()
    assert bench.value(bench.read())["voltage"] == pytest.approx(0.1, abs=5e-4)
