"""Which files are meant, which are of one run, and where each run goes."""

import pytest

from freefall.errors import InputUnreadable
from freefall.export.sources import expanded, folders, runs
from freefall.recording import RotatingRecorder, Rotation


@pytest.fixture
def rotated(tmp_path, definition):
    """rotated(name): the names of the three files of a run."""

    def make(name):
        with RotatingRecorder(
            tmp_path / name, definition, "test", start_ns=10**18, rotation=Rotation(duration_ns=10**9), overwrite=True
        ) as recorder:
            for second in range(3):
                recorder.write(b"\0", 10**18 + second * 10**9)
        return [str(path) for path in recorder.paths]

    return make


def test_names_are_taken_as_they_are_and_patterns_are_matched(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b.mcap", "a.mcap", "deep/c.mcap", "[odd].mcap"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert expanded(["none.mcap", "*.mcap"]) == ["none.mcap", "[odd].mcap", "a.mcap", "b.mcap"]
    assert expanded(["**/*.mcap", "a.mcap"]) == ["[odd].mcap", "a.mcap", "b.mcap", "deep/c.mcap"]
    assert expanded(["[odd].mcap"]) == ["[odd].mcap"]
    assert expanded(["deep/[a-z].mcap"]) == ["deep/c.mcap"]


def test_pattern_that_nothing_matches_is_a_sentence(tmp_path):
    with pytest.raises(InputUnreadable, match=r"no file matches .*\*\.mcap"):
        expanded([str(tmp_path / "*.mcap")])


def test_patterns_of_urls_are_matched_behind_them(tmp_path):
    for name in ("b.mcap", "a.mcap", "c.txt"):
        (tmp_path / name).touch()
    url = f"file://{tmp_path}"
    assert expanded([f"{url}/*.mcap", "memory://x.mcap"]) == [f"{url}/a.mcap", f"{url}/b.mcap", "memory://x.mcap"]


def test_files_of_one_run_are_together_wherever_they_are_named(rotated):
    first, second, third = rotated("run.mcap")
    assert runs([second, "other.mcap", third, first]) == [(second, third, first), ("other.mcap",)]


def test_file_that_is_only_named_as_a_part_of_the_run_is_by_itself(rotated, tmp_path):
    first, second, third = rotated("run.mcap")
    (tmp_path / "run.mcap").write_bytes(b"no recording")
    assert runs([first, second, third]) == [(first,), (second, third)]


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["a/run1.mcap", "b/run2.mcap"], ["run1", "run2"]),
        (["x/a/run.mcap", "x/b/run.mcap"], ["a/run", "b/run"]),
        (["run.mcap", "x/run.mcap"], ["run", "x/run"]),
        (["a/run.mcap", "a/run.bin"], ["run.mcap", "run.bin"]),
        (["s3://b/1/run.mcap", "s3://b/2/run.mcap"], ["1/run", "2/run"]),
        (["/one.mcap"], ["one"]),
    ],
)
def test_each_run_has_a_folder_of_its_own(files, names):
    assert folders([(file,) for file in files]) == names
    assert len(set(names)) == len(names)
