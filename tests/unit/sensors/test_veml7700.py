"""The VEML7700: lux by its tables and its polynomial, its model's manners, and board driver and host together."""

from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from freefall.sensors.catalogue.veml7700 import GAINS, INTEGRATIONS_MS, SENSOR
from freefall.sensors.part import ModelError
from freefall.sensors.signals import constant
from freefall_board.drivers.veml7700 import Veml7700
from unit.sensors.model_device import MS, Bench, assert_halves_agree

CONF, SAVING, ALS, WHITE, ID = 0x00, 0x03, 0x04, 0x05, 0x07
STILL = {"illuminance": constant(400.0), "white_ratio": constant(1.5)}


def make(signals=STILL, seed=1, **options):
    return Bench(SENSOR, Veml7700, options, signals=signals, seed=seed)


@pytest.fixture
def bench():
    bench = make()
    assert bench.run()
    return bench


@pytest.fixture
def bus(controller):
    return controller(make().model)


def sample(als, white=0):
    return als.to_bytes(2, "little") + white.to_bytes(2, "little")


# --- lux ---

# lx per count, as the data sheet's table has them: integrations of 800 ms down to 25 ms, gains of 2, 1, 1/4 and 1/8.
RESOLUTIONS = {
    800: (0.0042, 0.0084, 0.0336, 0.0672),
    400: (0.0084, 0.0168, 0.0672, 0.1344),
    200: (0.0168, 0.0336, 0.1344, 0.2688),
    100: (0.0336, 0.0672, 0.2688, 0.5376),
    50: (0.0672, 0.1344, 0.5376, 1.0752),
    25: (0.1344, 0.2688, 1.0752, 2.1504),
}


def corrected(lux):
    """The application note's polynomial."""
    return 6.0135e-13 * lux**4 - 9.3924e-9 * lux**3 + 8.1488e-5 * lux**2 + 1.0023 * lux


@given(st.sampled_from(list(RESOLUTIONS)), st.integers(0, 3), st.integers(0, 65_534))
def test_lux_is_the_count_by_the_table_and_at_low_gains_by_the_polynomial(ms, column, count):
    bench = make(integration_ms=ms, gain=(2, 1, 0.25, 0.125)[column])
    lux = RESOLUTIONS[ms][column] * count
    expected = corrected(lux) if column >= 2 else lux
    assert bench.value(sample(count))["illuminance"] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_lux_of_one_bright_count():
    # 5000 counts of 2.1504 lx are x = 10752 lx: 8036.8 (x^4) - 11674.7 (x^3) + 9420.5 (x^2) + 10776.7 (x).
    assert make(gain=0.125, integration_ms=25).value(sample(5000))["illuminance"] == pytest.approx(16_559.3, abs=0.1)


def test_a_saturated_count_is_worth_nothing():
    bench = make()
    assert bench.value(sample(0xFFFF, 5)) == {"illuminance": None, "white": 5}
    assert bench.value(sample(0, 0xFFFF)) == {"illuminance": 0, "white": None}
    assert bench.value(sample(0xFFFE, 0xFFFE))["white"] == 0xFFFE


def test_the_full_scale_is_what_the_gain_is_meant_for():
    def most(**options):
        return make(**options).table.full_scale()["illuminance"][1]

    assert most(gain=2, integration_ms=800) == pytest.approx(275, abs=0.5)
    assert most(gain=1, integration_ms=25) == 1000
    assert most(gain=0.125, integration_ms=25) == 140_000
    assert most(gain=0.25, integration_ms=800) == pytest.approx(corrected(0.0336 * 65535))


# --- driver, model and table ---


def test_its_one_address_may_be_said_and_no_other():
    assert make(address=0x10).table.place() == make().table.place() == {"address": 0x10}
    with pytest.raises(ValidationError):
        make(address=0x48)


def test_a_part_in_the_dark_counts_nothing():
    bench = make({**STILL, "illuminance": constant(0.0)})
    assert bench.run()
    bench.sleep_ms(3000)
    counts = [int.from_bytes(made.raw[:2], "little") for made in bench.model.produced]
    assert min(counts) == 0 and max(counts) <= 2


def test_what_it_feels_by_itself_is_within_its_range_for_an_orbit():
    _, most = make().table.full_scale()["illuminance"]
    lux = [SENSOR.signals["illuminance"](t_s) for t_s in range(0, 6000, 60)]
    assert 100 < min(lux) < max(lux) / 1.5 < most / 1.5
    assert all(1 < SENSOR.signals["white_ratio"](t_s) < 2 for t_s in range(0, 6000, 60))


def test_board_and_host_agree_on_a_sample(bench):
    assert_halves_agree(bench)


@pytest.mark.parametrize(("word", "known"), [(0xC481, True), (0xD481, True), (0xC480, False), (0x0000, False), (0xFFFF, False)])
def test_the_part_is_known_by_its_device_code_and_not_by_its_address_option(word, known):
    bench = make()
    read = bench.model._read_word
    bench.model._read_word = lambda register: word if register == ID else read(register)
    assert bench.driver.identify() == known


@pytest.mark.parametrize(("gain", "gain_code"), [(1, 0), (2, 1), (0.125, 2), (0.25, 3)])
@pytest.mark.parametrize("ms", INTEGRATIONS_MS)
def test_options_reach_the_register(gain, gain_code, ms):
    bench = make(gain=gain, integration_ms=ms)
    assert bench.run()
    word = bytearray(2)
    bench.device.read(CONF, word)
    code = {25: 12, 50: 8, 100: 0, 200: 1, 400: 2, 800: 3}[ms]
    assert int.from_bytes(word, "little") == gain_code << 11 | code << 6
    assert bench.clock.now_ns() < 1100 * MS


@pytest.mark.parametrize("register", [CONF, SAVING])
def test_a_part_that_does_not_take_its_configuration_is_refused(register):
    bench = make()
    read = bench.model._read_word
    bench.model._read_word = lambda at: read(at) ^ 0x0040 if at == register else read(at)
    assert not bench.run()


@pytest.mark.parametrize("ms", INTEGRATIONS_MS)
def test_the_first_sample_after_configuration_is_a_measured_one(ms):
    bench = make(integration_ms=ms)
    assert bench.run()
    assert bench.read() == bench.model.produced[-1].raw


@pytest.mark.parametrize("ms", [25, 50, 100, 200, 400])
def test_driver_waits_for_a_part_that_takes_nearly_twice_as_long_for_its_first_result(ms):
    bench = make(integration_ms=ms)
    begin = bench.model._integrations.begin
    bench.model._integrations.begin = lambda period_ns, first_ns: begin(period_ns, first_ns=1.9 * period_ns)
    assert bench.run()
    assert bench.read() == bench.model.produced[-1].raw


def test_samples_read_are_those_produced():
    bench = make(signals={"illuminance": lambda t_s: 100 + 40 * t_s})
    assert bench.run()
    for _ in range(20):
        bench.sleep_ms(101)
        assert bench.read() == bench.model.produced[-1].raw == bench.model.read_out[-1].raw
    assert len({made.raw for made in bench.model.produced}) > 15


@pytest.mark.parametrize("ms", INTEGRATIONS_MS)
def test_integrations_follow_one_another_after_the_parts_start(ms):
    bench = make(integration_ms=ms)
    assert bench.run()
    bench.sleep_ms(5000)
    times = [made.time_ns for made in bench.model.produced]
    assert times[0] == 2.5 * MS + ms * MS
    assert {later - earlier for earlier, later in zip(times[:-1], times[1:], strict=True)} == {ms * MS}
    assert bench.table.data_rate_hz() == 1000 / ms


@pytest.mark.parametrize(
    ("lux", "gain", "ms"), [(90_000, 0.125, 25), (3000, 0.25, 100), (500, 1, 100), (3, 2, 800), (0.0, 2, 800)]
)
def test_values_follow_the_signal_within_a_count(lux, gain, ms):
    bench = make({"illuminance": constant(lux), "white_ratio": constant(1.2)}, gain=gain, integration_ms=ms)
    assert bench.run()
    samples = []
    for _ in range(30):
        bench.sleep_ms(ms)
        samples.append(bench.read())
    values = bench.values(*samples)
    als = int.from_bytes(samples[0][:2], "little")
    per_count = bench.value(sample(als + 1))["illuminance"] - bench.value(sample(als))["illuminance"]
    assert fmean(values["illuminance"]) == pytest.approx(lux, abs=per_count)
    assert fmean(values["white"]) == pytest.approx(1.2 * als, abs=2)


def test_a_sample_is_of_the_middle_of_its_integration():
    bench = make({**STILL, "illuminance": lambda t_s: 50 * t_s}, gain=2, integration_ms=400)
    assert bench.run()
    bench.sleep_ms(500)
    made = bench.model.produced[-1]
    assert bench.value(made.raw)["illuminance"] == pytest.approx(50 * (made.time_ns / 1e9 - 0.2), abs=0.05)


@pytest.mark.parametrize("gain", GAINS)
def test_light_beyond_the_range_saturates(gain):
    bench = make({**STILL, "illuminance": constant(1e9)}, gain=gain)
    assert bench.run()
    bench.sleep_ms(1000)
    assert None in {bench.value(made.raw)["illuminance"] for made in bench.model.produced}


# --- faults ---


@pytest.mark.parametrize("act", ["identify", "configure", "read"])
def test_an_absent_part_is_an_os_error(bench, act):
    bench.model.absent = True
    with pytest.raises(OSError, match="acknowledge"):
        {"identify": bench.driver.identify, "configure": bench.configure, "read": bench.read}[act]()


@pytest.mark.parametrize("phases", [1, 2])
def test_sampling_goes_on_after_a_failed_read(bench, phases):
    for _ in range(phases):
        bench.model.fail_next(1)
        with pytest.raises(OSError, match="acknowledge"):
            bench.read()
    assert bench.read() == bench.model.produced[-1].raw


def test_a_part_that_lost_its_power_can_be_configured_anew(bench):
    bench.model.power_cycle()
    made = len(bench.model.produced)
    with pytest.raises(OSError, match="acknowledge"):
        bench.read()
    bench.sleep_ms(1000)
    assert len(bench.model.produced) == made
    assert bench.run()
    assert bench.value(bench.read())["illuminance"] == pytest.approx(400, rel=0.01)


def test_a_measuring_part_is_configured_anew():
    bench = make()
    assert bench.run()
    bench.driver = Veml7700(bench.device, {"gain_code": 0, "integration_code": 1})
    assert bench.run()
    assert bench.read() == bench.model.produced[-1].raw
    assert int.from_bytes(bench.read()[:2], "little") == pytest.approx(400 / 0.0336, rel=0.01)


def test_the_same_seed_gives_the_same_counts_and_another_seed_others():
    def run(seed):
        bench = make(seed=seed)
        bench.run()
        bench.sleep_ms(3000)
        return bench.model.produced

    assert run(1) == run(1) != run(2)


# --- what the model refuses ---


def test_registers_read_their_reset_values(bus):
    assert bus.read(CONF, 2) == b"\x01\x00"
    assert [bus.read(register, 2) for register in range(1, 7)] == [bytes(2)] * 6
    assert bus.read(ID, 2) == b"\x81\xc4"


@pytest.mark.parametrize("register", [0x08, 0x10, 0xFF])
def test_a_command_code_that_does_not_exist_is_refused(bus, register):
    with pytest.raises(ModelError, match="no such register"):
        bus.read(register, 2)


@pytest.mark.parametrize("register", [ALS, WHITE, 0x06, ID])
def test_a_read_only_register_is_refused(bus, register):
    with pytest.raises(ModelError, match="read-only"):
        bus.write(register, 0, 0)


@pytest.mark.parametrize(
    ("register", "value", "what"),
    [
        (CONF, 0x2000, "reserved"), (CONF, 0x8000, "reserved"), (CONF, 0x0400, "reserved"), (CONF, 0x0004, "reserved"),
        (CONF, 0x0008, "reserved"),
        (CONF, 0x0003, "interrupts"), (SAVING, 0x0001, "power saving"), (SAVING, 0x0008, "reserved"),
    ],
)  # fmt: skip
def test_values_without_a_meaning_are_refused(bus, register, value, what):
    with pytest.raises(ModelError, match=what):
        bus.write(register, value & 0xFF, value >> 8)


@pytest.mark.parametrize("code", sorted(set(range(16)) - {0, 1, 2, 3, 8, 12}))
def test_an_integration_time_that_does_not_exist_is_refused(bus, code):
    with pytest.raises(ModelError, match="no such integration time"):
        bus.write(CONF, code << 6 & 0xFF, code >> 2)


@pytest.mark.parametrize("value", [0x0800, 0x0040])
def test_settings_of_a_part_at_work_are_refused(bus, value):
    bus.write(CONF, 0x00, 0x00)
    with pytest.raises(ModelError, match="shut down"):
        bus.write(CONF, value & 0xFF, value >> 8)


def test_half_a_word_and_more_than_a_word_are_refused(bus):
    with pytest.raises(ModelError, match="half a register"):
        bus.read(ALS, 1)
    with pytest.raises(ModelError, match="third octet"):
        bus.read(ALS, 3)
    with pytest.raises(ModelError, match="half a register"):
        bus.write(CONF, 0x01)
    with pytest.raises(ModelError, match="2 octets"):
        bus.write(CONF, 1, 0, 0)


def test_a_read_needs_a_command_code_of_its_own(bus):
    with pytest.raises(ModelError, match="preceded by its command code"):
        bus.read_on(2)
    bus.read(ALS, 2)
    with pytest.raises(ModelError, match="preceded by its command code"):
        bus.read_on(2)
    bus.write(0x01, 0x34, 0x12)
    with pytest.raises(ModelError, match="preceded by its command code"):
        bus.read_on(2)
    assert bus.read(0x01, 2) == b"\x34\x12"


def test_a_part_that_is_shut_down_keeps_its_last_counts(bench, controller):
    last = bench.read()
    controller(bench.model).write(CONF, 0x01, 0x10)
    made = len(bench.model.produced)
    bench.sleep_ms(1000)
    assert len(bench.model.produced) == made
    assert bench.read() == last
