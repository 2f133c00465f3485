"""What streams may ask of the buses and their timeouts: up to the limit, and not a little more."""

import pytest

from freefall.definition.feasibility import costs
from unit.definition.feasibility.lines import line, lines, refusals
from unit.definition.sample import FAST, findings, spoiled

ALONE = '[sensor.warmth]\ndriver = "tmp117"\nbus = "i2c0"\naddress = 0x48\n', ""
ALONE_TOO = '[stream.temperature]\nsensor = "warmth"\ntrigger = "periodic"\nrate_hz = 1.0\n', ""
SLOW_BUS = (("freq_hz = 400000", "freq_hz = 100000"), ("odr_hz = 1000", "odr_hz = 250"))
# A slow SPI whose read of 25 samples takes 226 x 9.5 clocks.
SLOW_SPI = (("freq_hz = 8000000", "freq_hz = 500000\ntimeout_us = 10000"),)


def test_a_timeout_shorter_than_a_read(easy):
    # 12 octets of 9 bits at 100 kHz take 1080 us.
    given = ("freq_hz = 100000", "freq_hz = 100000\ntimeout_us = {}")
    text = spoiled(*SLOW_BUS, given)
    assert refusals(text.format(1080), "bus timeout") == []
    assert refusals(text.format(1079), "bus timeout") == [
        "12:14: timeout_us = 1079 is too short: one read of [sensor.accel] takes up to 1080 us on i2c0; the least is 1080",
    ]


def test_a_default_timeout_shorter_than_a_read(easy):
    assert refusals(spoiled(*SLOW_BUS), "bus timeout") == [
        "7:6: timeout_us (by default 1000) is too short: one read of [sensor.accel] takes up to 1080 us on i2c0; the least is "
        "1080",
    ]


def test_a_clock_that_waits_for_its_line_makes_reads_longer(easy, monkeypatch):
    monkeypatch.setitem(costs.STRETCH, "i2c", 1.5)
    assert line(spoiled(*SLOW_BUS), "bus timeout", "i2c0").value == 1620
    assert line(FAST, "bus timeout", "spi0").value == 269  # 226 octets of 9.5 bits at 8 MHz


def test_a_timeout_depends_on_the_sensors_of_its_own_bus(easy):
    other_bus = '[bus.i2c1]\nkind = "i2c"\nscl = 7\nsda = 6\nfreq_hz = 100000\ntimeout_us = {}\n'
    text = spoiled(('"tmp117"\nbus = "i2c0"', '"tmp117"\nbus = "i2c1"')) + other_bus
    assert refusals(text.format(450), "bus timeout") == []  # 5 octets of 9 bits take 450 us
    (finding,) = refusals(text.format(449), "bus timeout")
    assert "one read of [sensor.warmth] takes up to 450 us on i2c1; the least is 450" in finding
    unused = text.replace('"i2c1"', '"i2c0"')
    assert findings(unused.format(100)) == []


def test_a_timeout_covers_a_whole_burst(easy):
    # 226 octets of 9.5 bits at 500 kHz take 4294 us.
    text = spoiled(*SLOW_SPI, text=FAST)
    assert refusals(text.replace("timeout_us = 10000", "timeout_us = 4294"), "bus timeout") == []
    (finding,) = refusals(text.replace("timeout_us = 10000", "timeout_us = 4293"), "bus timeout")
    assert finding.startswith("13:14: timeout_us = 4293 is too short: one read of [sensor.accel] takes up to 4294 us on spi0;")


def test_a_timeout_does_not_count_what_a_part_settles_for(easy):
    air = '[sensor.air]\ndriver = "scd41"\nbus = "i2c0"\n'
    bus = '[bus.i2c0]\nkind = "i2c"\nscl = 5\nsda = 4\nfreq_hz = 100000\ntimeout_us = 1090\n'
    head = '[payload]\nname = "air"\napid = 64\n[link]\ntransport = "usb"\n'
    stream = '[stream.air]\nsensor = "air"\ntrigger = "periodic"\nrate_hz = 0.2\nmax_latency_ms = 10000\n'
    # Of the address and 2 octets, and of the address and 9, each a transaction: 13 of 9 bits; a millisecond of settling besides.
    assert line(head + bus + air + stream, "bus timeout", "i2c0").value == 1170


def test_a_timeout_is_not_judged_by_a_burst_that_is_in_doubt():
    text = spoiled(*SLOW_SPI, ("timeout_us = 10000", "timeout_us = 1000"), ("pin = 15", "pin = 25"), text=FAST)
    (finding,) = findings(text)
    assert finding.startswith("35:7: pin = 25 is not possible; ")


def test_reads_at_the_limit_of_their_bus(easy):
    # 4400 reads/s of 10 octets, 9.5 clocks each, and 20 us before the next are a second at 458 kHz. The chip's paces there are
    # 24 MHz / 52 and 24 MHz / 53.
    data_ready = ('"fifo_watermark"', '"data_ready"'), ("watermark = 25\n", "")
    at = {freq: spoiled(*data_ready, ("freq_hz = 8000000", f"freq_hz = {freq}"), text=FAST) for freq in (470_000, 455_000)}
    assert line(at[470_000], "bus time", "spi0").value == pytest.approx(440_000 * (20 + 95 * 52 / 24) / 1_000_000)
    assert line(at[470_000], "bus time", "spi0").limit == 100
    assert refusals(at[455_000], "bus time") == [
        "23:10: odr_hz = 4000 is too fast: reads keep spi0 busy 101.1% of the time and the limit is 100%; one read of "
        "[sensor.accel] takes up to 210 us, 4400 times a second; lower a rate or raise freq_hz of [bus.spi0]",
    ]


def test_a_bus_loses_the_time_that_interrupts_are_off():
    off = ("[bus.spi0]", "[stalls]\ninterrupts_off_ms = 0.1\n[bus.spi0]")
    assert line(FAST, "bus time", "spi0").limit == 100
    assert line(spoiled(off, text=FAST), "bus time", "spi0").limit == 90


def test_reads_of_all_streams_of_a_bus_count_and_the_one_that_takes_most_is_named(easy):
    sensor = '[sensor.other]\ndriver = "adxl355"\nbus = "i2c0"\naddress = 0x53\nrange_g = 2\nodr_hz = 1000\n'
    stream = '[stream.other]\nsensor = "other"\ntrigger = "periodic"\nrate_hz = RATE\n'
    text = spoiled(('"data_ready"\npin = 15', '"periodic"\nrate_hz = 400')) + sensor + stream
    for rate, most in ((300, ("stream", "vibration", "rate_hz")), (500, ("stream", "other", "rate_hz"))):
        told = line(text.replace("RATE", str(rate)), "bus time", "i2c0")
        # 270 us a read at 400 kHz, and one a second of 112.5 us.
        assert told.value == pytest.approx(((400 + rate) * 290 + 132.5) / 10_000)
        assert told.path == most


def test_every_bus_with_reads_has_a_line():
    unused = '[bus.spi1]\nkind = "spi"\nsck = 10\nmosi = 11\nmiso = 12\nfreq_hz = 1000000\n'
    assert list(lines(FAST + unused, "bus time")) == ["spi0", "i2c1"]
