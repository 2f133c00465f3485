"""The SLF3S: its driver on the strict model, what the host makes of its words, and every access the model must refuse."""

from statistics import fmean, pstdev

import pytest

from freefall.board.clock import SimulatedClock
from freefall.sensors.catalogue.slf3s import (
    FIRST_NS,
    NOISE_OF_FULL_SCALE,
    SENSOR,
    STOPS_NS,
    UPDATE_NS,
    VARIANTS,
    Slf3s,
    Slf3sTable,
)  # fmt: skip
from freefall.sensors.part import ModelError, Wiring
from freefall.sensors.sensirion import words
from freefall.sensors.signals import constant
from freefall_board.drivers.slf3s import DRIVER
from unit.sensors.model_device import MS, Bench, assert_halves_agree

WATER, IPA, STOP, PREPARE, PRODUCT = (0x36, 0x08), (0x36, 0x15), (0x3F, 0xF9), (0x36, 0x7C), (0xE1, 0x02)
STILL = {"flow": constant(12.0), "temperature": constant(24.5), "air": constant(0.0)}


def make(variant="1300F", liquid="water", **signals):
    return Bench(SENSOR, DRIVER, {"variant": variant, "liquid": liquid}, signals={**STILL, **signals})


@pytest.fixture
def build(clock, controller):
    def build(variant="1300F", seed=1, **signals):
        feels = {**STILL, **signals}
        part = Slf3s(0x08, clock, VARIANTS[variant], feels["flow"], feels["temperature"], feels["air"], seed)
        return part, controller(part)

    return build


def sent(bench):
    """The octets of every write from now on."""
    writes = []
    send = bench.driver._send
    bench.driver._send = lambda octets: (writes.append(bytes(octets)), send(octets))[1]
    return writes


# --- driver ---


def test_table_and_driver_agree():
    assert_halves_agree(make())


@pytest.mark.parametrize("variant", VARIANTS)
def test_part_is_identified_configured_and_delivers_what_it_made(variant):
    bench = make(variant, flow=constant(1.5))
    assert bench.run()
    for _ in range(20):
        bench.sleep_ms(10)
        assert bench.read() == bench.model.produced[-1].raw
    assert bench.model.read_out == bench.model.produced and len(bench.model.produced) == 21


@pytest.mark.parametrize(("liquid", "command"), [("water", WATER), ("ipa", IPA)])
def test_part_is_started_with_the_calibration_of_its_liquid(liquid, command):
    bench = make(liquid=liquid)
    bench.halt()
    assert bench.driver.identify()
    writes = sent(bench)
    assert bench.configure()
    assert writes == [bytes(command)]
    assert bench.clock.now_ns() >= 60 * MS, "its first sample is a warm sensor's"


@pytest.mark.parametrize(("fitted", "defined"), [("0600F", "1300F"), ("1300F", "0600F")])
def test_the_other_one_of_the_family_is_refused(fitted, defined):
    bench = make(fitted)
    config = Slf3sTable(driver="slf3s", bus="bus0", variant=defined).config(0)
    assert not DRIVER(bench.device, config).identify()


def test_another_revision_of_the_part_is_known(monkeypatch):
    bench = make()
    bench.model._variant = type(VARIANTS["1300F"])(0x07030205, 500, 40.0, 65.0)
    assert bench.driver.identify()


@pytest.mark.parametrize("at", range(18))
def test_a_product_number_with_a_spoiled_octet_is_refused(at):
    bench = make()
    answer = bench.model._answer
    bench.model._answer = lambda: bytes(octet ^ (0x10 * (i == at)) for i, octet in enumerate(answer()))
    assert not bench.driver.identify()


def test_part_that_already_measures_is_configured_anew():
    bench = make()
    for _ in range(3):
        assert bench.run()
        bench.sleep_ms(50)
        bench.read()


def test_part_whose_first_sample_is_spoiled_is_not_configured():
    bench = make()
    bench.halt()
    assert bench.driver.identify()
    answer = bench.model._answer
    bench.model._answer = lambda: b"\x00" + answer()[1:]
    assert not bench.configure()


@pytest.mark.parametrize("act", ["identify", "configure", "read"])
def test_absent_part_is_an_os_error(act):
    bench = make()
    bench.model.absent = True
    bench.halt()
    with pytest.raises(OSError, match="acknowledge"):
        getattr(bench.driver if act == "identify" else bench, act)()


def test_sampling_goes_on_after_a_failed_read():
    bench = make()
    assert bench.run()
    bench.sleep_ms(10)
    bench.model.fail_next(1)
    with pytest.raises(OSError, match="acknowledge"):
        bench.read()
    assert bench.read() == bench.model.produced[-1].raw


def test_part_without_power_answers_nothing_until_it_is_started_again():
    bench = make()
    assert bench.run()
    bench.model.power_cycle(5 * MS)
    for _ in range(5):
        with pytest.raises(OSError, match="acknowledge"):
            bench.read()
        bench.sleep_ms(20)
    assert bench.run()
    bench.sleep_ms(1)
    assert bench.value(bench.read())["flow"] == pytest.approx(12.0, abs=0.2)


# --- values ---


@pytest.mark.parametrize(("variant", "flow"), [("1300F", 33.3), ("1300F", -33.3), ("0600F", 1.2345), ("0600F", -0.02)])
def test_values_follow_the_signals_through_the_whole_chain(variant, flow):
    bench = make(variant, flow=lambda t_s: flow * (1 + 0.1 * t_s), temperature=constant(-1.2))
    assert bench.run()
    for _ in range(50):
        bench.sleep_ms(20)
        value = bench.value(bench.read())
        expected = flow * (1 + 0.1 * (bench.clock.now_ns() / 1e9 - 0.01))
        noise = NOISE_OF_FULL_SCALE * VARIANTS[variant].full_scale_ml_min / 40**0.5
        assert value["flow"] == pytest.approx(expected, abs=5 * noise + 1 / VARIANTS[variant].lsb_per_ml_min)
        assert value["temperature"] == pytest.approx(-1.2, abs=0.03)
        assert value["flags"] == 0


def test_scale_factors_are_the_data_sheets():
    for variant, scale in (("1300F", 1 / 500), ("0600F", 1 / 10_000)):
        bench = make(variant)
        value = bench.value(words(-250, -200, 0))
        assert value == {"flow": pytest.approx(-250 * scale), "temperature": -1.0, "flags": 0.0}


@pytest.mark.parametrize(
    ("at", "lost"),
    [(0, {"flow"}), (1, {"flow"}), (2, {"flow"}), (3, {"temperature"}), (4, {"temperature"}), (5, {"temperature"})]
    + [(at, {"flow", "flags"}) for at in (6, 7, 8)],
)
@pytest.mark.parametrize("bit", [0x01, 0x80])
def test_a_spoiled_word_is_worth_nothing_and_the_others_are(at, lost, bit):
    sample = bytearray(words(6000, 4900, 0))
    whole = make().value(bytes(sample))
    sample[at] ^= bit
    spoiled = make().value(bytes(sample))
    assert {name for name, value in spoiled.items() if value is None} == lost
    assert all(spoiled[name] == whole[name] for name in whole.keys() - lost)


def test_every_spoiled_word_is_counted_by_a_check_of_its_own():
    table = make().table
    assert [(check.reason, check.channels) for check in table.checks()] == [
        ("word CRC", ("flow",)),
        ("word CRC", ("temperature",)),
        ("word CRC", ("flow", "flags")),
        ("air in line", ("flow",)),
        ("flow beyond the sensor's range", ("flow",)),
    ]


def test_flow_with_air_in_the_line_is_worth_nothing_and_says_why():
    bench = make(air=lambda t_s: float(0.5 < t_s < 0.6))
    assert bench.run()
    seen = []
    while bench.clock.now_ns() < 1000 * MS:
        bench.sleep_ms(50)
        value = bench.value(bench.read())
        seen.append((value["flow"] is None, value["flags"], value["temperature"] is None))
    assert seen.count((True, 1.0, False)) in (2, 3, 4) and seen.count((False, 0.0, False)) == len(seen) - seen.count(
        (True, 1.0, False)
    )


@pytest.mark.parametrize(("flow", "lost"), [(64.5, False), (-64.5, False), (66.0, True), (-66.0, True)])
def test_flow_beyond_what_it_measures_is_worth_nothing(flow, lost):
    bench = make(flow=constant(flow))
    assert bench.run()
    bench.sleep_ms(70)
    value = bench.value(bench.read())
    assert (value["flow"] is None) == lost
    assert value["flags"] == (2.0 if lost else 0.0)


def test_smoothing_is_told_and_costs_nothing():
    bench = make()
    assert bench.run()
    bench.sleep_ms(500)
    value = bench.value(bench.read())
    assert value["flags"] == 0x20 and value["flow"] is not None


# --- model ---


def test_first_value_comes_12_ms_after_the_start_and_a_new_one_every_half_millisecond(build, clock, nacked):
    part, bus = build()
    bus.write(*WATER)
    clock.advance_to(FIRST_NS - 1)
    with pytest.raises(nacked):
        bus.read_on(9)
    for n in range(5):
        clock.advance_to(FIRST_NS + n * UPDATE_NS)
        bus.read_on(9)
        with pytest.raises(nacked):
            bus.read_on(9)
    assert [sample.time_ns for sample in part.produced] == [FIRST_NS + n * UPDATE_NS for n in range(5)]


@pytest.mark.parametrize(("every", "averaged"), [(1, 1), (20, 20), (400, 160)])
def test_noise_shrinks_with_the_values_averaged(build, clock, every, averaged):
    part, bus = build(flow=constant(5.0))
    bus.write(*WATER)
    for n in range(1, 1500):
        clock.advance_to(FIRST_NS + n * every * UPDATE_NS)
        bus.read_on(9)
    flows = [int.from_bytes(sample.raw[:2], "big", signed=True) for sample in part.produced[1:]]
    lsb = 500 * 40 * NOISE_OF_FULL_SCALE / averaged**0.5
    assert fmean(flows) == pytest.approx(2500, abs=1.5)
    assert pstdev(flows) == pytest.approx((lsb**2 + 1 / 12) ** 0.5, rel=0.1)


def test_stop_makes_it_idle_after_half_a_millisecond(build, clock, nacked):
    part, bus = build()
    bus.write(*WATER)
    clock.advance_to(20 * MS)
    bus.write(*STOP)
    clock.advance_to(20 * MS + STOPS_NS - 1)
    with pytest.raises(nacked):
        bus.write(*PREPARE)
    clock.advance_to(20 * MS + STOPS_NS)
    bus.write(*PREPARE)
    bus.write(*PRODUCT)
    assert bus.read_on(18)[:6] == words(0x0703, 0x0202)


def test_serial_numbers_are_of_each_part(build):
    def serial(seed):
        _, bus = build(seed=seed)
        bus.write(*PREPARE)
        bus.write(*PRODUCT)
        return bus.read_on(18)[6:]

    assert serial(1) == serial(1) != serial(2)


def test_an_idle_part_does_not_acknowledge_the_stop(build, nacked):
    with pytest.raises(nacked):
        build()[1].write(*STOP)


@pytest.mark.parametrize("command", [WATER, IPA, PREPARE, PRODUCT])
def test_a_command_while_it_measures_is_refused(build, command):
    _, bus = build()
    bus.write(*WATER)
    with pytest.raises(ModelError, match="only the stop"):
        bus.write(*command)


@pytest.mark.parametrize("command", [(0x00, 0x06), (0x36, 0x09), (0xEC, 0x05), (0x3F, 0xF8)])
def test_a_command_that_does_not_exist_is_refused(build, command):
    with pytest.raises(ModelError, match="SLF3S, register 0x.*: there is no such command"):
        build()[1].write(*command)


def test_a_command_with_an_argument_is_refused(build):
    with pytest.raises(ModelError, match="no argument"):
        build()[1].write(*WATER, *words(1))


def test_half_a_command_is_refused(build):
    with pytest.raises(ModelError, match="no command"):
        build()[1].write(0x36)


def test_a_product_number_that_was_not_prepared_is_refused(build):
    with pytest.raises(ModelError, match="0x367c must come before"):
        build()[1].write(*PRODUCT)


def test_a_read_without_anything_to_read_is_refused(build):
    part, bus = build()
    with pytest.raises(ModelError, match="neither measures"):
        bus.read_on(9)
    bus.write(*PREPARE)
    with pytest.raises(ModelError, match="neither measures"):
        bus.read_on(18)


def test_a_tenth_octet_is_refused_and_a_read_may_end_early(build, clock):
    part, bus = build()
    bus.write(*WATER)
    clock.advance_to(20 * MS)
    assert len(bus.read_on(3)) == 3
    assert part.read_out == []
    clock.advance_to(30 * MS)
    with pytest.raises(ModelError, match="after the 9 that there are"):
        bus.read_on(10)


@pytest.mark.parametrize("address", [None, 0x00, 0x09])
def test_an_address_it_cannot_have_is_refused(clock, address):
    with pytest.raises(ModelError, match="its address is 0x08"):
        SENSOR.model(Wiring(clock, address, {}, 1, SENSOR.signals))


def test_an_interrupt_line_is_refused(clock, pin):
    with pytest.raises(ModelError, match="no interrupt line"):
        SENSOR.model(Wiring(clock, 0x08, {"data_ready": pin}, 1, SENSOR.signals))


def test_the_same_seed_gives_the_same_samples(controller):
    def run(seed):
        clock = SimulatedClock()
        part = SENSOR.model(Wiring(clock, 0x08, {}, seed, SENSOR.signals))
        bus = controller(part)
        bus.write(*WATER)
        for n in range(20):
            clock.advance_to((20 + 10 * n) * MS)
            bus.read_on(9)
        return part.produced

    assert run(1) == run(1) != run(2)


def test_table_says_what_the_data_sheet_says():
    table = Slf3sTable(driver="slf3s", bus="bus0", variant="0600F", liquid="ipa")
    assert table.config(0) == {"start_code": 0x3615, "product_code": 0x070303}
    assert table.full_scale() == {"flow": (-2.0, 2.0)}
    assert table.data_rate_hz() == 2000.0
    assert table.place() == {"address": 0x08}
