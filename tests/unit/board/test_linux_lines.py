"""The firmware on this computer by the kernel's lines, SPI and UARTs: edges dated by the kernel, and everything counted."""

from pathlib import Path

import numpy as np
import pytest

from fake_linux.bench import MS, LinuxBench
from freefall.decode import SensorEvent
from freefall.definition import load_definition

_DEFS = Path(__file__).parents[3] / "payload_defs"


@pytest.fixture
def bench(monkeypatch, tmp_path):
    """bench(payload) -> a LinuxBench."""
    made = []

    def make(payload, **adapter):
        made.append(LinuxBench(load_definition(_DEFS / payload), monkeypatch, tmp_path, **adapter))
        return made[-1]

    yield make
    for one in made:
        one.board.close()


def test_samples_by_data_ready_are_dated_by_the_kernel(bench):
    run = bench("vibration", freq_hz=1_000_000)
    run.run(3_000 * MS).leave()
    table, produced = run.collector.table("vibration"), run.models[0].produced
    samples = run.samples("vibration")
    first = [sample.raw for sample in produced].index(samples[0])
    made = produced[first : first + len(samples)]
    assert samples == [sample.raw for sample in made] and len(samples) > 1500
    offset = table.time_ns - np.array([sample.time_ns for sample in made])
    assert np.ptp(offset) <= 1000  # the on-board clock began when the payload did
    assert run.decoder.ledger.closed and run.totals("vibration").lost == 0


def test_edges_that_came_while_the_loop_was_away_are_overruns_and_numbered(bench):
    run = bench("vibration", freq_hz=1_000_000)
    run.run(2_000 * MS)
    run.time.take(20 * MS)
    run.run(500 * MS).leave()
    totals = run.totals("vibration")
    assert totals.overruns + totals.bus_errors == totals.gaps and 18 <= totals.gaps <= 21
    assert run.decoder.ledger.closed and totals.lost == 0
    produced = [sample.raw for sample in run.models[0].produced]
    samples = run.samples("vibration")
    # Those that came are right, though not all.
    assert all(sample in produced for sample in samples)


def test_line_that_holds_until_its_sample_is_read(bench):
    run = bench("magnetometer")
    run.run(3_000 * MS).leave()
    given = [read.raw for read in run.models[0].read_out]
    samples = run.samples("field")
    assert samples == given[-len(samples) :] and len(samples) > 60
    assert run.decoder.ledger.closed and run.totals("field").gaps == 0


def test_fifo_by_its_watermark_over_spi_with_a_chip_select_of_the_gpio(bench):
    run = bench("jitter")
    run.run(2_000 * MS).leave()
    given = [read.raw for read in run.models[0].read_out]
    samples = run.samples("jitter")
    # The FIFO marks the first axis of a sample in its lowest bit.
    assert [sample[:2] + bytes((sample[2] & 0xF0,)) + sample[3:] for sample in samples] == given[-len(samples) :]
    assert len(samples) > 4000
    assert run.totals("jitter").gaps == 0 and run.decoder.ledger.closed


def test_converter_over_spi_with_a_chip_select_of_the_controller(bench):
    run = bench("furnace")
    run.run(2_000 * MS).leave()
    given = [read.raw for read in run.models[0].read_out]
    samples = run.samples("cartridge")
    assert samples == given[-len(samples) :] and len(samples) > 8
    assert run.decoder.ledger.closed


def test_pulses_are_counted_and_each_is_dated(bench):
    run = bench("radiation")
    run.run(8_000 * MS).leave()
    counts, events = run.collector.table("counts"), run.collector.table("events")
    assert len(counts.time_ns) >= 6 and len(events.time_ns) > 5
    assert list(events.raw["count"]) == list(range(1, len(events.time_ns) + 1))
    assert run.decoder.ledger.closed and run.totals("events").gaps == 0


def test_answers_on_a_uart_are_waited_for_by_nobody(bench):
    run = bench("plant_growth")
    run.run(12_000 * MS).leave()
    given = [read.raw for read in run.models[1].read_out]
    samples = run.samples("gas")
    assert samples and samples == given[-len(samples) :]
    assert run.decoder.ledger.closed and run.of(SensorEvent) == []
    assert all(run.totals(stream.name).late == 0 for stream in run.definition.streams)


def test_part_that_is_silent_on_a_uart_costs_its_samples_alone(bench):
    run = bench("plant_growth")
    run.run(6_000 * MS)
    run.models[1].absent = True
    run.run(30_000 * MS).leave()
    assert run.totals("gas").bus_errors > 0 and run.decoder.ledger.closed
    assert all(run.totals(stream.name).bus_errors == 0 for stream in run.definition.streams if stream.name != "gas")
