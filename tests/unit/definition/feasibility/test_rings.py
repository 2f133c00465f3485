"""Rings that hold what comes while the loop pauses, and memory for them: up to the limit, and not a read more."""

import pytest

from freefall.definition.feasibility import rings
from unit.definition.feasibility.lines import line, refusals
from unit.definition.sample import FAST, SOUND, changed, spoiled

PAUSE = "[bus.i2c0]", "[stalls]\nforeground_ms = {}\n[bus.i2c0]"
RING = "pin = 15", "pin = 15\nring_depth = {}"
# The longest pass, easy: packets of 25 and of 1 sample, 3 reports; of which interrupts take 55050 us a second.
PASS_MS = (3.5 + 1.1 + 3) / (1 - 0.05505)


def test_a_ring_holds_a_packet_and_what_comes_in_a_pause_and_a_pass(easy):
    told = line(SOUND, "ring", "[stream.vibration]")
    assert told.value == pytest.approx(25 + 1.1 * (200 + PASS_MS))
    assert told.limit == 256
    assert line(SOUND, "ring", "[stream.temperature]").value == pytest.approx(1 + 0.001 * (200 + PASS_MS))


def test_a_ring_at_its_limit(easy):
    # A ring of 32 sends 16 reads at once: 16 more come in 14.5 ms, of which the pass takes 6.1.
    text = spoiled(PAUSE, (RING[0], RING[1].format(32)))
    passes = (2.6 + 1.1 + 3) / (1 - 0.05505)
    most = 16 / 1.1 - passes
    assert refusals(text.format(most - 0.01), "ring") == []
    assert refusals(text.format(most + 0.01), "ring") == [
        "28:14: ring_depth = 32 is too small: 16 reads may wait when the loop pauses, 16 more come in 15 ms, and there is room "
        "for 32; set it to 64, or lower foreground_ms of [stalls] or the rate",
    ]


def test_a_ring_too_small_for_the_pause_that_nobody_ruled_out():
    (finding,) = refusals(spoiled((RING[0], RING[1].format(64))), "ring")
    assert finding.startswith("26:14: ring_depth = 64 is too small: ") and "set it to 256," in finding


def test_no_ring_is_deep_enough_for_a_pause_of_seconds():
    (finding,) = refusals(spoiled(PAUSE, (RING[0], RING[1].format(1024))).format(1000), "ring")
    assert finding.endswith("the deepest is 1024; lower foreground_ms of [stalls] or the rate")


@pytest.mark.parametrize("pause_ms", [0, 1, 20, 200, 900])
@pytest.mark.parametrize("text", [SOUND, FAST], ids=["sound", "fast"])
def test_a_ring_that_is_not_given_is_deep_enough(text, pause_ms):
    stalls = f"[stalls]\nforeground_ms = {pause_ms}\n[bus.i2c"
    for stream in ("vibration", "temperature"):
        assert line(spoiled(("[bus.i2c", stalls), text=text), "ring", f"[stream.{stream}]").holds


def test_a_fifo_takes_over_when_its_ring_is_full(easy):
    told = line(FAST, "ring", "[stream.vibration]")
    # One read of 25 makes a packet; 3.5 + 1.2 + 1.1 and 4 reports are a pass, interrupts take 176 x 200 + 2 x 50 + 30 us.
    passes = (3.5 + 1.2 + 1.1 + 4) / (1 - 0.03533)
    assert told.value == pytest.approx(1 + 0.176 * (200 + passes))
    assert told.limit == pytest.approx(64 + 7 / 25)


def test_rings_at_the_limit_of_the_memory(monkeypatch):
    # 64 reads of 225 octets, number and stamp; 8 reads of 2 and 8 of 12 octets, and as much; 28 words of each stream.
    octets = 64 * (225 + 8) + 8 * (2 + 8) + 8 * (12 + 8) + 3 * 28 * 4
    firmware = rings.FIRMWARE_OCTETS + 3 * rings.STREAM_OCTETS
    monkeypatch.setattr(rings, "HEAP_OCTETS", firmware + octets)
    assert refusals(FAST, "memory") == []
    monkeypatch.setattr(rings, "HEAP_OCTETS", firmware + octets - 1)
    assert refusals(FAST, "memory") == [
        f"31:9: ring_depth (by default 64) is too large: the rings of all streams take {octets} bytes, with the firmware "
        f"{firmware + octets}, and the board has {firmware + octets - 1}; lower it",
    ]


def test_the_largest_rings_of_bursts_are_more_than_the_memory():
    (finding,) = refusals(spoiled(("watermark = 25", "watermark = 25\nring_depth = 1024"), text=FAST), "memory")
    assert finding.startswith("36:14: ring_depth = 1024 is too large: the rings of all streams take 239168 bytes")


def test_a_pause_makes_the_ring_that_is_not_given():
    assert changed((PAUSE[0], PAUSE[1].format(900))).stream("vibration").ring_depth == 1024
    assert changed((PAUSE[0], PAUSE[1].format(0))).stream("vibration").ring_depth == 64
