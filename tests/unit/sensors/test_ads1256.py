"""ADS1256: the driver, the table and the model of its part, each held against the others and against the data sheet."""

from dataclasses import replace
from statistics import fmean, pstdev

import pytest

from freefall.sensors.catalogue.ads1256 import GAINS, INPUTS, RATES, SENSOR, Ads1256
from freefall.sensors.part import ModelError
from freefall.sensors.signals import constant
from freefall_board.drivers.ads1256 import Ads1256 as Driver
from unit.sensors.line_recorder import LineRecorder
from unit.sensors.model_device import MS, Bench, assert_halves_agree

WAKEUP, RDATA, RDATAC, SDATAC, SELFCAL, RESET = 0x00, 0x01, 0x03, 0x0F, 0xF0, 0xFE
BLANK = b"\xff" * 3


def make(voltage=0.1, model=Ads1256, line=None, seed=1, input="a0-a1", rate_hz=1000, **options):
    bench = Bench(
        replace(SENSOR, model=model),
        Driver,
        {"cs": 5, "input": input, "rate_hz": rate_hz, **options},
        signals={"voltage": voltage if callable(voltage) else constant(voltage)},
        lines={"data_ready": line} if line else {},
        seed=seed,
    )
    if line:
        line.clock = bench.clock
    return bench


def registers(bench, first, count):
    octets = bytearray(count)
    bench.device.exchange(bytes((0x10 | first, count - 1)), octets)
    return bytes(octets)


def transfer(bench, *octets):
    """One transfer of single octets; what the part answers to each."""
    model = bench.model
    model.select()
    try:
        return bytes(model.exchange(octet) for octet in octets)
    finally:
        model.deselect()


# --- the driver and the table ---


def test_both_halves_say_the_same_of_a_read():
    assert_halves_agree(make())


@pytest.mark.parametrize("status, known", [(0x30, True), (0x3F, True), (0x20, False), (0x00, False), (0xFF, False)])
def test_driver_knows_the_part_by_the_identity_in_its_status(status, known):
    class Other(Ads1256):
        def _read_register(self, register):
            return status if register == 0 else super()._read_register(register)

    assert make(model=Other).driver.identify() is known


@pytest.mark.parametrize("input, mux", [("a0-a1", 0x01), ("a2-a3", 0x23), ("a6-a7", 0x67), ("a0", 0x08), ("a7", 0x78)])
@pytest.mark.parametrize("gain, pga", list(zip(GAINS, range(7), strict=True)))
@pytest.mark.parametrize("buffer, bufen", [(False, 0x00), (True, 0x02)])
def test_driver_sets_input_gain_and_buffer_as_the_data_sheet_codes_them(input, mux, gain, pga, buffer, bufen):
    bench = make(input=input, gain=gain, buffer=buffer)
    assert bench.driver.identify()
    assert bench.configure()
    status, *rest = registers(bench, 0, 4)
    assert status & 0xFE == 0x30 | bufen
    assert rest == [mux, pga, 0xA1]


DRATES = {
    30000: 0xF0, 15000: 0xE0, 7500: 0xD0, 3750: 0xC0, 2000: 0xB0, 1000: 0xA1, 500: 0x92, 100: 0x82, 60: 0x72, 50: 0x63, 30: 0x53,
    25: 0x43, 15: 0x33, 10: 0x23, 5: 0x13,
}  # fmt: skip


@pytest.mark.parametrize("rate_hz", RATES)
def test_samples_come_at_the_data_rate_and_the_first_is_a_settled_one(rate_hz):
    bench = make(1.234, rate_hz=rate_hz)
    assert bench.run()
    assert bench.clock.now_ns() <= 850 * MS
    assert bench.model._values[3] == DRATES[rate_hz]
    assert bench.value(bench.read())["voltage"] == pytest.approx(1.234, abs=1e-4)
    made = len(bench.model.produced)
    bench.sleep_ms(20 * 1000 / rate_hz)
    times = [sample.time_ns for sample in bench.model.produced[made:]]
    assert 19 <= len(times) <= 21
    assert (times[-1] - times[0]) / (len(times) - 1) == pytest.approx(1e9 / rate_hz, abs=1)
    assert bench.table.data_rate_hz() == rate_hz


@pytest.mark.parametrize("register_number", [0, 1, 2, 3])
def test_driver_refuses_a_part_that_does_not_take_a_setting(register_number):
    class Deaf(Ads1256):
        def _write_registers(self, first, values):
            kept = [self._values.get(first + n, 0) if first + n == register_number else v for n, v in enumerate(values)]
            super()._write_registers(first, bytes(kept))

    assert not make(model=Deaf, input="a4-a5", gain=8, buffer=True).configure()


def test_driver_sets_up_a_part_that_gives_conversions_since_an_earlier_boot():
    bench = make(rate_hz=100)
    for _ in range(2):
        assert bench.run()
        bench.sleep_ms(35)
        assert bench.value(bench.read())["voltage"] == pytest.approx(0.1, abs=1e-4)


@pytest.mark.parametrize("spi_hz", [1_920_000, 1_000_000])
@pytest.mark.parametrize("phase_us", range(0, 34, 1))
def test_driver_stops_conversions_at_30_khz_at_whatever_moment_the_board_started_anew(phase_us, spi_hz, monkeypatch):
    bench = make(rate_hz=30000)
    assert bench.run()
    bench.sleep_ms(10 + phase_us / 1000)
    exchange = bench.model.exchange

    def octet_in_its_time(octet):
        bench.clock.advance_to(bench.clock.now_ns() + round(8e9 / spi_hz))
        return exchange(octet)

    monkeypatch.setattr(bench.model, "exchange", octet_in_its_time)
    bench.halt()
    assert bench.driver.identify()


def test_a_part_that_gives_conversions_is_not_stopped_while_drdy_is_high():
    bench = make()
    assert bench.run()
    bench.read()
    assert bench.model._line.level is True
    transfer(bench, *3 * (SDATAC,))
    with pytest.raises(ModelError, match="only SDATAC"):
        bench.driver.identify()


def test_a_part_that_gives_conversions_takes_no_other_command():
    bench = make()
    assert bench.run()
    with pytest.raises(ModelError, match="only SDATAC"):
        bench.driver.identify()


def test_a_whole_sample_read_is_the_newest_one_made():
    bench = make()
    assert bench.run()
    for _ in range(5):
        bench.sleep_ms(1)
        assert bench.read() == bench.model.produced[-1].raw
    assert [sample.raw for sample in bench.model.read_out] == [sample.raw for sample in bench.model.produced[-5:]]


@pytest.mark.parametrize("gain", GAINS)
@pytest.mark.parametrize("share", [-0.9999, -0.2, 0.0, 1e-6, 0.9999])
def test_values_follow_the_voltage_within_noise_and_resolution(gain, share):
    full_v = 2 * 2.048 / gain
    bench = make(share * full_v, gain=gain, reference_v=2.048, rate_hz=100)
    assert bench.run()
    bench.sleep_ms(4000)
    values = bench.values(*(sample.raw for sample in bench.model.produced[-380:]))["voltage"]
    noise_v = bench.table.noise()["voltage"] * 50**0.5
    assert fmean(values) == pytest.approx(share * full_v, abs=full_v / (1 << 23) + 4 * noise_v / 380**0.5)


@pytest.mark.parametrize("voltage, lost", [(5.001, True), (-5.001, True), (4.999, False), (-4.999, False)])
def test_a_voltage_beyond_the_range_is_no_value(voltage, lost):
    bench = make(voltage)
    assert bench.run()
    assert (bench.value(bench.read())["voltage"] is None) is lost


@pytest.mark.parametrize("rate_hz, gain, noise_uv", [(30000, 1, 10.728), (1000, 8, 1.070), (100, 64, 0.169), (2000, 1, 4.173)])
def test_noise_is_that_of_the_table(rate_hz, gain, noise_uv):
    bench = make(rate_hz=rate_hz, gain=gain, voltage=0.01)
    assert bench.run()
    made = len(bench.model.produced)
    bench.sleep_ms(max(4000 * 1000 / rate_hz, 100))
    samples = [sample.raw for sample in bench.model.produced[made:]]
    assert pstdev(bench.values(*samples)["voltage"]) == pytest.approx(noise_uv * 1e-6, rel=0.06)
    assert bench.table.noise()["voltage"] * (rate_hz / 2) ** 0.5 == pytest.approx(noise_uv * 1e-6, rel=1e-9)


def test_channel_is_a_transducers_and_full_scale_that_of_reference_and_gain():
    table = make(gain=4, reference_v=2.5).table
    assert table.channels()[0].transducer
    assert table.full_scale() == {"voltage": (-1.25, 1.25)}
    assert table.TRIGGERS == ("data_ready",), "a read at another time could be of two conversions"


def test_inputs_are_the_pairs_and_each_alone():
    assert len(INPUTS) == 12 and len(set(INPUTS.values())) == 12


# --- DRDY ---


def test_ready_line_is_low_until_a_conversion_is_read():
    line = LineRecorder()
    bench = make(line=line)
    assert bench.run()
    bench.read()
    line.changes.clear()
    bench.sleep_ms(1)
    assert line.changes == [(bench.model.produced[-1].time_ns, False)]
    bench.read()
    assert line.level is True
    assert Driver.ACTIVE_LOW and not getattr(Driver, "LINE_HOLDS", False)


def test_ready_line_of_conversions_that_nobody_reads_falls_anew_with_each():
    line = LineRecorder()
    bench = make(line=line, rate_hz=15000)
    assert bench.run()
    bench.sleep_ms(0.01)
    line.changes.clear()
    made = len(bench.model.produced)
    bench.sleep_ms(1)
    times = [sample.time_ns for sample in bench.model.produced[made:]]
    assert line.edges(False) == times
    assert [fall - rise for rise, fall in zip(line.edges(True), times, strict=True)] == pytest.approx([2083] * len(times), abs=1)


def test_ready_line_is_high_while_the_part_calibrates():
    line = LineRecorder()
    bench = make(line=line, rate_hz=100)
    bench.sleep_ms(3)
    assert bench.configure()
    last_fall, rises = line.edges(False)[-1], line.edges(True)
    began = max(rise for rise in rises if rise < last_fall)
    assert last_fall - began >= 31 * MS


# --- the model ---


def test_model_has_the_reset_values_of_the_data_sheet():
    bench = make()
    bench.sleep_ms(1)
    status, *rest = registers(bench, 0, 5)
    assert status & 0xFE == 0x30
    assert rest == [0x01, 0x20, 0xF0, 0xE0]


def test_status_tells_the_level_of_the_ready_line():
    line = LineRecorder()
    bench = make(line=line, rate_hz=100)
    assert bench.configure()
    assert registers(bench, 0, 1)[0] & 1 == 0
    bench.clock.advance_to(bench.model.produced[-1].time_ns + 10 * MS - 1000)
    assert registers(bench, 0, 1)[0] & 1 == 1


def test_a_conversion_can_be_read_by_command():
    bench = make()
    assert bench.configure()
    octets = bytearray(3)
    bench.device.exchange(bytes((RDATA,)), octets)
    assert octets == bench.model.produced[-1].raw


@pytest.mark.parametrize("command", [0x02, 0x20, 0x60, 0xE0])
def test_model_refuses_a_command_that_is_none(command):
    with pytest.raises(ModelError, match="no such command"):
        transfer(make(), command)


@pytest.mark.parametrize("command, name", [(0xF1, "SELFOCAL"), (0xF4, "SYSGCAL"), (0xFC, "SYNC"), (0xFD, "STANDBY")])
def test_model_refuses_a_command_that_it_does_not_have(command, name):
    with pytest.raises(ModelError, match=f"{name} is not modelled"):
        transfer(make(), command)


@pytest.mark.parametrize(
    "octets, reason",
    [
        ((0x1B, 0), "no such registers"), ((0x10, 11), "no such registers"), ((0x50, 0, 0x08), "order"),
        ((0x50, 0, 0x04), "order"), ((0x51, 0, 0x90), "inputs"), ((0x51, 0, 0x09), "inputs"), ((0x52, 0, 0x80), "reserved"),
        ((0x52, 0, 0x08), "sensor detect"), ((0x53, 0, 0xA0), "no such rate"), ((0x55, 0, 0x00), "calibration registers"),
        ((0x15, 0), "calibration registers"),
    ],
)  # fmt: skip
def test_model_refuses_registers_and_values_that_the_part_does_not_define(octets, reason):
    with pytest.raises(ModelError, match=reason):
        transfer(make(), *octets)


@pytest.mark.parametrize("octets", [(0x10,), (0x50,), (0x50, 1, 0x00), (0x10, 0), (0x10, 1, 0x00), (RDATA, 0)])
def test_model_refuses_a_command_that_ends_in_the_middle(octets):
    with pytest.raises(ModelError, match="middle of a command"):
        transfer(make(), *octets)


def test_model_refuses_data_sent_while_it_gives_some():
    with pytest.raises(ModelError, match="DIN is not low"):
        transfer(make(), 0x10, 0, 0xFF)


@pytest.mark.parametrize("count, reason", [(1, "1 octets"), (2, "2 octets"), (4, "fourth")])
def test_model_refuses_a_read_of_a_conversion_that_is_not_three_octets(count, reason):
    bench = make()
    assert bench.run()
    with pytest.raises(ModelError, match=reason):
        bench.device.receive(bytearray(count))


def test_model_refuses_what_comes_before_a_calibration_is_over():
    bench = make(rate_hz=100)
    assert bench.configure()
    bench.device.send(bytes((SELFCAL,)))
    bench.sleep_ms(31)
    with pytest.raises(ModelError, match="before a calibration is over"):
        bench.device.send(bytes((WAKEUP,)))
    bench.sleep_ms(1)
    bench.device.send(bytes((WAKEUP,)))


def test_model_refuses_to_give_conversions_of_settings_that_it_was_not_calibrated_for():
    bench = make()
    assert bench.configure()
    bench.device.send(bytes((0x53, 0, 0x82)))
    with pytest.raises(ModelError, match="no calibration"):
        bench.device.send(bytes((RDATAC,)))


def test_both_ends_of_a_word_are_of_one_conversion():
    bench = make(lambda t_s: 100 * t_s)
    assert bench.run()
    before = bench.model.produced[-1].raw
    bench.model.select()
    first = bench.model.exchange(0)
    bench.sleep_ms(10)
    rest = bytes((bench.model.exchange(0), bench.model.exchange(0)))
    bench.model.deselect()
    assert bytes((first,)) + rest == before


def test_reset_ends_the_giving_of_conversions_too():
    bench = make()
    assert bench.run()
    bench.device.send(bytes((RESET,)))
    bench.sleep_ms(1)
    assert registers(bench, 3, 1) == b"\xf0"


def test_part_takes_the_spi_mode_of_the_data_sheet():
    assert Ads1256.modes == (1,)
    assert Driver.SPI_MODE == 1


def test_the_same_seed_gives_the_same_samples_and_another_others():
    def samples(seed):
        bench = make(seed=seed)
        bench.run()
        bench.sleep_ms(50)
        return bench.model.produced

    assert samples(1) == samples(1) != samples(2)


# --- faults ---


def test_an_absent_part_is_refused():
    bench = make()
    bench.model.absent = True
    bench.halt()
    assert not bench.driver.identify()
    assert not bench.configure()


def test_a_refused_transfer_gives_what_nobody_drives_and_the_next_is_whole():
    bench = make()
    assert bench.run()
    bench.model.fail_next(1)
    assert bench.read() == BLANK
    assert bench.read() == bench.model.produced[-1].raw


def test_a_part_that_lost_its_power_gives_no_conversions_until_it_is_set_up_again():
    line = LineRecorder()
    bench = make(line=line)
    assert bench.run()
    bench.sleep_ms(5)
    bench.model.power_cycle(20 * MS)
    assert line.level is False
    assert bench.read() == BLANK
    made = len(bench.model.produced)
    bench.sleep_ms(20)
    assert line.level is True and len(bench.model.produced) == made
    bench.sleep_ms(2)
    assert bench.read() == BLANK, "zeros are wake-ups to a part that waits for commands"
    assert registers(bench, 3, 1) == b"\xf0"
    assert bench.run()
    assert bench.value(bench.read())["voltage"] == pytest.approx(0.1, abs=1e-4)
