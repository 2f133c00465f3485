"""What streams may ask of the buses: up to the limit, and not a little more; and reads that come in time."""

import pytest

from unit.definition.sample import FAST, findings, spoiled

SLOW_BUS = (("freq_hz = 400000", "freq_hz = 100000"), ("odr_hz = 1000", "odr_hz = 250"))
# A slow SPI whose read of 25 samples takes 226 x 9.5 clocks.
SLOW_SPI = (("freq_hz = 8000000", "freq_hz = 500000\ntimeout_us = 10000"),)


def test_a_timeout_shorter_than_a_read_and_some():
    # 12 octets of 9 bits at 100 kHz take 1080 us, 1.3 times that is 1404 us.
    given = ("freq_hz = 100000", "freq_hz = 100000\ntimeout_us = {}")
    text = spoiled(*SLOW_BUS, given)
    assert findings(text.format(1404)) == []
    assert findings(text.format(1403)) == [
        "12:14: timeout_us = 1403 is too short: one read of [sensor.accel] takes 1080 us on i2c0; the least is 1404",
    ]


def test_a_default_timeout_shorter_than_a_read():
    assert findings(spoiled(*SLOW_BUS)) == [
        "7:6: timeout_us (by default 1000) is too short: one read of [sensor.accel] takes 1080 us on i2c0; the least is 1404",
    ]


def test_a_timeout_depends_on_the_sensors_of_its_own_bus():
    other_bus = '[bus.i2c1]\nkind = "i2c"\nscl = 7\nsda = 6\nfreq_hz = 100000\ntimeout_us = {}\n'
    text = spoiled(('"tmp117"\nbus = "i2c0"', '"tmp117"\nbus = "i2c1"')) + other_bus
    assert findings(text.format(585)) == []  # 5 octets of 9 bits take 450 us
    (finding,) = findings(text.format(584))
    assert "one read of [sensor.warmth] takes 450 us on i2c1; the least is 585" in finding
    unused = text.replace('"i2c1"', '"i2c0"')
    assert findings(unused.format(100)) == []


def test_a_timeout_covers_a_whole_burst():
    # 226 octets of 9.5 bits at 500 kHz take 4294 us.
    text = spoiled(*SLOW_SPI, text=FAST)
    assert findings(text.replace("timeout_us = 10000", "timeout_us = 5583")) == []
    assert findings(text.replace("timeout_us = 10000", "timeout_us = 5582")) == [
        "13:14: timeout_us = 5582 is too short: one read of [sensor.accel] takes 4294 us on spi0; the least is 5583",
    ]


def test_a_timeout_is_not_judged_by_a_burst_that_is_in_doubt():
    text = spoiled(*SLOW_SPI, ("timeout_us = 10000", "timeout_us = 1000"), ("pin = 15", "pin = 25"), text=FAST)
    (finding,) = findings(text)
    assert finding.startswith("35:7: pin = 25 is not possible; ")


@pytest.mark.parametrize(
    ("odr", "freq", "expected"),
    [
        (1000, 400_000, []),
        (2000, 1_000_000, []),
        (4000, 1_000_000, []),
        (
            4000,
            400_000,
            [
                "17:10: odr_hz = 4000 is too fast: reads keep i2c0 busy 108.0% of the time and the limit is 90%; "
                "one read of [sensor.accel] takes 270 us; lower a rate or raise freq_hz of [bus.i2c0]",
            ],
        ),
    ],
)
def test_reads_leave_the_bus_time(odr, freq, expected):
    assert findings(spoiled(("odr_hz = 1000", f"odr_hz = {odr}"), ("freq_hz = 400000", f"freq_hz = {freq}"))) == expected


def test_reads_at_the_limit_of_their_bus():
    # 4000 reads of 12 octets, 9 bits each, are 90 % of a second at 480 kHz.
    edits = ("odr_hz = 1000", "odr_hz = 4000"), ('"tmp117"\nbus = "i2c0"', '"tmp117"\nbus = "i2c1"')
    text = spoiled(*edits) + '[bus.i2c1]\nkind = "i2c"\nscl = 7\nsda = 6\nfreq_hz = 400000\n'
    assert findings(text.replace("freq_hz = 400000", "freq_hz = 480000", 1)) == []
    (finding,) = findings(text.replace("freq_hz = 400000", "freq_hz = 479999", 1))
    assert "reads keep i2c0 busy 90.0% of the time and the limit is 90%" in finding


@pytest.mark.parametrize(("freq_hz", "refused"), [(430_000, 0), (428_572, 0), (428_571, 1)])
def test_the_pace_of_spi_is_the_chips_own(freq_hz, refused):
    # 4000 reads of 10 octets, 9.5 clocks each, are 90 % at 422 kHz. The chip's paces there are 24 MHz / 56 and 24 MHz / 57.
    data_ready = ('"fifo_watermark"', '"data_ready"'), ("watermark = 25\n", "")
    told = findings(spoiled(*data_ready, ("freq_hz = 8000000", f"freq_hz = {freq_hz}"), text=FAST))
    assert told == refused * [
        "23:10: odr_hz = 4000 is too fast: reads keep spi0 busy 90.2% of the time and the limit is 90%; "
        "one read of [sensor.accel] takes 226 us; lower a rate or raise freq_hz of [bus.spi0]",
    ]


def test_reads_of_all_streams_of_a_bus_count_and_the_one_that_takes_most_is_named():
    sensor = '[sensor.other]\ndriver = "adxl355"\nbus = "i2c0"\naddress = 0x53\nrange_g = 2\nodr_hz = 1000\n'
    stream = '[stream.other]\nsensor = "other"\ntrigger = "periodic"\nrate_hz = RATE\n'
    slow = ("freq_hz = 400000", "freq_hz = 200000"), ('"data_ready"\npin = 15', '"periodic"\nrate_hz = 700')
    text = spoiled(*slow) + sensor + stream
    # 700 and RATE reads of 540 us, and one of 225 us.
    assert findings(text.replace("RATE", "966")) == []
    (finding,) = findings(text.replace("RATE", "967"))
    assert finding.startswith("40:11: rate_hz = 967 is too fast: reads keep i2c0 busy 90.0% of the time and the limit is 90%; ")


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


def test_a_sample_that_others_on_the_bus_may_keep_from_being_read_in_time():
    text = spoiled(("odr_hz = 1000", "odr_hz = 4000"), ("freq_hz = 400000", "freq_hz = 1000000"))
    assert findings(text) == []  # 108 us and 45 us of 250 us
    assert findings(text + OTHER) == [
        "17:10: odr_hz = 4000 is too fast: a sample of [sensor.accel] lasts 250 us, and its read takes 108 us and may have "
        "to wait for 153 us of others on i2c0; give it its own bus, lower a rate",
    ]
    own_bus = OTHER.replace("i2c0", "i2c1") + '[bus.i2c1]\nkind = "i2c"\nscl = 7\nsda = 6\nfreq_hz = 400000\n'
    assert findings(text + own_bus) == []


def test_a_sample_read_just_in_time():
    # 270 us for either sensor and 112.5 us for the thermometer are 652.5 us at 400 kHz.
    at_1000 = OTHER.replace("odr_hz = 125", "odr_hz = 1000")
    assert findings(spoiled(("freq_hz = 400000", "freq_hz = 261000")) + at_1000) == []
    (finding,) = findings(spoiled(("freq_hz = 400000", "freq_hz = 260999")) + OTHER)
    assert finding.startswith("17:10: odr_hz = 1000 is too fast: a sample of [sensor.accel] lasts 1000 us, ")


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([("watermark = 25", "watermark = 26")], "a packet holds 25 samples; the most is 25"),
        (
            [("odr_hz = 4000", "odr_hz = 125")],
            "so many samples at 125 Hz take longer than max_latency_ms, 100; the most is 12",
        ),
        (
            [("odr_hz = 4000", "odr_hz = 3.906"), ("max_latency_ms = 100\n", "")],
            "so many samples at 3.906 Hz take longer than max_latency_ms, 1000; the most is 3",
        ),
        (
            [("odr_hz = 4000", "odr_hz = 3.906")],
            "so many samples at 3.906 Hz take longer than max_latency_ms, 100; raise max_latency_ms",
        ),
    ],
)
def test_a_watermark_that_is_too_large(edits, expected):
    (finding,) = findings(spoiled(*edits, text=FAST))
    assert finding.startswith("35:13: watermark = ") and finding.endswith(f" is too large: {expected}")


@pytest.mark.parametrize(("odr", "latency", "watermark"), [(4000, 10, 25), (125, 100, 12), (3.906, 1000, 3), (4000, 100, 1)])
def test_the_largest_and_the_smallest_watermark_are_possible(odr, latency, watermark):
    edits = [("odr_hz = 4000", f"odr_hz = {odr}"), ("max_latency_ms = 100", f"max_latency_ms = {latency}")]
    assert findings(spoiled(*edits, ("watermark = 25", f"watermark = {watermark}"), text=FAST)) == []


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
watermark = {1}
"""


def test_a_fifo_that_would_overflow_while_others_are_read():
    # A burst of 8 x 9 octets takes 1387 us at 500 kHz; 2387 us are 9.5 samples.
    text = spoiled(*SLOW_SPI, text=FAST) + BURSTS.format(2, 8)
    assert findings(text) == [
        "36:13: watermark = 25 is too large: the FIFO of [sensor.accel] holds 32 samples, and 10 more may come in the 2387 us "
        "until a burst begins; the most is 22",
    ]
    assert findings(text.replace("watermark = 25", "watermark = 22")) == []


def test_a_fifo_that_is_too_small_for_the_reads_of_others():
    text = spoiled(*SLOW_SPI, text=FAST) + BURSTS.format(2, 25) + BURSTS.format(3, 25)
    (finding,) = findings(text)
    assert finding == (
        "36:13: watermark = 25 is too large: the FIFO of [sensor.accel] holds 32 samples, and 39 more may come in the 9588 us "
        "until a burst begins; lower odr_hz or give the sensor a bus of its own"
    )
