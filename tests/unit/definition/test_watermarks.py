"""What a watermark must be, however much time the board has."""

import pytest

from unit.definition.sample import FAST, findings, spoiled


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


@pytest.mark.parametrize(("odr", "latency", "watermark"), [(4000, 10, 25), (125, 100, 12), (3.906, 1000, 3), (500, 100, 1)])
def test_the_largest_and_the_smallest_watermark_are_possible(odr, latency, watermark):
    edits = [("odr_hz = 4000", f"odr_hz = {odr}"), ("max_latency_ms = 100", f"max_latency_ms = {latency}")]
    assert findings(spoiled(*edits, ("watermark = 25", f"watermark = {watermark}"), text=FAST)) == []


def test_a_watermark_that_a_fifo_cannot_tell_of():
    oximeter = '[sensor.accel]\ndriver = "max30102"\nbus = "i2c1"\nsample_rate_hz = 100\n'
    sensors, _, rest = FAST.partition("[sensor.accel]")
    text = sensors + oximeter + rest[rest.index("[sensor.warmth]") :]
    (finding,) = findings(text.replace("watermark = 25", "watermark = 16").replace("max_latency_ms = 100\n", ""))
    why = "the FIFO of [sensor.accel] tells of 17 samples or more; the least is 17"
    assert finding == f"33:13: watermark = 16 is too small: {why}"
