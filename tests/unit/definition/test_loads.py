"""What streams may ask of link, processor and memory: up to the limit, and not a little more."""

import pytest

from freefall.definition import loads
from unit.definition.sample import FAST, SOUND, changed, findings, spoiled

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


@pytest.mark.parametrize(("rate", "refused"), [(121, False), (122, True)])
def test_usb_at_its_limit(rate, refused):
    """So many streams are refused for other reasons too: eight do not fill a USB link."""
    stream = '[stream.s{}]\nsensor = "accel"\ntrigger = "periodic"\nrate_hz = {}\nmax_latency_ms = 10\n'
    sensors = spoiled(ON_USB).partition("[stream.vibration]")[0] + "[housekeeping]\nperiod_ms = 60000\n"
    # 47 streams of 100 packets/s of 114 octets, `rate` packets/s of 34, and 63 octets/s of housekeeping: 540000 are the limit.
    text = sensors + "".join(stream.format(number, 1000) for number in range(47)) + stream.format(47, rate)
    told = [finding for finding in findings(text) if finding.startswith("5:13:")]
    message = (
        '5:13: transport = "usb" is too slow: streams and housekeeping need 540011 bytes/s and the limit is 540000 bytes/s '
        "(90% of 600000); lower a rate"
    )
    assert told == ([message] if refused else [])


@pytest.fixture
def slow_processor(monkeypatch):
    """A processor for which the costs are such that their sums are easy."""
    for name, micros in (("_READ_US", 300), ("_SAMPLE_US", 100), ("_PACKET_US", 2000)):
        monkeypatch.setattr(loads, name, micros)


def test_a_sample_costs_its_read_its_copy_and_its_share_of_a_packet(slow_processor):
    # 1000 reads, 1000 samples and 40 packets a second; one of each for the thermometer.
    assert findings(spoiled(("odr_hz = 1000", "odr_hz = 2000"))) == [
        "17:10: odr_hz = 2000 is too fast: samples keep the processor busy 96.2% of the time and the limit is 90% (300 us a "
        "read, 100 us a sample, 2000 us a packet); lower a rate, or let a FIFO make fewer reads or max_latency_ms fewer packets",
    ]


def test_a_processor_at_its_limit(slow_processor, monkeypatch):
    # 1000 x 400 us and 40 x 2 ms are 48 %; one read, sample and packet a second are 0.24 %.
    for limit, refused in ((0.4824, 0), (0.4823, 1)):
        monkeypatch.setattr(loads, "_BUSY_SHARE", limit)
        assert len(findings(SOUND)) == refused


def test_bursts_cost_one_read_each(slow_processor, monkeypatch):
    # 160 reads x 300 us, 4000 samples x 100 us, 160 packets x 2 ms: 76.8 %; two and one a second, in 1 packet each: 0.52 %.
    for limit, refused in ((0.7733, 0), (0.7731, 1)):
        monkeypatch.setattr(loads, "_BUSY_SHARE", limit)
        assert len(findings(FAST)) == refused


def test_samples_of_all_sensors_count_and_the_stream_that_takes_most_is_named(slow_processor):
    other_bus = '[bus.i2c1]\nkind = "i2c"\nscl = 7\nsda = 6\nfreq_hz = 400000\n'
    sensor = '[sensor.other]\ndriver = "adxl355"\nbus = "i2c1"\naddress = 0x1D\nrange_g = 2\nodr_hz = 1000\n'
    stream = '[stream.other]\nsensor = "other"\ntrigger = "periodic"\nrate_hz = RATE\n'
    text = SOUND + other_bus + sensor + stream
    assert findings(text.replace("RATE", "800")) == []  # 48.24 % and 800 x (400 + 2000 / 25) us
    (finding,) = findings(text.replace("RATE", "900"))
    assert finding.startswith("17:10: odr_hz = 1000 is too fast: samples keep the processor busy 91.4% of the time")
    (finding,) = findings(
        text.replace("RATE", "1000").replace("max_latency_ms = 100", "max_latency_ms = 1000", 1) + "max_latency_ms = 10\n"
    )
    assert finding.startswith("45:11: rate_hz = 1000 is too fast: ")


@pytest.mark.parametrize("odr", [2000, 4000])
def test_an_accelerometer_at_its_fastest_rates_leaves_the_processor_time(odr):
    assert findings(spoiled(("odr_hz = 1000", f"odr_hz = {odr}"), ("freq_hz = 400000", "freq_hz = 1000000"))) == []
    fast = spoiled(("odr_hz = 4000", f"odr_hz = {odr}"), ("max_latency_ms = 100", "max_latency_ms = 10"), text=FAST)
    assert findings(fast.replace("watermark = 25", "watermark = 8")) == []


def test_rings_at_the_limit_of_the_memory(monkeypatch):
    # 64 reads of 25 x 9 octets and 8 more; 8 reads of 2 and 8 octets; 8 of 4 and 8.
    octets = 64 * (225 + 8) + 8 * (2 + 8) + 8 * (4 + 8)
    monkeypatch.setattr(loads, "_RING_OCTETS", octets)
    assert findings(FAST) == []
    monkeypatch.setattr(loads, "_RING_OCTETS", octets - 1)
    assert findings(FAST) == [
        f"31:9: ring_depth (by default 64) is too large: the rings of all streams take {octets} bytes and the limit is "
        f"{octets - 1}; lower it",
    ]


def test_the_largest_rings_of_bursts_are_more_than_the_memory():
    (finding,) = findings(spoiled(("watermark = 25", "watermark = 25\nring_depth = 1024"), text=FAST))
    assert finding.startswith("36:14: ring_depth = 1024 is too large: the rings of all streams take 238768 bytes")
