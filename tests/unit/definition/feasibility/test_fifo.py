"""FIFOs that hold what comes until they are read: up to the limit, and not a sample more."""

import pytest

from unit.definition.feasibility.lines import line, lines, refusals
from unit.definition.sample import FAST, SOUND, spoiled

OFF = "[bus.spi0]", "[stalls]\ninterrupts_off_ms = {}\n[bus.spi0]"
# A slow SPI whose read of 25 samples takes 226 x 9.5 clocks.
SLOW_SPI = (("freq_hz = 8000000", "freq_hz = 500000\ntimeout_us = 10000"),)
BURSTS = """\
[sensor.burst{0}]
driver = "adxl355"
bus = "spi0"
cs = 1{0}
range_g = 2
odr_hz = 125
[stream.burst{0}]
sensor = "burst{0}"
trigger = "fifo_watermark"
pin = {0}
timestamps = "hardware"
watermark = {1}
"""


def test_a_fifo_holds_its_watermark_and_what_comes_until_the_burst_begins(easy):
    # 4400 samples/s in the handlers of the others, 50 and 30 us, and 10 us.
    told = line(FAST, "FIFO", "[stream.vibration]")
    assert told.value == pytest.approx(25 + 4400 * 90e-6)
    assert told.limit == 32
    assert lines(SOUND, "FIFO") == {}


def test_a_fifo_at_its_limit_by_interrupts_off(easy):
    # 7 samples at 4400 samples/s are 1590.9 us, of which 90 us are interrupts'.
    text = spoiled(OFF, text=FAST)
    assert refusals(text.format(1.5009), "FIFO") == []
    assert refusals(text.format(1.501), "FIFO") == [
        "37:13: watermark = 25 is too large: the FIFO of [sensor.accel] holds 32 samples, and 7 more may come in the 1591 us "
        "until a burst begins, 1501 us of them with interrupts off; the most is 24",
    ]


def test_an_erase_of_flash_outlives_the_fifo(easy):
    (finding,) = refusals(spoiled(OFF, text=FAST).format(45), "FIFO")
    assert finding.endswith(
        "198.4 more may come in the 45090 us until a burst begins, 45000 us of them with interrupts off; lower odr_hz or write "
        "no flash while it samples, for an erase outlives the FIFO"
    )


@pytest.mark.parametrize(("erase_ms", "most_hz"), [(45, 500), (120, 125), (300, 62.5)])
def test_the_rates_at_which_an_erase_outlives_the_fifo_are_those_of_the_field(erase_ms, most_hz):
    """reference/field.md, finding 2: 32 samples / erase; here with the least watermark, and a clock that is a tenth fast."""
    edits = ("watermark = 25", "watermark = 1"), ("max_latency_ms = 100\n", "")
    for odr, holds in ((most_hz, True), (2 * most_hz, False)):
        text = spoiled(OFF, ("odr_hz = 4000", f"odr_hz = {odr}"), *edits, text=FAST).format(erase_ms)
        assert line(text, "FIFO", "[stream.vibration]").holds == holds == (1 + 1.1 * odr * erase_ms / 1000 < 32)


def test_a_fifo_that_would_overflow_while_others_are_read(easy):
    # A burst of 8 x 9 octets takes 1387 us at 500 kHz, and 20 us; handlers 50 + 30 + 200 + 10 us: 1697 us are 7.5 samples.
    text = spoiled(*SLOW_SPI, text=FAST) + BURSTS.format(2, 8)
    assert refusals(text, "FIFO") == [
        "36:13: watermark = 25 is too large: the FIFO of [sensor.accel] holds 32 samples, and 7.5 more may come in the 1697 us "
        "until a burst begins; the most is 24",
    ]
    assert line(text.replace("watermark = 25", "watermark = 24"), "FIFO", "[stream.vibration]").holds


def test_a_fifo_that_is_too_small_for_the_reads_of_others():
    text = spoiled(*SLOW_SPI, text=FAST) + BURSTS.format(2, 25) + BURSTS.format(3, 25)
    (finding,) = refusals(text, "FIFO")
    assert finding.startswith("36:13: watermark = 25 is too large: ")
    assert finding.endswith("us until a burst begins; lower odr_hz or give the sensor a bus of its own")
