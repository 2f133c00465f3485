"""What streams may ask of the link and its queue: up to the limit, and not a little more."""

import pytest

from freefall.definition.feasibility import costs, work
from unit.definition.feasibility.lines import line, lines, refusals
from unit.definition.sample import SOUND, findings, spoiled

ON_USB = ('transport = "uart0"\nbaud = 921600', 'transport = "usb"')
NO_PAUSE = ("[bus.i2c0]", "[stalls]\nforeground_ms = 0\n[bus.i2c0]")


def test_a_link_that_is_too_slow():
    assert refusals(spoiled(("921600", "57600")), "link load") == [
        "6:8: baud = 57600 is too slow: streams and housekeeping need 11240 bytes/s and the limit is 5760 bytes/s (baud / 10); "
        "raise baud or lower a rate",
    ]


def test_a_link_at_its_limit():
    # The accelerometer's clock may be a tenth fast: 44 packets/s of 250 octets, 1 of 26, and 214 of housekeeping are 11240.
    assert refusals(spoiled(("921600", "112400")), "link load") == []
    assert len(refusals(spoiled(("921600", "112399")), "link load")) == 1
    assert line(SOUND, "link load", "link").value == pytest.approx(11_240)


def test_a_short_latency_makes_many_packets():
    once = [("max_latency_ms = 100", "max_latency_ms = 10"), ("odr_hz = 1000", "odr_hz = 125")]
    # 137.5 packets/s of 28 + 6 octets, 1 of 26, and 214 of housekeeping are 4915 octets/s.
    assert refusals(spoiled(*once, ("921600", "49150")), "link load") == []
    assert len(refusals(spoiled(*once, ("921600", "49149")), "link load")) == 1


def test_a_periodic_stream_keeps_the_boards_time():
    periodic = ('"data_ready"\npin = 15', '"periodic"\nrate_hz = 1000')
    # 40 packets/s of 250 octets, 1 of 26, and 214 of housekeeping.
    assert line(spoiled(periodic), "link load", "link").value == pytest.approx(10_240)


def test_coefficients_are_part_of_a_set_of_reports():
    air = '[sensor.air]\ndriver = "bme280"\nbus = "i2c0"\naddress = 0x76\n'
    (own,) = lines(SOUND, "housekeeping").values()
    (more,) = lines(SOUND + air, "housekeeping").values()
    assert (own.value, own.limit) == (214, None)  # 52 octets and 2 x 72, and 6 of framing each
    assert more.value == 214 + 68 + 6
    assert more.sentence == "a set of 4 reports has 288 bytes, and there is one every 1000 ms"


def test_usb_has_no_baud_to_be_too_slow():
    assert line(spoiled(ON_USB), "link load", "link").limit == 600_000
    assert findings(spoiled(ON_USB)) == []


def test_usb_at_its_limit(monkeypatch):
    text = spoiled(ON_USB)
    for carried, refused in ((11_240.1, 0), (11_239.9, 1)):
        monkeypatch.setattr(work, "USB_OCTETS_PER_S", carried)
        assert len(refusals(text, "link load")) == refused
    assert findings(text) == [
        '5:13: transport = "usb" is too slow: streams and housekeeping need 11240 bytes/s and the limit is 11240 bytes/s (what '
        "USB carries); lower a rate [link load]",
    ]


def test_what_waits_for_the_link_after_a_pause(easy):
    # 11026 octets/s of samples make 44 packets of 1000 + 25 x 100 us and one of 1100 us: 155100 us of foreground; interrupts take
    # 1101 x 50 us. So packets are made at 11026 x 0.94495 / 0.1551 = 67176 octets/s. In the pause of 200 ms and the longest pass,
    # (3500 + 1100 + 3 x 1000) / 0.94495 us, come 2294; they fill the queue at 67176 and leave at 57600. To what is left of
    # them come a frame of each stream, 250 and 26, and a set of reports, 214.
    text = spoiled(("921600", "576000"))
    told = line(text, "link queue", "link")
    backlog = 11026 * (0.2 + 0.0076 / 0.94495)
    made = 11026 * 0.94495 / 0.1551
    assert told.value == pytest.approx(backlog * (made - 57_600) / (made - 11_026) + 250 + 26 + 214)
    # 8192, and reserved for 3 reports and 2 events 78 each.
    assert told.limit == 8192 - 5 * 78


def test_a_link_faster_than_packets_are_made_keeps_its_queue_short(easy):
    assert line(SOUND, "link queue", "link").value == 250 + 26 + 214
    assert line(spoiled(NO_PAUSE), "link queue", "link").value == 250 + 26 + 214


def test_a_queue_at_its_limit(easy, monkeypatch):
    value = line(spoiled(("921600", "300000")), "link queue", "link").value
    # 390 octets are reserved.
    for octets, refused in ((value + 390.1, 0), (value + 389.9, 1)):
        monkeypatch.setattr(costs, "QUEUE_OCTETS", octets)
        assert len(refusals(spoiled(("921600", "300000")), "link queue")) == refused
