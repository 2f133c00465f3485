"""A board as it is watched: what a Summary counts, whatever the link does, however octets come."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freefall.decode import Collector, Decoder, Gap, Summary
from freefall.errors import WrongDefinition
from freefall.monitor import BoardModel
from freefall.monitor.plain import block
from freefall.port.faults import Faults, FaultyStream
from unit.decode import packets
from unit.decode.climate import climate_definition, settable
from unit.monitor.boards import START_NS, definition, model_of, octets_of, run

S = 1_000_000_000


def texts(model, level=None):
    return [event.text for event in model.snapshot().events if level in (None, event.level)]


def test_counts_are_those_of_a_summary_whatever_the_link_does():
    octets = octets_of(run(8) + run(3, seed=2, boot_count=2))
    for seed in range(6):
        faults = Faults(
            drop=0.03 * (seed % 3), flip=1e-5 * (seed % 4), duplicate=0.02 * (seed % 2), cut=0.01 * (seed % 5), seed=seed
        )
        line = FaultyStream(faults)
        wire = line.feed(octets) + line.finish()
        summary = Summary(definition())
        summary.feed(wire)
        model = model_of([(START_NS + at, wire[at : at + 700]) for at in range(0, len(wire), 700)])
        seen = model.snapshot()
        assert seen.metrics == summary.metrics() and seen.verdict == summary.verdict
        assert seen.octets == len(wire) and seen.seconds == summary.seconds
        assert sum(stream.samples for stream in seen.streams) == seen.metrics["samples"] == summary.samples
        assert sum(stream.missing for stream in seen.streams) == seen.metrics["missing"]
        assert sum(stream.invalid for stream in seen.streams) == seen.metrics["invalid"]
        ledger = summary.decoder.ledger
        assert [stream.lost for stream in seen.streams] == [stream.lost for stream in ledger.streams]
        assert sum(seen.rejected.values()) == seen.metrics["rejected"]
        assert (seen.balance == "closed") == ledger.closed
        missing = [event.count for event in seen.events if "missing" in event.text]
        assert sum(missing) == sum(item.count for item in Decoder(definition()).feed(wire) if isinstance(item, Gap))
        assert sum(event.count for event in seen.events if "rejected" in event.text) == seen.metrics["rejected"]


@given(st.data())
@settings(max_examples=15, deadline=None)
def test_snapshot_and_plots_are_the_same_however_octets_are_split(data):
    line = FaultyStream(Faults(drop=0.02, flip=1e-5, duplicate=0.02, seed=3))
    wire = line.feed(octets_of(run(3) + run(2, seed=2, boot_count=2)))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(wire) - 1), max_size=60)))
    ends = [0, *cuts, len(wire)]
    # Of one host time: of several, the times of events would tell when their octets came.
    split = [(START_NS, wire[a:b]) for a, b in zip(ends, ends[1:], strict=False)]
    one, other = model_of([(START_NS, wire)]), model_of(split)
    assert replace(one.snapshot(), events=()) == replace(other.snapshot(), events=())
    assert sorted(texts(one)) == sorted(texts(other))
    for stream in range(2):
        a, b = one.points(stream, 1), other.points(stream, 1)
        assert a.bucket.tolist() == b.bucket.tolist() and np.array_equal(a.high, b.high, equal_nan=True)


def test_newest_values_are_those_of_the_newest_samples():
    pieces = run(5)
    model, collector = model_of(pieces), Collector(definition())
    collector.add(Decoder(definition()).feed(octets_of(pieces)))
    for stream in model.snapshot().streams:
        values = collector.table(stream.name).values
        assert [channel.value for channel in stream.channels] == [values[channel.name][-1] for channel in stream.channels]


def test_points_span_what_was_sampled_in_host_time():
    model = model_of(run(5))
    points, newest_s = model.points(0, 1), model.snapshot().time_ns / 1e9
    assert newest_s == pytest.approx(START_NS / 1e9 + 5, abs=0.2)
    assert points.seconds[-1] == pytest.approx(newest_s, abs=0.05)
    assert np.ptp(points.seconds) == pytest.approx(5, abs=0.3)
    table = Collector(definition())
    table.add(Decoder(definition()).feed(octets_of(run(5))))
    assert points.high[0].max() == table.table("vibration").values["x"].max()
    assert points.low[2].min() == table.table("vibration").values["z"].min()


def test_rates_are_the_streams_own_and_fall_when_nothing_comes():
    pieces = run(8)
    model = model_of(pieces)
    vibration, temperature = model.snapshot(pieces[-1][0]).streams
    assert vibration.rate_hz == pytest.approx(1000, rel=1e-3) and temperature.rate_hz == pytest.approx(1, rel=1e-3)
    assert not vibration.quiet and vibration.age_s < 0.1
    later = model.snapshot(pieces[-1][0] + 3 * S)
    assert later.streams[0].quiet and later.streams[0].rate_hz == 0.0 and later.streams[0].age_s == pytest.approx(3, abs=0.1)
    assert not later.streams[1].quiet, "one packet a second may well be silent for three"
    assert later.link_octets_per_s < model.snapshot(pieces[-1][0]).link_octets_per_s / 1.4
    assert model.snapshot(pieces[-1][0] + 10 * S).streams[1].quiet


def test_rate_of_a_lossy_stream_is_what_arrives():
    line = FaultyStream(Faults(drop=0.25, seed=1))
    model = model_of([(host_ns, line.feed(octets)) for host_ns, octets in run(8)])
    assert model.snapshot().streams[0].rate_hz == pytest.approx(750, rel=0.1)


def test_link_speed_is_the_octets_of_the_last_seconds():
    pieces = run(8)
    sent = sum(len(octets) for host_ns, octets in pieces if host_ns > pieces[-1][0] - 5 * S)
    assert model_of(pieces).snapshot().link_octets_per_s == pytest.approx(sent / 5, rel=0.03)


def test_reboot_and_boots_are_events_and_time_goes_on():
    later = [(host_ns + 60 * S, octets) for host_ns, octets in run(3, seed=2, boot_count=7)]
    model = model_of(run(3) + later)
    assert texts(model)[:1] == ["boot count 1, firmware 0.1.0, after power-on or reset pin"]
    assert "the board has booted again" in texts(model, "warning")
    assert any(text.startswith("boot count 7, firmware ") for text in texts(model))
    seen = model.snapshot()
    assert (seen.boots, seen.boot_count) == (2, 7)
    seconds = model.points(0, 3).seconds
    assert np.all(np.diff(seconds) > 0) and np.ptp(seconds) == pytest.approx(60, abs=4)
    assert seen.streams[0].rate_hz == pytest.approx(1000, rel=1e-3)


def test_raw_octets_read_at_once_are_plotted_by_the_boards_clock():
    model = model_of([(START_NS, octets_of(run(5))), (START_NS + 1, octets_of(run(3, seed=2, boot_count=2)))])
    seconds = model.points(0, 1).seconds
    assert np.all(np.diff(seconds) > 0) and np.ptp(seconds) == pytest.approx(8, abs=0.3)


def test_limits_left_and_come_back_to_are_events_with_the_worst_level_held():
    pieces = run(5)
    model = model_of(pieces)
    levels = set()
    watched = BoardModel(definition(), "test")
    for piece in pieces:
        watched.feed([piece])
        levels.add(watched.snapshot().streams[0].channels[0].level)
    assert {"warning", "critical"} <= levels
    crossings = [event for event in model.snapshot().events if event.text.startswith("vibration.x")]
    assert crossings[0].level in ("watch", "warning", "critical") and "is outside" in crossings[0].text
    assert all(START_NS < event.host_ns < pieces[-1][0] for event in crossings)
    x, y, z = model.snapshot().streams[0].channels
    assert y.level is None and z.level is None
    assert [name for name, *_ in x.limits] == ["watch", "warning", "critical"]


def test_sensor_events_are_told():
    wire = packets.boot(definition())
    wire += packets.event(definition(), 2, {"sensor": 1, "reason": 1}, 1)
    wire += packets.event(definition(), 3, {"stream": 0, "spare": 0, "bus_errors": 9}, 2)
    wire += packets.event(definition(), 4, {"stream": 0, "spare": 0, "bus_errors": 12}, 3)
    model = model_of([(START_NS, wire)])
    critical = texts(model, "critical")
    assert critical[0].startswith("sensor temperature is absent: ")
    assert critical[1] == "sensor accel of vibration has stopped answering, 9 bus errors so far"
    assert "sensor accel of vibration answers again, 12 bus errors so far" in texts(model, "info")


def test_another_boards_octets_are_refused():
    with pytest.raises(WrongDefinition):
        model_of([(START_NS, packets.boot(definition(), definition_id=1))])


def test_before_anything_came_nothing_is_judged():
    seen = BoardModel(definition(), "test").snapshot(START_NS)
    assert (seen.state, seen.balance, seen.octets, seen.time_ns) == ("waiting", "open", 0, None)
    assert all(stream.age_s is None and stream.rate_hz is None and not stream.quiet for stream in seen.streams)


def test_a_ledger_whose_sums_do_not_close_is_wrong_and_one_without_reports_open():
    pieces = run(3)
    assert model_of(pieces).snapshot().balance == "closed"
    assert model_of(pieces[:5]).snapshot().reason is not None or model_of(pieces[:5]).snapshot().balance == "closed"
    wire = octets_of(pieces)
    late = model_of([(START_NS, wire[2000:11000])]).snapshot()
    assert late.balance == "open" and "ledger report" in late.reason


def test_port_lost_and_back_are_told_and_keep_the_counts():
    model = model_of(run(1))
    samples = model.snapshot().metrics["samples"]
    model.say("gone", "unplugged", START_NS + 2 * S, "the port went away: unplugged")
    lost = model.snapshot()
    assert (lost.state, lost.why, lost.worst) == ("gone", "unplugged", "critical")
    model.feed([(START_NS + 3 * S, b"")])
    assert model.snapshot().state == "gone"
    model.say("live", "", START_NS + 4 * S)
    assert texts(model)[-2:] == ["the port went away: unplugged", "the port is back"]
    assert model.snapshot().metrics["samples"] == samples


def test_memory_is_constant():
    model = BoardModel(definition(), "test")
    pieces = run(4)

    def held():
        streams = model._streams
        return [len(stream.rate._marks) for stream in streams], len(model._log.events), len(model._link._marks)

    sizes = []
    for turn in range(6):
        # Again and again the same boot, which the boot event makes another one.
        model.feed([(host_ns + turn * 10 * S, octets) for host_ns, octets in pieces])
        sizes.append(held())
    assert max(len(sizes[-1][0]), sizes[-1][1]) <= 200
    assert sizes[-1][0] == sizes[2][0] and sizes[-1][2] <= 53


def test_snapshot_is_plain_json():
    import json

    facts = json.loads(json.dumps(model_of(run(3)).snapshot().as_dict(), allow_nan=False))
    assert facts["streams"][0]["channels"][0]["text"] and "events" not in facts
    assert replace(model_of(run(1)).snapshot(), payload="x").payload == "x"


# Settings and telecommands

SET = settable(climate_definition())


def told_model(*frames):
    """A model that was fed each of these frames in a second of its own."""
    model = BoardModel(SET, "test")
    for second, frame in enumerate([b"\0", *frames]):
        model.feed([(START_NS + second * S, frame)])
    return model


def test_rates_and_silence_follow_the_settings_of_the_boot():
    one, off = [10**6, 1, 20_000], [10**6, 0, 20_000]
    frames = [packets.boot(SET), packets.settings(SET, one, 1, 10)]
    streams = told_model(*frames).snapshot().streams
    assert [stream.nominal_hz for stream in streams] == [SET.streams[0].rate_hz, 1.0, 50.0, 50.0]
    assert streams[1].break_s == 2.5
    model = told_model(*frames, packets.samples(SET.stream("temperature"), 0, 2, 10**6))
    assert not model.snapshot(START_NS + 6 * S).streams[1].quiet, "three seconds after a packet of two samples a second apart"
    model = told_model(packets.boot(SET), packets.samples(SET.stream("temperature"), 0, 2, 10**6))
    assert model.snapshot(START_NS + 6 * S).streams[1].quiet, "at 50 Hz"
    model = told_model(packets.boot(SET), packets.samples(SET.stream("climate"), 0, 2, 10), packets.settings(SET, off, 1, 20))
    seen = model.snapshot(START_NS + 3600 * S)
    assert (seen.streams[2].nominal_hz, seen.streams[2].quiet) == (0.0, False)
    assert any("climate" in line and "switched off" in line for line in block(seen))
    model.feed([(START_NS + 4 * S, packets.boot(SET, 2))])
    assert model.snapshot().streams[2].nominal_hz == 50.0


def test_settings_are_an_event_when_they_are_others_than_were_known():
    own, other = [20_000, 1, 20_000], [20_000, 0, 20_000]
    model = told_model(*(packets.settings(SET, values, n, 10 * n) for n, values in enumerate([own, own, other, other, own])))
    found = [text for text in texts(model) if text.startswith("settings")]
    told = "settings: temperature.rate_hz 50, climate.on {}, light.rate_hz 50"
    assert found == [told.format("off"), told.format("on")]


def test_what_becomes_of_a_telecommand_and_a_board_that_fell_back_are_events():
    boot = {"boot_count": 4, "version_major": 0, "version_minor": 1, "version_patch": 2, "wire_format": 1}
    boot |= {"definition_id": SET.definition_id, "reset_cause": 3, "slot": 1, "failed_boots": 3}
    frames = [packets.event(SET, 1, boot)]
    frames += [packets.verification(SET, kind, 1 + n, n, request=n) for n, kind in enumerate(("accepted", "completed"))]
    frames += [packets.verification(SET, kind, 3 + n, 3 + n, request=n, code=6) for n, kind in enumerate(("refused", "failed"))]
    model = told_model(*frames)
    reason = ": the values could not be kept, they are as before"
    assert texts(model, "info") == ["telecommand 00000000 accepted", "telecommand 00000001 completed"]
    fell_back, *bad = texts(model, "warning")
    assert fell_back.endswith("fell back to slot a after 3 failed boots of slot b")
    assert bad == [f"telecommand 00000000 refused{reason}", f"telecommand 00000001 failed{reason}"]
