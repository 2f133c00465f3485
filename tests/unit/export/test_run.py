"""A run is exported as it is decoded, in bounded pieces; what goes wrong while files are written ends it, and leaves none."""

import threading

import pytest

from freefall.decode import pieces as pieces_module
from freefall.errors import OutputUnwritable
from freefall.export import CsvWriter, RunExport
from unit.decode import packets


@pytest.fixture
def pieces(definition):
    """(host ns, octets): a packet of each stream in turn, a thousand times."""
    found = [(0, b"\0" + packets.boot(definition))]
    for number in range(1000):
        for stream in definition.streams:
            count = stream.samples_per_packet
            octets = packets.samples(stream, number * count, count, number * 25_000, number)
            found.append((number, octets))
    return found


@pytest.mark.parametrize("format", ["csv", "ccsds", "pcap"])
def test_pieces_of_any_size_make_the_same_files(format, definition, pieces, tmp_path, monkeypatch):
    made = []
    for piece_octets in (5_000, 1 << 30):
        monkeypatch.setattr(pieces_module, "PIECE_OCTETS", piece_octets)
        with RunExport(format, tmp_path / str(piece_octets), definition) as run:
            for host_ns, octets in pieces:
                run.feed(octets, host_ns)
        assert run.summary.samples == 1000 * sum(stream.samples_per_packet for stream in definition.streams)
        made.append([path.read_bytes() for path in run.paths])
    assert made[0] == made[1]


def test_failure_while_writing_is_raised_by_what_is_fed_next(definition, pieces, tmp_path, monkeypatch):
    def full(self, table):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pieces_module, "PIECE_OCTETS", 10_000)
    monkeypatch.setattr(CsvWriter, "_append", full)
    with (
        pytest.raises(OutputUnwritable, match="No space left on device"),
        RunExport("csv", tmp_path, definition) as run,
    ):
        for host_ns, octets in pieces:
            run.feed(octets, host_ns)
    assert list(tmp_path.iterdir()) == []


def test_failure_of_the_last_piece_leaves_no_file_either(definition, pieces, tmp_path, monkeypatch):
    def full(self, table):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(CsvWriter, "_append", full)
    with pytest.raises(OutputUnwritable), RunExport("csv", tmp_path, definition) as run:
        run.feed(pieces[0][1], 0)
    assert list(tmp_path.iterdir()) == []


def test_no_thread_is_left_behind(definition, pieces, tmp_path):
    before = threading.active_count()
    with RunExport("csv", tmp_path, definition) as run:
        run.feed(pieces[0][1], 0)
    with pytest.raises(KeyboardInterrupt), RunExport("csv", tmp_path, definition, overwrite=True) as run:
        raise KeyboardInterrupt
    assert threading.active_count() == before


def test_run_that_cannot_begin_leaves_no_thread(definition, tmp_path):
    (tmp_path / "vibration.csv").touch()
    before = threading.active_count()
    with pytest.raises(OutputUnwritable, match="exists already"):
        RunExport("csv", tmp_path, definition)
    assert threading.active_count() == before
