"""What streams may ask of the processor: up to the limit, and not a little more."""

import pytest

from freefall.definition.feasibility import costs, work
from unit.definition.feasibility.lines import line, refusals
from unit.definition.sample import FAST, SOUND, findings, spoiled

NO_PAUSE = ("[bus.i2c", "[stalls]\nforeground_ms = 0\n[bus.i2c")


def test_a_sample_costs_its_read_its_copy_and_its_share_of_a_packet(easy):
    # 1100 reads of 50 us, 44 packets of 3500; a read of 50 us and a packet of 1100; 3 reports of 1 ms.
    told = line(SOUND, "processor time", "board")
    assert told.value == pytest.approx((1100 * 50 + 44 * 3500 + 50 + 1100 + 3000) / 10_000)
    assert told.limit == 90
    assert line(SOUND, "interrupt time", "board").value == pytest.approx((1100 * 50 + 50) / 10_000)
    assert line(SOUND, "interrupt time", "board").limit is None


def test_bursts_cost_one_read_each(easy):
    # 176 reads of 200 us and packets of 3500; two and one a second, of 50 and of 30 us, in a packet of 1200 and one of 1100 us;
    # 4 reports.
    told = line(FAST, "processor time", "board")
    assert told.value == pytest.approx((176 * 3700 + 100 + 1200 + 30 + 1100 + 4000) / 10_000)


def test_looks_cost_every_five_milliseconds(easy, monkeypatch):
    before = line(SOUND, "processor time", "board").value
    monkeypatch.setattr(costs, "look_us", lambda streams: 10 * streams)
    assert line(SOUND, "processor time", "board").value == pytest.approx(before + 200 * 20 / 10_000)


def test_usb_takes_its_blocks_by_the_loop(easy, monkeypatch):
    monkeypatch.setattr(costs, "USB_BLOCK_US", 128)
    usb = spoiled(('transport = "uart0"\nbaud = 921600', 'transport = "usb"'))
    # 11240 octets/s, 2 us each.
    assert line(usb, "processor time", "board").value == pytest.approx(
        line(SOUND, "processor time", "board").value + 2 * 11_240 / 10_000
    )


def test_a_processor_that_has_no_time(easy, monkeypatch):
    monkeypatch.setitem(costs.READ_COSTS, "stamped", costs.ReadCost(40, 40))
    # 4400 reads of 80 us and 176 packets of 3500 us; 2 reads of 50 us, a packet of 1200 us; 3 reports.
    text = spoiled(('"fifo_watermark"', '"data_ready"'), ("watermark = 25\n", ""), text=FAST)
    assert refusals(text.partition("[stream.dose]")[0], "processor time") == [
        "23:10: odr_hz = 4000 is too fast: samples and reports keep the processor busy 97.2% of the time, 35.2% in interrupts, "
        "and the limit is 90%, for stalls may take the rest; a read of [sensor.accel] takes 80 us and a packet 3500 us; lower a "
        "rate, or let a FIFO make fewer reads or max_latency_ms fewer packets",
    ]


def test_a_processor_at_its_limit(easy, monkeypatch):
    value = line(SOUND, "processor time", "board").value
    for share, refused in ((1 - (value + 0.01) / 100, 0), (1 - (value - 0.01) / 100, 1)):
        monkeypatch.setattr(work, "STALL_SHARE", share)
        monkeypatch.setattr("freefall.definition.feasibility.processor.STALL_SHARE", share)
        assert len(refusals(SOUND, "processor time")) == refused


def test_without_stalls_all_of_the_time_is_there(easy):
    assert line(spoiled(NO_PAUSE), "processor time", "board").limit == 100
    assert line(spoiled(("[bus.i2c", "[stalls]\nforeground_ms = 0\ninterrupts_off_ms = 0.01\n[bus.i2c")), "processor time",
                "board").limit == 90  # fmt: skip


def test_the_stream_that_takes_most_is_named(easy):
    other_bus = '[bus.i2c1]\nkind = "i2c"\nscl = 7\nsda = 6\nfreq_hz = 400000\n'
    sensor = '[sensor.other]\ndriver = "adxl355"\nbus = "i2c1"\naddress = 0x1D\nrange_g = 2\nodr_hz = 1000\n'
    stream = '[stream.other]\nsensor = "other"\ntrigger = "periodic"\nrate_hz = 800\nmax_latency_ms = 10\n'
    text = SOUND + other_bus + sensor + stream
    assert line(text, "processor time", "board").path == ("stream", "other", "rate_hz")
    assert line(text.replace("rate_hz = 800", "rate_hz = 100"), "processor time", "board").path == ("sensor", "accel", "odr_hz")


@pytest.mark.parametrize("odr", [2000, 4000])
def test_an_accelerometer_at_its_fastest_rates_leaves_the_processor_time(odr):
    alone = spoiled(("odr_hz = 1000", f"odr_hz = {odr}"), ("freq_hz = 400000", "freq_hz = 1000000"))
    sensors, _, streams = alone.partition("[sensor.warmth]")
    assert findings(sensors + streams[streams.index("[stream.vibration]") : streams.index("[stream.temperature]")]) == []
    fast = spoiled(("odr_hz = 4000", f"odr_hz = {odr}"), ("max_latency_ms = 100", "max_latency_ms = 10"), text=FAST)
    assert findings(fast.replace("watermark = 25", "watermark = 8")) == []
