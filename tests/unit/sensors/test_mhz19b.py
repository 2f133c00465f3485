"""The MH-Z19B: its driver on the strict model, what the host makes of its answers, and every request the model must refuse."""

from statistics import fmean, pstdev

import pytest

from freefall.board.clock import SimulatedClock
from freefall.sensors.catalogue.mhz19b import LONGEST_ANSWER_NS, NOISE_PPM, SENSOR, Mhz19b, Mhz19bTable
from freefall.sensors.part import ModelError, Wiring
from freefall.sensors.signals import constant
from freefall_board.drivers.mhz19b import DRIVER
from unit.sensors.model_device import MS, Bench, assert_halves_agree

# The manual's own: a request, its answer with 544 ppm, and both settings of the self-calibration.
READ = bytes.fromhex("FF 01 86 00 00 00 00 00 79")
ANSWER = bytes.fromhex("FF 86 02 20 00 00 00 00 58")
CALIBRATION_ON = bytes.fromhex("FF 01 79 A0 00 00 00 00 E6")
CALIBRATION_OFF = bytes.fromhex("FF 01 79 00 00 00 00 00 86")
S = 1000 * MS


AIR = constant(1500.0)


def make(co2=AIR, **options):
    return Bench(SENSOR, DRIVER, options, signals={"co2": co2})


@pytest.fixture
def part(clock):
    return Mhz19b(clock, AIR, 5000, seed=1)


# --- driver ---


def test_table_and_driver_agree():
    bench = make()
    assert_halves_agree(bench)
    assert DRIVER.sample_reads == ((READ, 9),)


def test_part_is_identified_configured_and_delivers_what_it_made():
    bench = make()
    assert bench.run()
    for _ in range(5):
        bench.sleep_ms(1004)
        assert bench.read() == bench.model.produced[-1].raw
    assert bench.model.read_out == bench.model.produced


@pytest.mark.parametrize(("on", "octets"), [(False, CALIBRATION_OFF), (True, CALIBRATION_ON)])
def test_self_calibration_is_off_unless_the_air_is_fresh(on, octets):
    bench = make(self_calibration=on)
    requests = []
    request = bench.model.request
    bench.model.request = lambda octets: (requests.append(octets), request(octets))[1]
    assert bench.run()
    assert bench.model.self_calibration is on
    assert requests == [READ, octets, READ]


@pytest.mark.parametrize("at", [0, 1, 2, 3, 4, 7, 8])
def test_an_answer_that_is_not_one_is_refused(at):
    bench = make()
    sample = bench.model._sample
    bench.model._sample = lambda: bytes(octet ^ (4 * (i == at)) for i, octet in enumerate(sample()))
    assert not bench.driver.identify()


@pytest.mark.parametrize("act", ["identify", "configure", "read"])
def test_absent_part_is_an_os_error(act):
    bench = make()
    bench.model.absent = True
    with pytest.raises(OSError, match="timeout"):
        getattr(bench.driver if act == "identify" else bench, act)()


def test_sampling_goes_on_after_a_request_that_was_not_answered():
    bench = make()
    assert bench.run()
    bench.model.fail_next(1)
    with pytest.raises(OSError, match="timeout"):
        bench.read()
    assert bench.read() == bench.model.produced[-1].raw


def test_part_without_power_says_nothing_and_then_answers_as_from_the_factory():
    bench = make()
    assert bench.run()
    bench.model.power_cycle(20 * MS)
    with pytest.raises(OSError, match="timeout"):
        bench.read()
    bench.sleep_ms(20)
    assert bench.value(bench.read())["co2"] == pytest.approx(1500, abs=6 * NOISE_PPM)
    assert bench.model.self_calibration is True


# --- values ---


def test_example_of_the_manual_is_544_ppm():
    assert make().value(ANSWER) == {"co2": 544.0}


@pytest.mark.parametrize("at", range(9))
@pytest.mark.parametrize("bit", [0x01, 0x40, 0x80])
def test_a_spoiled_answer_is_worth_nothing(at, bit):
    sample = bytearray(ANSWER)
    sample[at] ^= bit
    assert make().value(bytes(sample)) == {"co2": None}


def test_an_answer_to_another_request_is_worth_nothing_though_its_checksum_is_right():
    assert make().value(bytes.fromhex("FF 99 02 20 00 00 00 00 45")) == {"co2": None}
    assert [check.reason for check in make().table.checks()] == ["not the answer to this request", "checksum"]


def test_answers_that_the_line_spoiled_are_never_wrong_values():
    bench = make()
    assert bench.run()
    bench.model.spoil_next(200)
    for _ in range(200):
        assert bench.value(bench.read()) == {"co2": None}
    assert bench.value(bench.read())["co2"] is not None


def test_values_follow_the_signal():
    bench = make(lambda t_s: 400 + 10 * t_s)
    assert bench.run()
    errors = []
    for _ in range(200):
        bench.sleep_ms(1004)
        value = bench.value(bench.read())["co2"]
        errors.append(value - 400 - 10 * (bench.model.produced[-1].time_ns // (1004 * MS)) * 1.004)
    assert fmean(errors) == pytest.approx(0, abs=1.5) and pstdev(errors) == pytest.approx(NOISE_PPM, rel=0.2)


@pytest.mark.parametrize(("co2", "range_ppm", "expected"), [(9000.0, 2000, 2000), (9000.0, 10_000, 9000), (-500.0, 5000, 0)])
def test_values_saturate_at_the_range_the_part_was_made_for(co2, range_ppm, expected):
    bench = make(constant(co2), range_ppm=range_ppm)
    assert bench.run()
    assert bench.value(bench.read())["co2"] == pytest.approx(expected, abs=6 * NOISE_PPM)
    assert bench.table.full_scale() == {"co2": (0, range_ppm)}


def test_table_says_what_the_manual_says():
    table = Mhz19bTable(driver="mhz19b", bus="bus0")
    assert (table.BUSES, table.SAMPLE_LEN, table.place()) == (("uart",), 9, {})
    assert table.config(0) == {"self_calibration_code": 0x00}
    assert table.data_rate_hz() == pytest.approx(1 / 1.004)
    assert table.reads().answer_us == 50_000, "a bus must wait so long"


# --- model ---


def test_it_answers_within_50_ms_and_not_at_once(part):
    delays = [part.request(READ)[1] for _ in range(500)]
    assert min(delays) >= 5 * MS and max(delays) < LONGEST_ANSWER_NS == 50 * MS
    assert max(delays) - min(delays) > 40 * MS


def test_its_value_changes_once_a_cycle(part, clock):
    seen = []
    for n in range(40):
        clock.advance_to(n * 251 * MS)
        seen.append(part.request(READ)[0])
    assert [seen[n] for n in range(0, 40, 4)] == [seen[n + 3] for n in range(0, 40, 4)]
    assert len(set(seen)) > 5


def test_switching_the_self_calibration_is_not_answered(part):
    assert part.request(CALIBRATION_OFF) is None
    assert part.self_calibration is False
    assert part.request(CALIBRATION_ON) is None
    assert part.self_calibration is True
    assert part.produced == []


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        (READ[:8], "is no command"),
        (READ + b"\0", "is no command"),
        (b"\xfe" + READ[1:], "is no command"),
        (b"\xff\x02" + READ[2:], "is no command"),
        (READ[:8] + b"\x78", "checksum"),
        (bytes.fromhex("FF 01 87 00 00 00 00 00 78"), "not modelled yet"),
        (bytes.fromhex("FF 01 99 00 00 00 07 D0 8F"), "not modelled yet"),
        (bytes.fromhex("FF 01 85 00 00 00 00 00 7A"), "no such command"),
        (bytes.fromhex("FF 01 79 01 00 00 00 00 85"), "not its arguments"),
        (bytes.fromhex("FF 01 86 01 00 00 00 00 78"), "not its arguments"),
        (bytes.fromhex("FF 01 86 00 00 01 00 00 78"), "not its arguments"),
    ],
)
def test_a_request_that_is_none_is_refused(part, octets, what):
    with pytest.raises(ModelError, match=f"MH-Z19B.*{what}"):
        part.request(octets)


def test_an_address_or_a_line_is_refused(clock, pin):
    with pytest.raises(ModelError, match="neither an address"):
        SENSOR.model(Wiring(clock, 0x57, {}, 1, SENSOR.signals))
    with pytest.raises(ModelError, match="nor an interrupt line"):
        SENSOR.model(Wiring(clock, None, {"data_ready": pin}, 1, SENSOR.signals))


def test_the_same_seed_gives_the_same_answers():
    def run(seed):
        clock = SimulatedClock()
        part = SENSOR.model(Wiring(clock, None, {}, seed, SENSOR.signals))
        for n in range(20):
            clock.advance_to(n * 2 * S)
            part.request(READ)
        return part.produced

    assert run(1) == run(1) != run(2)
