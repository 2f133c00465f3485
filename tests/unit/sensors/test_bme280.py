"""The BME280: its compensation against published numbers, its model's manners, and board driver and host together."""

import dataclasses
import struct
from random import Random
from statistics import fmean, pstdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freefall.sensors.catalogue.bme280 import SENSOR, STARTUP_NS
from freefall.sensors.catalogue.bme280.compensation import OCTETS, Trimming, fine_temperature, humidity_percent, pressure_pa
from freefall.sensors.catalogue.bme280.model import factory_trimming
from freefall.sensors.part import ModelError
from freefall.sensors.signals import constant
from freefall_board.drivers.bme280 import Bme280
from unit.sensors.model_device import MS, Bench, assert_halves_agree

CTRL_HUM, STATUS, CTRL_MEAS, CONFIG, DATA = 0xF2, 0xF3, 0xF4, 0xF5, 0xF7
BLANK = bytes.fromhex("8000008000008000")
STILL = {"temperature": constant(21.5), "pressure": constant(98_765.0), "humidity": constant(43.0)}


def make(signals=STILL, seed=1, address=0x76, **options):
    return Bench(SENSOR, Bme280, {"address": address, **options}, signals=signals, seed=seed)


@pytest.fixture
def bench():
    bench = make()
    assert bench.run()
    return bench


@pytest.fixture
def bus(controller):
    return controller(make().model)


# --- compensation ---

# Trimming parameters, words and results that others published: the example of the BMP280's data sheet (3.12), whose temperature
# and pressure are the BME280's; two listings of parts in a public driver's tests; one of another's.
DATA_SHEET = Trimming(
    27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000, h1=75, h2=360, h3=0, h4=300, h5=0, h6=30
)
PUBLISHED = [
    (DATA_SHEET, (519888, 415148, None), (25.0825, 100653.27, None), (5e-5, 0.02, None)),
    (
        Trimming(28009, 25654, 50, 39145, -10750, 3024, 5667, -120, -7, 15500, -14600, 6000, 75, 376, 0, 286, 50, 30),
        (529191, 326816, 30281), (24.7894877676, 100661.517564, 68.66996648709039), (1e-9, 0.02, 1e-4),
    ),
    (
        Trimming.from_octets(bytes.fromhex(
            "3270d06832003a8e1bd6d00b152464fff9ff0c3020d18813004b" "4c01001920031e")),
        (0x7FE30, 0x4EBAC, 0x8E1A), (20.56, 98456.1875, 54.42), (0.01, 2, 0.01),
    ),
    (
        Trimming.from_octets(bytes.fromhex(
            "e66ecf663200fb9057d5d00bea1a7bfff9ffac260ad8bd10004b" "660100140a001e")),
        (0x7F920, 0x51E90, 0x7415), (21.43, 100819.0, 47.33), (0.01, 2, 0.01),
    ),
]  # fmt: skip


def compensated(trim, temperature, pressure, humidity):
    """(degC, Pa, %RH) as the host makes them."""
    words = {"temperature": temperature, "pressure": pressure, "humidity": humidity or 0}
    raw = {name: np.array([word], np.int64) for name, word in words.items()}
    values = SENSOR.table.model_construct().compensate(raw, trim.octets())
    return tuple(float(values[name][0]) for name in words)


def by_integers(trim, temperature, pressure, humidity):
    """The data sheet's 32 and 64 bit integer code (4.2.3), written anew: (0.01 degC, Pa / 256, %RH / 1024)."""
    low = (((temperature >> 3) - (trim.t1 << 1)) * trim.t2) >> 11
    square = ((((temperature >> 4) - trim.t1) ** 2 >> 12) * trim.t3) >> 14
    t_fine = low + square
    t = t_fine - 128000
    offset = t * t * trim.p6 + ((t * trim.p5) << 17) + (trim.p4 << 35)
    slope = (((1 << 47) + (t * t * trim.p3 >> 8) + ((t * trim.p2) << 12)) * trim.p1) >> 33
    p = (((1048576 - pressure) << 31) - offset) * 3125 // slope
    p = ((p + ((trim.p9 * (p >> 13) * (p >> 13)) >> 25) + (trim.p8 * p >> 19)) >> 8) + (trim.p7 << 4)
    t = t_fine - 76800
    h = ((humidity << 14) - (trim.h4 << 20) - trim.h5 * t + 16384) >> 15
    h *= ((((t * trim.h6 >> 10) * ((t * trim.h3 >> 11) + 32768)) >> 10) + 2097152) * trim.h2 + 8192 >> 14
    h -= ((h >> 15) ** 2 >> 7) * trim.h1 >> 4
    return (t_fine * 5 + 128) >> 8, p, min(max(h, 0), 419430400) >> 12


@pytest.mark.parametrize(("trim", "words", "values", "tolerances"), PUBLISHED)
def test_published_words_give_the_published_values(trim, words, values, tolerances):
    for mine, value, tolerance in zip(compensated(trim, *words), values, tolerances, strict=True):
        assert value is None or mine == pytest.approx(value, abs=tolerance)


def test_the_example_of_the_data_sheet_has_its_fine_temperature_and_its_pressure_with_all_of_it():
    t_fine = fine_temperature(519888, DATA_SHEET)
    assert t_fine == pytest.approx(128422.287, abs=1e-3)
    assert pressure_pa(415148, t_fine, DATA_SHEET) == pytest.approx(100653.27, abs=0.005)


def test_the_integers_of_the_data_sheets_example_are_those_that_its_code_gives():
    # Its figure prints 25767236, which its own 64 bit code does not give.
    assert by_integers(DATA_SHEET, 519888, 415148, 0)[:2] == (2508, 25767233)


@given(
    st.integers(0, 10**6), st.integers(0, 60), st.integers(300_000, 700_000), st.integers(150_000, 700_000),
    st.integers(20_000, 45_000),
)  # fmt: skip
def test_integers_and_floats_agree_within_the_integers_resolution(seed, h3, temperature, pressure, humidity):
    trim = factory_trimming(Random(seed))._replace(h3=h3)
    floats = compensated(trim, temperature, pressure, humidity)
    centidegrees, pa_256, rh_1024 = by_integers(trim, temperature, pressure, humidity)
    assert floats[0] == pytest.approx(centidegrees / 100, abs=0.011)
    assert floats[1] == pytest.approx(pa_256 / 256, abs=0.8)
    assert floats[2] == pytest.approx(rh_1024 / 1024, abs=0.02)


@given(st.integers(0, 2**64))
def test_trimming_parameters_come_back_out_of_their_octets(seed):
    random = Random(seed)
    octets = random.randbytes(24) + b"\0" + random.randbytes(8)
    assert Trimming.from_octets(octets).octets() == octets


def test_the_halves_of_h4_and_h5_share_an_octet_and_are_signed():
    octets = bytes(26) + bytes((0x68, 0x01, 0x00, 0x13, 0x2C, 0x83, 0x1E))
    trim = Trimming.from_octets(octets)
    assert (trim.h2, trim.h3, trim.h4, trim.h5, trim.h6) == (360, 0, 0x13C, struct.unpack("<h", b"\x32\xf8")[0], 30)


@pytest.mark.parametrize("seed", range(20))
def test_a_parts_words_reach_all_over_its_ranges(seed):
    trim = factory_trimming(Random(seed))
    assert fine_temperature(0, trim) / 5120 < -40 and fine_temperature(0xFFFFF, trim) / 5120 > 85
    for degc in (-40, 0, 25, 85):
        t_fine = degc * 5120
        pressures = [pressure_pa(word, t_fine, trim) for word in range(0, 1 << 20, 4096)]
        assert pressures == sorted(pressures, reverse=True)
        assert pressures[0] > 110_000 and pressures[-1] < 30_000
        wetness = [humidity_percent(word, t_fine, trim) for word in range(0, 1 << 16, 256)]
        assert wetness == sorted(wetness)
        assert wetness[0] < 0 and wetness[-1] > 100


def test_without_its_coefficients_a_sample_is_worth_nothing():
    raw = {name: np.array([500_000, 30_000]) for name in SENSOR.table.CHANNELS}
    for coefficients in (None, b"", bytes(OCTETS - 1)):
        values = SENSOR.table.model_construct().compensate(raw, coefficients)
        assert all(np.isnan(values[name]).all() and len(values[name]) == 2 for name in SENSOR.table.CHANNELS)


def test_coefficients_that_divide_by_zero_give_no_pressure():
    raw = {name: np.array([500_000]) for name in SENSOR.table.CHANNELS}
    values = SENSOR.table.model_construct().compensate(raw, bytes(OCTETS))
    assert np.isnan(values["pressure"][0])


# --- driver, model and table ---


def test_board_and_host_agree_on_a_sample(bench):
    assert_halves_agree(bench)


def test_the_board_sends_the_parts_coefficients(bench):
    assert bench.coefficients == bench.model.trimming.octets()


@pytest.mark.parametrize("identity", [0x58, 0x61, 0x00, 0xFF])
def test_another_part_at_the_address_is_not_identified(identity):
    bench = make()
    assert bench.driver.identify()
    read = bench.model._read_register
    bench.model._read_register = lambda register: identity if register == 0xD0 else read(register)
    assert not bench.driver.identify()


@pytest.mark.parametrize("oversampling", [1, 2, 4, 8, 16])
@pytest.mark.parametrize(("filter_", "standby_ms"), [(1, 0.5), (2, 62.5), (4, 1000), (8, 10), (16, 20)])
def test_options_reach_the_registers(oversampling, filter_, standby_ms):
    bench = make(
        temperature_oversampling=oversampling, pressure_oversampling=16, humidity_oversampling=oversampling,
        filter=filter_, standby_ms=standby_ms,
    )  # fmt: skip
    assert bench.run()
    code = oversampling.bit_length()
    standby_code = {0.5: 0, 62.5: 1, 1000: 5, 10: 6, 20: 7}[standby_ms]
    assert bench.register(CTRL_HUM) == code
    assert bench.register(CTRL_MEAS) == code << 5 | 5 << 2 | 3
    assert bench.register(CONFIG) == standby_code << 5 | (filter_.bit_length() - 1) << 2


@pytest.mark.parametrize("register", [CTRL_HUM, CTRL_MEAS, CONFIG])
def test_a_part_that_does_not_take_its_configuration_is_refused(register):
    bench = make(standby_ms=20)
    write = bench.model._write_register
    bench.model._write_register = lambda at, value: None if at == register else write(at, value)
    assert not bench.run()


def test_a_part_that_never_measures_is_refused():
    bench = make()
    bench.model._begin_cycle = lambda began_ns: None
    assert not bench.run()
    assert bench.clock.now_ns() < 1100 * MS


def test_a_part_that_never_ends_its_start_is_refused():
    bench = make()
    read = bench.model._read_register
    bench.model._read_register = lambda register: 0x01 if register == STATUS else read(register)
    assert not bench.run()


def test_the_first_sample_after_configuration_is_a_measured_one(bench):
    assert bench.read() == bench.model.produced[-1].raw


def test_samples_read_are_those_produced():
    bench = make(signals={})
    assert bench.run()
    for _ in range(20):
        bench.sleep_ms(8.7)
        sample = bench.read()
        assert sample == bench.model.produced[-1].raw == bench.model.read_out[-1].raw
    assert len({made.raw for made in bench.model.produced}) > 10


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("degc", "pa", "percent"),
    [(21.5, 98_765.0, 43.0), (-39.0, 30_500.0, 1.0), (84.0, 109_500.0, 99.0), (0.0, 70_000.0, 50.0)],
)
def test_values_follow_the_signals_within_the_parts_noise_and_resolution(degc, pa, percent, seed):
    signals = {"temperature": constant(degc), "pressure": constant(pa), "humidity": constant(percent)}
    bench = make(signals, seed, temperature_oversampling=16, pressure_oversampling=16, humidity_oversampling=16, address=0x77)
    assert bench.run()
    samples = []
    for _ in range(40):
        bench.sleep_ms(110)
        samples.append(bench.read())
    values = bench.values(*samples)
    assert fmean(values["temperature"]) == pytest.approx(degc, abs=0.002)
    assert fmean(values["pressure"]) == pytest.approx(pa, abs=1.0)
    assert fmean(values["humidity"]) == pytest.approx(percent, abs=0.02)
    assert 0.001 < pstdev(values["temperature"]) < 0.003
    assert 0.8 < pstdev(values["pressure"]) < 2.0
    assert 0.01 < pstdev(values["humidity"]) < 0.03


def test_values_without_oversampling_are_coarse_and_not_biased():
    bench = make()
    assert bench.run()
    bench.sleep_ms(8.5 * 900)
    values = bench.values(*(made.raw for made in bench.model.produced))
    assert fmean(values["temperature"]) == pytest.approx(21.5, abs=0.001)
    assert fmean(values["pressure"]) == pytest.approx(98_765, abs=0.5)
    assert fmean(values["humidity"]) == pytest.approx(43, abs=0.015)
    assert pstdev(values["pressure"]) == pytest.approx(3.3, rel=0.15)
    assert pstdev(values["humidity"]) == pytest.approx(0.07, rel=0.15)


@pytest.mark.parametrize(("degc", "pa"), [(400.0, 98_765.0), (-300.0, 98_765.0), (20.0, 500_000.0), (20.0, -50_000.0)])
def test_a_word_ends_where_its_bits_do(degc, pa):
    bench = make({**STILL, "temperature": constant(degc), "pressure": constant(pa)})
    assert bench.run()
    assert len(bench.model.produced[-1].raw) == bench.table.SAMPLE_LEN
    assert bench.read() == bench.model.produced[-1].raw


def test_a_sample_is_of_the_middle_of_its_measurement():
    bench = make({**STILL, "temperature": lambda t_s: 20 + 10 * t_s}, temperature_oversampling=16)
    assert bench.run()
    bench.sleep_ms(500)
    sample = bench.model.produced[-1]
    # 16 * 2 + 1 * 2 + 1 * 2 + 1 + 0.5 + 0.5 ms of measurement end at the sample's time.
    assert bench.value(sample.raw)["temperature"] == pytest.approx(20 + 10 * (sample.time_ns / 1e9 - 0.019), abs=0.008)


@pytest.mark.parametrize(
    ("options", "period_ms"),
    [({}, 8.5), ({"temperature_oversampling": 16, "standby_ms": 62.5}, 38 + 62.5), ({"standby_ms": 10}, 18)],
)
def test_measurements_are_their_own_time_and_the_standby_apart(options, period_ms):
    bench = make(**options)
    assert bench.run()
    bench.sleep_ms(1000)
    times = [sample.time_ns for sample in bench.model.produced]
    assert {later - earlier for earlier, later in zip(times[:-1], times[1:], strict=True)} == {period_ms * MS}
    assert bench.table.data_rate_hz() == pytest.approx(1000 / period_ms)


def test_the_filter_smooths_a_step_as_its_table_says():
    level = [90_000.0]
    bench = make({**STILL, "pressure": lambda t_s: level[0]}, filter=16)
    assert bench.run()
    bench.sleep_ms(100)
    level[0] = 100_000.0
    seen = []
    for _ in range(30):
        bench.sleep_ms(8.5)
        seen.append(bench.value(bench.read())["pressure"])
    # Table 6: 22 samples until three quarters of a step.
    assert next(n for n, pa in enumerate(seen, 1) if pa >= 97_500) in (21, 22, 23)


@pytest.mark.parametrize(("oversampling", "resolution"), [(1, 16), (2, 8), (4, 4), (8, 2), (16, 1)])
def test_the_resolution_grows_with_the_oversampling_and_is_full_with_the_filter(oversampling, resolution):
    coarse = make({}, pressure_oversampling=oversampling)
    fine = make({}, pressure_oversampling=oversampling, filter=2)
    for bench, steps in ((coarse, resolution), (fine, 1)):
        assert bench.run()
        bench.sleep_ms(3000)
        words = [int.from_bytes(sample.raw[:3], "big") >> 4 for sample in bench.model.produced]
        assert np.gcd.reduce(words) % steps == 0 and np.gcd.reduce(np.diff(words)) == steps


def test_noise_is_the_data_sheets_for_a_sample():
    table = make(standby_ms=0.5).table
    noise = table.noise()
    per_sample = {name: density * (table.data_rate_hz() / 2) ** 0.5 for name, density in noise.items()}
    assert per_sample == pytest.approx({"temperature": 0.005, "pressure": 3.3, "humidity": 0.07})
    assert set(table.full_scale()) == set(table.CHANNELS)


# --- samples that are worth nothing ---


def test_a_part_that_came_back_without_its_configuration_gives_no_values(bench):
    bench.model.power_cycle()
    bench.sleep_ms(20)
    sample = bench.read()
    assert sample == BLANK
    assert bench.value(sample) == {"temperature": None, "pressure": None, "humidity": None}


def test_a_measured_word_that_looks_skipped_is_a_value(bench):
    sample = bytearray(bench.read())
    sample[3:6] = b"\x80\x00\x00"  # about 21 degC: any room
    assert 15 < bench.value(bytes(sample))["temperature"] < 30


# --- faults ---


@pytest.mark.parametrize("act", ["identify", "configure", "read"])
def test_an_absent_part_is_an_os_error(bench, act):
    bench.model.absent = True
    with pytest.raises(OSError, match="acknowledge"):
        {"identify": bench.driver.identify, "configure": bench.configure, "read": bench.read}[act]()


def test_sampling_goes_on_after_a_failed_read(bench):
    bench.model.fail_next(1)
    with pytest.raises(OSError, match="acknowledge"):
        bench.read()
    assert bench.read() == bench.model.produced[-1].raw


def test_a_part_that_lost_its_power_can_be_configured_anew(bench):
    bench.sleep_ms(50)
    coefficients = bench.coefficients
    bench.model.power_cycle()
    made = len(bench.model.produced)
    with pytest.raises(OSError, match="acknowledge"):
        bench.read()
    bench.sleep_ms(20)
    assert len(bench.model.produced) == made
    assert bench.run() and bench.coefficients == coefficients
    assert bench.value(bench.read())["humidity"] == pytest.approx(43, abs=0.5)


def test_a_part_is_the_same_part_for_a_seed_and_another_for_another():
    def identity(**options):
        bench = make(**options)
        assert bench.run()
        return bench.coefficients, bench.read()

    assert identity() == identity()
    assert identity()[0] != identity(seed=2)[0] != identity(address=0x77)[0]


# --- what the model refuses ---


def test_registers_read_their_reset_values(bus):
    assert bus.read(0xD0, 1) == b"\x60"
    assert bus.read(0xE0, 1) == b"\0"
    assert bus.read(CTRL_HUM, 4) == bytes(4)
    assert bus.read(DATA, 8) == BLANK


@pytest.mark.parametrize("register", [0x00, 0x87, 0xA2, 0xCF, 0xD1, 0xDF, 0xF1, 0xF6, 0xFF])
def test_a_reserved_register_is_refused(bus, register):
    with pytest.raises(ModelError, match="reserved"):
        bus.read(register, 1)
    with pytest.raises(ModelError, match="reserved"):
        bus.write(register, 0)


@pytest.mark.parametrize("register", [0x88, 0xA1, 0xD0, 0xE1, 0xF0, STATUS, DATA, 0xFE])
def test_a_read_only_register_is_refused(bus, register):
    with pytest.raises(ModelError, match="read-only"):
        bus.write(register, 0)


@pytest.mark.parametrize(
    ("register", "value", "what"),
    [
        (CTRL_HUM, 0x08, "reserved bits"), (CONFIG, 0x02, "reserved bits"), (CONFIG, 0x01, "3-wire"),
        (CTRL_MEAS, 0x25, "forced mode"), (CTRL_MEAS, 0x26, "forced mode"), (0xE0, 0x00, "0xb6"),
    ],
)  # fmt: skip
def test_values_without_a_meaning_are_refused(bus, register, value, what):
    with pytest.raises(ModelError, match=what):
        bus.write(register, value)


def test_the_configuration_is_refused_in_normal_mode(bus):
    bus.write(CTRL_MEAS, 0x27)
    with pytest.raises(ModelError, match="sleep mode"):
        bus.write(CONFIG, 0x00)


def test_a_read_needs_a_register_of_its_own(bus):
    with pytest.raises(ModelError, match="no register was named"):
        bus.read_on(1)
    bus.read(0xD0, 1)
    with pytest.raises(ModelError, match="no register was named"):
        bus.read_on(1)
    bus.write(CTRL_HUM, 1)
    with pytest.raises(ModelError, match="no register was named"):
        bus.read_on(1)


def test_a_burst_beyond_the_last_register_is_refused(bus):
    with pytest.raises(ModelError, match="reserved"):
        bus.read(DATA, 9)


def test_writes_are_pairs_of_register_and_value(bus):
    bus.write(CTRL_HUM, 1, CONFIG, 0xE0)
    assert bus.read(CTRL_HUM, 4) == bytes((1, 0, 0, 0xE0))
    with pytest.raises(ModelError, match="gets no value"):
        bus.write(CTRL_HUM, 1, CONFIG)


def test_the_humidity_setting_waits_for_a_write_of_ctrl_meas(controller):
    bench = make()
    bus = controller(bench.model)
    bus.write(CTRL_MEAS, 0x27)
    bus.write(CTRL_HUM, 1)
    bench.sleep_ms(100)
    assert bus.read(0xFD, 2) == b"\x80\x00", "skipped"
    bus.write(CTRL_MEAS, 0x27)
    bench.sleep_ms(100)
    assert bus.read(0xFD, 2) != b"\x80\x00"


def test_skipped_measurements_read_as_the_data_sheet_says(controller):
    bench = make()
    bus = controller(bench.model)
    bus.write(CTRL_MEAS, 0x03)
    bench.sleep_ms(10)
    assert bench.model.produced[-1].raw == BLANK
    bus.write(CTRL_MEAS, 0x23)
    bench.sleep_ms(10)
    assert bus.read(DATA, 3) == b"\x80\x00\x00" != bus.read(0xFA, 3)


def test_a_burst_is_of_one_measurement(bench):
    model = bench.model
    model.start(read=False)
    model.write(DATA)
    model.start(read=True)
    began = model.produced[-1].raw
    octets = bytearray((model.read(),))
    bench.sleep_ms(50)
    octets += bytes(model.read() for _ in range(7))
    model.stop()
    assert octets == began != model.produced[-1].raw


def test_the_part_says_that_it_measures_and_sleeps_at_the_end_of_a_measurement(bench, controller):
    bus = controller(bench.model)
    seen = set()
    for _ in range(40):
        bench.sleep_ms(0.3)
        seen.add(bus.read(STATUS, 1))
    assert seen == {b"\x00", b"\x08"}
    while bus.read(STATUS, 1) == b"\x00":
        bench.sleep_ms(0.1)
    made = len(bench.model.produced)
    bus.write(CTRL_MEAS, 0x24)
    bench.sleep_ms(100)
    assert len(bench.model.produced) == made + 1 and bus.read(STATUS, 1) == b"\x00"


def test_a_reset_silences_the_part_for_its_start(bus, nacked):
    model = bus.target
    bus.write(CTRL_HUM, 5)
    bus.write(0xE0, 0xB6)
    with pytest.raises(nacked):
        bus.read(0xD0, 1)
    model.clock.advance_to(model.clock.now_ns() + STARTUP_NS)
    assert bus.read(CTRL_HUM, 1) == b"\0"


@pytest.mark.parametrize("address", [0x75, 0x78, None])
def test_a_part_elsewhere_is_refused(address):
    bench = make()
    wiring_signals = {"temperature": constant(0), "pressure": constant(0), "humidity": constant(0)}
    with pytest.raises(ModelError, match="its address is"):
        type(bench.model)(address, bench.clock, wiring_signals, 1)


def test_the_channels_are_compensated_and_checked():
    table = make().table
    assert [(channel.name, channel.unit) for channel in table.channels()] == [
        ("temperature", "degC"), ("pressure", "Pa"), ("humidity", "%RH"),
    ]  # fmt: skip
    assert dataclasses.asdict(table.checks()[0])["channels"] == table.CHANNELS
