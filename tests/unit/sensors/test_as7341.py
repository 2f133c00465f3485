"""The AS7341: basic counts, its multiplexer, its model's manners, and board driver and host together."""

from statistics import fmean

import pytest
from pydantic import ValidationError

from freefall.sensors.catalogue.as7341 import AUTOZERO_NS, GAINS, SENSOR, STEP_NS
from freefall.sensors.part import ModelError
from freefall.sensors.signals import constant
from freefall_board.drivers.as7341 import As7341
from unit.sensors.model_device import MS, Bench, assert_halves_agree

ENABLE, ATIME, ID, ASTATUS, STATUS2, CFG1, CFG6, ASTEP = 0x80, 0x81, 0x92, 0x94, 0xA3, 0xAA, 0xAF, 0xCA
LEVELS = {"f5": 0.30, "f6": 0.35, "f7": 0.40, "f8": 0.45, "clear": 0.90, "nir": 0.25}
STILL = {name: constant(level) for name, level in LEVELS.items()}


def make(signals=STILL, seed=1, **options):
    return Bench(SENSOR, As7341, options, signals=signals, seed=seed)


@pytest.fixture
def bench():
    bench = make()
    assert bench.run()
    return bench


@pytest.fixture
def bus(controller):
    return controller(make().model)


def sample(*counts, status=0x09):
    return bytes((status,)) + b"".join(count.to_bytes(2, "little") for count in counts)


# --- values ---


def test_basic_counts_are_the_raw_ones_by_gain_and_milliseconds():
    # (29 + 1) * (599 + 1) * 2.78 us = 50.04 ms, at a gain of 256.
    values = make().value(sample(12_810, 1, 2, 3, 4, 5))
    assert values["f5"] == pytest.approx(12_810 / (256 * 50.04))
    assert values["nir"] == pytest.approx(5 / (256 * 50.04))
    half = make(gain=0.5, atime=0, astep=999).value(sample(100, 0, 0, 0, 0, 0, status=0))
    assert half["f5"] == pytest.approx(100 / (0.5 * 2.78))


def test_channels_are_in_the_order_of_the_adcs():
    values = make(gain=1).value(sample(1, 2, 3, 4, 5, 6))
    assert sorted(values, key=values.get) == ["f5", "f6", "f7", "f8", "clear", "nir"]


def test_a_saturated_sample_is_worth_nothing_in_all_channels():
    assert set(make().value(sample(1, 2, 3, 4, 5, 6, status=0x89)).values()) == {None}


def test_a_part_that_was_not_set_up_is_told_from_darkness():
    assert set(make().value(bytes(13)).values()) == {None}
    assert set(make().value(sample(0, 0, 0, 0, 0, 0)).values()) == {0.0}


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        ({"atime": 0, "astep": 0}, "1..65534 where atime is 0"), ({"atime": 255}, "0..1404 where atime is 255"),
        ({"atime": 255, "astep": 1405}, "0..1404 where atime is 255"), ({"atime": 256}, None), ({"astep": 65_535}, None),
        ({"gain": 3}, None), ({"address": 0x38}, None),
    ],
)  # fmt: skip
def test_options_that_the_part_does_not_allow_are_refused(options, allowed):
    if options == {"atime": 255}:
        options = {"atime": 255, "astep": 2000}
    with pytest.raises(ValidationError) as refused:
        make(**options)
    if allowed:
        assert refused.value.errors()[0]["ctx"]["allowed"] == allowed


def test_the_default_step_is_checked_against_the_number_of_steps_too():
    assert make(atime=255).table.integration_ms() == pytest.approx(427.0, abs=0.1)


# --- driver, model and table ---


def test_gains_are_the_data_sheets_doublings():
    assert GAINS == (0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


def test_its_one_address_may_be_said():
    assert make(address=0x39).table.place() == make().table.place() == {"address": 0x39}


def test_a_count_ends_at_sixteen_bits_where_the_integration_is_longer():
    bench = make({**STILL, "clear": constant(5.0)}, atime=99, astep=999)
    assert bench.run()
    assert bench.read()[9:11] == b"\xff\xff" and bench.read()[0] == 0x89


def test_what_it_feels_by_itself_is_within_its_range_for_an_orbit():
    for name, (_, most) in make().table.full_scale().items():
        counts = [SENSOR.signals[name](t_s) for t_s in range(0, 6000, 60)]
        assert 0.1 * most < min(counts) < max(counts) / 1.5 < most / 1.5, name


def test_board_and_host_agree_on_a_sample(bench):
    assert_halves_agree(bench)


@pytest.mark.parametrize(("identity", "known"), [(0x24, True), (0x27, True), (0x20, False), (0x00, False), (0xFF, False)])
def test_the_part_is_known_by_its_number_and_not_by_its_revision(identity, known):
    bench = make()
    read = bench.model._read_register
    bench.model._read_register = lambda register: identity if register == ID else read(register)
    assert bench.driver.identify() == known


@pytest.mark.parametrize("gain_code", range(11))
@pytest.mark.parametrize(("atime", "astep"), [(0, 1), (29, 599), (255, 1404), (4, 65_534)])
def test_options_reach_the_registers(gain_code, atime, astep):
    bench = make(gain=GAINS[gain_code], atime=atime, astep=astep)
    assert bench.run()
    assert bench.register(CFG1) == gain_code
    assert bench.register(ATIME) == atime
    assert bench.register(ASTEP) | bench.register(ASTEP + 1) << 8 == astep
    assert bench.register(ENABLE) == 0x03
    assert bench.clock.now_ns() < 1100 * MS
    assert bench.read() == bench.model.produced[-1].raw


@pytest.mark.parametrize("register", [ATIME, ASTEP, ASTEP + 1, CFG1])
def test_a_part_that_does_not_take_its_configuration_is_refused(register):
    bench = make(gain=64, atime=50, astep=1500)
    write = bench.model._write_register
    bench.model._write_register = lambda at, value: None if at == register else write(at, value)
    assert not bench.run()


def test_a_multiplexer_that_is_never_set_is_refused():
    bench = make()
    bench.model._smux.begin = lambda period_ns, once: None
    assert not bench.run()


def test_a_part_that_never_measures_is_refused():
    bench = make()
    bench.model._begin = lambda: None
    assert not bench.run()
    assert bench.clock.now_ns() < 1100 * MS


@pytest.mark.parametrize("dark", LEVELS)
def test_every_photodiode_is_on_its_own_adc(dark):
    bench = make({**STILL, dark: constant(0.0)})
    assert bench.run()
    values = bench.value(bench.read())
    assert [name for name, value in values.items() if value < 0.01] == [dark]


def test_samples_read_are_those_produced():
    bench = make(signals={})
    assert bench.run()
    for _ in range(20):
        bench.sleep_ms(51)
        assert bench.read() == bench.model.produced[-1].raw == bench.model.read_out[-1].raw
    assert len({made.raw for made in bench.model.produced}) > 15


@pytest.mark.parametrize(("gain", "atime", "astep"), [(256, 29, 599), (256, 9, 999), (16, 255, 999), (1, 99, 3000)])
def test_values_follow_the_signals_within_a_count(gain, atime, astep):
    bench = make(gain=gain, atime=atime, astep=astep)
    assert bench.run()
    samples = []
    for _ in range(30):
        bench.sleep_ms(bench.table.integration_ms())
        samples.append(bench.read())
    count = 1 / (gain * bench.table.integration_ms())
    for name, values in bench.values(*samples).items():
        assert fmean(values) == pytest.approx(LEVELS[name], abs=count), name
        assert max(values) - min(values) < 8 * count


def test_integrations_follow_one_another_after_the_part_has_zeroed_itself():
    bench = make(atime=9, astep=999)
    assert bench.run()
    bench.sleep_ms(2000)
    times = [made.time_ns for made in bench.model.produced]
    assert {later - earlier for earlier, later in zip(times[:-1], times[1:], strict=True)} == {10 * 1000 * STEP_NS}
    assert bench.table.data_rate_hz() == pytest.approx(1e9 / (10 * 1000 * STEP_NS))


def test_a_sample_is_of_the_middle_of_its_integration():
    bench = make({**STILL, "f5": lambda t_s: 0.1 * t_s}, atime=99, astep=999)
    assert bench.run()
    bench.sleep_ms(1500)
    made = bench.model.produced[-1]
    assert bench.value(made.raw)["f5"] == pytest.approx(0.1 * (made.time_ns / 1e9 - 0.139), abs=1e-3)


def test_light_beyond_the_full_scale_is_marked_and_worth_nothing():
    bench = make(atime=29, astep=599)
    _, most = bench.table.full_scale()["clear"]
    assert most == pytest.approx(18_000 / (256 * 50.04))
    below, above = (make({**STILL, "clear": constant(factor * most)}) for factor in (0.99, 1.01))
    assert below.run() and above.run()
    assert below.value(below.read())["clear"] == pytest.approx(0.99 * most, rel=1e-3)
    assert above.read()[0] == 0x89 and above.value(above.read())["f5"] is None


# --- samples that are worth nothing, and faults ---


def test_a_part_that_came_back_without_its_configuration_gives_no_values(bench):
    bench.model.power_cycle()
    bench.sleep_ms(500)
    assert set(bench.value(bench.read()).values()) == {None}


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
    assert bench.value(bench.read())["f8"] == pytest.approx(0.45, rel=0.01)


def test_a_measuring_part_is_configured_anew_and_gives_no_sample_of_its_old_setting(bench):
    bench.driver = As7341(bench.device, {"gain_code": 5, "atime": 99, "astep": 999})
    made = len(bench.model.produced)
    assert bench.run()
    assert len(bench.model.produced) == made + 1
    assert bench.read() == bench.model.produced[-1].raw and bench.read()[0] == 5


def test_the_same_seed_gives_the_same_counts_and_another_seed_others():
    def run(seed):
        bench = make(seed=seed)
        bench.run()
        bench.sleep_ms(3000)
        return bench.model.produced

    assert run(1) == run(1) != run(2)


# --- what the model refuses ---


def test_registers_read_their_reset_values(bus):
    values = {register: bus.read(register, 1)[0] for register in (ENABLE, ATIME, ID, STATUS2, CFG1, ASTEP, ASTEP + 1)}
    assert values == {ENABLE: 0, ATIME: 0, ID: 0x24, STATUS2: 0, CFG1: 9, ASTEP: 0xE7, ASTEP + 1: 0x03}
    assert bus.read(ASTATUS, 13) == bytes(13)


@pytest.mark.parametrize("register", [0x14, 0x20, 0x66, 0x75, 0x82, 0xA1, 0xA2, 0xC0, 0xCC])
def test_a_register_that_does_not_exist_is_refused(bus, register):
    with pytest.raises(ModelError, match="no such register"):
        bus.read(register, 1)
    with pytest.raises(ModelError, match="no such register"):
        bus.write(register, 0)


@pytest.mark.parametrize("register", [0x60, 0x70, 0x83, 0x93, 0xA9, 0xBD, 0xD6, 0xF9, 0xFA])
def test_a_register_that_is_not_modelled_says_so(bus, register):
    with pytest.raises(ModelError, match="not modelled"):
        bus.read(register, 1)
    with pytest.raises(ModelError, match="not modelled"):
        bus.write(register, 0)


@pytest.mark.parametrize("register", [ID, ASTATUS, 0x95, 0xA0, STATUS2])
def test_a_read_only_register_is_refused(bus, register):
    with pytest.raises(ModelError, match="read-only"):
        bus.write(register, 0)


@pytest.mark.parametrize(
    ("register", "value", "what"),
    [
        (ENABLE, 0x80, "reserved"), (ENABLE, 0x04, "reserved"), (CFG1, 0x29, "reserved"), (CFG6, 0x01, "reserved"),
        (CFG1, 0x0B, "0 to 10"), (CFG6, 0x08, "not modelled"), (CFG6, 0x18, "not modelled"), (ENABLE, 0x41, "flicker"),
        (ENABLE, 0x09, "waiting"), (ENABLE, 0x02, "asleep"), (ENABLE, 0x10, "asleep"), (ENABLE, 0x13, "nothing is measured"),
        (0x03, 0x40, "takes nothing now"),
    ],
)  # fmt: skip
def test_values_without_a_meaning_are_refused(bus, register, value, what):
    with pytest.raises(ModelError, match=what):
        bus.write(register, value)


@pytest.mark.parametrize(
    ("address", "value", "what"),
    [(0x00, 0x30, "no photodiode"), (0x03, 0x04, "no photodiode"), (0x13, 0x60, "no photodiode"), (0x03, 0x70, "1 to 6")],
)
def test_wrong_connections_are_refused(bus, address, value, what):
    bus.write(ENABLE, 0x01)
    with pytest.raises(ModelError, match=what):
        bus.write(address, value)


def test_integration_times_that_are_not_allowed_are_refused_when_it_measures(bus):
    bus.write(ENABLE, 0x01)
    bus.write(ASTEP, 0, 0)
    with pytest.raises(ModelError, match="not allowed"):
        bus.write(ENABLE, 0x03)
    bus.write(ASTEP, 0xFF, 0xFF)
    with pytest.raises(ModelError, match="not allowed"):
        bus.write(ENABLE, 0x03)


@pytest.mark.parametrize("register", [ATIME, ASTEP, CFG1, CFG6])
def test_settings_in_the_middle_of_an_integration_are_refused(bench, controller, register):
    with pytest.raises(ModelError, match="under way"):
        controller(bench.model).write(register, 0x10 if register == CFG6 else 0x01)


def test_data_are_read_from_their_status_on(bus):
    with pytest.raises(ModelError, match="from ASTATUS on"):
        bus.read(0x95, 12)
    with pytest.raises(ModelError, match="no such register"):
        bus.read(ASTATUS, 14)


def test_a_read_without_a_register_is_refused(bus):
    with pytest.raises(ModelError, match="no register was named"):
        bus.read_on(1)


def test_reading_the_status_latches_the_data_of_one_integration(bench):
    model = bench.model
    model.start(read=False)
    model.write(ASTATUS)
    model.start(read=True)
    began = model.produced[-1].raw
    octets = bytearray((model.read(),))
    model._signals = {name: constant(0.01) for name in LEVELS}
    bench.sleep_ms(120)
    octets += bytes(model.read() for _ in range(12))
    model.stop()
    assert octets == began != model.produced[-1].raw


def test_an_unconnected_adc_measures_nothing(bus):
    model = bus.target
    bus.write(ENABLE, 0x01)
    bus.write(ATIME, 29)
    bus.write(ENABLE, 0x03)
    model.clock.advance_to(model.clock.now_ns() + AUTOZERO_NS + 30 * 1000 * STEP_NS)
    assert max(model.produced[-1].raw[1:]) < 8


def test_disabling_ends_the_integration_and_its_validity(bench, controller):
    bus = controller(bench.model)
    bus.write(ENABLE, 0x01)
    made = len(bench.model.produced)
    bench.sleep_ms(1000)
    assert len(bench.model.produced) == made and bus.read(STATUS2, 1) == b"\0"
