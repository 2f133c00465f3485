"""The watchdog against pauses, what a day of recording is, and what the firmware never does."""

import pytest

from unit.definition.feasibility.lines import line, lines, refusals
from unit.definition.sample import FAST, SOUND, spoiled

WATCHDOG = "[bus.i2c0]", "[stalls]\nforeground_ms = {}\n[watchdog]\ntimeout_ms = {}\n[bus.i2c0]"


def test_a_watchdog_waits_for_a_pause_a_look_and_a_pass(easy):
    told = line(spoiled(WATCHDOG).format(400, 500), "watchdog", "board")
    # A pass as in test_rings.py, and up to 5 ms until the next look.
    assert told.value == pytest.approx(400 + 5 + (3.5 + 1.1 + 3) / (1 - 0.05505))
    assert told.limit == 500
    assert lines(SOUND, "watchdog") == {}


def test_a_watchdog_at_its_limit(easy):
    most = 500 - 5 - (3.5 + 1.1 + 3) / (1 - 0.05505)
    assert refusals(spoiled(WATCHDOG).format(most - 0.01, 500), "watchdog") == []
    assert refusals(spoiled(WATCHDOG).format(most + 0.01, 500), "watchdog") == [
        "10:14: timeout_ms = 500 is too short: the loop may pause for 486.967 ms, and then feeds the watchdog within 13 ms; "
        "raise it above 500, or set it to 0 for never",
    ]


def test_the_loop_pauses_while_interrupts_are_off_too():
    slow = ("odr_hz = 1000", "odr_hz = 3.906"), ("max_latency_ms = 100\n", "")
    off = WATCHDOG[0], WATCHDOG[1].replace("foreground_ms", "interrupts_off_ms")
    text = spoiled(*slow, off).replace("rate_hz = 1.0", "rate_hz = 0.1")
    assert line(text.format(450, 500), "watchdog", "board").value > 450


def test_a_day_of_recording(easy):
    told = line(SOUND, "recording", "host")
    # 40 packets of 250 octets, one of 26 and 214 of housekeeping a second: 10240. A packet lasts 2.71 ms, and touches one
    # millisecond more; so do the others; 47 octets for each.
    messages = 40 * (250 / 92.16 + 1) + (26 / 92.16 + 1) + (214 / 92.16 + 1)
    assert told.value == pytest.approx((10_240 + 47 * messages) * 0.0864)
    assert told.limit is None


def test_no_more_messages_are_recorded_than_there_are_milliseconds(easy):
    # At 460800 baud FAST's 40000 octets a second keep the link busy for 868 ms, in 160 packets and some.
    told = line(spoiled(("921600", "460800"), text=FAST), "recording", "host")
    assert "in up to 1000 messages a second" in told.sentence


def test_the_firmware_never_collects_garbage():
    told = line(SOUND, "garbage collection", "board")
    assert (told.value, told.limit, told.unit) == (0, None, "ms")
    assert told.sentence == "the firmware allocates nothing while it samples, so MicroPython never stops to collect garbage"
