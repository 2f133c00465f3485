"""ADXL355: when the host believes its samples, on either bus, and when the part itself says that there is none."""

import numpy as np
import pytest

from freefall.definition import parse_definition
from freefall.sensors.catalogue.adxl355 import SENSOR
from freefall.sensors.signals import constant
from freefall_board.drivers.adxl355 import Adxl355 as Driver
from unit.definition.sample import FAST, SOUND
from unit.sensors.model_device import MS, Bench, assert_halves_agree

PLACES = {"i2c": {"address": 0x1D}, "spi": {"cs": 5}}
NOTHING = {"x": None, "y": None, "z": None}
either = pytest.mark.parametrize("bus", PLACES)


def make(bus, watermark=0, **options):
    signals = {"x": constant(0.3), "y": constant(-0.2), "z": constant(0.1)}
    return Bench(SENSOR, Driver, {"range_g": 2, "odr_hz": 1000, **PLACES[bus], **options}, signals=signals, watermark=watermark)


def in_step(bench, sample):
    rows = np.frombuffer(sample, np.uint8).reshape(1, -1)
    return all(check.valid(rows)[0] for check in bench.table.fifo_checks())


@either
@pytest.mark.parametrize("watermark", [0, 4])
def test_both_halves_say_the_same_of_a_read(bus, watermark):
    assert_halves_agree(make(bus, watermark))


@either
def test_values_are_the_signals(bus):
    bench = make(bus)
    assert bench.run()
    bench.sleep_ms(1.5)
    assert bench.value(bench.read()) == pytest.approx({"x": 0.3, "y": -0.2, "z": 0.1}, abs=3e-3)


@either
def test_a_part_that_lost_its_power_has_no_values_and_no_zero_gravity(bus):
    bench = make(bus)
    assert bench.run()
    bench.sleep_ms(5)
    bench.model.power_cycle(10 * MS)
    if bus == "spi":
        assert bench.value(bench.read()) == NOTHING, "without power"
    bench.sleep_ms(20)
    assert bench.value(bench.read()) == NOTHING, "in standby"
    assert bench.run()
    bench.sleep_ms(1.5)
    assert None not in bench.value(bench.read()).values()


@pytest.mark.parametrize("octet", [0x00, 0xFF])
def test_a_sample_of_like_octets_is_none_and_one_bit_other_makes_it_one(octet):
    bench = make("spi")
    assert bench.value(bytes((octet,)) * 9) == NOTHING
    for at in range(9):
        sample = bytearray((octet,)) * 9
        sample[at] ^= 0x10
        assert None not in bench.value(bytes(sample)).values()


@either
def test_axes_that_a_broken_read_put_out_of_step_are_told_by_their_marks(bus):
    bench = make(bus, watermark=4)
    assert bench.run()
    bench.sleep_ms(20)
    samples = bench.read(4)
    assert all(in_step(bench, samples[at : at + 9]) for at in range(0, 36, 9))
    for entries, steps in ((1, False), (1, False), (1, True)):
        bench.device.read(0x11, bytearray(3 * entries))
        assert in_step(bench, bench.read()) is steps
    bench.device.read(0x11, bytearray(3 * 32))
    assert not in_step(bench, bench.read()), "an empty FIFO"


def test_marks_are_looked_at_in_samples_out_of_the_fifo_alone():
    fast, sound = (parse_definition(text, "bench.toml").streams[0] for text in (FAST, SOUND))
    assert "axes out of step" in {check.reason for check in fast.checks}
    assert {check.reason for check in sound.checks} == {"not measured", "nobody answers"}
