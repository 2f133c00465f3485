"""The TMP117 model: registers, conversion cycles, flags, and every access it must refuse."""

from statistics import fmean, pstdev

import pytest

from freefall.board.clock import SimulatedClock
from freefall.sensors.catalogue.tmp117 import ACTIVE_NS, CYCLE_NS, RESET_NS, Tmp117
from freefall.sensors.part import ModelError
from freefall.sensors.signals import constant, temperature_drift

MS = 1_000_000
ROOM = constant(25.0)
RESETS = {0x00: 0x8000, 0x01: 0x0220, 0x02: 0x6000, 0x03: 0x8000, 0x04: 0x0000, 0x07: 0x0000, 0x0F: 0x0117}
NO_REGISTER = [*range(0x09, 0x0F), *range(0x10, 0x100)]


@pytest.fixture
def build(clock, controller):
    def build(signal=ROOM, seed=1, address=0x48):
        part = Tmp117(address, clock, signal, seed)
        return part, controller(part)

    return build


def word(data):
    return int.from_bytes(data, "big")


def config(conv=4, avg=1, mod=0, more=0):
    return mod << 10 | conv << 7 | avg << 5 | more


def write_word(bus, register, value):
    bus.write(register, value >> 8, value & 0xFF)


@pytest.mark.parametrize("register, value", RESETS.items())
def test_a_register_reads_its_reset_value(build, register, value):
    assert word(build()[1].read(register, 2)) == value


def test_the_eeprom_registers_hold_an_identity_of_each_part(build):
    def identity(**options):
        bus = build(**options)[1]
        return tuple(bus.read(register, 2) for register in (5, 6, 8))

    assert identity() == identity()
    assert identity() != identity(address=0x49) and identity() != identity(seed=2)


@pytest.mark.parametrize("register", [0x02, 0x03, 0x07])
def test_a_written_value_reads_back_msb_first(build, register):
    _, bus = build()
    write_word(bus, register, 0x1234)
    assert bus.read(register, 2) == b"\x12\x34"


@pytest.mark.parametrize("register", [0x00, 0x0F])
def test_writing_a_read_only_register_is_refused(build, register):
    with pytest.raises(ModelError, match=f"TMP117, register {register:#04x}, value 0x1234: .*read-only"):
        write_word(build()[1], register, 0x1234)


@pytest.mark.parametrize("register", NO_REGISTER)
def test_a_register_that_does_not_exist_is_refused(build, register):
    with pytest.raises(ModelError, match="no such register"):
        build()[1].read(register, 2)


@pytest.mark.parametrize("register, value", [(4, 0x8000), (5, 0), (6, 1), (8, 0xFFFF)])
def test_programming_the_eeprom_is_not_modelled(build, register, value):
    with pytest.raises(ModelError, match="not modelled"):
        write_word(build()[1], register, value)


def test_locking_the_locked_eeprom_is_nothing(build):
    write_word(build()[1], 4, 0x0000)


@pytest.mark.parametrize("register", [0x01, 0x02, 0x07])
def test_half_a_word_written_is_refused_and_changes_nothing(build, register):
    _, bus = build()
    with pytest.raises(ModelError, match="half a register"):
        bus.write(register, 0x12)
    assert word(bus.read(register, 2)) == RESETS[register]


@pytest.mark.parametrize("register", RESETS)
def test_half_a_word_read_is_refused(build, register):
    with pytest.raises(ModelError, match="half a register"):
        build()[1].read(register, 1)


def test_half_a_word_read_is_refused_at_a_repeated_start_too(build):
    part, _ = build()
    part.start(read=True)
    part.read()
    with pytest.raises(ModelError, match="half a register"):
        part.start(read=False)


def test_more_than_a_word_is_refused(build):
    _, bus = build()
    with pytest.raises(ModelError, match="third octet"):
        bus.read(0x00, 3)
    with pytest.raises(ModelError, match="2 octets"):
        bus.write(0x02, 1, 2, 3)


def test_the_pointer_is_kept_between_reads_and_starts_at_the_result(build):
    _, bus = build()
    assert bus.read_on(2) == b"\x80\x00"
    bus.write(0x0F)
    assert bus.read_on(2) == bus.read_on(2) == b"\x01\x17"


def test_reserved_config_bit_0_is_refused_and_flag_bits_are_ignored(build):
    _, bus = build()
    with pytest.raises(ModelError, match="reserved"):
        write_word(bus, 1, 0x0221)
    write_word(bus, 1, 0xF220)
    assert word(bus.read(1, 2)) == 0x0220


@pytest.mark.parametrize("avg", range(4))
@pytest.mark.parametrize("conv", range(8))
def test_results_come_at_the_end_of_the_active_conversion_of_each_cycle(build, clock, conv, avg):
    part, bus = build()
    clock.advance_to(7 * MS)
    write_word(bus, 1, config(conv, avg))
    cycle_ns = CYCLE_NS[conv][avg]
    clock.advance_to(7 * MS + 5 * cycle_ns)
    expected = [7 * MS + ACTIVE_NS[avg] + n * cycle_ns for n in range(5)]
    assert [sample.time_ns for sample in part.produced] == expected


def test_the_cycle_table_is_the_datasheets(build):
    table_ms = [[cycle / MS for cycle in row] for row in CYCLE_NS]
    assert table_ms == [
        [15.5, 125, 500, 1000],
        [125, 125, 500, 1000],
        [250, 250, 500, 1000],
        [500, 500, 500, 1000],
        [1000, 1000, 1000, 1000],
        [4000] * 4,
        [8000] * 4,
        [16000] * 4,
    ]


def test_the_default_cycle_is_one_second_with_eight_averages(build, clock):
    part, _ = build()
    clock.advance_to(3000 * MS)
    assert [sample.time_ns for sample in part.produced] == [125 * MS, 1125 * MS, 2125 * MS]


def test_the_result_is_minus_256_until_the_first_conversion_ends(build, clock):
    part, bus = build()
    clock.advance_to(125 * MS - 1)
    assert bus.read(0, 2) == b"\x80\x00"
    clock.advance_to(125 * MS)
    assert bus.read(0, 2) == part.produced[0].raw


def test_a_reader_gets_exactly_what_was_produced(build, clock):
    part, bus = build(temperature_drift())
    for second in range(20):
        clock.advance_to((second * 1000 + 130) * MS)
        bus.read(0, 2)
    assert [r.raw for r in part.read_out] == [p.raw for p in part.produced] and len(part.read_out) == 20
    assert [r.time_ns - p.time_ns for r, p in zip(part.read_out, part.produced, strict=True)] == [5 * MS] * 20


def test_both_octets_are_of_one_conversion(build, clock):
    part, _ = build(lambda t_s: 100 * t_s)
    clock.advance_to(200 * MS)
    part.start(read=True)
    high = part.read()
    clock.advance_to(1200 * MS)
    low = part.read()
    part.stop()
    assert bytes([high, low]) == part.produced[0].raw != part.produced[1].raw


@pytest.mark.parametrize("avg, averages", [(0, 1), (1, 8), (2, 32), (3, 64)])
def test_averaging_lowers_the_noise_to_that_of_rounding(build, clock, avg, averages):
    # A ramp over many steps, so that rounding errors are spread evenly.
    active_ns = ACTIVE_NS[avg]
    ramp = lambda t_s: -12.34 + 0.0123 * t_s / (active_ns / 1e9)  # noqa: E731
    part, bus = build(ramp)
    write_word(bus, 1, config(0, avg))
    clock.advance_to(2000 * active_ns)
    errors = [
        int.from_bytes(sample.raw, "big", signed=True) - 128 * ramp((sample.time_ns - active_ns / 2) / 1e9)
        for sample in part.produced
    ]
    assert fmean(errors) == pytest.approx(0, abs=0.1)
    assert pstdev(errors) == pytest.approx((1 / averages + 1 / 12) ** 0.5, rel=0.07)


@pytest.mark.parametrize("degc, raw", [(300.0, b"\x7f\xff"), (-300.0, b"\x80\x00")])
def test_results_saturate(build, clock, degc, raw):
    part, _ = build(constant(degc))
    clock.advance_to(125 * MS)
    assert part.produced[0].raw == raw


def test_the_offset_register_is_added(build, clock):
    part, bus = build(constant(25.0))
    write_word(bus, 7, 0x10000 - 5 * 128)
    clock.advance_to(125 * MS)
    assert int.from_bytes(part.produced[0].raw, "big", signed=True) == pytest.approx(20 * 128, abs=3)


def test_the_same_seed_gives_the_same_results_and_another_seed_others():
    def run(seed, address=0x48):
        clock = SimulatedClock()
        part = Tmp117(address, clock, temperature_drift(), seed)
        clock.advance_to(60_000 * MS)
        return part.produced

    assert run(1) == run(1)
    assert run(1) != run(2) and run(1) != run(1, address=0x49)


@pytest.mark.parametrize("register", [0, 1])
def test_data_ready_is_set_by_a_conversion_and_cleared_by_reading_result_or_config(build, clock, register):
    _, bus = build()
    assert not word(bus.read(1, 2)) & 0x2000
    clock.advance_to(125 * MS)
    flag = word(bus.read(1, 2)) & 0x2000
    assert flag
    clock.advance_to(1125 * MS)
    bus.read(register, 2)
    assert not word(bus.read(1, 2)) & 0x2000
    clock.advance_to(2125 * MS)
    assert word(bus.read(1, 2)) & 0x2000


def test_reading_another_register_leaves_data_ready(build, clock):
    _, bus = build()
    clock.advance_to(125 * MS)
    bus.read(0x0F, 2)
    assert word(bus.read(1, 2)) & 0x2000


def test_alert_mode_flags_are_set_beyond_the_limits_and_cleared_by_reading(build, clock):
    temperature = [30.0]
    _, bus = build(lambda t_s: temperature[0])
    write_word(bus, 2, 25 * 128)
    write_word(bus, 3, 10 * 128)
    clock.advance_to(125 * MS)
    assert word(bus.read(1, 2)) & 0xC000 == 0x8000
    assert word(bus.read(1, 2)) & 0xC000 == 0
    temperature[0] = 5.0
    clock.advance_to(1125 * MS)
    assert word(bus.read(1, 2)) & 0xC000 == 0x4000


def test_therm_mode_holds_its_flag_until_the_temperature_is_below_the_low_limit(build, clock):
    temperature = [30.0]
    _, bus = build(lambda t_s: temperature[0])
    write_word(bus, 2, 25 * 128)
    write_word(bus, 3, 10 * 128)
    write_word(bus, 1, config(more=0x0010))
    seen = []
    for second, degc in enumerate([30.0, 20.0, 5.0]):
        temperature[0] = degc
        clock.advance_to((1000 * second + 125) * MS)
        bus.read(1, 2)
        seen.append(word(bus.read(1, 2)) & 0xC000)
    assert seen == [0x8000, 0x8000, 0]


def test_shutdown_ends_the_conversion_and_keeps_the_result(build, clock):
    part, bus = build()
    clock.advance_to(1100 * MS)
    write_word(bus, 1, config(mod=1))
    clock.advance_to(10_000 * MS)
    assert len(part.produced) == 1
    assert bus.read(0, 2) == part.produced[0].raw


@pytest.mark.parametrize("avg", range(4))
def test_one_shot_converts_once_and_shuts_down(build, clock, avg):
    part, bus = build()
    write_word(bus, 1, config(avg=avg, mod=3))
    clock.advance_to(10_000 * MS)
    assert [sample.time_ns for sample in part.produced] == [ACTIVE_NS[avg]]
    assert word(bus.read(1, 2)) == 0x2000 | config(avg=avg, mod=1)


def test_mode_2_is_continuous_and_reads_back_as_0(build, clock):
    part, bus = build()
    write_word(bus, 1, config(mod=2))
    assert word(bus.read(1, 2)) == config()
    clock.advance_to(2000 * MS)
    assert len(part.produced) == 2


def test_a_soft_reset_silences_the_part_and_restores_everything(build, clock, nacked):
    part, bus = build()
    clock.advance_to(300 * MS)
    for register in (2, 3, 7):
        write_word(bus, register, 0x0101)
    write_word(bus, 1, config(0, 0))
    made = len(part.produced)
    write_word(bus, 1, 0x0002)
    began_ns = clock.now_ns()
    clock.advance_to(began_ns + RESET_NS - 1)
    with pytest.raises(nacked):
        bus.read(1, 2)
    clock.advance_to(began_ns + RESET_NS)
    for register, value in RESETS.items():
        assert word(bus.read(register, 2)) == value
    clock.advance_to(began_ns + RESET_NS + 125 * MS)
    assert [sample.time_ns for sample in part.produced[made:]] == [began_ns + RESET_NS + 125 * MS]
