"""Sensor models where a definition puts them: on the buses, with their lines on the pins."""

import pytest

from freefall.board.clock import SimulatedClock
from freefall.board.simulated import attach_models
from freefall.sensors.catalogue.adc import VoltageSource
from freefall.sensors.catalogue.adxl355 import Adxl355
from freefall.sensors.catalogue.mhz19b import Mhz19b
from freefall.sensors.catalogue.pulse_counter import PulseSource
from freefall.sensors.catalogue.tmp117 import Tmp117
from unit.definition.sample import FAST, SOUND, changed

SLOW = """\
[payload]
name = "slow"
apid = 64
[link]
transport = "uart0"
baud = 115200
[bus.uart1]
kind = "uart"
tx = 8
rx = 9
baud = 9600
timeout_us = 100000
[sensor.gas]
driver = "mhz19b"
bus = "uart1"
[sensor.light]
driver = "adc"
pin = 27
[stream.gas]
sensor = "gas"
trigger = "periodic"
rate_hz = 0.5
max_latency_ms = 5000
[stream.light]
sensor = "light"
trigger = "periodic"
rate_hz = 10
"""


class Line:
    def __init__(self):
        self.level = None

    def set(self, level):
        self.level = level


@pytest.fixture
def pins():
    return {}


@pytest.fixture
def attach(pins):
    def attach(definition, seed=1):
        return attach_models(definition, SimulatedClock(), lambda number: pins.setdefault(number, Line()), seed)

    return attach


def test_models_are_in_the_definitions_order_and_on_their_buses(attach):
    models = attach(changed(text=FAST))
    assert [type(model) for model in models.all] == [Adxl355, Tmp117, PulseSource]
    accelerometer, thermometer, _ = models.all
    assert models.spi == {0: {17: accelerometer}}
    assert models.i2c == {1: [thermometer]}
    assert (accelerometer.address, thermometer.address) == (None, 0x48)


def test_sensors_on_one_i2c_bus_are_one_list(attach):
    models = attach(changed())
    assert models.i2c == {0: models.all} and models.spi == {}
    assert [model.address for model in models.all] == [0x1D, 0x48]


def test_a_bus_without_sensors_is_there(attach):
    other = SOUND + '[bus.spi1]\nkind = "spi"\nsck = 10\nmosi = 11\nmiso = 12\nfreq_hz = 1000000\n'
    models = attach(changed(text=other))
    assert models.spi == {1: {}}


def test_a_part_on_a_uart_is_by_its_controller_and_one_on_an_analog_pin_by_its_pin(attach, pins):
    models = attach(changed(text=SLOW))
    gas, voltage = models.all
    assert (type(gas), type(voltage)) == (Mhz19b, VoltageSource)
    assert (models.uart, models.analog) == ({1: gas}, {27: voltage})
    assert (models.i2c, models.spi) == ({}, {})
    assert all(pin.level is None for pin in pins.values()), "nobody drives an analog pin's level"


def test_model_is_told_the_table_of_its_sensor(attach):
    definition = changed(text=SLOW.replace("pin = 27", "pin = 27\nreference_v = 3.0"))
    steps = [attach(d).analog[27] for d in (definition, changed(text=SLOW))]
    highest = [max(source.counts() for _ in range(20)) for source in steps]
    assert highest[0] > highest[1] * 1.05


def test_a_watermark_stream_is_wired_to_int1_and_a_pulse_counter_to_its_pin(attach, pins):
    models = attach(changed(text=FAST))
    assert set(pins) == {15, 20}
    assert pins[15].level is True, "INT1 rests high until its polarity is set"
    clock = models.all[2]._clock
    clock.advance_to(1_000_000_000)
    assert len(models.all[2].produced) > 0


def test_a_data_ready_stream_is_wired_to_drdy(attach, pins):
    attach(changed())
    assert set(pins) == {15}
    assert pins[15].level is False


def test_a_periodic_stream_has_no_line(attach, pins):
    attach(changed(('"data_ready"\npin = 15', '"periodic"\nrate_hz = 10')))
    assert pins == {}


def test_seeds_make_models_that_differ(attach):
    first, again, other = (attach(changed(text=FAST), seed) for seed in (1, 1, 2))
    for models in (first, again, other):
        models.all[2]._clock.advance_to(1_000_000_000)
    times = [[pulse.time_ns for pulse in models.all[2].produced] for models in (first, again, other)]
    assert times[0] == times[1] != times[2]
