"""The BMP390: its compensation against published numbers, its model's manners, and board driver and host together."""

from random import Random
from statistics import fmean, pstdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from freefall.sensors.catalogue.bmp390 import PULSE_NS, SENSOR, STARTUP_NS
from freefall.sensors.catalogue.bmp390.compensation import OCTETS, Trimming, pressure_pa, temperature_degc
from freefall.sensors.catalogue.bmp390.model import factory_trimming
from freefall.sensors.catalogue.bmp390.table import OVERSAMPLINGS, RATES_HZ
from freefall.sensors.part import ModelError
from freefall.sensors.signals import constant
from freefall_board.drivers.bmp390 import Bmp390
from unit.sensors.line_recorder import LineRecorder
from unit.sensors.model_device import MS, Bench, assert_halves_agree

ERR, STATUS, DATA, EVENT, INT_STATUS, INT_CTRL = 0x02, 0x03, 0x04, 0x10, 0x11, 0x19
PWR_CTRL, OSR, ODR, CONFIG, NVM, CMD = 0x1B, 0x1C, 0x1D, 0x1F, 0x31, 0x7E
BLANK = bytes.fromhex("000080000080")
STILL = {"temperature": constant(21.5), "pressure": constant(98_765.0)}


def make(signals=STILL, seed=1, address=0x76, odr_hz=50, lines=None, **options):
    bench = Bench(
        SENSOR, Bmp390, {"address": address, "odr_hz": odr_hz, **options}, signals=signals, seed=seed, lines=lines or {}
    )  # fmt: skip
    for line in (lines or {}).values():
        line.clock = bench.clock
    return bench


@pytest.fixture
def bench():
    bench = make()
    assert bench.run()
    return bench


@pytest.fixture
def bus(controller):
    return controller(make().model)


# --- compensation ---

# What others published: a BMP388 in the tests of an Elixir library, whose formulas are the same; a BMP390's log of a MicroPython
# driver, to the digits it printed in single precision.
PUBLISHED = [
    (
        Trimming.from_octets(bytes.fromhex("236b5849f65cffcef42300ea636e79f3f6aa4312c4")),
        bytes.fromhex("979f6d73d885"), (100_876.00634692199, 30.499314453874284), (1e-6, 1e-9),
    ),
    (
        Trimming(28429, 19806, -7, 7074, 5625, 6, 1, 19066, 23694, 3, -6, 3866, 5, -11),
        (6_193_152).to_bytes(3, "little") + (8_385_024).to_bytes(3, "little"), (103_037.0, 20.39), (5, 0.01),
    ),
]  # fmt: skip


def compensated(trim, sample):
    """(Pa, degC) as the host makes them."""
    table = make().table
    octets = np.frombuffer(sample, np.uint8).reshape(1, 6)
    values = table.compensate({channel.name: channel.raw.values(octets) for channel in table.channels()}, trim.octets())
    return float(values["pressure"][0]), float(values["temperature"][0])


def by_integers(trim, pressure, temperature):
    """Bosch's 64 bit integers (BMP3_SensorAPI), written anew: (Pa / 100, degC / 100). Its divisions go towards 0."""

    def over(value, divisor):
        return abs(value) // divisor * (1 if value >= 0 else -1)

    above = temperature - 256 * trim.t1
    t = over(trim.t2 * above * 262144 + above * above * trim.t3, 2**32)
    square, cube = t * t, over(over(t * t, 64) * t, 256)
    offset = trim.p5 * 2**47 + over(trim.p8 * cube, 32) + trim.p7 * square * 16 + trim.p6 * t * 2**22
    slope = (trim.p1 - 16384) * 2**46 + over(trim.p4 * cube, 32) + trim.p3 * square * 4 + (trim.p2 - 16384) * t * 2**21
    curve = over((trim.p10 * t + 65536 * trim.p9) * pressure, 8192)
    total = over(offset, 4) + over(slope, 2**24) * pressure + over(pressure * over(curve, 10), 512) * 10
    total += over(over(trim.p11 * pressure * pressure, 65536) * pressure, 128)
    return over(total * 25, 2**40), over(t * 25, 16384)


@pytest.mark.parametrize(("trim", "sample", "values", "tolerances"), PUBLISHED)
def test_published_words_give_the_published_values(trim, sample, values, tolerances):
    for mine, value, tolerance in zip(compensated(trim, sample), values, tolerances, strict=True):
        assert mine == pytest.approx(value, abs=tolerance)


def test_published_octets_are_the_published_coefficients():
    trim = PUBLISHED[0][0]
    assert trim == (27_427, 18_776, -10, -164, -2866, 35, 0, 25_578, 31_086, -13, -10, 17_322, 18, -60)


@given(st.integers(0, 10**6), st.integers(3_500_000, 14_000_000), st.integers(6_000_000, 11_000_000))
def test_integers_and_floats_agree_within_the_integers_resolution(seed, pressure, temperature):
    trim = factory_trimming(Random(seed))
    pa, degc = compensated(trim, pressure.to_bytes(3, "little") + temperature.to_bytes(3, "little"))
    pa_100, degc_100 = by_integers(trim, pressure, temperature)
    assert pa == pytest.approx(pa_100 / 100, abs=0.05)
    assert degc == pytest.approx(degc_100 / 100, abs=0.011)


@given(st.binary(min_size=OCTETS, max_size=OCTETS))
def test_coefficients_come_back_out_of_their_octets(octets):
    assert Trimming.from_octets(octets).octets() == octets


@pytest.mark.parametrize("seed", range(20))
def test_a_parts_words_reach_all_over_its_ranges(seed):
    trim = factory_trimming(Random(seed))
    temperatures = [temperature_degc(word, trim) for word in range(0, 1 << 24, 1 << 16)]
    assert temperatures == sorted(temperatures) and temperatures[0] < -40 and temperatures[-1] > 85
    for degc in (-40, 0, 25, 85):
        pressures = [pressure_pa(word, degc, trim) for word in range(0, 1 << 24, 1 << 16)]
        assert pressures == sorted(pressures, reverse=True)
        assert pressures[0] > 125_000 and pressures[-1] < 30_000


def test_without_its_coefficients_a_sample_is_worth_nothing():
    raw = {name: np.array([8_000_000, 9_000_000]) for name in SENSOR.table.CHANNELS}
    for coefficients in (None, b"", bytes(OCTETS + 1)):
        values = make().table.compensate(raw, coefficients)
        assert all(np.isnan(values[name]).all() and len(values[name]) == 2 for name in SENSOR.table.CHANNELS)


# --- options ---


@pytest.mark.parametrize(
    ("pressure", "temperature", "fastest_hz"),
    # The oversamplings and highest rates that the data sheet pairs (3.9.1 and 3.5).
    [(1, 1, 200), (2, 1, 100), (4, 1, 50), (8, 1, 50), (8, 2, 25), (16, 2, 25), (32, 2, 12.5), (32, 32, 6.25)],
)
def test_a_rate_leaves_time_for_the_conversion(pressure, temperature, fastest_hz):
    oversamplings = {"pressure_oversampling": pressure, "temperature_oversampling": temperature}
    for odr_hz in RATES_HZ:
        if odr_hz <= fastest_hz:
            assert make(odr_hz=odr_hz, **oversamplings).table.data_rate_hz() == odr_hz
        else:
            with pytest.raises(ValidationError) as refused:
                make(odr_hz=odr_hz, **oversamplings)
            (fault,) = refused.value.errors()
            assert fault["loc"] == ("odr_hz",)
            assert fault["ctx"]["allowed"].startswith(f"at most {fastest_hz:g}, for a conversion")


@pytest.mark.parametrize("options", [{"odr_hz": 30}, {"pressure_oversampling": 64}, {"filter": 3}, {"address": 0x75}])
def test_options_that_the_part_does_not_have_are_refused(options):
    with pytest.raises(ValidationError) as refused:
        make(**options)
    assert [fault["loc"] for fault in refused.value.errors()] == [(name,) for name in options]


# --- driver, model and table ---


def test_board_and_host_agree_on_a_sample(bench):
    assert_halves_agree(bench)


def test_the_board_sends_the_parts_coefficients(bench):
    assert bench.coefficients == bench.model.trimming.octets()


@pytest.mark.parametrize("identity", [0x50, 0x58, 0x61, 0x00, 0xFF])
def test_another_part_at_the_address_is_not_identified(identity):
    bench = make()
    assert bench.driver.identify()
    read = bench.model._read_register
    bench.model._read_register = lambda register: identity if register == 0x00 else read(register)
    assert not bench.driver.identify()


@pytest.mark.parametrize("pressure_code", range(6))
@pytest.mark.parametrize(("temperature_code", "filter_code", "odr_code"), [(0, 0, 4), (1, 3, 5), (2, 7, 12)])
def test_options_reach_the_registers(pressure_code, temperature_code, filter_code, odr_code):
    bench = make(
        pressure_oversampling=OVERSAMPLINGS[pressure_code], temperature_oversampling=OVERSAMPLINGS[temperature_code],
        filter=1 << filter_code, odr_hz=200 / 2**odr_code,
    )  # fmt: skip
    assert bench.run()
    assert bench.register(OSR) == temperature_code << 3 | pressure_code
    assert bench.register(ODR) == odr_code
    assert bench.register(CONFIG) == filter_code << 1
    assert bench.register(INT_CTRL) == 0x42
    assert bench.register(PWR_CTRL) == 0x33
    assert bench.clock.now_ns() < 1100 * MS
    assert bench.read() == bench.model.produced[-1].raw


@pytest.mark.parametrize("register", [INT_CTRL, PWR_CTRL, OSR, ODR, CONFIG])
def test_a_part_that_does_not_take_its_configuration_is_refused(register):
    bench = make(filter=4)
    write = bench.model._write_register
    bench.model._write_register = lambda at, value: None if at == register else write(at, value)
    assert not bench.run()


@pytest.mark.parametrize("error", [0x01, 0x02, 0x04])
def test_a_part_with_an_error_is_refused(error):
    bench = make()
    read = bench.model._read_register
    bench.model._read_register = lambda register: error if register == ERR else read(register)
    assert not bench.run()


def test_a_part_that_never_converts_is_refused():
    bench = make()
    bench.model._conversions.begin = lambda period_ns, first_ns: None
    assert not bench.run()
    assert bench.clock.now_ns() < 1100 * MS


def test_samples_read_are_those_produced():
    bench = make(signals={})
    assert bench.run()
    for _ in range(20):
        bench.sleep_ms(20.3)
        assert bench.read() == bench.model.produced[-1].raw == bench.model.read_out[-1].raw
    assert len({made.raw for made in bench.model.produced}) > 10


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("degc", "pa"), [(21.5, 98_765.0), (-39.0, 30_500.0), (84.0, 124_500.0), (0.0, 70_000.0)])
def test_values_follow_the_signals_within_the_parts_resolution(degc, pa, seed):
    signals = {"temperature": constant(degc), "pressure": constant(pa)}
    bench = make(signals, seed, 0x77, 12.5, pressure_oversampling=32, temperature_oversampling=2)
    assert bench.run()
    samples = []
    for _ in range(60):
        bench.sleep_ms(80)
        samples.append(bench.read())
    values = bench.values(*samples)
    assert fmean(values["temperature"]) == pytest.approx(degc, abs=0.003)
    assert fmean(values["pressure"]) == pytest.approx(pa, abs=0.08)
    assert 0.001 < pstdev(values["temperature"]) < 0.005
    assert 0.05 < pstdev(values["pressure"]) < 0.2


def test_values_without_oversampling_are_coarse_and_not_biased():
    bench = make(odr_hz=200)
    assert bench.run()
    bench.sleep_ms(5 * 900)
    values = bench.values(*(made.raw for made in bench.model.produced))
    assert fmean(values["temperature"]) == pytest.approx(21.5, abs=0.001)
    assert fmean(values["pressure"]) == pytest.approx(98_765, abs=0.4)
    # The noise and the steps of 2.6 Pa or so.
    assert pstdev(values["pressure"]) == pytest.approx(2.75, rel=0.15)


@pytest.mark.parametrize(("degc", "pa"), [(200.0, 300_000.0), (-200.0, 98_765.0), (20.0, -50_000.0)])
def test_a_word_ends_where_its_bits_do(degc, pa):
    bench = make({**STILL, "temperature": constant(degc), "pressure": constant(pa)})
    assert bench.run()
    assert len(bench.model.produced[-1].raw) == bench.table.SAMPLE_LEN
    assert bench.read() == bench.model.produced[-1].raw


def test_a_sample_is_of_the_middle_of_its_conversion():
    bench = make({**STILL, "temperature": lambda t_s: 20 + 10 * t_s}, odr_hz=12.5, pressure_oversampling=32)
    assert bench.run()
    bench.sleep_ms(900)
    made = bench.model.produced[-1]
    # 234 + 392 + 32 * 2020 + 163 + 2020 us of conversion end at the sample's time.
    assert bench.value(made.raw)["temperature"] == pytest.approx(20 + 10 * (made.time_ns / 1e9 - 0.0337245), abs=0.02)


@pytest.mark.parametrize("odr_code", range(13))
def test_conversions_are_a_period_apart_and_the_first_comes_at_once(odr_code):
    bench = make(odr_hz=200 / 2**odr_code)
    assert bench.run()
    began_ns = bench.model.produced[0].time_ns - 4829 * 1000
    assert began_ns <= 10 * MS
    period_ns = 5_000_000 << odr_code
    bench.clock.advance_to(bench.clock.now_ns() + 5 * period_ns)
    times = [made.time_ns for made in bench.model.produced]
    assert len(times) >= 5
    assert {later - earlier for earlier, later in zip(times[:-1], times[1:], strict=True)} == {period_ns}


def test_the_filter_follows_a_step_by_its_coefficient():
    level = [90_000.0]
    bench = make({**STILL, "pressure": lambda t_s: level[0]}, filter=16, odr_hz=200)
    assert bench.run()
    bench.sleep_ms(500)
    level[0] = 100_000.0
    seen = []
    for _ in range(40):
        bench.sleep_ms(5)
        seen.append(bench.value(bench.read())["pressure"])
    # Of the step, 15/16 are left after every sample.
    assert next(n for n, pa in enumerate(seen, 1) if pa >= 97_500) in (21, 22, 23)


@pytest.mark.parametrize("code", range(6))
def test_the_resolution_grows_with_the_oversampling_and_is_full_with_the_filter(code):
    coarse = make({}, pressure_oversampling=OVERSAMPLINGS[code], odr_hz=12.5)
    fine = make({}, pressure_oversampling=OVERSAMPLINGS[code], odr_hz=12.5, filter=2)
    for bench, steps in ((coarse, 1 << 8 - code), (fine, 1)):
        assert bench.run()
        bench.sleep_ms(30_000)
        words = [int.from_bytes(made.raw[:3], "little") for made in bench.model.produced]
        assert np.gcd.reduce(words) % steps == 0 and np.gcd.reduce(np.diff(words)) == steps


def test_full_scale_is_told_for_every_channel():
    table = make().table
    assert set(table.full_scale()) == set(table.CHANNELS) == {channel.name for channel in table.channels()}


# --- the INT pin ---


def test_the_pin_pulses_with_every_sample():
    line = LineRecorder()
    bench = make(lines={"data_ready": line}, odr_hz=200)
    assert bench.run()
    assert line.changes[0] == (0, False)
    bench.sleep_ms(100)
    made = [sample.time_ns for sample in bench.model.produced]
    assert line.edges(True) == made
    assert line.edges(False)[1:] == [time_ns + PULSE_NS for time_ns in made if time_ns + PULSE_NS <= bench.clock.now_ns()]


def test_a_failed_read_leaves_the_next_pulse():
    line = LineRecorder()
    bench = make(lines={"data_ready": line}, odr_hz=100)
    assert bench.run()
    bench.model.fail_next(1)
    with pytest.raises(OSError, match="acknowledge"):
        bench.read()
    before = len(line.edges(True))
    bench.sleep_ms(50)
    assert len(line.edges(True)) == before + 5


def test_the_pin_rests_while_the_part_sleeps_and_without_power(controller):
    line = LineRecorder()
    bench = make(lines={"data_ready": line}, odr_hz=100)
    assert bench.run()
    bench.clock.advance_to(bench.model.produced[0].time_ns + 10 * MS)
    assert line.level is True
    bench.model.power_cycle()
    assert line.level is False
    edges = len(line.changes)
    bench.sleep_ms(200)
    assert len(line.changes) == edges


def test_the_pin_stays_low_until_its_interrupt_is_enabled(controller):
    line = LineRecorder()
    bench = make(lines={"data_ready": line})
    bus = controller(bench.model)
    bus.write(OSR, 0x00, PWR_CTRL, 0x33)
    bench.sleep_ms(100)
    assert line.changes == [(0, False)] and bench.model.produced


# --- samples that are worth nothing, and faults ---


def test_a_part_that_came_back_without_its_configuration_gives_no_values(bench):
    bench.model.power_cycle()
    bench.sleep_ms(20)
    sample = bench.read()
    assert sample == BLANK
    assert bench.value(sample) == {"pressure": None, "temperature": None}


def test_a_measured_word_that_looks_blank_is_a_value(bench):
    sample = bench.read()[:3] + b"\x00\x00\x80"  # about 20 degC: any room
    assert 10 < bench.value(sample)["temperature"] < 30


@pytest.mark.parametrize("act", ["identify", "configure", "read"])
def test_an_absent_part_is_an_os_error(bench, act):
    bench.model.absent = True
    with pytest.raises(OSError, match="acknowledge"):
        {"identify": bench.driver.identify, "configure": bench.configure, "read": bench.read}[act]()


def test_a_part_that_lost_its_power_can_be_configured_anew(bench):
    coefficients = bench.coefficients
    bench.model.power_cycle()
    made = len(bench.model.produced)
    with pytest.raises(OSError, match="acknowledge"):
        bench.read()
    bench.sleep_ms(50)
    assert len(bench.model.produced) == made
    assert bench.run() and bench.coefficients == coefficients
    assert bench.value(bench.read())["pressure"] == pytest.approx(98_765, abs=20)


def test_a_measuring_part_is_configured_anew(bench):
    bench.driver = Bmp390(bench.device, {"pressure_code": 3, "temperature_code": 0, "filter_code": 0, "odr_code": 3})
    made = len(bench.model.produced)
    assert bench.run()
    assert len(bench.model.produced) == made + 1
    assert bench.read() == bench.model.produced[-1].raw


def test_a_part_is_the_same_part_for_a_seed_and_another_for_another():
    def identity(**options):
        bench = make(**options)
        assert bench.run()
        return bench.coefficients, bench.read()

    assert identity() == identity()
    assert identity()[0] != identity(seed=2)[0] != identity(address=0x77)[0]


# --- what the model refuses ---


def test_registers_read_their_reset_values(bus):
    assert bus.read(0x00, 4) == b"\x60\x01\x00\x10"
    assert bus.read(DATA, 6) == BLANK
    assert bus.read(INT_CTRL, 5) == b"\x02\x00\x00\x02\x00"
    assert bus.read(CONFIG, 1) == bus.read(CMD, 1) == b"\0"
    assert bus.read(EVENT, 2) == b"\x01\x00", "it has had a power-up"
    assert bus.read(EVENT, 1) == b"\x00"


@pytest.mark.parametrize("register", [0x0A, 0x0B, 0x0F, 0x1E, 0x20, 0x30, 0x46, 0x7D, 0x7F])
def test_a_register_that_does_not_exist_is_refused(bus, register):
    with pytest.raises(ModelError, match="no such register"):
        bus.read(register, 1)
    with pytest.raises(ModelError, match="no such register"):
        bus.write(register, 0)


def test_the_fifo_is_not_modelled(bus):
    assert bus.read(0x12, 2) == b"\0\0" and bus.read(0x15, 4) == b"\x01\x00\x02\x02"
    with pytest.raises(ModelError, match="the FIFO is not modelled"):
        bus.read(0x14, 7)
    with pytest.raises(ModelError, match="the FIFO is not modelled"):
        bus.write(0x14, 0)


@pytest.mark.parametrize("register", [0x00, 0x01, ERR, STATUS, DATA, 0x09, 0x0C, EVENT, INT_STATUS, NVM, 0x45])
def test_a_read_only_register_is_refused(bus, register):
    with pytest.raises(ModelError, match="read-only"):
        bus.write(register, 0)


@pytest.mark.parametrize(
    ("register", "value", "what"),
    [
        (INT_CTRL, 0x82, "reserved"), (PWR_CTRL, 0x04, "reserved"), (OSR, 0x40, "reserved"), (ODR, 0x20, "reserved"),
        (CONFIG, 0x01, "reserved"), (CONFIG, 0x10, "reserved"), (0x1A, 0x08, "reserved"), (0x1A, 0x01, "3-wire"),
        (OSR, 0x06, "0 to 5"), (OSR, 0x30, "0 to 5"), (ODR, 0x12, "0x11"), (INT_CTRL, 0x44, "unlatched"),
        (INT_CTRL, 0x43, "unlatched"), (INT_CTRL, 0x40, "unlatched"), (INT_CTRL, 0x0A, "FIFO"), (0x17, 0x03, "FIFO"),
        (PWR_CTRL, 0x13, "forced mode"), (PWR_CTRL, 0x23, "forced mode"), (PWR_CTRL, 0x31, "one quantity alone"),
        (CMD, 0xB0, "not modelled"), (CMD, 0x34, "not modelled"),
    ],
)  # fmt: skip
def test_values_without_a_meaning_are_refused(bus, register, value, what):
    with pytest.raises(ModelError, match=what):
        bus.write(register, value)


def test_a_conversion_longer_than_its_period_is_refused(bus):
    bus.write(OSR, 0x05, ODR, 0x03)
    with pytest.raises(ModelError, match="conf_err"):
        bus.write(PWR_CTRL, 0x33)
    bus.write(ODR, 0x04, PWR_CTRL, 0x33)


@pytest.mark.parametrize("register", [OSR, ODR, CONFIG, 0x1A])
def test_settings_in_the_middle_of_a_conversion_are_refused(bench, controller, register):
    with pytest.raises(ModelError, match="under way"):
        controller(bench.model).write(register, 0x00)


def test_the_sensors_time_is_not_modelled(bus):
    with pytest.raises(ModelError, match="time is not modelled"):
        bus.read(0x0C, 3)


def test_a_read_without_a_register_and_half_a_pair_are_refused(bus):
    with pytest.raises(ModelError, match="no register was named"):
        bus.read_on(1)
    with pytest.raises(ModelError, match="gets no value"):
        bus.write(OSR, 0x00, ODR)


def test_a_burst_is_of_one_conversion(bench):
    model = bench.model
    model.start(read=False)
    model.write(DATA)
    model.start(read=True)
    began = model.produced[-1].raw
    octets = bytearray((model.read(),))
    bench.sleep_ms(100)
    octets += bytes(model.read() for _ in range(5))
    model.stop()
    assert octets == began != model.produced[-1].raw


def test_new_data_are_told_until_they_are_read(bench, controller):
    bus = controller(bench.model)
    bench.sleep_ms(30)
    assert bus.read(STATUS, 1) == b"\x70" and bus.read(INT_STATUS, 1) == b"\x08"
    assert bus.read(INT_STATUS, 1) == b"\x00" and bus.read(STATUS, 1) == b"\x70"
    bench.read()
    assert bus.read(STATUS, 1) == b"\x10"


def test_sleep_ends_the_conversions(bench, controller):
    controller(bench.model).write(PWR_CTRL, 0x03)
    made = len(bench.model.produced)
    bench.sleep_ms(1000)
    assert len(bench.model.produced) == made


def test_a_reset_silences_the_part_for_its_start(bus, nacked):
    model = bus.target
    bus.write(OSR, 0x05)
    bus.write(CMD, 0x00)
    bus.write(CMD, 0xB6)
    with pytest.raises(nacked):
        bus.read(0x00, 1)
    model.clock.advance_to(model.clock.now_ns() + STARTUP_NS)
    assert bus.read(OSR, 1) == b"\x02"


@pytest.mark.parametrize("address", [0x75, 0x78, None])
def test_a_part_elsewhere_is_refused(address):
    bench = make()
    with pytest.raises(ModelError, match="its address is"):
        type(bench.model)(address, bench.clock, STILL, 1)
