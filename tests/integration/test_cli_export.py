"""freefall export: many recordings, formats, URLs, and what is said when something is wrong."""

import io
import os
import signal
import sys

import h5netcdf
import h5py
import pyarrow.parquet as pq
import pytest

from integration.processes import ended, interrupted, wait_for


@pytest.fixture
def folder(recording, tmp_path):
    """Two recordings, one that was cut, and a file that is none."""
    folder = tmp_path / "runs"
    folder.mkdir()
    octets = recording.read_bytes()
    for name in ("a.mcap", "b.mcap"):
        (folder / name).write_bytes(octets)
    (folder / "cut.mcap").write_bytes(octets[:20_000])
    (folder / "text.mcap").write_text("no recording")
    return folder


def files_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_many_recordings_have_a_folder_each_and_the_bad_one_is_told_at_the_end(freefall, folder, tmp_path):
    out = tmp_path / "out"
    done = freefall("export", folder / "*.mcap", "--to", "parquet", "-o", out)
    assert done.code == 6
    made = [f"{name}/{stream}.parquet" for name in ("a", "b", "cut") for stream in ("vibration", "temperature")]
    assert done.out.splitlines() == [f"{out}/{name}" for name in made]
    assert files_in(out) == sorted(made)
    assert f"{folder}/a.mcap: 3003 samples, 0 lost" in done.err
    assert "cut.mcap was not closed: it was cut at octet 20000" in done.err
    *_, error, last = done.err.splitlines()
    assert error == f"error: {folder}/text.mcap is named as a recording, but does not begin as an MCAP file does"
    assert last == "1 of 4 recordings were not exported"
    assert pq.read_table(out / "a" / "vibration.parquet") == pq.read_table(out / "b" / "vibration.parquet")


def test_processes_do_what_one_does(freefall, folder, tmp_path):
    one = freefall("export", folder / "*.mcap", "--to", "csv", "-o", tmp_path / "one")
    two = freefall("export", folder / "*.mcap", "--to", "csv", "-o", tmp_path / "two", "-j", 2)
    assert (two.code, two.err) == (one.code, one.err)
    assert two.out == one.out.replace("/one/", "/two/")
    assert files_in(tmp_path / "one") == files_in(tmp_path / "two")
    for name in files_in(tmp_path / "one"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.fixture
def endless(raw_octets, tmp_path):
    """The pattern of three files of raw octets that nobody reads to the end; no file system has to hold them."""
    for name in "abc":
        file = tmp_path / f"{name}.bin"
        file.write_bytes(raw_octets)
        os.truncate(file, 1 << 36)
    return tmp_path / "?.bin"


def two_begun(start, endless, vibration, out):
    """An export by two processes, each in the midst of a file."""
    process = start("export", endless, "-d", vibration, "--to", "csv", "-o", out, "-j", 2)
    wait_for(lambda: len({file.parent for file in out.rglob("*.part")}) == 2, process)
    return process


def test_interrupt_of_the_command_alone_ends_its_processes_and_says_what_is_not_exported(start, endless, vibration, tmp_path):
    code, out, err = interrupted(two_begun(start, endless, vibration, tmp_path / "out"))
    assert (code, out) == (130, "")
    *errors, last = err.splitlines()
    lines = (f"error: the export of {tmp_path}/{name}.bin was interrupted; none of its files is left" for name in "abc")
    assert len(errors) == 2 and set(errors) < set(lines)
    assert last == "interrupted: 3 of 3 recordings were not exported, 1 of them not begun"
    assert files_in(tmp_path / "out") == []


def test_processes_of_a_command_that_is_killed_end_and_leave_no_file(start, endless, vibration, tmp_path):
    process = two_begun(start, endless, vibration, tmp_path / "out")
    process.kill()
    code, out, _ = ended(process)
    assert (code, out) == (-signal.SIGKILL, "")
    assert files_in(tmp_path / "out") == []


def test_every_recording_that_failed_is_named(freefall, folder, foreign, ids, tmp_path):
    done = freefall("export", folder / "[ab].mcap", "-d", foreign, "--to", "csv", "-o", tmp_path / "out")
    assert done.code == 3
    for name, line in zip(("a", "b"), done.err.splitlines(), strict=False):
        assert line.startswith(f"error: {folder}/{name}.mcap: the data was made with definition {ids[0]}")
    assert files_in(tmp_path / "out") == []


def test_files_of_one_run_are_exported_as_the_run_that_they_were(freefall, recording, raw_octets, vibration, tmp_path):
    from freefall.definition import load_definition
    from freefall.recording import RotatingRecorder, Rotation

    run = tmp_path / "run.mcap"
    with RotatingRecorder(run, load_definition(vibration), "test", start_ns=0, rotation=Rotation(duration_ns=10**9)) as recorder:
        for at in range(0, len(raw_octets), 1000):
            recorder.write(raw_octets[at : at + 1000], at * 10**5)
    assert len(recorder.paths) > 2
    done = freefall("export", tmp_path / "run*.mcap", "--to", "csv", "-o", tmp_path / "parts")
    assert (done.code, "0 lost, 0 rejected" in done.err) == (0, True)
    freefall("export", recording, "--to", "csv", "-o", tmp_path / "whole")
    assert files_in(tmp_path / "parts" / "run") == files_in(tmp_path / "whole") == ["temperature.csv", "vibration.csv"]
    for name in files_in(tmp_path / "whole"):
        assert (tmp_path / "parts" / "run" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_pattern_makes_a_folder_for_each_recording_also_where_there_is_one(freefall, folder, tmp_path):
    assert freefall("export", folder / "a*.mcap", "--to", "csv", "-o", tmp_path / "out").code == 0
    assert files_in(tmp_path / "out") == ["a/temperature.csv", "a/vibration.csv"]


def test_every_format_has_the_same_values(freefall, recording, tmp_path):
    for form in ("parquet", "nc", "h5"):
        assert freefall("export", recording, "--to", form, "-o", tmp_path).code == 0
    expected = pq.read_table(tmp_path / "vibration.parquet").to_pydict()
    with h5netcdf.File(tmp_path / "vibration.nc") as nc, h5py.File(tmp_path / "vibration.h5") as h5:
        for name, values in expected.items():
            assert nc[name][:].tolist() == h5[name][:].tolist() == values


def test_packets_are_one_file_named_after_the_payload(freefall, recording, tmp_path):
    for form in ("ccsds", "pcap"):
        done = freefall("export", recording, "--to", form, "-o", tmp_path)
        assert (done.code, done.out) == (0, f"{tmp_path / 'vibration'}.{form}\n")


def test_standard_input_is_exported_as_a_recording_is(freefall, recording, raw_octets, vibration, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw_octets)))
    done = freefall("export", "-", "-d", vibration, "--to", "csv", "-o", tmp_path / "pipe")
    assert (done.code, done.out.splitlines()) == (0, [f"{tmp_path}/pipe/{name}.csv" for name in ("vibration", "temperature")])
    freefall("export", recording, "--to", "csv", "-o", tmp_path / "file")
    for name in files_in(tmp_path / "file"):
        assert (tmp_path / "pipe" / name).read_bytes() == (tmp_path / "file" / name).read_bytes()


def test_urls_are_read_and_written(freefall, recording, tmp_path):
    done = freefall("export", f"file://{recording}", "--to", "csv", "-o", f"file://{tmp_path}/out")
    assert done.code == 0
    assert done.out.splitlines() == [f"file://{tmp_path}/out/{name}.csv" for name in ("vibration", "temperature")]
    again = freefall("export", f"file://{recording}", "--to", "csv", "-o", f"file://{tmp_path}/out")
    assert (again.code, "exists already" in again.err) == (2, True)


def test_what_cannot_be_exported_is_one_sentence(freefall, recording, raw_octets, tmp_path, monkeypatch):
    raw = tmp_path / "raw.bin"
    raw.write_bytes(raw_octets)
    for arguments, code, sentence in (
        ([tmp_path / "*.mcap"], 6, f"no file matches {tmp_path}/*.mcap"),
        ([tmp_path / "none.mcap"], 6, f"there is no file {tmp_path}/none.mcap"),
        ([tmp_path], 6, f"{tmp_path} is a folder, not a recording"),
        ([raw], 2, f"{raw}, a file of raw octets, carries no payload definition; name the one the board runs with -d DEF"),
        ([recording, "-"], 2, "a port or standard input is exported by itself; only files are exported together."),
        ([recording, "socket://127.0.0.1:1"], 2, "a port or standard input is exported by itself"),
        (["nonsense://x.mcap"], 6, "cannot reach nonsense://x.mcap: Protocol not known: nonsense"),
        ([recording, "--dask", "nonsense"], 2, "no Dask scheduler answers at nonsense"),
    ):
        done = freefall("export", *arguments, "--to", "csv", "-o", tmp_path / "out")
        assert done.code == code, done.err
        assert done.err.startswith(f"error: {sentence}")
    assert not (tmp_path / "out").exists()
    monkeypatch.setitem(sys.modules, "distributed", None)
    done = freefall("export", recording, "--dask", "tcp://127.0.0.1:1", "--to", "csv", "-o", tmp_path / "out")
    assert (done.code, done.err) == (2, 'error: --dask needs the "archive" extra: pip install "freefall[archive]"\n')
