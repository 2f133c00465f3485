"""The TSL2591: lux out of two counts, its model's manners, and board driver and host together."""

from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from freefall.sensors.catalogue.tsl2591 import GAINS, INTEGRATIONS_MS, SENSOR
from freefall.sensors.part import ModelError
from freefall.sensors.signals import constant
from freefall_board.drivers.tsl2591 import Tsl2591
from unit.sensors.model_device import MS, Bench, assert_halves_agree

COMMAND = 0xA0
ENABLE, CONTROL, ID, STATUS, C0DATAL = (COMMAND | register for register in (0x00, 0x01, 0x12, 0x13, 0x14))
STILL = {"illuminance": constant(250.0), "infrared": constant(0.2)}
NOTHING = {"ch0": None, "ch1": None, "illuminance": None}


def make(signals=STILL, seed=1, **options):
    return Bench(SENSOR, Tsl2591, options, signals=signals, seed=seed)


@pytest.fixture
def bench():
    bench = make()
    assert bench.run()
    return bench


@pytest.fixture
def bus(controller):
    return controller(make().model)


def sample(ch0, ch1, status=1):
    return bytes((status,)) + ch0.to_bytes(2, "little") + ch1.to_bytes(2, "little")


# --- lux ---


def published_lux(ch0, ch1, ms, gain):
    """As Linux's tsl2591.c has it, with its factor of 1000 for decimals but without its roundings."""
    counts_per_lux = ms * gain / 408
    return (ch0 - ch1) * (1000 - ch1 * 1000 / ch0) / counts_per_lux / 1000


@given(st.sampled_from(GAINS), st.sampled_from(INTEGRATIONS_MS), st.integers(1, 36_862), st.floats(0, 1))
def test_lux_is_that_of_the_published_equation(gain, ms, ch0, share):
    bench = make(gain=gain, integration_ms=ms)
    ch1 = round(ch0 * share)
    assert bench.value(sample(ch0, ch1))["illuminance"] == pytest.approx(published_lux(ch0, ch1, ms, gain))


def test_lux_of_one_pair_of_counts():
    # (1000 - 200) * (1 - 0.2) / (100 * 25 / 408)
    assert make().value(sample(1000, 200)) == {"ch0": 1000, "ch1": 200, "illuminance": pytest.approx(104.448)}


@pytest.mark.parametrize(("ch0", "ch1"), [(0, 0), (0, 3), (5, 5), (5, 9)])
def test_counts_without_visible_light_are_darkness(ch0, ch1):
    assert make().value(sample(ch0, ch1))["illuminance"] == 0


@pytest.mark.parametrize(("ms", "limit"), [(100, 36_863), (200, 65_535), (600, 65_535)])
def test_a_count_at_its_limit_is_worth_nothing_nor_is_the_lux(ms, limit):
    bench = make(integration_ms=ms)
    assert bench.value(sample(limit, 100)) == {"ch0": None, "ch1": 100, "illuminance": None}
    assert bench.value(sample(limit - 1, limit)) == {"ch0": limit - 1, "ch1": None, "illuminance": None}
    assert None not in bench.value(sample(limit - 1, limit - 2)).values()


@pytest.mark.parametrize(
    ("status", "valid"), [(0x01, True), (0x31, True), (0xFF, True), (0x00, False), (0x30, False), (0xFE, False)]
)
def test_only_avalid_decides_whether_a_sample_was_measured(status, valid):
    assert (make().value(sample(1000, 200, status))["illuminance"] is not None) == valid


def test_counts_beyond_the_limit_are_saturated_too():
    assert make().value(sample(40_000, 100))["ch0"] is None


# --- driver, model and table ---


def test_gains_and_integration_times_are_the_published_ones():
    assert GAINS == (1, 25, 428, 9876)
    assert INTEGRATIONS_MS == (100, 200, 300, 400, 500, 600)


def test_its_one_address_may_be_said_and_no_other():
    assert make(address=0x29).table.place() == make().table.place() == {"address": 0x29}
    with pytest.raises(ValidationError):
        make(address=0x28)


def test_what_it_feels_by_itself_is_within_its_range_for_an_orbit():
    _, most = make().table.full_scale()["illuminance"]
    lux = [SENSOR.signals["illuminance"](t_s) / (1 - SENSOR.signals["infrared"](t_s)) ** 2 for t_s in range(0, 6000, 60)]
    assert 0.05 * most < min(lux) < max(lux) / 1.5 < most / 1.5


def test_board_and_host_agree_on_a_sample(bench):
    assert_halves_agree(bench)


@pytest.mark.parametrize("identity", [0x00, 0x51, 0xFF])
def test_another_part_at_the_address_is_not_identified(identity):
    bench = make()
    assert bench.driver.identify()
    read = bench.model._read_register
    bench.model._read_register = lambda register: identity if register == 0x12 else read(register)
    assert not bench.driver.identify()


@pytest.mark.parametrize("gain_code", range(4))
@pytest.mark.parametrize("integration_code", range(6))
def test_options_reach_the_registers(gain_code, integration_code):
    bench = make(gain=GAINS[gain_code], integration_ms=INTEGRATIONS_MS[integration_code])
    assert bench.run()
    assert bench.register(CONTROL) == gain_code << 4 | integration_code
    assert bench.register(ENABLE) == 0x03
    assert bench.clock.now_ns() < 1100 * MS


@pytest.mark.parametrize("register", [0x00, 0x01])
def test_a_part_that_does_not_take_its_configuration_is_refused(register):
    bench = make(gain=428)
    write = bench.model._write_register
    bench.model._write_register = lambda at, value: None if at == register else write(at, value)
    assert not bench.run()


def test_a_part_that_never_measures_is_refused():
    bench = make(integration_ms=600)
    bench.model._integrations.begin = lambda period_ns: None
    assert not bench.run()
    assert bench.clock.now_ns() < 1100 * MS


def test_samples_read_are_those_produced():
    bench = make(signals={"illuminance": lambda t_s: 100 + 40 * t_s})
    assert bench.run()
    for _ in range(20):
        bench.sleep_ms(101)
        assert bench.read() == bench.model.produced[-1].raw == bench.model.read_out[-1].raw
    assert len({made.raw for made in bench.model.produced}) > 15


@pytest.mark.parametrize("ms", INTEGRATIONS_MS)
def test_integrations_follow_one_another(ms):
    bench = make(integration_ms=ms)
    assert bench.run()
    bench.sleep_ms(5000)
    times = [made.time_ns for made in bench.model.produced]
    assert {later - earlier for earlier, later in zip(times[:-1], times[1:], strict=True)} == {ms * MS}
    assert bench.table.data_rate_hz() == 1000 / ms


@pytest.mark.parametrize(
    ("lux", "gain", "ms"), [(30_000, 1, 100), (250, 25, 100), (20, 428, 200), (0.3, 9876, 600), (0.0, 9876, 600)]
)
@pytest.mark.parametrize("share", [0.0, 0.2, 0.6])
def test_values_follow_the_signal_within_a_few_counts(lux, gain, ms, share):
    lux *= (1 - share) ** 2  # the same broadband count for every share
    bench = make({"illuminance": constant(lux), "infrared": constant(share)}, gain=gain, integration_ms=ms)
    assert bench.run()
    samples = []
    for _ in range(30):
        bench.sleep_ms(ms)
        samples.append(bench.read())
    values = bench.values(*samples)
    assert fmean(values["illuminance"]) == pytest.approx(lux, abs=2 / bench.table.counts_per_lux())
    assert fmean(values["ch1"]) == pytest.approx(fmean(values["ch0"]) * share, abs=1)


def test_a_sample_is_of_the_middle_of_its_integration():
    bench = make({"illuminance": lambda t_s: 1000 * t_s, "infrared": constant(0.0)}, integration_ms=400)
    assert bench.run()
    bench.sleep_ms(500)
    made = bench.model.produced[-1]
    assert bench.value(made.raw)["illuminance"] == pytest.approx(1000 * (made.time_ns / 1e9 - 0.2), abs=0.2)


def test_full_scale_is_the_brightest_that_is_no_saturation():
    bench = make(gain=428, integration_ms=100)
    _, most = bench.table.full_scale()["illuminance"]
    assert bench.value(sample(36_862, 0))["illuminance"] == pytest.approx(most, rel=1e-4)
    bright = make({"illuminance": constant(1.01 * most), "infrared": constant(0.0)}, gain=428)
    assert bright.run()
    assert bright.value(bright.read())["illuminance"] is None


# --- samples that are worth nothing, and faults ---


def test_a_part_that_came_back_without_its_configuration_gives_no_values(bench):
    bench.model.power_cycle()
    bench.sleep_ms(500)
    assert bench.value(bench.read()) == NOTHING


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
    bench.model.power_cycle()
    made = len(bench.model.produced)
    with pytest.raises(OSError, match="acknowledge"):
        bench.read()
    bench.sleep_ms(1000)
    assert len(bench.model.produced) == made
    assert bench.run()
    assert bench.value(bench.read())["illuminance"] == pytest.approx(250, rel=0.02)


def test_a_measuring_part_is_configured_anew_and_gives_no_sample_of_its_old_setting():
    bench = make()
    assert bench.run()
    bench.driver = Tsl2591(bench.device, {"gain_code": 2, "integration_code": 1})
    assert bench.run()
    assert bench.read() == bench.model.produced[-1].raw
    assert int.from_bytes(bench.read()[1:3], "little") == 65_535


def test_the_same_seed_gives_the_same_counts_and_another_seed_others():
    def run(seed):
        bench = make(seed=seed)
        bench.run()
        bench.sleep_ms(3000)
        return bench.model.produced

    assert run(1) == run(1) != run(2)


# --- what the model refuses ---


@pytest.mark.parametrize("octet", [0x00, 0x14, 0x80, 0x94, 0xC4, 0xD4])
def test_a_command_octet_of_another_kind_is_refused(bus, octet):
    with pytest.raises(ModelError, match="begins with 101"):
        bus.read(octet, 1)


@pytest.mark.parametrize("octet", [0xE4, 0xE6, 0xE7, 0xEA, 0xFF])
def test_special_functions_are_not_modelled(bus, octet):
    with pytest.raises(ModelError, match="special functions"):
        bus.write(octet)


@pytest.mark.parametrize("register", [0x02, 0x03, 0x0D, 0x10, 0x18, 0x1F])
def test_a_register_that_does_not_exist_is_refused(bus, register):
    with pytest.raises(ModelError, match="no such register"):
        bus.read(COMMAND | register, 1)
    with pytest.raises(ModelError, match="no such register"):
        bus.write(COMMAND | register, 0)


@pytest.mark.parametrize("register", [0x11, 0x12, 0x13, 0x14, 0x17])
def test_a_read_only_register_is_refused(bus, register):
    with pytest.raises(ModelError, match="read-only"):
        bus.write(COMMAND | register, 0)


@pytest.mark.parametrize(
    ("register", "value", "what"),
    [
        (ENABLE, 0x04, "reserved"), (ENABLE, 0x08, "reserved"), (ENABLE, 0x20, "reserved"), (CONTROL, 0x08, "reserved"),
        (CONTROL, 0x40, "reserved"), (COMMAND | 0x0C, 0x10, "reserved"), (CONTROL, 0x06, "0 to 5"), (CONTROL, 0x07, "0 to 5"),
        (CONTROL, 0x81, "at once"), (ENABLE, 0x02, "without the oscillator"), (ENABLE, 0x13, "interrupts"),
        (ENABLE, 0x43, "interrupts"), (ENABLE, 0x83, "interrupts"),
    ],
)  # fmt: skip
def test_values_without_a_meaning_are_refused(bus, register, value, what):
    with pytest.raises(ModelError, match=what):
        bus.write(register, value)


def test_a_setting_in_the_middle_of_an_integration_is_refused(bench, controller):
    with pytest.raises(ModelError, match="under way"):
        controller(bench.model).write(CONTROL, 0x10)


def test_a_lone_upper_octet_is_refused(bus):
    with pytest.raises(ModelError, match="upper octet"):
        bus.read(C0DATAL + 1, 1)


def test_a_read_without_a_command_is_refused(bus):
    with pytest.raises(ModelError, match="no register was named"):
        bus.read_on(1)


def test_a_burst_beyond_the_last_register_is_refused(bus):
    with pytest.raises(ModelError, match="no such register"):
        bus.read(C0DATAL, 5)


def test_registers_read_their_reset_values_and_writes_count_on(bus):
    assert bus.read(ID, 2) == b"\x50\x00"
    assert bus.read(COMMAND | 0x04, 9) == bytes(9)
    bus.write(COMMAND | 0x04, 1, 2, 3, 4)
    assert bus.read(COMMAND | 0x04, 5) == bytes((1, 2, 3, 4, 0))
    bus.write(CONTROL, 0x80)
    assert bus.read(COMMAND | 0x04, 4) == bytes(4)


def test_an_upper_octet_is_of_its_lower_ones_integration(bench):
    model = bench.model
    model.start(read=False)
    model.write(STATUS)
    model.start(read=True)
    began = model.produced[-1].raw
    octets = [model.read(), model.read()]
    model._illuminance = constant(3.0)
    bench.sleep_ms(150)
    octets.append(model.read())
    model.stop()
    assert bytes(octets) == began[:3] != model.produced[-1].raw[:3]


def test_disabling_ends_the_integration_and_its_validity(bench, controller):
    controller(bench.model).write(ENABLE, 0x01)
    made = len(bench.model.produced)
    bench.sleep_ms(1000)
    assert len(bench.model.produced) == made
    assert bench.value(bench.read()) == NOTHING
