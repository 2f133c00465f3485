"""Every payload of the catalogue, one second each, on the emulated RP2040: what arrives is what the models were asked for.

Sensors feel their scenario. A payload's text is changed where a second would else be too short: packets wait less, housekeeping
comes sooner, and the CO2 sensor of plant_growth is asked every second. Only that of cell_culture, which has its first value
after 5 s, has nothing to say so soon.
"""

import re

import pytest

from catalogue.payloads import FOLDERS, scenario_of
from emulated.payload_bench import unmarked
from freefall.board.emulated.board import EmulatedBoard
from freefall.board.simulated import run
from freefall.decode import BoardReport, Collector, Decoder, SamplePacket, SensorEvent
from freefall.definition import parse_definition

pytestmark = pytest.mark.emulated

MS = 1_000_000
SECOND = 1000 * MS
PERIOD_MS = 640  # of housekeeping: the second set after sampling began comes 1.28 s after it
LATENCY_MS = 250  # the FIFO of pulse_oximetry fills in 200
SLOWEST_NS = 80 * MS  # from a trigger to the end of its read; a part on a UART takes up to 69 ms for its answer
AFTER_NS = 50 * MS  # from the ledger's instant to the end of the run: the reports leave at 115200 baud
LINE_JITTER_NS = 100_000  # of interrupts that wait for others
UNKNOWN_NS = 2 * MS  # at most so much of power_up_ns() is the time of a read
SEED = 3
SILENT = {("cell_culture", "atmosphere")}


class Second:
    """A payload's first second of sampling: what was decoded, and its models."""

    def __init__(self, folder, image):
        self.definition = parse_definition(quick(folder), str(folder / "payload.toml"))
        board = EmulatedBoard(self.definition, image.path, SEED, scenario_of(folder, self.definition))
        self.models = dict(zip((sensor.name for sensor in self.definition.sensors), board.models, strict=True))
        self.decoder, self.collector, self.items = Decoder(self.definition), Collector(self.definition), []
        run(board, self.definition, 1, self._receive)
        (began,) = (item for item in self.items if isinstance(item, BoardReport))
        run(board, self.definition, began.time_ns + SECOND + LATENCY_MS * MS, self._receive)

    def _receive(self, octets, board_ns):
        items = self.decoder.feed(octets, board_ns)
        self.collector.add(items)
        self.items += items
        return items

    def totals(self, stream):
        """Of the ledger."""
        return self.decoder.ledger.stream(stream.name).totals

    def samples(self, stream):
        """Octets of every sample that arrived, in order; an ADXL355's without the marks of its FIFO."""
        packets = (item for item in self.items if isinstance(item, SamplePacket) and item.stream is stream)
        octets = (row.tobytes() for packet in packets for row in packet.raw)
        return [unmarked(sample) if stream.driver == "adxl355" else sample for sample in octets]

    def given(self, stream):
        """What the stream's model gave to the board from the first sample on that arrived: found by the samples themselves.

        A driver may read a few while it sets its sensor up; those come before.
        """
        given, samples = self.models[stream.sensor].read_out, self.samples(stream)
        for first in range(len(given) - len(samples) + 1):
            if [sample.raw for sample in given[first : first + len(samples)]] == samples:
                return given[first:]
        raise AssertionError(f"{stream.name}: {len(samples)} samples are not among the {len(given)} that its model gave")

    def made(self, stream, near_ns):
        """The samples that arrived as the stream's model made them, one after the other; the first was made near that time."""
        made, samples = self.models[stream.sensor].produced, self.samples(stream)
        runs = (made[first : first + len(samples)] for first in range(len(made) - len(samples) + 1))
        return min(
            (run for run in runs if [sample.raw for sample in run] == samples), key=lambda run: abs(run[0].time_ns - near_ns)
        )

    def power_up_ns(self):
        """The emulated time at which on-board time began, too late by the quickest of all reads."""
        differences = []
        for stream in self.streams("bus"):
            times = self.collector.table(stream.name).time_ns.tolist()
            differences += [sample.time_ns - time_ns for sample, time_ns in zip(self.given(stream), times, strict=False)]
        return min(differences)

    def streams(self, kind):
        """Those of sensors that are asked ("bus"), or whose pulses are counted ("pulses"), and that have something to say."""
        for stream in self.definition.streams:
            if (self.definition.name, stream.name) not in SILENT and (stream.driver == "pulse_counter") == (kind == "pulses"):
                yield stream


def quick(folder):
    """The text of a payload, made to say more within a second."""
    text = (folder / "payload.toml").read_text(encoding="utf-8")
    text = re.sub(r"max_latency_ms = (\d+)", lambda found: f"max_latency_ms = {min(int(found[1]), LATENCY_MS)}", text)
    text = re.sub(r"^rate_hz = 0\.2\b", "rate_hz = 0.95", text, flags=re.MULTILINE)
    if "[housekeeping]" in text:
        return re.sub(r"period_ms = \d+", f"period_ms = {PERIOD_MS}", text)
    return f"{text}\n[housekeeping]\nperiod_ms = {PERIOD_MS}\n"


@pytest.fixture(scope="module", params=FOLDERS, ids=lambda folder: folder.name)
def second(request, image):
    return Second(request.param, image)


def test_ledger_closes_and_nothing_is_lost(second):
    ledger = second.decoder.ledger
    assert ledger.closed, ledger.reasons
    assert ledger.lost == 0 and not any(second.decoder.counters.octets_rejected.values())
    assert [item for item in second.items if isinstance(item, SensorEvent)] == []
    for stream in second.definition.streams:
        totals = second.totals(stream)
        assert (totals.bus_errors, totals.overruns, totals.samples_dropped, totals.late) == (0, 0, 0, 0), stream.name


def test_every_stream_delivers_what_its_rate_promises(second):
    for stream in second.definition.streams:
        received = len(second.samples(stream))
        assert received == len(second.collector.table(stream.name))
        if (second.definition.name, stream.name) in SILENT:
            assert received == 0 and second.totals(stream).seen == 0
        elif stream.trigger == "pulse":
            assert received == second.totals(stream).framed >= 1
        else:
            assert received >= max(1, int(0.9 * stream.rate_hz)), stream.name


def test_samples_are_those_that_the_models_gave(second):
    for stream in second.streams("bus"):
        samples, pending = len(second.samples(stream)), second.totals(stream).pending
        given = len(second.given(stream))
        most = samples + pending + int(stream.rate_hz * AFTER_NS / SECOND) + stream.samples_per_read
        assert samples + pending <= given <= most, stream.name


def test_samples_are_dated_by_their_triggers(second):
    began_ns = second.power_up_ns()
    for stream in second.streams("bus"):
        times = [time_ns + began_ns for time_ns in second.collector.table(stream.name).time_ns.tolist()]
        given = second.given(stream)
        if stream.samples_per_read == 1:
            for time_ns, sample in zip(times, given, strict=False):
                assert time_ns <= sample.time_ns <= time_ns + SLOWEST_NS, stream.name
        if stream.trigger in ("data_ready", "fifo_watermark"):
            made = second.made(stream, times[0])
            off = [time_ns - sample.time_ns for time_ns, sample in zip(times, made, strict=True)]
            assert max(off) - min(off) < LINE_JITTER_NS, stream.name


def test_counts_are_those_of_the_pulses(second):
    for stream in second.streams("pulses"):
        source, table, power_up_ns = second.models[stream.sensor], second.collector.table(stream.name), second.power_up_ns()

        def pulses_at(time_ns, early_ns, source=source, power_up_ns=power_up_ns):
            return source.count_at(power_up_ns + time_ns - early_ns)

        # The first interval begins where counting did, some time before sampling.
        began_ns = int(table.time_ns[0]) - 1000 * int(table.raw["interval"][0])
        for time_ns, count in zip(table.time_ns.tolist(), table.raw["count"].tolist(), strict=True):
            least = pulses_at(time_ns, UNKNOWN_NS) - pulses_at(began_ns, 0)
            most = pulses_at(time_ns, 0) - pulses_at(began_ns, UNKNOWN_NS)
            assert least <= count <= most and most - least <= 1, stream.name
