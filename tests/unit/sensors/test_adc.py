"""The board's analog input: from a voltage through a conversion back to the voltage, and when it is worth nothing."""

from statistics import fmean, pstdev

import pytest
from pydantic import ValidationError

from freefall.board.clock import SimulatedClock
from freefall.sensors.catalogue.adc import NOISE_STEPS, SENSOR, STEPS, AdcTable, VoltageSource
from freefall.sensors.part import ModelError, Wiring
from freefall.sensors.signals import constant
from freefall_board.drivers.adc import DRIVER
from unit.sensors.model_device import MS, engineering_values


def table(**options):
    return AdcTable(driver="adc", **{"pin": 26, **options})


def source(clock, voltage, reference_v=3.3, seed=1):
    options = table(reference_v=reference_v)
    return SENSOR.model(Wiring(clock, None, {}, seed, {"voltage": voltage}, options))


def volts(source, reference_v=3.3):
    return engineering_values(table(reference_v=reference_v), [sample.raw for sample in source.produced], b"")["voltage"]


def test_driver_takes_the_device_of_its_pin_and_reads_two_octets():
    class Port:
        def adc(self, pin):
            return ("adc", pin)

    device = DRIVER.board_device(Port(), table(pin=27).config(0))
    driver = DRIVER(device, table(pin=27).config(0))
    assert device == ("adc", 27)
    assert (driver.identify(), driver.configure(None), driver.start()) == (True, True, None)
    assert driver.sample_reads == ((b"", AdcTable.SAMPLE_LEN),)


@pytest.mark.parametrize("reference_v", [3.3, 3.0])
@pytest.mark.parametrize("voltage", [0.02, 0.5, 1.65, 2.9])
def test_voltage_comes_out_of_the_whole_chain(clock, voltage, reference_v):
    part = source(clock, constant(voltage), reference_v)
    for _ in range(400):
        part.counts()
    values = volts(part, reference_v)
    step_v = reference_v / STEPS
    assert fmean(values) == pytest.approx(voltage, abs=4 * NOISE_STEPS * step_v / 20)
    assert max(abs(values - voltage)) < (5 * NOISE_STEPS + 1) * step_v


def test_voltage_is_that_of_the_instant_of_the_conversion(clock):
    part = source(clock, lambda t_s: t_s)
    for n in range(1, 300):
        clock.advance_to(n * 10 * MS)
        part.counts()
    assert abs(volts(part) - [0.01 * n for n in range(1, 300)]).max() < 5 * NOISE_STEPS * 3.3 / STEPS


def test_noise_is_that_of_the_effective_bits_of_the_data_sheet(clock):
    part = source(clock, constant(1.0))
    counts = [part.counts() for _ in range(4000)]
    # A sine over the whole range against noise and rounding: 6.02 bits + 1.76 dB.
    assert pstdev(counts) == pytest.approx(STEPS / 2**8.7 / 12**0.5, rel=0.05)
    told = table().noise()["voltage"] * 250_000**0.5
    assert told == pytest.approx(pstdev(counts) * 3.3 / STEPS, rel=0.05)
    assert told == pytest.approx(2.29e-3, rel=0.01)


@pytest.mark.parametrize("voltage", [3.32, 5.0])
def test_voltage_beyond_the_reference_is_worth_nothing(clock, voltage):
    part = source(clock, constant(voltage))
    for _ in range(20):
        assert part.counts() == STEPS - 1
    assert (volts(part) != volts(part)).all()


def test_voltage_below_ground_reads_nothing(clock):
    part = source(clock, constant(-1.0))
    assert part.counts() == 0 and volts(part).tolist() == [0.0]


@pytest.mark.parametrize(("raw", "value"), [(b"\x00\x00", 0.0), (b"\x00\x08", 1.65), (b"\xfe\x0f", 3.3 * 4094 / 4096)])
def test_sample_is_little_endian(raw, value):
    assert engineering_values(table(), [raw], b"")["voltage"].tolist() == [pytest.approx(value)]


def test_every_conversion_is_recorded(clock):
    part = source(clock, constant(1.0))
    counts = [part.counts() for _ in range(3)]
    assert [int.from_bytes(sample.raw, "little") for sample in part.produced] == counts
    assert part.read_out == part.produced


def test_source_without_power_or_cable_gives_0(clock):
    part = source(clock, constant(1.0))
    part.fail_next(1)
    assert part.counts() == 0 < part.counts()
    part.absent = True
    assert part.counts() == 0
    part.absent = False
    part.power_cycle(MS)
    assert part.counts() == 0
    clock.advance_to(MS)
    assert part.counts() > 0


def test_model_that_gives_what_no_conversion_gives_is_refused(clock):
    class Wrong(VoltageSource):
        def _on_convert(self):
            return STEPS

    with pytest.raises(ModelError, match="12 bits"):
        Wrong(clock, constant(1.0), 3.3, 1).counts()


@pytest.mark.parametrize("pin", [0, 22, 25, 29])
def test_pin_that_is_no_analog_input_is_refused(pin):
    with pytest.raises(ValidationError):
        table(pin=pin)


@pytest.mark.parametrize("reference_v", [0.0, -3.3])
def test_reference_that_is_none_is_refused(reference_v):
    with pytest.raises(ValidationError):
        table(reference_v=reference_v)


def test_table_says_that_a_voltage_may_stand_for_anything():
    (channel,) = table().channels()
    assert (channel.name, channel.unit, channel.transducer) == ("voltage", "V", True)
    assert table().full_scale() == {"voltage": (0.0, 3.3)}
    assert table().data_rate_hz() == 500_000
    assert AdcTable.TRIGGERS == ("periodic",) and table(pin=28).place() == {}


def test_same_seed_gives_the_same_conversions():
    def run(seed):
        part = source(SimulatedClock(), constant(1.0), seed=seed)
        return [part.counts() for _ in range(50)]

    assert run(1) == run(1) != run(2)
