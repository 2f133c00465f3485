"""The SCD41: its driver on the strict model, what the host makes of its words, and every access the model must refuse."""

from statistics import fmean, pstdev

import pytest

from freefall.board.clock import SimulatedClock
from freefall.sensors.catalogue.scd41 import SENSOR, Scd41, Scd41Table
from freefall.sensors.part import ModelError, Wiring
from freefall.sensors.sensirion import words
from freefall.sensors.signals import constant
from freefall_board.drivers.scd41 import DRIVER
from unit.sensors.model_device import MS, Bench, assert_halves_agree

S = 1000 * MS
START, START_LOW, STOP, READ, READY = (0x21, 0xB1), (0x21, 0xAC), (0x3F, 0x86), (0xEC, 0x05), (0xE4, 0xB8)
SERIAL, SET_ASC, GET_ASC = (0x36, 0x82), (0x24, 0x16), (0x23, 0x13)
AIR = {"co2": constant(1500.0), "temperature": constant(21.5), "humidity": constant(55.0)}


def make(signals=AIR, seed=1, **options):
    return Bench(SENSOR, DRIVER, options, signals=signals, seed=seed)


@pytest.fixture
def build(clock, controller):
    part = Scd41(0x62, clock, *AIR.values(), seed=1)
    return part, controller(part)


# --- driver ---


def test_table_and_driver_agree():
    assert_halves_agree(make())


@pytest.mark.parametrize("interval_s", [5, 30])
def test_part_is_identified_configured_and_delivers_what_it_made(interval_s):
    bench = make(interval_s=interval_s)
    assert bench.run()
    for _ in range(4):
        bench.sleep_ms(1000 * interval_s)
        assert bench.read() == bench.model.produced[-1].raw
    assert [sample.raw for sample in bench.model.read_out] == [sample.raw for sample in bench.model.produced]
    assert bench.model.replaced == 0


@pytest.mark.parametrize(("options", "start"), [({}, START), ({"interval_s": 30}, START_LOW)])
def test_part_is_stopped_told_its_self_calibration_and_started(options, start):
    bench = make(self_calibration=True, **options)
    writes = []
    send = bench.driver._send
    bench.driver._send = lambda octets: (writes.append(bytes(octets)), send(octets))[1]
    assert bench.run()
    assert writes == [bytes(octets) for octets in (STOP, SERIAL, (*SET_ASC, 0x00, 0x01, 0xB0), GET_ASC, start)]


@pytest.mark.parametrize("on", [False, True])
def test_self_calibration_is_off_unless_the_air_is_fresh(on):
    bench = make(self_calibration=on)
    assert bench.run()
    assert bench.model._self_calibration == on


def test_self_calibration_that_is_not_taken_is_refused():
    class Deaf(Scd41):
        def _on_command(self, command, arguments):
            super()._on_command(command, arguments)
            self._self_calibration = 1

    bench = make()
    bench.model.__class__ = Deaf
    bench.halt()
    assert bench.driver.identify()
    assert not bench.configure()


@pytest.mark.parametrize("at", range(9))
def test_a_serial_number_with_a_spoiled_octet_is_refused(at):
    bench = make()
    bench.halt()
    answer = bench.model._answer
    bench.model._answer = lambda: bytes(octet ^ (0x20 * (i == at)) for i, octet in enumerate(answer()))
    assert not bench.driver.identify()


def test_part_that_already_measures_is_configured_anew():
    bench = make()
    for _ in range(2):
        assert bench.run()
        bench.sleep_ms(7000)
        bench.read()


@pytest.mark.parametrize("act", ["halt", "read"])
def test_absent_part_is_an_os_error(act):
    bench = make()
    bench.model.absent = True
    with pytest.raises(OSError, match="acknowledge"):
        getattr(bench, act)()


def test_driver_takes_less_than_the_second_it_may():
    bench = make()
    assert bench.run()
    assert bench.clock.now_ns() < 1000 * MS


def test_reading_before_the_next_is_ready_is_not_acknowledged_and_the_next_comes():
    bench = make()
    assert bench.run()
    bench.sleep_ms(5000)
    bench.read()
    with pytest.raises(OSError, match="acknowledge"):
        bench.read()
    bench.sleep_ms(5000)
    assert bench.read() == bench.model.produced[-1].raw
    assert len(bench.model.read_out) == len(bench.model.produced) == 2


@pytest.mark.parametrize("phases", [1, 2])
def test_sampling_goes_on_after_a_failed_read(phases):
    bench = make()
    assert bench.run()
    bench.sleep_ms(5000)
    bench.model.fail_next(phases)
    for _ in range(phases):
        with pytest.raises(OSError, match="acknowledge"):
            bench.read()
        bench.sleep_ms(2)
    assert bench.read() == bench.model.produced[-1].raw


def test_part_without_power_measures_again_only_when_it_is_started():
    bench = make()
    assert bench.run()
    bench.sleep_ms(6000)
    bench.model.power_cycle(30 * MS)
    bench.sleep_ms(20_000)
    made = len(bench.model.produced)
    with pytest.raises(OSError, match="acknowledge"):
        bench.read()
    bench.sleep_ms(2)
    assert bench.run()
    bench.sleep_ms(5000)
    assert bench.read() == bench.model.produced[made].raw


# --- values ---


def test_example_of_the_data_sheet_is_500_ppm_25_degc_37_percent():
    value = make().value(bytes.fromhex("01f4336667a25eb93c"))
    assert value == {
        "co2": 500.0,
        "temperature": pytest.approx(25.0, abs=0.003),
        "humidity": pytest.approx(37.0, abs=0.002),
    }


def test_values_follow_the_signals_within_the_repeatability():
    signals = {"co2": lambda t_s: 400 + 5 * t_s, "temperature": lambda t_s: 0.02 * t_s, "humidity": lambda t_s: 0.1 * t_s}
    bench = make(signals)
    assert bench.run()
    began_s = bench.clock.now_ns() / 1e9
    errors = {name: [] for name in signals}
    for n in range(1, 150):
        bench.sleep_ms(5000 - 1)  # the read itself takes the last
        for name, value in bench.value(bench.read()).items():
            errors[name].append(value - signals[name](began_s + 5 * n))
    assert fmean(errors["co2"]) == pytest.approx(0, abs=3) and pstdev(errors["co2"]) == pytest.approx(10, rel=0.2)
    assert fmean(errors["temperature"]) == pytest.approx(0, abs=0.03)
    assert pstdev(errors["temperature"]) == pytest.approx(0.1, rel=0.2)
    assert fmean(errors["humidity"]) == pytest.approx(0, abs=0.15) and pstdev(errors["humidity"]) == pytest.approx(0.4, rel=0.2)


@pytest.mark.parametrize(
    ("signals", "expected"),
    [
        ({"co2": constant(90_000.0), "temperature": constant(-60.0), "humidity": constant(120.0)}, (40_000, -45, 100)),
        ({"co2": constant(90_000.0), "temperature": constant(200.0), "humidity": constant(-9.0)}, (40_000, 130, 0)),
    ],
)
def test_values_saturate(signals, expected):
    bench = make(signals)
    assert bench.run()
    bench.sleep_ms(5000)
    assert tuple(bench.value(bench.read()).values()) == expected


@pytest.mark.parametrize("at", range(9))
@pytest.mark.parametrize("bit", [0x01, 0x80])
def test_a_spoiled_word_is_worth_nothing_and_the_others_are(at, bit):
    sample = bytearray.fromhex("01f4336667a25eb93c")
    whole = make().value(bytes(sample))
    sample[at] ^= bit
    spoiled = make().value(bytes(sample))
    lost = ("co2", "temperature", "humidity")[at // 3]
    assert spoiled == {**whole, lost: None}


def test_a_sample_of_0_ppm_is_none():
    bench = make({**AIR, "co2": constant(-90.0)})
    assert bench.run()
    bench.sleep_ms(5000)
    sample = bench.read()
    assert sample[:3] == words(0)
    assert set(bench.value(sample).values()) == {None}
    assert None not in bench.value(words(1) + sample[3:]).values()


def test_table_says_what_the_data_sheet_says():
    table = Scd41Table(driver="scd41", bus="bus0")
    assert table.config(0) == {"start_code": 0x21B1, "self_calibration": 0}
    assert (table.data_rate_hz(), table.SETTLE_US) == (0.2, 1000)
    slow = Scd41Table(driver="scd41", bus="bus0", interval_s=30, self_calibration=True)
    assert slow.config(0) == {"start_code": 0x21AC, "self_calibration": 1}
    assert slow.data_rate_hz() == pytest.approx(1 / 30)
    assert table.noise()["co2"] * (table.data_rate_hz() / 2) ** 0.5 == pytest.approx(10)
    assert table.full_scale()["co2"] == (0, 40_000)


# --- model ---


@pytest.mark.parametrize(("start", "interval_s"), [(START, 5), (START_LOW, 30)])
def test_measurements_come_at_the_end_of_each_interval(build, clock, start, interval_s):
    part, bus = build
    clock.advance_to(3 * S)
    bus.write(*start)
    clock.advance_to((3 + 4 * interval_s) * S)
    assert [sample.time_ns for sample in part.produced] == [(3 + n * interval_s) * S for n in range(1, 5)]
    assert part.replaced == 3


def test_data_ready_is_told_until_the_sample_is_read(build, clock):
    _, bus = build

    def ready():
        bus.write(*READY)
        clock.advance_to(clock.now_ns() + MS)
        return int.from_bytes(bus.read_on(3)[:2], "big") & 0x7FF

    assert not ready()
    bus.write(*START)
    assert not ready()
    clock.advance_to(6 * S)
    assert ready() and ready()
    bus.write(*READ)
    clock.advance_to(clock.now_ns() + MS)
    bus.read_on(9)
    assert not ready()


def test_a_read_within_the_commands_millisecond_is_not_acknowledged(build, clock, nacked):
    _, bus = build
    bus.write(*SERIAL)
    clock.advance_to(MS - 1)
    with pytest.raises(nacked):
        bus.read_on(9)
    clock.advance_to(MS)
    assert len(bus.read_on(9)) == 9


def test_stop_makes_it_deaf_for_half_a_second_and_forgets_what_nobody_read(build, clock, nacked):
    _, bus = build
    bus.write(*START)
    clock.advance_to(6 * S)
    bus.write(*STOP)
    clock.advance_to(6 * S + 500 * MS - 1)
    with pytest.raises(nacked):
        bus.write(*SERIAL)
    clock.advance_to(6 * S + 500 * MS)
    bus.write(*READ)
    clock.advance_to(7 * S)
    with pytest.raises(nacked):
        bus.read_on(9)
    clock.advance_to(60 * S)
    assert len(build[0].produced) == 1


@pytest.mark.parametrize("command", [SERIAL, GET_ASC, (*SET_ASC, *words(0)), START, START_LOW])
def test_a_command_for_an_idle_part_is_refused_while_it_measures(build, command):
    _, bus = build
    bus.write(*START)
    with pytest.raises(ModelError, match="must be idle"):
        bus.write(*command)


@pytest.mark.parametrize("command", [(0x00, 0x06), (0x36, 0x08), (0x21, 0xB2)])
def test_a_command_that_does_not_exist_is_refused(build, command):
    with pytest.raises(ModelError, match="SCD41, register 0x.*: there is no such command"):
        build[1].write(*command)


@pytest.mark.parametrize("command", [(0x21, 0x9D), (0x36, 0x46), (0x24, 0x27, *words(100))])
def test_a_command_that_is_not_modelled_says_so(build, command):
    with pytest.raises(ModelError, match="not modelled yet"):
        build[1].write(*command)


@pytest.mark.parametrize("command", [SET_ASC, (*SET_ASC, *words(0, 0)), (*START, *words(1)), (*READ, *words(5))])
def test_a_command_with_the_wrong_number_of_words_is_refused(build, command):
    with pytest.raises(ModelError, match="are not its arguments"):
        build[1].write(*command)


def test_self_calibration_is_0_or_1(build):
    with pytest.raises(ModelError, match="0 or 1"):
        build[1].write(*SET_ASC, *words(2))


def test_a_read_without_a_command_of_its_own_is_refused(build, clock):
    _, bus = build
    with pytest.raises(ModelError, match="no command that answers"):
        bus.read_on(3)
    bus.write(*SERIAL)
    clock.advance_to(MS)
    bus.read_on(9)
    with pytest.raises(ModelError, match="no command that answers"):
        bus.read_on(9)


def test_a_tenth_octet_is_refused(build, clock):
    _, bus = build
    bus.write(*SERIAL)
    clock.advance_to(MS)
    with pytest.raises(ModelError, match="after the 9 that there are"):
        bus.read_on(10)


def test_a_sample_that_was_read_in_part_is_gone_and_not_read_out(build, clock, nacked):
    part, bus = build
    bus.write(*START)
    clock.advance_to(5 * S)
    for _ in range(2):
        bus.write(*READ)
        clock.advance_to(clock.now_ns() + MS)
        if part._ready:
            bus.read_on(3)
    assert part.read_out == []
    with pytest.raises(nacked):
        bus.read_on(3)


@pytest.mark.parametrize("address", [None, 0x61])
def test_an_address_it_cannot_have_is_refused(clock, address):
    with pytest.raises(ModelError, match="its address is 0x62"):
        SENSOR.model(Wiring(clock, address, {}, 1, SENSOR.signals))


def test_an_interrupt_line_is_refused(clock, pin):
    with pytest.raises(ModelError, match="no interrupt line"):
        SENSOR.model(Wiring(clock, 0x62, {"data_ready": pin}, 1, SENSOR.signals))


def test_the_same_seed_gives_the_same_samples_and_serial_number(controller):
    def run(seed):
        clock = SimulatedClock()
        part = SENSOR.model(Wiring(clock, 0x62, {}, seed, SENSOR.signals))
        controller(part).write(*START)
        clock.advance_to(60 * S)
        return part.produced, part._serial

    assert run(1) == run(1) and run(1)[0] != run(2)[0] and run(1)[1] != run(2)[1]
