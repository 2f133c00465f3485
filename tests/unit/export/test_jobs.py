"""One function exports a recording here, in other processes, and by the workers of a Dask cluster: to the same tables."""

import multiprocessing
import os

import distributed
import pyarrow.parquet as pq
import pytest

from freefall.board.virtual import VirtualBoard
from freefall.decode import Summary
from freefall.export.jobs import Job, in_processes, in_turn, on_dask
from freefall.export.one import export_one
from freefall.recording import Recorder


@pytest.fixture(scope="module")
def recordings(definition, tmp_path_factory):
    """Three recordings of the virtual board, and a file that is none."""
    folder = tmp_path_factory.mktemp("recordings")
    for seed in range(3):
        with Recorder(folder / f"{seed}.mcap", definition, "test", start_ns=10**18) as recorder:
            board = VirtualBoard(definition, seed=seed)
            while board.now_ns() < 2 * 10**9:
                recorder.write(board.advance(10**8), 10**18 + board.now_ns())
    (folder / "text.mcap").write_text("no recording")
    return [str(folder / name) for name in ("0.mcap", "text.mcap", "1.mcap", "2.mcap")]


@pytest.fixture(scope="module")
def expected(recordings, tmp_path_factory):
    """The tables of each recording by its name and the stream's."""
    return tables(in_turn(jobs(recordings, tmp_path_factory.mktemp("expected")), Summary.metrics, lambda octets: None))


def jobs(recordings, out):
    return [Job((name,), "parquet", str(out / str(number))) for number, name in enumerate(recordings)]


def tables(outcomes):
    """Checks what was told, and reads what was made."""
    found = {}
    for outcome in outcomes:
        name = os.path.basename(outcome.job.sources[0])
        if name == "text.mcap":
            assert (outcome.exported, outcome.exit_code) == (None, 6)
            assert outcome.error.endswith("text.mcap is named as a recording, but does not begin as an MCAP file does")
            continue
        assert (outcome.error, outcome.exit_code, outcome.exported.problem) == ("", 0, None)
        assert outcome.exported.told["samples"] > 1800 and outcome.exported.told["lost"] == 0
        for file in outcome.exported.files:
            found[name, os.path.basename(file)] = pq.read_table(file)
    return found


def test_three_recordings_are_exported_and_the_fourth_is_told(expected):
    assert sorted({name for name, _ in expected}) == ["0.mcap", "1.mcap", "2.mcap"]
    assert len({table["x_raw"].to_pylist()[7] for (_, file), table in expected.items() if file == "vibration.parquet"}) > 1


def test_processes_make_the_same_tables(recordings, expected, tmp_path):
    seen = []
    assert tables(in_processes(jobs(recordings, tmp_path), 2, Summary.metrics, seen.append)) == expected
    assert seen[-1] <= sum(map(os.path.getsize, recordings)) and sorted(seen) == seen


def test_dask_cluster_of_two_workers_makes_the_same_tables(recordings, expected, tmp_path):
    done = []
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        client.wait_for_workers(2, timeout=30)
        assert tables(on_dask(jobs(recordings, tmp_path), client, Summary.metrics, done.append)) == expected
    assert done == [1, 2, 3, 4]


def test_progress_counts_octets_of_all_recordings(recordings, tmp_path):
    seen = []
    list(in_turn(jobs(recordings, tmp_path), Summary.metrics, seen.append))
    assert sorted(seen) == seen
    assert seen[-1] == sum(os.path.getsize(name) for name in recordings if "text" not in name)


def test_function_alone_exports_one_recording(recordings, expected, tmp_path):
    exported = export_one(recordings[0], "parquet", str(tmp_path))
    assert exported.files == (str(tmp_path / "vibration.parquet"), str(tmp_path / "temperature.parquet"))
    assert exported.told["verdict"] == "OK"
    assert pq.read_table(exported.files[0]) == expected["0.mcap", "vibration.parquet"]


@pytest.mark.parametrize(
    ("way", "most"), [(in_turn, 1), (lambda jobs, *rest: in_processes(jobs, 2, *rest), 2)], ids=["in turn", "by processes"]
)
def test_interrupted_jobs_leave_no_file_and_others_are_not_begun(definition, tmp_path, way, most):
    raw, out = tmp_path / "raw.bin", tmp_path / "out"
    raw.write_bytes(VirtualBoard(definition).advance(10**9))
    os.truncate(raw, 1 << 36)  # octets that no file system has to hold, and that nobody reads to the end
    known = [Job((str(raw),), "csv", str(out / str(number)), definition) for number in range(9)]
    begun = []

    def interrupted():
        begun.extend(out.rglob("*.part"))
        return bool(begun)

    outcomes = list(way(known, Summary.metrics, lambda octets: None, interrupted))
    assert 1 <= len(outcomes) <= most
    for outcome in outcomes:
        assert (outcome.exported, outcome.exit_code) == (None, 130)
        assert outcome.error == f"the export of {raw} was interrupted; none of its files is left"
    assert not list(out.glob("*")) and not multiprocessing.active_children()


def test_process_that_dies_is_told_with_its_recordings(recordings, tmp_path):
    outcomes = list(in_processes(jobs(recordings[:1], tmp_path), 2, dies, lambda octets: None))
    (outcome,) = outcomes
    assert (outcome.exported, outcome.exit_code) == (None, 70)
    assert outcome.error.startswith(f"{recordings[0]}: BrokenProcessPool: ")


def dies(summary):
    """Of a process's summary: nothing, for it is no more."""
    os._exit(1)
