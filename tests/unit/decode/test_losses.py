"""Where samples are missing and what else happened: exact places, in bounded memory."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freefall.decode import Summary
from freefall.decode.happenings import EVENTS_KEPT, REJECTS_KEPT
from freefall.decode.losses import PLACES_KEPT
from unit.decode import packets
from unit.decode.climate import PARTS, climate_sample


def stream_wire(definition, gaps, period_us=1000):
    """A boot and a packet of 2 samples of stream 0 after each gap of so many samples; the gaps, as (index, count)."""
    wire, index, places = b"\0" + packets.boot(definition), 0, []
    for sequence, gap in enumerate(gaps):
        if gap:
            places.append((index, gap))
        index += gap
        wire += packets.samples(definition.streams[0], index, 2, 1000 + period_us * index, sequence)
        index += 2
    return wire, places


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=3 * PLACES_KEPT), st.integers(1, 30))
def test_first_and_largest_gaps_are_kept_and_all_are_counted(bench, gaps, piece):
    wire, places = stream_wire(bench, gaps)
    summary = Summary(bench)
    for at in range(0, len(wire), piece * 100):
        summary.feed_many([(None, wire[at : at + piece * 100])])
    losses = summary.statistics[0].losses
    assert (losses.gaps, losses.samples) == (len(places), sum(gaps))
    assert [(place.index, place.count) for place in losses.first] == places[:PLACES_KEPT]
    largest = sorted(places, key=lambda place: -place[1])[:PLACES_KEPT]
    assert [(place.index, place.count) for place in losses.largest] == largest
    assert all(place.until_ns == (1000 + 1000 * (place.index + place.count)) * 1000 for place in losses.largest)


def test_gaps_tell_their_boot(bench):
    vibration = bench.streams[0]
    wire = b"\0" + packets.boot(bench, 1) + packets.samples(vibration, 3, 2, 5000, 1)
    wire += packets.boot(bench, 2) + packets.samples(vibration, 0, 2, 1000) + packets.samples(vibration, 7, 2, 9000, 2)
    summary = Summary(bench)
    summary.feed(wire)
    places = [(place.boot, place.index, place.count, place.until_ns) for place in summary.statistics[0].losses.first]
    assert places == [(0, 0, 3, 5_000_000), (1, 2, 5, 9_000_000)]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from([0, 0, 0, 1, 7, 300, 20_000]), min_size=1, max_size=20))
def test_timeline_holds_every_sample_received_and_missing(bench, gaps):
    wire, _ = stream_wire(bench, gaps)
    summary = Summary(bench)
    summary.feed(wire)
    timeline = summary.statistics[0].timeline
    assert timeline.received.sum() == pytest.approx(2 * len(gaps))
    assert timeline.missing.sum() == pytest.approx(sum(gaps), abs=1e-6)
    assert (timeline.received >= -1e-9).all() and (timeline.missing >= -1e-9).all()
    assert not timeline.received[timeline.used :].any() and not timeline.missing[timeline.used :].any()


def test_missing_samples_are_shown_over_the_time_that_they_are_missing_from(bench):
    wire, _ = stream_wire(bench, [0, 6000, 0])  # at 1 kHz: six seconds of nothing
    summary = Summary(bench)
    summary.feed(wire)
    timeline = summary.statistics[0].timeline
    assert timeline.width_ns == 10_000_000
    assert timeline.missing[10:590] == pytest.approx(10)
    assert not timeline.received[10:590].any()


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.integers(0, 10_000), min_size=1, max_size=40),
    st.lists(st.integers(0, 4000), max_size=6),
    st.sampled_from([1000, 1013, 977]),
)
def test_envelope_holds_the_extremes_of_every_moment(climate, gaps, cuts, period_us):
    vibration, light = climate.streams[0], climate.stream("light")
    wire, index = b"\0" + packets.boot(climate), 0
    truth = {vibration.number: {}, light.number: {}}
    for sequence, gap in enumerate(gaps):
        index += gap
        wire += packets.samples(vibration, index, 2, 1000 + period_us * index, sequence)
        word = index % 4096
        sample = [(n * 900).to_bytes(4, "big") + (word >> n).to_bytes(2, "little") for n in range(2)]
        wire += packets.given(light, index, sample, 1000 + period_us * index, sequence)
        for n in range(2):
            truth[light.number].setdefault((period_us * index + n * 900) * 1000, []).append(float(word >> n))
        index += 2
    summary = Summary(climate)
    bounds = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    for a, b in zip(bounds, bounds[1:], strict=False):
        summary.feed_many([(None, wire[a:b])])
    timeline = summary.statistics[light.number].timeline
    since_ns = summary.statistics[light.number]._since_ns + 1_000_000
    expected = {}
    for time_ns, values in truth[light.number].items():
        expected.setdefault((time_ns + since_ns) // timeline.width_ns, []).extend(values)
    assert {int(b): timeline.least[0, b] for b in np.flatnonzero(~np.isnan(timeline.least[0]))} == {
        b: min(values) for b, values in expected.items()
    }
    assert {b: timeline.greatest[0, b] for b in expected} == {b: max(values) for b, values in expected.items()}
    own = summary.statistics[vibration.number]
    for number, channel in enumerate(own.channels):
        assert np.nanmin(own.timeline.least[number]) == channel.least
        assert np.nanmax(own.timeline.greatest[number]) == channel.greatest


def test_years_of_silence_cost_no_memory(bench):
    vibration = bench.streams[0]
    wire = b"\0" + packets.boot(bench) + packets.samples(vibration, 0, 2, 1000)
    wire += packets.samples(vibration, 2, 2, 4_000_000_000 * 1_000_000, 1)
    summary = Summary(bench)
    summary.feed(wire)
    timeline = summary.statistics[0].timeline
    assert timeline.least.nbytes < 100_000
    assert timeline.received.sum() == pytest.approx(4)
    assert np.count_nonzero(~np.isnan(timeline.least[0])) == 2


def test_values_that_came_before_their_coefficients_are_in_the_envelope_at_their_time(climate):
    stream = climate.stream("climate")
    wire = b"\0" + packets.boot(climate)
    wire += packets.given(stream, 0, [climate_sample(20)], 1000, 0) + packets.given(stream, 1, [climate_sample(99)], 21_000, 1)
    summary = Summary(climate)
    summary.feed(wire)
    timeline = summary.statistics[stream.number].timeline
    assert np.isnan(timeline.least[0]).all() and not np.isnan(timeline.least[1]).all()
    summary.feed(packets.coefficients(climate, 2, PARTS[0], 1, 30_000))
    timeline = summary.statistics[stream.number].timeline
    places = np.flatnonzero(~np.isnan(timeline.least[0]))
    assert (timeline.width_ns, places.tolist(), timeline.least[0, places].tolist()) == (1_000_000, [1, 21], [30.0, 188.0])


def test_boots_and_sensor_events_are_told_with_their_time_in_the_run(bench):
    vibration = bench.streams[0]
    wire = b"\0" + packets.boot(bench, 1, time_us=500) + packets.samples(vibration, 0, 2, 1000)
    wire += packets.event(bench, 3, {"stream": 0, "spare": 0, "bus_errors": 5}, 1, 900_500)
    wire += packets.boot(bench, 2, time_us=200) + packets.samples(vibration, 0, 2, 100_200)
    summary = Summary(bench)
    summary.feed(wire)
    events = [(event.kind, event.boot, event.run_ns, event.time_ns) for event in summary.happenings.events]
    assert events == [
        ("boot", 0, 0, 500_000),
        ("stopped", 0, 900_000_000, 900_500_000),
        ("reboot", 1, 900_000_000, None),
        ("boot", 1, 900_000_000, 200_000),
    ]
    assert "has stopped answering, 5 bus errors" in summary.happenings.events[1].text
    assert summary.seconds == pytest.approx(1.0)
    json.dumps(summary.as_dict(), allow_nan=False)


def test_events_and_rejects_beyond_what_is_kept_are_counted(bench):
    many = EVENTS_KEPT + 5
    wire = b"\0" + b"".join(packets.boot(bench, n + 1) for n in range(many)) + b"\x05\x01\x02\x03\x04\0" * (REJECTS_KEPT + 3)
    for feed in (lambda s: s.feed(wire), lambda s: s.feed_many([(None, wire)])):
        summary = Summary(bench)
        feed(summary)
        assert len(summary.happenings.events) == EVENTS_KEPT and summary.happenings.count == 2 * many - 1
        rejects = summary.happenings.rejects
        assert len(rejects) == REJECTS_KEPT and summary.metrics()["rejected"] == REJECTS_KEPT + 3
        assert [place.offset for place in rejects[:2]] == [wire.index(b"\x05\x01\x02\x03"), wire.index(b"\x05\x01\x02\x03") + 6]
        assert {place.reason for place in rejects} == {"crc"}


def test_telecommands_and_the_slot_of_a_boot_are_told(bench):
    boot = {"boot_count": 4, "version_major": 0, "version_minor": 1, "version_patch": 2, "wire_format": 1}
    boot |= {"definition_id": bench.definition_id, "reset_cause": 3, "slot": 2, "failed_boots": 3}
    wire = b"\0" + packets.event(bench, 1, boot) + packets.verification(bench, "refused", 1, 10**6, request=0x18640000, code=1)
    wire += packets.verification(bench, "completed", 2, 2 * 10**6, request=0x18640001)
    summary = Summary(bench)
    summary.feed(wire)
    booted, refused, completed = summary.happenings.events
    assert booted.text.endswith("after software, fell back to slot b after 3 failed boots of slot a")
    assert (refused.kind, refused.run_ns) == ("refused", 10**9)
    assert refused.text == "telecommand 18640000 refused: no such service or subtype"
    assert (completed.kind, completed.text) == ("completed", "telecommand 18640001 completed")
