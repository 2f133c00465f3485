"""Every payload of the catalogue: it can work, and twenty seconds on the virtual board deliver what its sensors felt."""

import json
import subprocess
import sys
from math import isnan, sqrt
from statistics import linear_regression, mean, pstdev

import pytest

from catalogue.payloads import scenario_of
from catalogue.truth import expectations
from freefall.board.simulated import run
from freefall.board.virtual import VirtualBoard
from freefall.decode import Collector, SensorEvent, Summary
from freefall.definition import load_definition
from freefall.sensors.registry import SENSORS
from oracle.make_payload_vectors import Source

SECOND = 1_000_000_000
DURATION_S = 20
SEED = 2
_COMPARED = 4000  # samples of a channel, evenly over the run


class Rehearsal:
    """Twenty seconds of a payload, as `freefall sim` makes them."""

    def __init__(self, folder):
        self.source, self.definition = Source.of(folder), load_definition(folder)
        self.scenario = scenario_of(folder, self.definition) or {}
        self.board = VirtualBoard(self.definition, SEED, scenario=self.scenario)
        self.models = dict(zip((sensor.name for sensor in self.definition.sensors), self.board.models, strict=True))
        self.sensors = {sensor.name: sensor for sensor in self.definition.sensors}
        self.summary, self.collector, self.events = Summary(self.definition), Collector(self.definition), []
        run(self.board, self.definition, DURATION_S * SECOND, self._receive)
        self.tables = {stream.name: self.collector.table(stream.name) for stream in self.definition.streams}

    def _receive(self, octets, board_ns):
        items = self.summary.feed(octets, board_ns)
        self.collector.add(items)
        self.events += [item for item in items if isinstance(item, SensorEvent)]
        return items

    def calibrations(self, stream):
        """The definition's own, by channel, as tables."""
        return self.source.tables["stream"][stream.name].get("calibration", {})


@pytest.fixture(scope="module")
def rehearsal(folder):
    return Rehearsal(folder)


def freefall(*words):
    return subprocess.run([sys.executable, "-m", "freefall", *map(str, words)], capture_output=True, text=True, check=False)


def test_check_passes_and_prints_the_margins(folder):
    printed, told = freefall("check", folder), freefall("check", folder, "--json")
    assert (printed.returncode, told.returncode) == (0, 0), printed.stderr + told.stderr
    report = json.loads(told.stdout)
    assert report["ok"] and not report["faults"] and all(margin["holds"] for margin in report["margins"])
    limited = [margin for margin in report["margins"] if margin["limit"] is not None]
    lines = printed.stdout.splitlines()
    for margin in limited:
        assert margin["left"] >= 0
        assert any(line.startswith(margin["subject"]) and margin["rule"] in line and line.endswith("%") for line in lines), margin
    rules = {margin["rule"] for margin in limited}
    assert {"pins", "link load", "processor time", "memory", "ring"} <= rules
    assert lines[-1].startswith("Can work. Tightest: ")


def test_ledger_closes_and_nothing_is_lost(rehearsal):
    ledger, metrics = rehearsal.summary.decoder.ledger, rehearsal.summary.metrics()
    assert ledger.closed, ledger.reasons
    gone = ("lost", "missing", "bus_errors", "overruns", "dropped", "late", "rejected", "duplicates", "unclosed", "invalid")
    assert {name: metrics[name] for name in gone} == dict.fromkeys(gone, 0)
    assert rehearsal.events == []


def test_every_stream_has_the_samples_of_its_rate(rehearsal):
    for stream in rehearsal.definition.streams:
        table, seconds = rehearsal.tables[stream.name], DURATION_S - stream.max_latency_ms / 1000
        assert table.index.tolist() == list(range(len(table)))
        if stream.trigger == "pulse":
            source = rehearsal.models[stream.sensor]
            assert source.count_at(round(seconds * SECOND)) <= len(table) <= len(source.produced) < DURATION_S * stream.rate_hz
        else:
            # The first comes when the sensors are set up, which some take more than a second for, and after a period.
            assert seconds - 2 <= (len(table) + 1) / stream.rate_hz <= DURATION_S + 1.5 + 1 / stream.rate_hz, stream.name


def test_every_channel_follows_its_scenario(rehearsal):
    judged = set()
    for stream in rehearsal.definition.streams:
        table, sensor = rehearsal.tables[stream.name], rehearsal.sensors[stream.sensor]
        felt = rehearsal.scenario.get(stream.sensor)
        times_s = (table.time_ns / SECOND).tolist()
        stride = 1 + len(times_s) // _COMPARED
        for channel, expected in expectations(stream, sensor, felt, rehearsal.calibrations(stream)).items():
            rows = list(zip(times_s, table.values[channel].tolist(), strict=True))[::stride]
            middles, halves = [], []
            for t_s, value in rows:
                low, high = expected.range_at(t_s)
                assert low <= value <= high, f"{stream.name} {channel} at {t_s:.6f} s: {value}, not {low} to {high}"
                middles.append((low + high) / 2)
                halves.append((high - low) / 2)
            assert_is_not_beside(f"{stream.name} {channel}", [value for _, value in rows], middles, halves)
            judged.add((stream.name, channel))
    known = {(stream.name, channel.name) for stream in rehearsal.definition.streams for channel in stream.channels}
    elsewhere = {"pulse_counter": ("count", "interval", "rate"), "slf3s": ("flags",)}
    others = {(stream.name, name) for stream in rehearsal.definition.streams for name in elsewhere.get(stream.driver, ())}
    assert known == judged | others


def assert_is_not_beside(name, values, middles, halves):
    """What is nowhere outside could still be beside, or too small, all the time: on an average it is not."""
    off = [(value - middle) / half for value, middle, half in zip(values, middles, halves, strict=True)]
    assert abs(mean(off)) < 0.12 + 1 / sqrt(len(off)), name
    if pstdev(middles) > mean(halves):
        assert linear_regression(middles, values).slope == pytest.approx(1.0, abs=0.1), name


def test_flags_say_that_the_line_is_full_of_liquid(rehearsal):
    for stream in rehearsal.definition.streams:
        if stream.driver == "slf3s":
            flags = rehearsal.tables[stream.name].values["flags"].tolist()
            # Bit 5, smoothing, where it was not asked for longer than it averages: before the first sample.
            assert flags[0] in (0, 32) and set(flags[1:]) == {0}


def test_pulses_are_counted_and_dated_as_they_came(rehearsal):
    for stream in rehearsal.definition.streams:
        if stream.driver != "pulse_counter":
            continue
        source, table = rehearsal.models[stream.sensor], rehearsal.tables[stream.name]
        times_ns, counts = table.time_ns.tolist(), table.raw["count"].tolist()
        began_ns = times_ns[0] - 1000 * int(table.raw["interval"][0])
        before = source.count_at(began_ns)
        for time_ns, count in zip(times_ns, counts, strict=True):
            assert source.count_at(time_ns - 5000) <= count + before <= source.count_at(time_ns + 5000), stream.name
        if stream.trigger == "pulse":
            pulses_ns = [pulse.time_ns for pulse in source.produced[before : before + len(times_ns)]]
            assert max(abs(ours - pulse) for ours, pulse in zip(times_ns, pulses_ns, strict=True)) <= 2000
        else:
            assert_follows_its_rate(rehearsal, stream, table)


def assert_follows_its_rate(rehearsal, stream, table):
    """The rates, corrected for dead time, are those that the source felt, as far as so many events tell."""
    rate = {**SENSORS["pulse_counter"].signals, **rehearsal.scenario.get(stream.sensor, {})}["rate"]
    felt, told = 0.0, 0.0
    rows = zip(table.time_ns.tolist(), table.values["interval"].tolist(), table.values["rate"].tolist(), strict=True)
    for time_ns, interval_s, value in rows:
        true = mean(rate(time_ns / SECOND - interval_s * n / 20) for n in range(21))
        assert abs(value - true) * interval_s <= 5 * sqrt(true * interval_s) + 3, stream.name
        felt, told = felt + true * interval_s, told + value * interval_s
    assert abs(told - felt) <= 4 * sqrt(felt), stream.name


def test_values_outside_limits_are_counted(rehearsal):
    statistics, declared = rehearsal.summary.as_dict()["statistics"], 0
    for name, channels in rehearsal.source.tables.get("limits", {}).items():
        for channel, limits in channels.items():
            values = [value for value in rehearsal.tables[name].values[channel].tolist() if not isnan(value)]
            outside = {level: sum(not low <= value <= high for value in values) for level, (low, high) in limits.items()}
            assert statistics[name]["channels"][channel]["outside"] == outside, f"{name} {channel}"
            declared += 1
    with_limits = [c for s in statistics.values() for c in s["channels"].values() if "outside" in c]
    assert len(with_limits) == declared
    totals = rehearsal.summary.metrics()
    assert totals["watch"] == sum(channel["outside"].get("watch", 0) for channel in with_limits)
