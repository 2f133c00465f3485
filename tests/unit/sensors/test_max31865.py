"""MAX31865: the driver, the table and the model of its part, held against each other, the data sheet and IEC 60751."""

import math
from dataclasses import replace
from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freefall.sensors.catalogue.max31865 import SENSOR, Max31865, temperature_degc
from freefall.sensors.part import ModelError
from freefall.sensors.signals import constant
from freefall_board.drivers.max31865 import Max31865 as Driver
from unit.sensors.line_recorder import LineRecorder
from unit.sensors.model_device import MS, Bench, assert_halves_agree

CONFIG, RTD, THRESHOLDS, FAULT_STATUS = 0x00, 0x01, 0x03, 0x07
AUTO_3_WIRES_50_HZ = 0xD1
# IEC 60751: degC, ohm of a Pt100.
IEC_60751 = [
    (-200, 18.520), (-150, 39.723), (-100, 60.256), (-50, 80.306), (-10, 96.086), (0, 100.000), (10, 103.903), (50, 119.397),
    (100, 138.506), (200, 175.856), (300, 212.052), (400, 247.092), (600, 313.708), (850, 390.481),
]  # fmt: skip


def make(temperature=21.0, model=Max31865, line=None, rtd_ohm=100, reference_ohm=430.0, wires=4, seed=1, **options):
    bench = Bench(
        replace(SENSOR, model=model),
        Driver,
        {"cs": 5, "rtd_ohm": rtd_ohm, "reference_ohm": reference_ohm, "wires": wires, **options},
        signals={"temperature": temperature if callable(temperature) else constant(temperature)},
        lines={"data_ready": line} if line else {},
        seed=seed,
    )
    if line:
        line.clock = bench.clock
    return bench


def write(bench, register, *values):
    bench.device.write(register, bytes(values))


def degrees(bench, ohm):
    """What a degree more makes of a resistance, about."""
    return ohm / (3.9e-3 * bench.table.rtd_ohm)


# --- compensation ---


@pytest.mark.parametrize("degc, ohm", IEC_60751)
def test_temperature_is_that_of_the_standards_table(degc, ohm):
    slope = 0.42 if degc < 0 else 0.29  # ohm a degree at least, so that the table's rounding is within the tolerance
    assert temperature_degc(ohm / 100) == pytest.approx(degc, abs=0.0005 / slope)


@given(st.floats(-200, 850))
def test_temperature_of_a_resistance_is_the_one_that_makes_it(degc):
    cubic = -4.183e-12 * (degc - 100) * degc**3 if degc < 0 else 0
    ratio = 1 + 3.9083e-3 * degc - 5.775e-7 * degc**2 + cubic
    assert temperature_degc(ratio) == pytest.approx(degc, abs=1e-9)


@pytest.mark.parametrize("ratio", [0.0, 0.1849, 3.9053, 8.0, 100.0])
def test_temperature_beyond_the_standard_is_none(ratio):
    assert math.isnan(temperature_degc(ratio))


# --- the driver and the table ---


def test_both_halves_say_the_same_of_a_read():
    assert_halves_agree(make())


def test_driver_knows_the_part_by_its_thresholds_and_leaves_them_as_after_power_up():
    bench = make()
    assert bench.driver.identify()
    assert [bench.register(register) for register in range(3, 7)] == [0xFF, 0xFF, 0x00, 0x00]


@pytest.mark.parametrize(
    "answer", [lambda octet, at: 0xFF, lambda octet, at: 0x00, lambda octet, at: octet ^ (2 if at == 5 else 0)]
)
def test_driver_refuses_what_does_not_keep_thresholds(answer):
    class Other(Max31865):
        def _read_register(self, register):
            return answer(super()._read_register(register), register)

    assert not make(model=Other).driver.identify()


@pytest.mark.parametrize("mask", [0x01, 0x00])
def test_driver_does_not_mind_the_meaningless_bits_of_the_thresholds(mask):
    class Other(Max31865):
        def _read_register(self, register):
            octet = super()._read_register(register)
            return octet & 0xFE | mask if register in (4, 6) else octet

    assert make(model=Other).driver.identify()


@pytest.mark.parametrize("wires, three_wires", [(2, 0x00), (3, 0x10), (4, 0x00)])
@pytest.mark.parametrize("filter_hz, filter_bit", [(50, 0x01), (60, 0x00)])
def test_driver_sets_wires_and_filter_as_the_data_sheet_codes_them(wires, three_wires, filter_hz, filter_bit):
    bench = make(wires=wires, filter_hz=filter_hz)
    assert bench.run()
    assert bench.register(CONFIG) == 0xC0 | three_wires | filter_bit
    assert bench.clock.now_ns() <= 100 * MS


def test_driver_sets_up_a_part_that_converts_with_another_filter_from_an_earlier_boot():
    bench = make(filter_hz=60)
    write(bench, CONFIG, 0x81)
    bench.sleep_ms(11)
    write(bench, CONFIG, 0xC1)
    bench.sleep_ms(100)
    assert bench.run()
    assert bench.register(CONFIG) == 0xC0


def test_driver_clears_faults_of_an_earlier_boot():
    bench = make()
    bench.model.tell_fault()
    assert bench.run()
    assert bench.register(FAULT_STATUS) == 0


@pytest.mark.parametrize("lost", [0x40, 0x10, 0x01])
def test_driver_refuses_a_part_that_does_not_take_its_configuration(lost):
    class Deaf(Max31865):
        def _configure(self, value):
            super()._configure(value & ~lost)

    assert not make(model=Deaf, wires=3).configure()


@pytest.mark.parametrize("filter_hz", [50, 60])
def test_samples_come_at_the_data_rate_and_the_first_is_a_measurement(filter_hz):
    bench = make(filter_hz=filter_hz)
    assert bench.run()
    assert bench.value(bench.read())["temperature"] == pytest.approx(21.0, abs=0.5)
    made = len(bench.model.produced)
    bench.sleep_ms(1000)
    times = [sample.time_ns for sample in bench.model.produced[made:]]
    assert len(times) == pytest.approx(filter_hz, abs=1)
    assert (times[-1] - times[0]) / (len(times) - 1) == pytest.approx(1e9 / filter_hz, abs=1)
    assert bench.table.data_rate_hz() == filter_hz


def test_a_whole_sample_read_is_the_newest_one_made():
    bench = make()
    assert bench.run()
    for _ in range(5):
        bench.sleep_ms(20)
        assert bench.read() == bench.model.produced[-1].raw
    assert [sample.raw for sample in bench.model.read_out][-5:] == [sample.raw for sample in bench.model.produced[-5:]]


@pytest.mark.parametrize("degc, ohm", IEC_60751[1:-1])  # at its ends noise goes beyond the standard
@pytest.mark.parametrize("rtd_ohm, reference_ohm", [(100, 430.0), (1000, 4000.0)])
def test_values_follow_the_temperature_within_noise_and_resolution(degc, ohm, rtd_ohm, reference_ohm):
    bench = make(degc, rtd_ohm=rtd_ohm, reference_ohm=reference_ohm)
    assert bench.run()
    bench.sleep_ms(4000)
    values = bench.values(*(sample.raw for sample in bench.model.produced[-200:]))
    step = reference_ohm / 32768
    assert fmean(values["resistance"]) == pytest.approx(ohm * rtd_ohm / 100, abs=step + 0.0005 * rtd_ohm / 100)
    slope = rtd_ohm / 100 * 0.29  # ohm a degree at least
    assert fmean(values["temperature"]) == pytest.approx(degc, abs=2 * step / slope)


def test_noise_is_the_data_sheets_150_microvolts():
    bench = make(lambda t_s: 0.3 * t_s)
    assert bench.run()
    bench.sleep_ms(40_000)
    samples = bench.model.produced
    words = [(int.from_bytes(sample.raw, "big") >> 1) for sample in samples]
    ratio = [1 + 3.9083e-3 * 0.3 * sample.time_ns / 1e9 - 5.775e-7 * (0.3 * sample.time_ns / 1e9) ** 2 for sample in samples]
    errors = [word - value * 100 / 430 * 32768 for word, value in zip(words, ratio, strict=True)]
    reference_v = 2.0 * 430 / 530
    assert pstdev(errors) == pytest.approx(150e-6 / reference_v * 32768, rel=0.06)
    noise = bench.table.noise()
    assert noise["resistance"] * 25**0.5 == pytest.approx(150e-6 / reference_v * 430, rel=1e-6)
    assert noise["temperature"] == pytest.approx(degrees(bench, noise["resistance"]), rel=0.01)


def test_full_scale_is_that_of_reference_and_standard():
    assert make().table.full_scale() == {"temperature": (-200.0, 850.0), "resistance": (0.0, 430.0)}
    hottest = make(reference_ohm=200.0).table.full_scale()["temperature"][1]
    assert hottest == pytest.approx(266.4, abs=0.1)


# --- faults that the part tells ---


@pytest.mark.parametrize("resistance_ohm, status", [(math.inf, 0x80), (430.5, 0x80), (0.0, 0x40)])
def test_a_broken_or_shorted_element_is_a_fault_and_no_value(resistance_ohm, status):
    bench = make()
    assert bench.run()
    bench.model.resistance_ohm = resistance_ohm
    bench.sleep_ms(200)
    sample = bench.read()
    assert sample[1] & 1
    assert set(bench.value(sample).values()) == {None}
    assert bench.register(FAULT_STATUS) == status


def test_a_fault_is_told_until_it_is_cleared_and_so_long_nothing_is_a_value():
    bench = make()
    assert bench.run()
    bench.model.tell_fault()
    for _ in range(3):
        bench.sleep_ms(20)
        sample = bench.read()
        assert sample[1] & 1
        assert set(bench.value(sample).values()) == {None}
    assert bench.configure()
    bench.sleep_ms(20)
    assert bench.value(bench.read())["temperature"] == pytest.approx(21.0, abs=0.5)


def test_a_sample_from_before_the_first_conversion_is_no_value():
    bench = make()
    assert bench.read() == bytes(2)
    assert set(bench.value(bytes(2)).values()) == {None}


def test_a_temperature_beyond_the_standard_is_no_temperature_but_a_resistance():
    bench = make(reference_ohm=4300.0, temperature=1200.0)
    assert bench.run()
    values = bench.value(bench.read())
    assert values["temperature"] is None
    assert values["resistance"] > 400


# --- DRDY ---


def test_ready_line_rests_high_and_holds_low_until_the_result_is_read():
    line = LineRecorder()
    bench = make(line=line)
    assert bench.run()
    assert line.level is True
    line.changes.clear()
    bench.sleep_ms(20)
    assert line.changes == [(bench.model.produced[-1].time_ns, False)]
    bench.sleep_ms(100)
    assert len(line.changes) == 1, "unread, it holds"
    bench.read()
    assert line.level is True
    assert Driver.ACTIVE_LOW and Driver.LINE_HOLDS


# --- the model ---


def test_model_has_the_reset_values_of_the_data_sheet():
    bench = make()
    assert [bench.register(register) for register in range(8)] == [0x00, 0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00, 0x00]


@pytest.mark.parametrize("register", [0x08, 0x3F, 0x7F])
def test_model_refuses_a_register_that_is_not_there(register):
    with pytest.raises(ModelError, match="no such register"):
        make().register(register)
    with pytest.raises(ModelError, match="no such register"):
        write(make(), register, 0)


@pytest.mark.parametrize("register", [0x01, 0x02, 0x07])
def test_model_refuses_to_write_what_is_read_only(register):
    with pytest.raises(ModelError, match="read-only"):
        write(make(), register, 0)


@pytest.mark.parametrize(
    "value, reason",
    [
        (0x84, "fault detection"),
        (0x88, "fault detection"),
        (0xA2, "0 in D5"),
        (0xE0, "1-shot in auto"),
        (0xC0, "bias"),
        (0x60, "1-shot"),
    ],
)
def test_model_refuses_configurations_that_the_part_does_not_define(value, reason):
    with pytest.raises(ModelError, match=reason):
        write(make(), CONFIG, value)


def test_model_refuses_a_conversion_before_the_bias_has_settled_and_a_filter_changed_in_auto_mode():
    bench = make()
    write(bench, CONFIG, 0x81)
    bench.sleep_ms(9)
    with pytest.raises(ModelError, match="bias has settled"):
        write(bench, CONFIG, 0xC1)
    bench.sleep_ms(1)
    write(bench, CONFIG, 0xC1)
    with pytest.raises(ModelError, match="notch frequency"):
        write(bench, CONFIG, 0x80)


def test_a_single_conversion_is_one_and_clears_its_bit():
    bench = make()
    write(bench, CONFIG, 0x80)
    bench.sleep_ms(10)
    write(bench, CONFIG, 0xA0)
    assert bench.register(CONFIG) == 0x80
    bench.sleep_ms(500)
    assert [sample.time_ns for sample in bench.model.produced] == [62 * MS]


def test_thresholds_of_the_definition_of_a_fault_are_compared_with_every_conversion():
    bench = make()
    assert bench.run()
    write(bench, THRESHOLDS, 0x20, 0x00)  # 53.75 ohm
    bench.sleep_ms(20)
    assert bench.register(FAULT_STATUS) == 0x80
    assert bench.read()[1] & 1


def test_part_takes_the_spi_modes_of_the_data_sheet():
    assert Max31865.modes == (1, 3)
    assert Driver.SPI_MODE in Max31865.modes


def test_the_same_seed_gives_the_same_samples_and_another_others():
    def samples(seed):
        bench = make(seed=seed)
        bench.run()
        bench.sleep_ms(500)
        return bench.model.produced

    assert samples(1) == samples(1) != samples(2)


# --- faults ---


def test_an_absent_part_is_refused_and_gives_no_values():
    bench = make()
    assert bench.run()
    bench.model.absent = True
    assert set(bench.value(bench.read()).values()) == {None}
    assert not bench.driver.identify()
    assert not bench.configure()


def test_a_refused_transfer_gives_no_value_and_the_next_is_whole():
    bench = make()
    assert bench.run()
    bench.sleep_ms(20)
    bench.model.fail_next(1)
    assert bench.value(bench.read())["temperature"] is None
    assert bench.read() == bench.model.produced[-1].raw


def test_a_part_that_lost_its_power_is_as_new_and_can_be_set_up_again():
    line = LineRecorder()
    bench = make(line=line)
    assert bench.run()
    bench.sleep_ms(30)
    bench.read()
    bench.model.power_cycle(20 * MS)
    assert line.level is False
    assert bench.read() == b"\xff\xff"
    made = len(bench.model.produced)
    bench.sleep_ms(20)
    assert line.level is True
    bench.sleep_ms(200)
    assert len(bench.model.produced) == made
    assert bench.register(CONFIG) == 0x00
    assert bench.run()
    assert bench.value(bench.read())["temperature"] == pytest.approx(21.0, abs=0.5)
