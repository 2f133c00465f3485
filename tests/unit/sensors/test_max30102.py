"""The MAX30102: its driver on the strict model, its FIFO and interrupt as a board uses them, and what the model must refuse."""

from statistics import fmean, pstdev

import pytest
from pydantic import ValidationError

from freefall.board.clock import SimulatedClock
from freefall.sensors.catalogue.max30102 import NOISE_NA, RESET_NS, SENSOR, Max30102, Max30102Table
from freefall.sensors.part import ModelError, Wiring
from freefall.sensors.signals import constant
from freefall_board.drivers.max30102 import DRIVER
from unit.sensors.conftest import RecordingPin
from unit.sensors.model_device import MS, Bench, assert_halves_agree

LIGHT = {"red": constant(900.0), "ir": constant(1300.0)}
STATUS, ENABLE, WRITE, OVERFLOW, READ, DATA = 0x00, 0x02, 0x04, 0x05, 0x06, 0x07
FIFO, MODE, SPO2, RED, IR = 0x08, 0x09, 0x0A, 0x0C, 0x0D
RESETS = {
    0x00: 0x01,
    0x01: 0,
    0x02: 0,
    0x03: 0,
    0x04: 0,
    0x05: 0,
    0x06: 0,
    0x08: 0,
    0x09: 0,
    0x0A: 0,
    0x0C: 0,
    0x0D: 0,
    0xFF: 0x15,
}


class Line(RecordingPin):
    """INT: an interrupt at each fall, an interval after it."""

    on_fall = None

    def set(self, level):
        before = self.level
        super().set(level)
        if before and not level and self.on_fall:
            self.on_fall()

    @property
    def falls(self):
        """But for the one that tells of power, before the clock ran."""
        return [time_ns for time_ns, level in self.changes if not level and time_ns]


def make(watermark=0, signals=LIGHT, line="fifo_watermark", **options):
    bench = Bench(SENSOR, DRIVER, {"sample_rate_hz": 100, **options}, signals=signals, watermark=watermark)
    pin = Line(bench.clock)
    wiring = Wiring(bench.clock, 0x57, {line: pin}, 1, {**SENSOR.signals, **signals}, bench.table)
    bench.model = bench.device._model = SENSOR.model(wiring)
    bench.pin = pin
    return bench


@pytest.fixture
def build(clock, controller):
    """A part that measures at 100 Hz, its INT on a Line."""

    def build(enable=0x80, fifo=0x0F, spo2=0x27, mode=0x03, signals=LIGHT):
        pin = Line(clock)
        part = Max30102(0x57, clock, pin, signals["red"], signals["ir"], seed=1)
        bus = controller(part)
        bus.read(STATUS, 1)
        for register, value in ((ENABLE, enable), (FIFO, fifo), (SPO2, spo2), (RED, 35), (IR, 35), (MODE, mode)):
            bus.write(register, value)
        return part, bus, pin

    return build


# --- driver ---


@pytest.mark.parametrize("watermark", [0, 17, 32])
def test_table_and_driver_agree(watermark):
    bench = make(watermark)
    assert_halves_agree(bench)
    assert (DRIVER.ACTIVE_LOW, DRIVER.RISES_ONCE, DRIVER.LINE_HOLDS) == (True, True, True)


@pytest.mark.parametrize(
    ("options", "registers"),
    [
        ({"sample_rate_hz": 100}, (0x00, 0x27, 35, 35)),
        ({"sample_rate_hz": 50, "pulse_width_us": 69, "adc_range_na": 2048, "averaging": 32}, (0xA0, 0x00, 35, 35)),
        ({"sample_rate_hz": 1600, "pulse_width_us": 69, "adc_range_na": 16384, "red_ma": 51, "ir_ma": 0.2}, (0x00, 0x78, 255, 1)),
        ({"sample_rate_hz": 400, "averaging": 4, "red_ma": 6.4, "ir_ma": 0}, (0x40, 0x2F, 32, 0)),
    ],
)
def test_registers_hold_what_the_options_say(options, registers):
    bench = make(**options)
    assert bench.run()
    assert tuple(bench.register(number) for number in (FIFO, SPO2, RED, IR)) == registers
    assert [bench.register(number) for number in (MODE, ENABLE)] == [0x03, 0x40]


@pytest.mark.parametrize(("watermark", "fifo"), [(17, 0x0F), (25, 0x07), (32, 0x00)])
def test_watermark_is_told_as_the_room_that_is_left(watermark, fifo):
    bench = make(watermark)
    assert bench.run()
    assert [bench.register(number) for number in (FIFO, ENABLE)] == [fifo, 0x80]


def test_part_measures_only_when_started_and_from_an_empty_fifo():
    bench = make(17)
    assert bench.driver.identify() and bench.configure()
    bench.sleep_ms(500)
    assert not bench.model.produced
    bench.driver.start()
    assert bench.pin.level is True, "power-ready is told no more"
    bench.sleep_ms(170)
    assert bench.pin.level is False and len(bench.model.fifo) == 17


@pytest.mark.parametrize("part_id", [0x11, 0x00, 0xFF, 0x14])
def test_part_with_another_identity_is_refused(part_id):
    bench = make()
    read = bench.model._read_register
    bench.model._read_register = lambda register: part_id if register == 0xFF else read(register)
    assert not bench.driver.identify()


@pytest.mark.parametrize("register", [FIFO, SPO2, RED, IR, MODE])
def test_part_that_does_not_take_a_setting_is_refused(register):
    bench = make(17)
    write = bench.model._write_register
    bench.model._write_register = lambda number, value: (
        None if (number, value >> 6 & 1) == (register, 0) else write(number, value)
    )
    assert not bench.configure()


def test_part_that_already_measures_is_configured_anew():
    bench = make(17)
    for _ in range(3):
        assert bench.run()
        bench.sleep_ms(170)
        bench.read(17)


@pytest.mark.parametrize("act", ["identify", "configure", "start", "read"])
def test_absent_part_is_an_os_error(act):
    bench = make()
    bench.model.absent = True
    with pytest.raises(OSError, match="acknowledge"):
        (getattr(bench, act) if act in ("configure", "read") else getattr(bench.driver, act))()


# --- the FIFO's watermark ---


@pytest.mark.parametrize("watermark", [17, 25, 31])
def test_reader_of_every_watermark_gets_every_sample_once(watermark):
    bench = make(watermark, SENSOR.signals, averaging=2)
    bursts = []

    def interrupt():
        bench.sleep_ms(0.3)
        bursts.append(bench.read(watermark))

    assert bench.run()
    bench.pin.on_fall = interrupt
    bench.sleep_ms(20 * watermark * 10 + 1)
    assert len(bursts) == 10
    assert b"".join(bursts) == b"".join(sample.raw for sample in bench.model.read_out)
    assert [sample.raw for sample in bench.model.read_out] == [sample.raw for sample in bench.model.produced]
    gaps = {after - before for before, after in zip(bench.pin.falls, bench.pin.falls[1:], strict=False)}
    assert gaps == {watermark * 20 * MS}
    assert (bench.model.fifo.lost, bench.model.empty_reads) == (0, 0)


def test_line_falls_with_the_sample_that_leaves_so_much_room_and_rises_with_the_status(build, clock):
    _, bus, pin = build(fifo=0x0B)
    clock.advance_to(209 * MS)
    assert pin.level is True
    clock.advance_to(210 * MS)
    assert pin.level is False
    bus.read(DATA, 6 * 21)
    assert pin.level is False
    assert bus.read(STATUS, 1) == b"\x80"
    assert pin.level is True


def test_status_is_told_once(build, clock):
    _, bus, _ = build()
    clock.advance_to(175 * MS)
    assert bus.read(STATUS, 1) == b"\xc0"
    assert bus.read(STATUS, 1) == b"\x00"


def test_a_status_that_was_read_without_the_samples_is_not_told_again(build, clock):
    _, bus, pin = build()
    clock.advance_to(170 * MS)
    bus.read(STATUS, 1)
    clock.advance_to(2000 * MS)
    assert pin.falls == [170 * MS]
    bus.read(DATA, 6 * 32)
    clock.advance_to(2000 * MS + 170 * MS)
    assert pin.falls[-1] == 2170 * MS


def test_full_fifo_keeps_what_it_has_and_counts_what_it_loses(build, clock):
    part, bus, _ = build()
    clock.advance_to(400 * MS)
    assert bus.read(WRITE, 3) == bytes((0, 8, 0))
    assert (len(part.fifo), part.fifo.lost) == (32, 8)
    data = bus.read(DATA, 6 * 32)
    assert data == b"".join(sample.raw for sample in part.produced[:32])
    assert bus.read(WRITE, 3) == bytes((0, 0, 0))
    clock.advance_to(410 * MS)
    assert bus.read(DATA, 6) == part.produced[40].raw


def test_fifo_that_rolls_over_loses_the_oldest(build, clock):
    part, bus, _ = build(fifo=0x1F)
    clock.advance_to(400 * MS)
    assert bus.read(WRITE, 3) == bytes((8, 8, 8))
    assert bus.read(DATA, 6 * 32) == b"".join(sample.raw for sample in part.produced[8:40])
    assert part.fifo.lost == 8


def test_overflow_counter_stays_at_31_and_a_sample_read_clears_it(build, clock):
    part, bus, _ = build()
    clock.advance_to(2000 * MS)
    assert bus.read(OVERFLOW, 1) == bytes((31,))
    bus.read(DATA, 6)
    assert bus.read(OVERFLOW, 1) == bytes((0,))
    assert part.fifo.lost == 168


def test_pointers_count_samples_and_a_read_pointer_set_back_gives_one_again(build, clock):
    part, bus, _ = build()
    clock.advance_to(50 * MS)
    assert bus.read(WRITE, 3) == bytes((5, 0, 0))
    first = bus.read(DATA, 12)
    assert bus.read(WRITE, 3) == bytes((5, 0, 2))
    bus.write(READ, 1)
    assert bus.read(DATA, 6) == first[6:]
    assert len(part.fifo) == 3


def test_an_empty_fifo_reads_zeros_that_are_worth_nothing_and_counted(build, clock):
    part, bus, _ = build()
    assert bus.read(DATA, 12) == bytes(12)
    assert part.empty_reads == 2 and part.read_out == []
    assert make().value(bytes(6)) == {"red": None, "ir": None}


def test_reading_data_does_not_count_the_register_on_but_others_do(build, clock):
    part, bus, _ = build()
    clock.advance_to(30 * MS)
    octets = bus.read(0x05, 2 + 18)
    assert octets == bytes((0, 0)) + b"".join(sample.raw for sample in part.produced)


# --- a sample at a time ---


def test_line_of_a_new_sample_falls_at_each_and_rises_when_it_is_read():
    bench = make(line="data_ready", sample_rate_hz=50)
    assert bench.run()
    began_ns = bench.clock.now_ns()
    samples = []
    bench.pin.on_fall = lambda: samples.append(bench.read())
    bench.sleep_ms(500)
    assert samples == [sample.raw for sample in bench.model.produced] and len(samples) == 25
    assert bench.pin.falls[-25:] == [began_ns + n * 20 * MS for n in range(1, 26)]


def test_line_of_a_new_sample_stays_down_until_a_read_succeeds():
    bench = make(line="data_ready")
    assert bench.run()
    bench.sleep_ms(10)
    bench.model.fail_next(1)
    with pytest.raises(OSError, match="acknowledge"):
        bench.read()
    before = len(bench.pin.changes)
    bench.sleep_ms(50)
    assert bench.pin.level is False and len(bench.pin.changes) == before
    bench.read()
    assert bench.pin.level is True


def test_reading_the_data_alone_releases_the_line_of_a_new_sample(build, clock):
    _, bus, pin = build(enable=0x40)
    clock.advance_to(10 * MS)
    assert pin.level is False
    bus.read(DATA, 6)
    assert pin.level is True


# --- power ---


def test_after_power_up_the_line_is_held_until_the_status_is_read(clock, controller):
    pin = Line(clock)
    part = Max30102(0x57, clock, pin, *LIGHT.values(), seed=1)
    assert pin.level is False
    assert controller(part).read(STATUS, 1) == b"\x01"
    assert pin.level is True


def test_loss_of_power_releases_the_line_forgets_everything_and_tells_of_its_return(build, clock, nacked):
    part, bus, pin = build()
    clock.advance_to(175 * MS)
    assert pin.level is False
    part.power_cycle(20 * MS)
    assert pin.level is True
    with pytest.raises(nacked):
        bus.read(STATUS, 1)
    clock.advance_to(195 * MS)
    assert pin.level is False
    assert bus.read(0x00, 1) == b"\x01"
    for register, value in list(RESETS.items())[1:]:
        assert bus.read(register, 1) == bytes((value,))
    made = len(part.produced)
    clock.advance_to(1000 * MS)
    assert len(part.produced) == made


def test_board_that_answers_the_return_of_power_with_a_burst_gets_nothing_of_worth():
    bench = make(17)
    assert bench.run()
    bench.sleep_ms(400)
    bench.model.power_cycle(5 * MS)
    bench.sleep_ms(6)
    burst = bench.read(17)
    values = bench.values(*(burst[at : at + 6] for at in range(0, len(burst), 6)))
    assert all(values["red"] != values["red"]) and all(values["ir"] != values["ir"])
    assert bench.pin.level is True


# --- values ---


@pytest.mark.parametrize("adc_range_na", [2048, 4096, 8192, 16384])
@pytest.mark.parametrize(("pulse_width_us", "bits"), [(69, 15), (118, 16), (215, 17), (411, 18)])
def test_values_follow_the_signals_within_the_resolution(adc_range_na, pulse_width_us, bits):
    signals = {"red": lambda t_s: 200 + 300 * t_s, "ir": lambda t_s: 1800 - 300 * t_s}
    bench = make(17, signals, adc_range_na=adc_range_na, pulse_width_us=pulse_width_us)
    assert bench.run()
    bench.sleep_ms(170)
    burst = bench.read(17)
    values = bench.values(*(burst[at : at + 6] for at in range(0, len(burst), 6)))
    step = adc_range_na / (1 << bits)
    for name, signal in signals.items():
        for made, value in zip(bench.model.produced, values[name], strict=True):
            assert value == pytest.approx(signal(made.time_ns / 1e9), abs=step / 2 + 5 * NOISE_NA)
            assert value / step == pytest.approx(round(value / step))


@pytest.mark.parametrize("averaging", [1, 4, 32])
def test_averaging_lowers_rate_and_noise_and_tells_of_the_middle(averaging):
    ramp = {"red": lambda t_s: 500 + 10 * t_s, "ir": constant(1000.0)}
    bench = make(0, ramp, adc_range_na=2048, averaging=averaging, sample_rate_hz=400)
    assert bench.run()
    bench.sleep_ms(1000)
    bench.sleep_ms(averaging * 2.5 * 1000)
    made = bench.model.produced
    assert made[1].time_ns - made[0].time_ns == averaging * 2_500_000
    values = bench.values(*(sample.raw for sample in made))
    delay_s = (averaging - 1) / 2 / 400
    errors = [value - ramp["red"](sample.time_ns / 1e9 - delay_s) for sample, value in zip(made, values["red"], strict=True)]
    assert fmean(errors) == pytest.approx(0, abs=0.004)
    step = 2048 / (1 << 18)
    assert pstdev(errors) == pytest.approx((NOISE_NA**2 / averaging + step**2 / 12) ** 0.5, rel=0.12)


@pytest.mark.parametrize("pulse_width_us", [69, 118, 215, 411])
def test_saturation_is_worth_nothing(pulse_width_us):
    bench = make(0, {"red": constant(5000.0), "ir": constant(4000.0)}, pulse_width_us=pulse_width_us, sample_rate_hz=50)
    assert bench.run()
    bench.sleep_ms(20)
    value = bench.value(bench.read())
    assert value["red"] is None and value["ir"] == pytest.approx(4000, abs=1)


def test_an_led_without_current_gives_no_light():
    bench = make(0, red_ma=0)
    assert bench.run()
    bench.sleep_ms(10)
    value = bench.value(bench.read())
    assert (value["red"] is None or value["red"] < 1) and value["ir"] == pytest.approx(1300, abs=1)


def test_both_channels_have_both_checks():
    reasons = [(check.channels, check.reason) for check in make().table.checks()]
    assert reasons == [
        (("red",), "no light, or no sample"),
        (("red",), "more light than adc_range_na"),
        (("ir",), "no light, or no sample"),
        (("ir",), "more light than adc_range_na"),
    ]


def test_light_of_a_finger_has_the_beat_of_a_heart():
    bench = make(17, SENSOR.signals)
    assert bench.run()
    bench.model.fifo.put = lambda *_: True
    bench.sleep_ms(20_000)
    values = bench.values(*(sample.raw for sample in bench.model.produced))
    for name, depth in (("red", 0.009), ("ir", 0.016)):
        swing = (values[name].max() - values[name].min()) / values[name].mean()
        assert depth < swing < depth + 0.02


@pytest.mark.parametrize(
    ("rate_hz", "pulse_width_us", "allowed"),
    [(400, 411, True), (800, 411, False), (800, 215, True), (1000, 215, False), (1000, 118, True), (1600, 118, False)],
)
def test_pulses_that_do_not_fit_are_refused_by_table_and_model(build, rate_hz, pulse_width_us, allowed):
    code = (50, 100, 200, 400, 800, 1000, 1600).index(rate_hz) << 2 | (69, 118, 215, 411).index(pulse_width_us)
    options = {"driver": "max30102", "bus": "bus0", "sample_rate_hz": rate_hz, "pulse_width_us": pulse_width_us}
    if allowed:
        assert Max30102Table(**options).config(0)["spo2_code"] == 0x20 | code
        build(spo2=code)
        return
    with pytest.raises(ValidationError) as refusal:
        Max30102Table(**options)
    assert "too fast for pulses" in refusal.value.errors()[0]["ctx"]["why"]
    with pytest.raises(ModelError, match="do not fit"):
        build(spo2=code)


@pytest.mark.parametrize("led", [{"red_ma": 51.2}, {"ir_ma": -0.1}])
def test_led_currents_beyond_the_part_are_refused(led):
    with pytest.raises(ValidationError):
        Max30102Table(driver="max30102", bus="bus0", sample_rate_hz=100, **led)


def test_table_says_what_the_data_sheet_says():
    table = Max30102Table(driver="max30102", bus="bus0", sample_rate_hz=400, averaging=8, adc_range_na=2048)
    assert table.data_rate_hz() == 50
    assert table.full_scale() == {"red": (0, 2048), "ir": (0, 2048)}
    # Table 6: a step is 7.81 pA in the smallest range.
    assert table.channels()[0].calibration.scale == pytest.approx(7.81e-3, rel=1e-3)
    assert (table.LEAST_WATERMARK, table.FIFO_SAMPLES) == (17, 32)


# --- model ---


@pytest.mark.parametrize(("register", "value"), RESETS.items())
def test_a_register_reads_its_reset_value(clock, controller, register, value):
    assert controller(Max30102(0x57, clock, None, *LIGHT.values(), seed=1)).read(register, 1) == bytes((value,))


def test_a_reset_restores_everything_but_does_not_tell_of_power(build, clock):
    part, bus, pin = build()
    clock.advance_to(175 * MS)
    bus.write(MODE, 0x40)
    assert pin.level is True and bus.read(MODE, 1) == b"\x40"
    clock.advance_to(175 * MS + RESET_NS)
    for register, value in RESETS.items():
        assert bus.read(register, 1) == bytes((value if register else 0,))


@pytest.mark.parametrize("act", [lambda bus: bus.read(0xFF, 1), lambda bus: bus.write(ENABLE, 0)])
def test_anything_but_the_mode_during_a_reset_is_refused(build, act):
    _, bus, _ = build()
    bus.write(MODE, 0x40)
    with pytest.raises(ModelError, match="while the part resets"):
        act(bus)


@pytest.mark.parametrize("register", [STATUS, 0x01, DATA, 0xFE, 0xFF])
def test_writing_a_read_only_register_is_refused(build, register):
    with pytest.raises(ModelError, match="read-only"):
        build()[1].write(register, 0)


@pytest.mark.parametrize("register", [0x0B, 0x0E, 0x0F, 0x10, 0x13, 0x22, 0x30, 0xFD])
def test_a_register_that_does_not_exist_is_refused(build, register):
    _, bus, _ = build()
    with pytest.raises(ModelError, match="no such register"):
        bus.write(register, 0)
    with pytest.raises(ModelError, match="no such register"):
        bus.read(register, 1)


@pytest.mark.parametrize("register", [0x11, 0x12, 0x1F, 0x20, 0x21])
def test_what_is_not_modelled_says_so(build, register):
    with pytest.raises(ModelError, match="not modelled yet"):
        build()[1].read(register, 1)


@pytest.mark.parametrize(
    ("register", "value"), [(ENABLE, 0x10), (ENABLE, 0x01), (0x03, 0x01), (WRITE, 0x20), (MODE, 0x08), (SPO2, 0x80)]
)
def test_reserved_bits_are_refused(build, register, value):
    with pytest.raises(ModelError, match="reserved"):
        build(mode=0x80)[1].write(register, value)


@pytest.mark.parametrize(
    ("mode", "what"), [(1, "no such mode"), (2, "not modelled yet"), (7, "not modelled yet"), (5, "no such mode")]
)
def test_other_modes_are_refused(build, mode, what):
    with pytest.raises(ModelError, match=what):
        build(mode=0x80)[1].write(MODE, mode)


@pytest.mark.parametrize("register", [FIFO, SPO2, WRITE])
def test_configuration_while_it_measures_is_refused(build, register):
    with pytest.raises(ModelError, match="while it measures"):
        build()[1].write(register, 0)


def test_a_rate_code_without_a_meaning_is_refused_when_it_would_measure(build):
    with pytest.raises(ModelError, match="do not fit"):
        build(spo2=0x1C)


@pytest.mark.parametrize("count", [1, 5, 7])
def test_a_part_of_a_sample_is_refused(build, clock, count):
    _, bus, _ = build()
    clock.advance_to(100 * MS)
    with pytest.raises(ModelError, match="a part of a sample"):
        bus.read(DATA, count)


def test_a_read_without_a_register_is_refused(build):
    with pytest.raises(ModelError, match="no register was named"):
        build()[1].read_on(1)


@pytest.mark.parametrize("error_ppm", [-100_000, 50_000])
def test_clock_that_is_off_makes_samples_faster_or_slower(build, clock, error_ppm):
    part, bus, _ = build(mode=0x80)
    part.rate_error_ppm = error_ppm
    bus.write(MODE, 0x03)
    clock.advance_to(5000 * MS)
    assert len(part.produced) == 500 * (1 + error_ppm / 1e6)


def test_shutdown_ends_measuring_and_keeps_the_fifo(build, clock):
    part, bus, _ = build()
    clock.advance_to(55 * MS)
    bus.write(MODE, 0x83)
    clock.advance_to(500 * MS)
    assert len(part.produced) == len(part.fifo) == 5
    assert bus.read(DATA, 30) == b"".join(sample.raw for sample in part.produced)


@pytest.mark.parametrize("address", [None, 0x56])
def test_an_address_it_cannot_have_is_refused(clock, address):
    with pytest.raises(ModelError, match="address"):
        SENSOR.model(Wiring(clock, address, {}, 1, SENSOR.signals))


def test_it_has_one_interrupt_pin(clock, pin):
    with pytest.raises(ModelError, match="one interrupt pin"):
        SENSOR.model(Wiring(clock, 0x57, {"data_ready": pin, "fifo_watermark": pin}, 1, SENSOR.signals))


def test_the_same_seed_gives_the_same_samples(controller):
    def run(seed):
        clock = SimulatedClock()
        part = SENSOR.model(Wiring(clock, 0x57, {}, seed, SENSOR.signals))
        bus = controller(part)
        for register, value in ((SPO2, 0x27), (RED, 35), (IR, 35), (MODE, 3)):
            bus.write(register, value)
        clock.advance_to(500 * MS)
        return part.produced

    assert run(1) == run(1) != run(2)
