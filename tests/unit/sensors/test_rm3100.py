"""RM3100: the driver, the table and the model of its part, on either bus, held against each other and its manual."""

from dataclasses import replace
from statistics import fmean, pstdev

import pytest

from freefall.sensors.catalogue.rm3100 import RATES_HZ, SENSOR, Rm3100
from freefall.sensors.part import ModelError
from freefall.sensors.signals import constant
from freefall_board.drivers.rm3100 import Rm3100 as Driver
from unit.sensors.line_recorder import LineRecorder
from unit.sensors.model_device import MS, Bench, assert_halves_agree

FIELD = {"bx": 20.0, "by": -31.5, "bz": 0.25}
POLL, CMM, CYCLES, TMRC, RESULTS, STATUS, HSHAKE, REVID = 0x00, 0x01, 0x04, 0x0B, 0x24, 0x34, 0x35, 0x36
PLACES = {"i2c": {"address": 0x20}, "spi": {"cs": 5}}
either = pytest.mark.parametrize("bus", PLACES)


def make(bus="i2c", field=FIELD, model=Rm3100, line=None, **options):
    signals = {name: value if callable(value) else constant(value) for name, value in field.items()}
    lines = {"data_ready": line} if line else {}
    bench = Bench(replace(SENSOR, model=model), Driver, {**PLACES[bus], **options}, signals=signals, lines=lines)
    if line:
        line.clock = bench.clock
    return bench


def write(bench, register, *values):
    bench.device.write(register, bytes(values))


# --- the driver and the table ---


@either
def test_both_halves_say_the_same_of_a_read(bus):
    assert_halves_agree(make(bus))


@pytest.mark.parametrize("value, known", [(0x22, True), (0x21, False), (0x00, False), (0xFF, False)])
@either
def test_driver_knows_the_part_by_its_revision(bus, value, known):
    class Other(Rm3100):
        def _read_register(self, register):
            return value if register == REVID else super()._read_register(register)

    assert make(bus, model=Other).driver.identify() is known


@pytest.mark.parametrize("rate_hz, tmrc", list(zip(RATES_HZ, range(0x92, 0xA0), strict=True)))
@either
def test_driver_sets_cycle_counts_and_rate_and_measures_when_started(bus, rate_hz, tmrc):
    bench = make(bus, rate_hz=rate_hz, cycle_count=300)
    assert bench.driver.identify()
    assert bench.configure()
    octets = bytearray(6)
    bench.device.read(CYCLES, octets)
    assert octets == b"\x01\x2c" * 3
    assert bench.register(TMRC) == tmrc
    assert bench.register(CMM) == 0
    assert len(bench.model.produced) == 1, "the one that was polled for"
    bench.driver.start()
    assert bench.model._values[CMM] == 0x79
    bench.sleep_ms(12)
    assert len(bench.model.produced) >= 2


@pytest.mark.parametrize("deaf", [CYCLES, CYCLES + 5, TMRC])
def test_driver_refuses_a_part_that_does_not_take_a_setting(deaf):
    class Deaf(Rm3100):
        def _write_register(self, register, value):
            if register != deaf:
                super()._write_register(register, value)

    assert not make(model=Deaf, cycle_count=300, rate_hz=75).configure()


def test_driver_refuses_a_part_that_never_measures():
    class Stuck(Rm3100):
        def _finish(self, time_ns):
            pass

    bench = make(model=Stuck)
    assert not bench.configure()
    assert bench.clock.now_ns() <= 40 * MS


def test_driver_sets_up_a_part_that_measures_since_an_earlier_boot():
    bench = make()
    for _ in range(2):
        assert bench.run()
        bench.sleep_ms(100)
        bench.read()


@pytest.mark.parametrize("rate_hz", [0.075, 600])
@either
def test_the_first_sample_is_a_measurement_however_slow_the_rate(bus, rate_hz):
    bench = make(bus, rate_hz=rate_hz)
    assert bench.run()
    assert bench.value(bench.read()) == pytest.approx(FIELD, abs=0.1)


@pytest.mark.parametrize(
    "rate_hz, cycle_count, expected_hz",
    [
        (600, 200, 440 / 3),
        (600, 100, 850 / 3),
        (600, 50, 1600 / 3),
        (600, 30, 600),
        (150, 100, 150),
        (37, 200, 37),
        (4.5, 400, 4.5),
    ],
)
def test_samples_come_at_the_rate_or_as_fast_as_the_cycles_let_them(rate_hz, cycle_count, expected_hz):
    bench = make(rate_hz=rate_hz, cycle_count=cycle_count)
    assert bench.run()
    bench.sleep_ms(2000)
    times = [sample.time_ns for sample in bench.model.produced[1:]]
    measured_hz = 1e9 * (len(times) - 1) / (times[-1] - times[0])
    assert measured_hz == pytest.approx(expected_hz, rel=0.005)
    assert bench.table.data_rate_hz() == pytest.approx(measured_hz, rel=1e-6)


@either
def test_a_whole_sample_read_is_the_newest_one_made(bus):
    bench = make(bus, rate_hz=150)
    assert bench.run()
    for _ in range(5):
        bench.sleep_ms(7)
        assert bench.read() == bench.model.produced[-1].raw
    assert len({sample.raw for sample in bench.model.read_out}) == 5


@pytest.mark.parametrize("cycle_count, gain", [(50, 20), (100, 38), (200, 75), (400, 148)])
def test_gain_is_the_manuals(cycle_count, gain):
    assert 1 / make(cycle_count=cycle_count).table.channels()[0].calibration.scale == pytest.approx(gain, abs=0.5)


@pytest.mark.parametrize("cycle_count", [30, 50, 200, 400])
@pytest.mark.parametrize("field", [FIELD, {"bx": 799.0, "by": -799.0, "bz": 0.0}])
@either
def test_values_follow_the_field_within_noise_and_resolution(bus, cycle_count, field):
    bench = make(bus, field, cycle_count=cycle_count, rate_hz=75)
    assert bench.run()
    bench.sleep_ms(2000)
    values = bench.values(*(sample.raw for sample in bench.model.produced))
    step = 1 / (0.3671 * cycle_count + 1.5)
    for name, expected in field.items():
        assert fmean(values[name]) == pytest.approx(expected, abs=step)
        assert values[name] == pytest.approx([expected] * len(values[name]), abs=step + 0.2)


@pytest.mark.parametrize("octet", [0x00, 0xFF])
def test_a_sample_of_like_octets_is_none_and_one_bit_other_makes_it_one(octet):
    bench = make()
    assert bench.value(bytes((octet,)) * 9) == dict.fromkeys(FIELD)
    for at in range(9):
        sample = bytearray((octet,)) * 9
        sample[at] ^= 1
        assert None not in bench.value(bytes(sample)).values()


@pytest.mark.parametrize("cycle_count, noise_ut", [(50, 0.030), (100, 0.020), (200, 0.015)])
def test_noise_is_the_manuals(cycle_count, noise_ut):
    bench = make(field={"bx": lambda t_s: 0.7 * t_s, "by": 1.0, "bz": 0.0}, cycle_count=cycle_count, rate_hz=600)
    assert bench.run()
    bench.sleep_ms(10_000)
    values = bench.values(*(sample.raw for sample in bench.model.produced))["bx"]
    errors = [value - 0.7 * sample.time_ns / 1e9 for value, sample in zip(values, bench.model.produced, strict=True)]
    rounding = 1 / (0.3671 * cycle_count + 1.5) / 12**0.5
    assert pstdev(errors) == pytest.approx((noise_ut**2 + rounding**2) ** 0.5, rel=0.06)
    density = bench.table.noise()["bx"]
    assert density * (bench.table.data_rate_hz() / 2) ** 0.5 == pytest.approx(noise_ut, rel=0.07)


def test_full_scale_is_where_the_output_is_monotonic():
    assert make().table.full_scale()["by"] == (-800.0, 800.0)


@pytest.mark.parametrize("cycle_count", [29, 401])
def test_cycle_counts_of_no_use_are_refused(cycle_count):
    with pytest.raises(ValueError, match="cycle_count"):
        make(cycle_count=cycle_count)


# --- DRDY ---


@either
def test_ready_line_is_high_from_a_result_until_its_first_octet_is_read(bus):
    line = LineRecorder()
    bench = make(bus, line=line, rate_hz=75)
    assert bench.run()
    assert line.level is False, "the write that starts it has let it go"
    line.changes.clear()
    bench.sleep_ms(7)
    assert line.changes == [(bench.model.produced[-1].time_ns, True)]
    bench.sleep_ms(100)
    assert len(line.changes) == 1, "unread, it holds"
    bench.device.read(RESULTS, bytearray(1))
    assert line.level is False
    bench.sleep_ms(14)
    assert line.level is True
    assert Driver.LINE_HOLDS and not getattr(Driver, "ACTIVE_LOW", False)


@pytest.mark.parametrize("hshake, after_read, after_write", [(0x1B, 0, 0), (0x1A, 0, 1), (0x19, 1, 0)])
def test_what_lets_the_ready_line_go_can_be_set(hshake, after_read, after_write):
    for act, expected in (("read", after_read), ("write", after_write)):
        bench = make(field=FIELD)
        write(bench, HSHAKE, hshake)
        write(bench, POLL, 0x70)
        bench.sleep_ms(10)
        if act == "read":
            bench.read()
        else:
            write(bench, CYCLES, 0)
        assert bench.register(STATUS) >> 7 == expected


# --- the model ---


@either
def test_model_has_the_reset_values_of_the_manual(bus):
    bench = make(bus)
    resets = {POLL: 0, CMM: 0, 4: 0, 5: 0xC8, 6: 0, 7: 0xC8, 8: 0, 9: 0xC8, TMRC: 0x96, HSHAKE: 0x1B, REVID: 0x22}
    assert {register: bench.register(register) for register in resets} == resets
    assert bench.read() == bytes(9)


@pytest.mark.parametrize("register, reason", [(0x02, "no such"), (0x0A, "no such"), (0x37, "no such"), (0x33, "self test")])
@either
def test_model_refuses_a_register_it_does_not_have(bus, register, reason):
    with pytest.raises(ModelError, match=reason):
        make(bus).register(register)
    with pytest.raises(ModelError, match=reason):
        write(make(bus), register, 0)


@pytest.mark.parametrize("register", [RESULTS, 0x2C, STATUS, REVID])
def test_model_refuses_to_write_what_is_read_only(register):
    with pytest.raises(ModelError, match="read-only"):
        write(make(), register, 0)


@pytest.mark.parametrize(
    "register, value, reason",
    [
        (CMM, 0xF1, "reserved"), (CMM, 0x73, "reserved"), (CMM, 0x31, "all axes"), (CMM, 0x75, "all axes"),
        (POLL, 0x30, "all axes"), (TMRC, 0x91, "0x92"), (TMRC, 0xA0, "0x92"), (TMRC, 0x02, "0x92"), (HSHAKE, 0x9B, "reserved"),
    ],
)  # fmt: skip
def test_model_refuses_values_that_the_part_does_not_define(register, value, reason):
    with pytest.raises(ModelError, match=reason):
        write(make(), register, value)


def test_model_refuses_what_would_end_or_spoil_continuous_measurement():
    bench = make()
    assert bench.run()
    with pytest.raises(ModelError, match="ends continuous"):
        bench.register(CMM)
    with pytest.raises(ModelError, match="ends continuous"):
        write(bench, TMRC, 0x95)
    with pytest.raises(ModelError, match="single measurement during"):
        write(bench, POLL, 0x70)
    with pytest.raises(ModelError, match="before a measurement"):
        write(bench, CYCLES, 1)


def test_model_refuses_continuous_measurement_during_a_single_one_and_without_cycles():
    bench = make()
    write(bench, POLL, 0x70)
    with pytest.raises(ModelError, match="during a single one"):
        write(bench, CMM, 0x79)
    bench.sleep_ms(10)
    write(bench, CYCLES, 0, 0)
    with pytest.raises(ModelError, match="no cycles"):
        write(bench, CMM, 0x79)


def test_model_refuses_to_read_beyond_the_results():
    with pytest.raises(ModelError, match="no register"):
        make().device.read(RESULTS, bytearray(10))


def test_bits_of_the_status_that_mean_nothing_are_anything():
    bench = make()
    assert len({bench.register(STATUS) for _ in range(50)}) > 10
    assert all(bench.register(STATUS) < 0x80 for _ in range(50))


def test_part_takes_the_spi_modes_of_the_manual():
    assert Rm3100.modes == (0, 3)


@pytest.mark.parametrize("address", [0x1F, 0x24])
def test_an_address_that_the_part_cannot_have_is_refused(address):
    with pytest.raises(ValueError, match="not allowed"):
        make(address=address)


def test_the_same_seed_gives_the_same_samples_and_another_address_others():
    def samples(address):
        bench = make(address=address)
        bench.run()
        bench.sleep_ms(500)
        return bench.model.produced

    assert samples(0x20) == samples(0x20) != samples(0x23)


# --- faults ---


@pytest.mark.parametrize("act", ["identify", "configure", "start", "read"])
def test_an_absent_part_is_an_os_error_on_i2c(act):
    bench = make()
    bench.model.absent = True
    acts = {"identify": bench.driver.identify, "configure": bench.configure, "start": bench.driver.start, "read": bench.read}
    with pytest.raises(OSError, match="acknowledge"):
        acts[act]()


def test_an_absent_part_is_refused_on_spi():
    bench = make("spi")
    bench.model.absent = True
    assert not bench.driver.identify()
    assert not bench.configure()


def test_a_refused_transfer_is_no_sample_and_the_next_is_whole():
    bench = make()
    assert bench.run()
    bench.sleep_ms(10)
    bench.model.fail_next(1)
    with pytest.raises(OSError, match="acknowledge"):
        bench.read()
    assert bench.read() == bench.model.produced[-1].raw


@either
def test_a_part_that_lost_its_power_is_idle_and_can_be_set_up_again(bus):
    line = LineRecorder()
    bench = make(bus, line=line)
    assert bench.run()
    bench.sleep_ms(100)
    bench.model.power_cycle(20 * MS)
    assert line.level is False
    made = len(bench.model.produced)
    if bus == "i2c":
        with pytest.raises(OSError, match="acknowledge"):
            bench.read()
    else:
        assert bench.read() == b"\xff" * 9
        assert bench.value(bench.read()) == dict.fromkeys(FIELD)
    bench.sleep_ms(200)
    assert len(bench.model.produced) == made and line.level is False
    assert bench.value(bench.read()) == dict.fromkeys(FIELD), "not a field of 0, as its registers have it"
    assert bench.register(CMM) == 0
    assert bench.run()
    assert bench.value(bench.read()) == pytest.approx(FIELD, abs=0.1)
