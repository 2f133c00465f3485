"""What streams may ask of link, processor and buses: up to the limit, and not a little more."""

import pytest

from unit.definition.sample import SOUND, changed, findings, spoiled

ON_USB = ('transport = "uart0"\nbaud = 921600', 'transport = "usb"')


def test_a_link_that_is_too_slow():
    assert findings(spoiled(("921600", "57600"))) == [
        "6:8: baud = 57600 is too slow: streams and housekeeping need 10240 bytes/s and the limit is 5184 bytes/s "
        "(90% of baud / 10); raise baud or lower a rate",
    ]


def test_a_link_at_its_limit():
    # 40 packets/s of 250 octets, 1 of 26, and 214 of housekeeping are 10240 octets/s: 90 % of 113778 / 10.
    assert findings(spoiled(("921600", "113778"))) == []
    assert len(findings(spoiled(("921600", "113777")))) == 1


def test_a_short_latency_makes_many_packets():
    once = [("max_latency_ms = 100", "max_latency_ms = 10"), ("odr_hz = 1000", "odr_hz = 125")]
    assert changed(*once).stream("vibration").samples_per_packet == 1
    # 125 packets/s of 28 + 6 octets, 1 of 26, and 214 of housekeeping are 4490 octets/s: 90 % of 49889 / 10.
    assert findings(spoiled(*once, ("921600", "49889"))) == []
    assert len(findings(spoiled(*once, ("921600", "49888")))) == 1


def test_usb_has_no_baud_to_be_too_slow():
    assert findings(spoiled(ON_USB)) == []


@pytest.mark.parametrize(("rate", "refused"), [(103, False), (104, True)])
def test_usb_at_its_limit(rate, refused):
    """So many streams are refused for other reasons too: eight do not fill a USB link."""
    stream = '[stream.s{}]\nsensor = "accel"\ntrigger = "periodic"\nrate_hz = {}\nmax_latency_ms = 10\n'
    sensors = spoiled(ON_USB).partition("[stream.vibration]")[0] + "[housekeeping]\nperiod_ms = 60000\n"
    # 66 streams of 100 packets/s of 114 octets, `rate` packets/s of 34, and 88 octets/s of housekeeping: 756000 are the limit.
    text = sensors + "".join(stream.format(number, 1000) for number in range(66)) + stream.format(66, rate)
    told = [finding for finding in findings(text) if finding.startswith("5:13:")]
    message = (
        '5:13: transport = "usb" is too slow: streams and housekeeping need 756024 bytes/s and the limit is 756000 bytes/s '
        "(90% of 840000); lower a rate"
    )
    assert told == ([message] if refused else [])


@pytest.mark.parametrize(
    ("odr", "freq", "expected"),
    [
        (1000, 400_000, []),
        (1000, 1_000_000, []),
        (
            2000,
            400_000,
            [
                "17:10: odr_hz = 2000 is too fast: samples keep the processor busy 176.1% of the time and the limit is 90%; "
                "one sample takes 880 us, 270 us of it on i2c0; lower a rate or raise freq_hz of [bus.i2c0]",
            ],
        ),
        (
            4000,
            1_000_000,
            [
                "17:10: odr_hz = 4000 is too fast: samples keep the processor busy 287.3% of the time and the limit is 90%; "
                "one sample takes 718 us, 108 us of it on i2c0; lower a rate",
            ],
        ),
    ],
)
def test_samples_leave_the_processor_time(odr, freq, expected):
    assert findings(spoiled(("odr_hz = 1000", f"odr_hz = {odr}"), ("freq_hz = 400000", f"freq_hz = {freq}"))) == expected


def test_samples_at_the_processors_limit():
    # 1000 samples/s of 108 clocks + 610 us and 1 of 45 clocks + 610 us are 90 % of a second at 373354.3 Hz.
    assert findings(spoiled(("freq_hz = 400000", "freq_hz = 373355"))) == []
    assert len(findings(spoiled(("freq_hz = 400000", "freq_hz = 373354")))) == 1


def test_samples_of_all_buses_count_and_the_stream_that_takes_most_is_named():
    other_bus = '[bus.i2c1]\nkind = "i2c"\nscl = 7\nsda = 6\nfreq_hz = 400000\n'
    sensor = '[sensor.other]\ndriver = "adxl355"\nbus = "i2c1"\naddress = 0x1D\nrange_g = 2\nodr_hz = 1000\n'
    stream = '[stream.other]\nsensor = "other"\ntrigger = "periodic"\nrate_hz = RATE\n'
    text = SOUND + other_bus + sensor + stream
    assert findings(text.replace("RATE", "21")) == []  # 88 % + 0.072 % + 21 * 880 us
    (finding,) = findings(text.replace("RATE", "22"))
    assert finding.startswith("17:10: odr_hz = 1000 is too fast: samples keep the processor busy 90.0% of the time")
    (finding,) = findings(text.replace("RATE", "1000").replace("odr_hz = 1000", "odr_hz = 500", 1))
    assert finding.startswith("45:11: rate_hz = 1000 is too fast: ")


SLOW_BUS = (("freq_hz = 400000", "freq_hz = 100000"), ("odr_hz = 1000", "odr_hz = 250"))


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
