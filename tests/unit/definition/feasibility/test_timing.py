"""Reads that end before the next sample, and time stamps that are not taken for lost samples: up to the limit, and not beyond."""

import pytest

from unit.definition.feasibility.lines import line, lines, refusals
from unit.definition.sample import FAST, SOUND, spoiled

OTHER = """\
[sensor.other]
driver = "adxl355"
bus = "i2c0"
address = 0x53
range_g = 2
odr_hz = 125
[stream.other]
sensor = "other"
trigger = "data_ready"
pin = 16
"""
OFF = "[bus.i2c0]", "[stalls]\ninterrupts_off_ms = {}\n[bus.i2c0]"


def test_a_read_waits_for_interrupts_and_for_others_on_its_bus(easy):
    # The thermometer's handlers, 50 us, and the own one, 10 us; its read of 112.5 us at 400 kHz, 20 us, and the own of 270 us.
    told = line(SOUND, "read in time", "[stream.vibration]")
    assert told.value == pytest.approx(50 + 10 + 112.5 + 20 + 270)
    assert told.limit == pytest.approx(1_000_000 / 1100)
    assert line(SOUND, "read in time", "[stream.temperature]").value == told.value
    assert line(SOUND, "read in time", "[stream.temperature]").limit == 1_000_000  # by the board's own clock


def test_a_read_waits_for_interrupts_to_come_on_again(easy):
    told = line(spoiled(OFF).format(0.3), "read in time", "[stream.vibration]")
    assert told.value == pytest.approx(300 + 462.5)
    assert "300 us with interrupts off, 60 us of interrupts, 132 us of others on i2c0, 270 us on the wires" in told.sentence


def test_a_sample_read_just_in_time(easy):
    # 909.1 us less 462.5 us.
    hardware = ("pin = 15", 'pin = 15\ntimestamps = "hardware"')
    text = spoiled(OFF, hardware)
    # With hardware time stamps the own end matters to nobody either.
    assert refusals(text.format(0.4465), "read in time") == []
    assert refusals(text.format(0.4467), "read in time") == [
        "19:10: odr_hz = 1000 is too fast: a sample of [sensor.accel] lasts 909 us when its clock is 10% fast, and its read may "
        "take 909 us: 447 us with interrupts off, 60 us of interrupts, 132 us of others on i2c0, 270 us on the wires; lower "
        "interrupts_off_ms of [stalls] or let the sensor's FIFO wait or give it its own bus or lower a rate or raise freq_hz of "
        "[bus.i2c0]",
    ]


def test_a_bus_of_its_own_has_no_others(easy):
    own_bus = ('"tmp117"\nbus = "i2c0"', '"tmp117"\nbus = "i2c1"')
    text = spoiled(own_bus) + '[bus.i2c1]\nkind = "i2c"\nscl = 7\nsda = 6\nfreq_hz = 400000\n'
    assert line(text, "read in time", "[stream.vibration]").value == pytest.approx(50 + 10 + 270)


def test_a_part_that_settles_keeps_its_bus_until_the_loop_comes_by(easy):
    air = '[sensor.air]\ndriver = "scd41"\nbus = "i2c0"\n'
    stream = '[stream.air]\nsensor = "air"\ntrigger = "periodic"\nrate_hz = 0.2\nmax_latency_ms = 10000\n'
    slow = ("freq_hz = 400000", "freq_hz = 100000\ntimeout_us = 5000"), ("odr_hz = 1000", "odr_hz = 3.906")
    told = line(spoiled(*slow, ("max_latency_ms = 100\n", "")) + air + stream, "read in time", "[stream.vibration]")
    # Own: 50 + 50 + 10 us and 1080 us; the thermometer's 450 + 20 us; the other's 13 octets, 1170 us, 1000 us to settle, then up
    # to 5 ms until a look, a pause of 200 ms and a pass, in which each stream has its packet: 1 ms and 100 us for each sample.
    passes = 3 * 1000 + 100 * (3 + 1 + 2) + 4 * 1000
    assert told.value == pytest.approx(1190 + 470 + 1170 + 1000 + 20 + 2 * 5000 + 200_000 + passes, rel=1e-3)


def test_a_stream_by_fifo_has_no_sample_to_be_read_in_time():
    assert list(lines(FAST, "read in time")) == ["[stream.temperature]", "[stream.dose]"]


def test_a_counter_is_read_in_its_interrupt(easy):
    # The accelerometer's and the thermometer's handlers, and its own.
    assert line(FAST, "read in time", "[stream.dose]").value == 200 + 50 + 10


def test_a_time_stamp_may_be_late_by_half_a_period_less_what_a_slow_clock_is(easy):
    told = line(spoiled(OFF).format(0.1), "time stamp", "[stream.vibration]")
    assert told.value == pytest.approx(100 + 50 + 10)
    assert told.limit == pytest.approx(1500 - 1000 / 0.9)
    ticks = line(SOUND, "time stamp", "[stream.temperature]")
    assert (ticks.value, ticks.limit) == (pytest.approx(60), pytest.approx(500_000))


def test_a_time_stamp_just_early_enough(easy):
    text = spoiled(OFF)
    assert refusals(text.format(0.3288), "time stamp") == []
    assert refusals(text.format(0.3289), "time stamp") == [
        "19:10: odr_hz = 1000 is too fast: interrupts may note a trigger of [sensor.accel] 389 us late, 329 us of them with "
        'interrupts off, and from 389 us on it passes for a lost sample; set timestamps = "hardware" in [stream.vibration], '
        "lower it, or lower interrupts_off_ms of [stalls]",
    ]


def test_nobody_is_told_to_shorten_pauses_that_there_are_not(easy):
    told = line(SOUND, "time stamp", "[stream.vibration]")
    assert told.remedy == 'set timestamps = "hardware" in [stream.vibration], or lower it'
    assert line(SOUND, "time stamp", "[stream.temperature]").remedy == "lower it"


@pytest.mark.parametrize(("watermark", "half"), [(1, 0.5), (2, 0.25), (3, 0.5), (8, 3.5 / 8), (25, 0.5)])
def test_a_burst_may_be_late_by_half_a_read_to_the_nearest_sample(easy, watermark, half):
    by_interrupt = ('timestamps = "hardware"\n', ""), ("odr_hz = 4000", "odr_hz = 500")
    text = spoiled(*by_interrupt, ("watermark = 25", f"watermark = {watermark}"), text=FAST)
    due = 2000 * watermark
    expected = min(1.5 * due - due / 0.9, (1 + half) * due - due / 0.9, half * due / 1.1)
    assert line(text, "time stamp", "[stream.vibration]").limit == pytest.approx(expected)


def test_hardware_time_stamps_are_never_late():
    assert list(lines(FAST, "time stamp")) == ["[stream.temperature]", "[stream.dose]"]
    hardware = ("pin = 15", 'pin = 15\ntimestamps = "hardware"')
    assert list(lines(spoiled(hardware), "time stamp")) == ["[stream.temperature]"]


def test_pulses_have_no_pace_to_be_late_by(easy):
    pulses = ('[stream.dose]\nsensor = "geiger"\ntrigger = "periodic"\nrate_hz = 1.0',
              '[stream.dose]\nsensor = "geiger"\ntrigger = "pulse"\nmax_rate_hz = 100')  # fmt: skip
    text = spoiled(pulses, text=FAST)
    assert list(lines(text, "time stamp")) == ["[stream.temperature]"]
    assert line(text, "read in time", "[stream.dose]").limit == pytest.approx(10_000)
