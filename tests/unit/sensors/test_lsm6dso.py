"""LSM6DSO: the driver, the table and the model of its part, on either bus, held against each other and the data sheet."""

from dataclasses import replace
from statistics import fmean, pstdev

import pytest

from freefall.sensors.catalogue.lsm6dso import ODRS_HZ, SENSOR, Lsm6dso
from freefall.sensors.part import ModelError
from freefall.sensors.signals import constant
from freefall_board.drivers.lsm6dso import Lsm6dso as Driver
from unit.sensors.line_recorder import LineRecorder
from unit.sensors.model_device import MS, Bench, assert_halves_agree

AXES = ("gx", "gy", "gz", "x", "y", "z")
STILL = dict.fromkeys(AXES, 0.0)
COUNTER_BDR, INT1_CTRL, WHO_AM_I, CTRL1_XL, CTRL2_G, CTRL3_C, CTRL9_XL, STATUS = 0x0B, 0x0D, 0x0F, 0x10, 0x11, 0x12, 0x18, 0x1E
PLACES = {"i2c": {"address": 0x6A}, "spi": {"cs": 5}}
either = pytest.mark.parametrize("bus", PLACES)


def make(bus="i2c", values=STILL, model=Lsm6dso, line=None, odr_hz=104, **options):
    signals = {name: value if callable(value) else constant(value) for name, value in {**STILL, **values}.items()}
    table = {"odr_hz": odr_hz, **PLACES[bus], **options}
    bench = Bench(replace(SENSOR, model=model), Driver, table, signals=signals, lines={"data_ready": line} if line else {})
    if line:
        line.clock = bench.clock
    return bench


def write(bench, register, value):
    bench.device.write(register, bytes([value]))


# --- the driver and the table ---


@either
def test_both_halves_say_the_same_of_a_read(bus):
    assert_halves_agree(make(bus))


@pytest.mark.parametrize("value, known", [(0x6C, True), (0x6A, False), (0x6B, False), (0x00, False), (0xFF, False)])
@either
def test_driver_knows_the_part_by_its_identity(bus, value, known):
    class Other(Lsm6dso):
        def _read_register(self, register):
            return value if register == WHO_AM_I else super()._read_register(register)

    assert make(bus, model=Other).driver.identify() is known


@pytest.mark.parametrize("odr_hz, odr", list(zip(ODRS_HZ, range(1, 11), strict=True)))
@pytest.mark.parametrize("range_g, fs_xl", [(2, 0), (4, 2), (8, 3), (16, 1)])
def test_driver_sets_rate_and_acceleration_range_as_the_data_sheet_codes_them(odr_hz, odr, range_g, fs_xl):
    bench = make(odr_hz=odr_hz, range_g=range_g)
    assert bench.run()
    assert bench.register(CTRL1_XL) == odr << 4 | fs_xl << 2
    assert bench.register(CTRL2_G) == odr << 4


@pytest.mark.parametrize("range_dps, bits", [(125, 0x02), (250, 0x00), (500, 0x04), (1000, 0x08), (2000, 0x0C)])
@either
def test_driver_sets_the_range_of_the_gyroscope_as_the_data_sheet_codes_it(bus, range_dps, bits):
    bench = make(bus, range_dps=range_dps)
    assert bench.run()
    assert bench.register(CTRL2_G) == 0x40 | bits


@either
def test_driver_sets_coherent_words_pulses_on_int1_and_no_i3c(bus):
    bench = make(bus)
    assert bench.run()
    settings = [bench.register(register) for register in (CTRL3_C, COUNTER_BDR, INT1_CTRL, CTRL9_XL)]
    assert settings == [0x44, 0x80, 0x02, 0xE2]


@pytest.mark.parametrize("register_number", [COUNTER_BDR, INT1_CTRL, CTRL1_XL, CTRL2_G, CTRL3_C, CTRL9_XL])
@either
def test_driver_refuses_a_part_that_does_not_take_a_setting(bus, register_number):
    class Deaf(Lsm6dso):
        def _write_register(self, register, value):
            if register != register_number:
                super()._write_register(register, value)

    assert not make(bus, model=Deaf).configure()


def test_driver_refuses_a_part_that_never_samples():
    class Stuck(Lsm6dso):
        def _finish(self, time_ns):
            pass

    bench = make(model=Stuck)
    assert not bench.configure()
    assert bench.clock.now_ns() <= 470 * MS


def test_driver_refuses_a_part_that_never_ends_its_reset():
    class Stuck(Lsm6dso):
        def _read_register(self, register):
            return 0x05 if register == CTRL3_C else super()._read_register(register)

    assert not make(model=Stuck).configure()


@pytest.mark.parametrize("odr_hz", ODRS_HZ)
@either
def test_samples_come_at_the_data_rate_and_the_first_is_a_measurement(bus, odr_hz):
    bench = make(bus, {"gz": 50.0, "x": 0.5}, odr_hz=odr_hz)
    assert bench.run()
    assert bench.clock.now_ns() <= 470 * MS
    values = bench.value(bench.read())
    assert values["gz"] == pytest.approx(50.0, abs=1.0)
    assert values["x"] == pytest.approx(0.5, abs=0.03)
    made = len(bench.model.produced)
    bench.sleep_ms(20 * 1000 / odr_hz)
    times = [sample.time_ns for sample in bench.model.produced[made:]]
    assert 19 <= len(times) <= 21
    assert (times[-1] - times[0]) / (len(times) - 1) == pytest.approx(1e9 / odr_hz, abs=1)
    assert bench.table.data_rate_hz() == odr_hz


@either
def test_a_whole_sample_read_is_the_newest_one_made(bus):
    bench = make(bus, {"gx": 10.0, "z": 1.0}, odr_hz=1666)
    assert bench.run()
    for _ in range(5):
        bench.sleep_ms(0.61)
        assert bench.read() == bench.model.produced[-1].raw
    assert [sample.raw for sample in bench.model.read_out[-5:]] == [sample.raw for sample in bench.model.produced[-5:]]


@pytest.mark.parametrize("range_g, range_dps", [(2, 125), (4, 250), (8, 500), (16, 1000), (2, 2000)])
@either
def test_values_follow_the_signals_within_noise_and_resolution(bus, range_g, range_dps):
    shares = dict(zip(AXES, (-0.99, 0.4, 0.001, 0.98, -0.5, 0.03), strict=True))
    full = {name: share * (range_dps if name.startswith("g") else range_g) for name, share in shares.items()}
    bench = make(bus, full, odr_hz=12.5, range_g=range_g, range_dps=range_dps)
    assert bench.run()
    values = bench.value(bench.read())
    for name in AXES:
        lsb = 4.375e-3 * range_dps / 125 if name.startswith("g") else 61e-6 * range_g / 2
        assert values[name] == pytest.approx(full[name], abs=lsb + 5 * bench.table.noise()[name] * 6.25**0.5), name


@pytest.mark.parametrize("name", AXES)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_word_at_the_end_of_its_range_is_no_value_and_the_others_are(name, sign):
    beyond = 150.0 if name.startswith("g") else 2.2
    bench = make(values={name: sign * beyond}, range_g=2, range_dps=125)
    assert bench.run()
    values = bench.value(bench.read())
    assert [axis for axis in AXES if values[axis] is None] == [name]


@pytest.mark.parametrize("octet", [0x00, 0xFF])
def test_words_that_are_all_zero_or_all_minus_one_are_no_sample_and_a_single_one_other_makes_them_one(octet):
    bench = make()
    assert set(bench.value(bytes((octet,)) * 12).values()) == {None}
    for word in range(6):
        sample = bytearray((octet,)) * 12
        sample[2 * word] ^= 1
        assert None not in bench.value(bytes(sample)).values()


def test_noise_and_full_scale_are_the_data_sheets():
    table = make(range_g=16, range_dps=500).table
    assert table.noise() == {**dict.fromkeys(AXES[:3], 3.8e-3), **dict.fromkeys(AXES[3:], 110e-6)}
    assert make().table.noise()["x"] == 70e-6
    assert table.full_scale()["gx"] == (-500.0, 500.0)
    assert table.full_scale()["z"] == (-16.0, 16.0)


def test_model_makes_the_noise_that_the_table_tells():
    bench = make(values={"x": lambda t_s: 0.01 * t_s, "gx": lambda t_s: 1.3 * t_s}, odr_hz=1666)
    assert bench.run()
    bench.sleep_ms(2000)
    produced = bench.model.produced
    values = bench.values(*(sample.raw for sample in produced))
    errors_g = [value - 0.01 * sample.time_ns / 1e9 for value, sample in zip(values["x"], produced, strict=True)]
    errors_dps = [value - 1.3 * sample.time_ns / 1e9 for value, sample in zip(values["gx"], produced, strict=True)]
    noise = bench.table.noise()
    assert pstdev(errors_g) == pytest.approx((noise["x"] ** 2 * 833 + (61e-6) ** 2 / 12) ** 0.5, rel=0.06)
    assert pstdev(errors_dps) == pytest.approx((noise["gx"] ** 2 * 1108.1 + (8.75e-3) ** 2 / 12) ** 0.5, rel=0.06)
    assert fmean(errors_g) == pytest.approx(0, abs=2e-4)
    assert fmean(errors_dps) == pytest.approx(0, abs=0.01)


# --- INT1 ---


@either
def test_int1_pulses_high_with_every_sample_read_or_not(bus):
    line = LineRecorder()
    bench = make(bus, line=line, odr_hz=1666)
    assert bench.run()
    assert line.level is False
    line.changes.clear()
    made = len(bench.model.produced)
    bench.sleep_ms(6)
    times = [sample.time_ns for sample in bench.model.produced[made:]]
    assert len(times) >= 9
    assert line.edges(True) == times
    assert line.edges(False) == [time_ns + 75_000 for time_ns in times]
    assert not getattr(Driver, "LINE_HOLDS", False) and not getattr(Driver, "ACTIVE_LOW", False)


def test_int1_without_pulses_holds_until_the_high_octets_are_read():
    line = LineRecorder()
    bench = make(line=line)
    write(bench, INT1_CTRL, 0x01)
    write(bench, CTRL1_XL, 0x40)
    bench.sleep_ms(10)
    assert line.level is True
    bench.device.read(0x28, bytearray(1))
    assert line.level is True
    bench.device.read(0x28, bytearray(6))
    assert line.level is False
    write(bench, CTRL3_C, 0x24)
    assert line.level is True, "active low"


def test_flags_are_set_while_the_gyroscope_starts_and_its_words_are_worth_nothing():
    bench = make(values={"x": 1.0, "gz": 100.0})
    write(bench, CTRL1_XL, 0x40)
    write(bench, CTRL2_G, 0x40)
    bench.sleep_ms(60)
    assert bench.register(STATUS) == 0x03
    values = bench.value(bench.read())
    assert values["x"] == pytest.approx(1.0, abs=0.01) and 20 < values["gz"] < 60
    assert bench.model.produced == []
    bench.sleep_ms(110)
    assert bench.value(bench.read())["gz"] == pytest.approx(100.0, abs=1.0)
    assert len(bench.model.produced) == 2


@pytest.mark.parametrize("rate_error", [-100_000, 100_000])
@pytest.mark.parametrize("odr_hz", ODRS_HZ)
@either
def test_driver_waits_until_the_gyroscope_has_settled(bus, odr_hz, rate_error):
    bench = make(bus, {"gz": 100.0}, odr_hz=odr_hz)
    bench.model.rate_error_ppm = rate_error
    assert bench.run()
    assert bench.model.produced, "else what is there is no sample"
    assert bench.value(bench.read())["gz"] == pytest.approx(100.0, abs=1.0)


# --- the model ---


@pytest.mark.parametrize(
    "register, value", [(WHO_AM_I, 0x6C), (CTRL3_C, 0x04), (CTRL9_XL, 0xE0), (CTRL1_XL, 0), (CTRL2_G, 0), (INT1_CTRL, 0)]
)
@either
def test_model_has_the_reset_values_of_the_data_sheet(bus, register, value):
    assert make(bus).register(register) == value


@pytest.mark.parametrize("register, reason", [(0x00, "no such"), (0x05, "no such"), (0x7F, "no such"), (0x01, "not modelled")])
@either
def test_model_refuses_a_register_it_does_not_have(bus, register, reason):
    with pytest.raises(ModelError, match=reason):
        make(bus).register(register)
    with pytest.raises(ModelError, match=reason):
        write(make(bus), register, 0)


@pytest.mark.parametrize("register", [WHO_AM_I, STATUS, 0x22, 0x2D])
@either
def test_model_refuses_to_write_what_is_read_only(bus, register):
    with pytest.raises(ModelError, match="read-only"):
        write(make(bus), register, 0)


@pytest.mark.parametrize(
    "register, value, reason",
    [
        (CTRL1_XL, 0x41, "reserved"), (CTRL1_XL, 0xB0, "0 to 10"), (CTRL1_XL, 0x42, "not modelled"), (CTRL2_G, 0x41, "reserved"),
        (CTRL2_G, 0x46, "no other range"), (CTRL3_C, 0x46, "reserved"), (CTRL3_C, 0x0C, "not modelled"),
        (COUNTER_BDR, 0x88, "reserved"), (INT1_CTRL, 0x08, "not modelled"), (0x13, 0x04, "not modelled"),
        (CTRL9_XL, 0xE1, "reserved"),
    ],
)  # fmt: skip
def test_model_refuses_values_that_the_part_does_not_define(register, value, reason):
    with pytest.raises(ModelError, match=reason):
        write(make(), register, value)


def test_model_refuses_two_rates_and_a_late_end_of_i3c():
    bench = make()
    write(bench, CTRL1_XL, 0x40)
    with pytest.raises(ModelError, match="both sensors off"):
        write(bench, CTRL9_XL, 0xE2)
    with pytest.raises(ModelError, match="two rates"):
        write(bench, CTRL2_G, 0x50)


@either
def test_model_refuses_what_comes_while_it_resets(bus):
    bench = make(bus)
    write(bench, CTRL3_C, 0x05)
    assert bench.register(CTRL3_C) == 0x05
    with pytest.raises(ModelError, match="resets"):
        bench.register(WHO_AM_I)
    with pytest.raises(ModelError, match="resets"):
        write(bench, CTRL1_XL, 0x40)
    bench.sleep_ms(0.05)
    assert bench.register(CTRL3_C) == 0x04


def test_model_refuses_a_read_without_a_register_on_i2c(controller):
    bus = controller(make().model)
    bus.read(WHO_AM_I, 1)
    with pytest.raises(ModelError, match="no register was named"):
        bus.read_on(1)


@pytest.mark.parametrize("address", [0x69, 0x6C])
def test_an_address_that_the_part_cannot_have_is_refused(address):
    with pytest.raises(ValueError, match="not allowed"):
        make(address=address)


def test_part_takes_the_spi_modes_of_the_data_sheet():
    assert Lsm6dso.modes == (0, 3)


@pytest.mark.parametrize("bdu", [True, False])
def test_words_are_coherent_with_block_data_update_and_not_without(bdu, controller):
    ramp = {"gx": lambda t_s: 200 * t_s}
    bench = make(values=ramp, odr_hz=104)
    assert bench.configure()
    write(bench, CTRL3_C, 0x44 if bdu else 0x04)
    bus = controller(bench.model)
    before = bench.model.produced[-1].raw
    bus.begin(0x22)
    low = bus.octet()
    bench.sleep_ms(1000)
    high = bus.octet()
    bus.end()
    after = bench.model.produced[-1].raw
    assert before[1] != after[1]
    assert (low, high) == (before[0], before[1] if bdu else after[1])


def test_a_burst_without_increment_reads_one_register():
    bench = make()
    write(bench, CTRL3_C, 0x00)
    octets = bytearray(3)
    bench.device.read(WHO_AM_I, octets)
    assert octets == b"\x6c\x6c\x6c"


def test_the_same_seed_gives_the_same_samples():
    def samples(address):
        bench = make(address=address)
        bench.run()
        bench.sleep_ms(100)
        return bench.model.produced

    assert samples(0x6A) == samples(0x6A) != samples(0x6B)


# --- faults ---


@pytest.mark.parametrize("act", ["identify", "configure", "read"])
def test_an_absent_part_is_an_os_error_on_i2c(act):
    bench = make()
    bench.model.absent = True
    acts = {"identify": bench.driver.identify, "configure": bench.configure, "read": bench.read}
    with pytest.raises(OSError, match="acknowledge"):
        acts[act]()


def test_an_absent_part_is_refused_on_spi_and_gives_no_values():
    bench = make("spi")
    bench.model.absent = True
    assert not bench.driver.identify()
    assert not bench.configure()


def test_a_refused_transfer_is_no_sample_and_the_next_is_whole():
    bench = make()
    assert bench.run()
    bench.model.fail_next(1)
    with pytest.raises(OSError, match="acknowledge"):
        bench.read()
    assert bench.read() == bench.model.produced[-1].raw


@either
def test_a_part_that_lost_its_power_is_as_new_and_can_be_set_up_again(bus):
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
        assert bench.read() == b"\xff" * 12
        assert set(bench.value(bench.read()).values()) == {None}
    bench.sleep_ms(200)
    assert len(bench.model.produced) == made and line.level is False
    assert set(bench.value(bench.read()).values()) == {None}, "not zero of all, as its registers have it"
    assert bench.register(CTRL1_XL) == 0
    assert bench.run()
    assert len(bench.model.produced) > made
