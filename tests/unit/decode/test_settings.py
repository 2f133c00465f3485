"""Settings that a board reports: which rates they mean, and what follows them."""

from dataclasses import replace

import pytest

from freefall.decode import Decoder, Reboot, Reject, SampleBatch, SamplePacket, SettingsReport, Summary
from freefall.decode.settings import rates_hz
from oracle import codec
from unit.decode import packets
from unit.decode.climate import climate_definition, settable

OWN = [20_000, 1, 20_000]  # what the definition says: temperature 50 Hz, climate on, light 50 Hz
SLOW = [100_000, 1, 20_000]  # temperature 10 Hz
OFF = [20_000, 0, 20_000]  # climate off


@pytest.fixture(scope="module")
def climate():
    return settable(climate_definition())


@pytest.fixture(scope="module")
def temperature(climate):
    return climate.stream("temperature")


def feed(decoder, *frames):
    return decoder.feed(b"\0" + b"".join(frames))


def sampled(stream, index, period_us, sequence=0, count=2):
    """A packet of samples so far apart, from sample 0 at 1 s."""
    return packets.samples(stream, index, count, 10**6 + index * period_us, sequence)


def batches(items):
    return [item for item in items if isinstance(item, SampleBatch)]


# Rates


def test_rates_are_those_of_the_definition_until_they_are_told(climate):
    assert rates_hz(climate) == rates_hz(climate, OWN) == tuple(stream.rate_hz for stream in climate.streams)


def test_a_setting_changes_the_rate_of_its_stream_alone(climate):
    assert rates_hz(climate, [100_000, 0, 1000]) == (climate.streams[0].rate_hz, 10.0, 0.0, 1000.0)


def test_a_value_that_the_definition_does_not_allow_changes_nothing(climate):
    assert rates_hz(climate, [0, 2, 2**32 - 1]) == rates_hz(climate)
    assert rates_hz(climate, [999, 1, 1_000_001]) == rates_hz(climate)


# What the decoder makes of a report


def test_decoder_delivers_a_report_of_settings(climate):
    decoder = Decoder(climate)
    items = decoder.feed(b"\0" + packets.boot(climate) + packets.settings(climate, SLOW, 1, 1_500_000), host_ns=7)
    assert items[1] == SettingsReport(1_500_000_000, 7, (100_000, 1, 20_000), boot=0)
    assert decoder.rates_hz[1] == 10.0


@pytest.mark.parametrize("values", [[], SLOW[:2], [*SLOW, 1]])
def test_decoder_rejects_another_number_of_settings(climate, values):
    octets = codec.settings(values) or b"\0"
    (item,) = feed(Decoder(climate), packets.parameter(climate, codec.SETTINGS, octets))
    assert isinstance(item, Reject) and item.reason == "size"


def test_decoder_of_a_payload_without_settings_rejects_them(climate):
    (item,) = feed(Decoder(replace(climate, settings=())), packets.settings(climate, SLOW))
    assert isinstance(item, Reject) and item.reason == "size"


def test_packets_have_the_period_that_was_told_in_their_boot(climate, temperature):
    frames = [packets.boot(climate), sampled(temperature, 0, 20_000), packets.settings(climate, SLOW, 1, 1_050_000)]
    frames += [sampled(temperature, 2, 100_000, 1), packets.boot(climate, 2), sampled(temperature, 0, 20_000)]
    items = feed(Decoder(climate), *frames)
    assert [item.nominal_ns for item in items if isinstance(item, SamplePacket)] == [None, 1e8, None]
    found = batches(Decoder(climate).feed_many([(1, b"\0" + b"".join(frames))]))
    assert [batch.nominal_ns for batch in found] == [None, 1e8, None]


def test_a_stream_whose_rate_cannot_be_changed_has_the_period_of_the_definition(climate):
    stream = climate.stream("climate")
    items = feed(Decoder(climate), packets.boot(climate), sampled(stream, 0, 20_000), packets.settings(climate, OFF, 1, 10**7))
    assert [item.nominal_ns for item in items if isinstance(item, SamplePacket)] == [1e9 / stream.rate_hz]


@pytest.mark.parametrize("settings, period_ns", [(SLOW, 100e6), (OWN, 20e6)])
def test_period_measured_is_held_against_the_one_that_was_told(climate, temperature, settings, period_ns):
    """Packets 100.1 ms a sample apart: at 10 Hz that is the sensor's own clock, at 50 Hz a silence."""
    frames = [packets.boot(climate), packets.settings(climate, settings, 1, 10)]
    frames += [sampled(temperature, 2 * n, 100_100, n) for n in range(3)]
    items = feed(Decoder(climate), *frames)
    measured = 100.1e6 if settings == SLOW else period_ns
    assert [item.period_ns for item in items if isinstance(item, SamplePacket)] == [period_ns, measured, measured]
    (batch,) = batches(Decoder(climate).feed_many([(1, b"\0" + b"".join(frames))]))
    assert batch.period_ns.tolist() == [period_ns, measured, measured]


def test_settings_of_a_boot_noticed_late_are_those_of_its_set(climate, temperature):
    """The report of the settings comes before the board's, which tells of the boot."""
    decoder = Decoder(climate)
    feed(decoder, packets.boot(climate), packets.settings(climate, OWN, 1, 10), packets.board(climate, 1, 2, 20))
    items = decoder.feed(packets.settings(climate, SLOW, 3, 10**6) + packets.board(climate, 2, 4, 10**6))
    assert [item.boot for item in items if isinstance(item, Reboot)] == [1]
    assert decoder.rates_hz[1] == 10.0
    decoder.feed(packets.board(climate, 3, 5, 10**6 + 1))
    assert decoder.rates_hz[1] == 50.0, "what the third boot is set to has not been heard of"


# What follows it


def run(climate, temperature, settings, period_us=100_000, number=5):
    """A summary of a boot of these settings (None: their report is lost) and packets of temperature."""
    summary = Summary(climate)
    told = [packets.settings(climate, settings, 1, 10)] if settings else []
    frames = [packets.boot(climate), *told, *(sampled(temperature, 2 * n, period_us, n) for n in range(number))]
    summary.feed(b"\0" + b"".join(frames))
    return summary


def test_jitter_is_held_against_the_rate_that_is_set(climate, temperature):
    jitter = run(climate, temperature, SLOW).statistics[1].jitter.triggers
    assert (jitter.count, jitter.max_ns) == (4, 0.0)
    jitter = run(climate, temperature, OWN).statistics[1].jitter.triggers
    assert (jitter.count, jitter.max_ns) == (4, 160e6), "two samples late by 80 ms each"


def test_no_interval_is_judged_before_its_rate_is_known(climate, temperature):
    summary = run(climate, temperature, None)
    assert summary.statistics[1].jitter.triggers.count == 0
    summary.feed(packets.settings(climate, SLOW, 2, 2 * 10**6) + sampled(temperature, 10, 100_000, 5))
    jitter = summary.statistics[1].jitter.triggers
    assert (jitter.count, jitter.max_ns) == (1, 0.0)


def silent(climate, settings, seconds, summary=None, boot_count=1):
    """A summary of boots, of which but the board nobody says anything."""
    summary = summary or Summary(climate)
    frames = packets.boot(climate, boot_count), packets.settings(climate, settings, 1, 10)
    summary.feed(b"\0" + b"".join(frames) + packets.alive(climate, 2, round(seconds * 1e6)))
    return summary


def test_a_stream_that_is_off_is_said_to_be_off_and_not_to_give_no_samples(climate):
    summary = silent(climate, OFF, 3600)
    assert summary.off == ["climate"] and summary.rates_hz[2] == 0.0
    assert "NO SAMPLES from vibration, temperature, light" in summary.verdict
    assert summary.as_dict()["nominal_hz"] == {
        "vibration": summary.rates_hz[0],
        "temperature": 50.0,
        "climate": 0.0,
        "light": 50.0,
    }


def test_a_stream_that_is_on_again_is_awaited_from_then_on(climate):
    summary = silent(climate, OFF, 3600)
    silent(climate, OWN, 0.001, summary, 2)
    assert summary.off == [] and "climate" not in summary.verdict
    silent(climate, OWN, 3600, summary, 3)
    assert "climate" in summary.verdict


def test_what_gave_no_samples_while_it_was_on_is_said_after_it_was_switched_off(climate):
    summary = silent(climate, OWN, 3600)
    silent(climate, OFF, 3600, summary, 2)
    assert summary.off == ["climate"] and "climate" in summary.verdict


def test_the_first_packet_of_a_slow_stream_is_awaited_as_long_as_its_rate_asks(climate):
    definition = replace(climate, housekeeping_ms=100)
    quick, slow = silent(definition, OWN, 1.0), silent(definition, [10**6, 1, 20_000], 1.0)
    assert "temperature" in quick.verdict and "temperature" not in slow.verdict
