"""freefall info, and what every verb says of a file that is no recording or no longer one."""

import json

import pytest
from mcap.writer import Writer

from freefall.definition import load_definition
from freefall.recording import LinkBack, LinkLost, Recorder, RotatingRecorder, Rotation, open_recording

START_NS = 1_800_000_000_000_000_000
S = 1_000_000_000


@pytest.fixture
def cut(recording, tmp_path):
    """The vibration recording, its last third missing."""
    path = tmp_path / "cut.mcap"
    octets = recording.read_bytes()
    path.write_bytes(octets[: len(octets) * 2 // 3])
    return path


@pytest.fixture
def parts(raw_octets, vibration, tmp_path):
    """The files of a run of three parts, cut within frames, and with a gap in the second."""
    with RotatingRecorder(
        tmp_path / "run.mcap", load_definition(vibration), "/dev/ttyACM0", "shaker", start_ns=START_NS,
        rotation=Rotation(duration_ns=S),
    ) as recorder:  # fmt: skip
        third = len(raw_octets) // 3 + 1
        for i in range(3):
            recorder.write(raw_octets[i * third : (i + 1) * third], START_NS + i * S)
            if i == 1:
                recorder.mark(LinkLost(START_NS + i * S + 10, "/dev/ttyACM0 went away"))
                recorder.mark(LinkBack(START_NS + i * S + 10 + S // 2))
    assert len(recorder.paths) == 3
    return recorder.paths


def test_info_of_a_whole_recording(freefall, recording, raw_octets, vibration):
    done = freefall("info", recording)
    assert (done.code, done.err) == (0, "")
    first, *rows = done.out.splitlines()
    assert first == f"{recording}: whole, of vibration, 3.1 s"
    told = dict(row.split(maxsplit=1) for row in rows)
    assert told["octets"].startswith(f"{len(raw_octets)} in ")
    assert told["definition"] == f"{load_definition(vibration).definition_id:08x}"
    assert (told["source"], told["start"]) == ("test", "2027-01-15T08:00:00.000000000Z")
    assert set(told) == {"octets", "definition", "source", "start", "part"}


def test_info_of_part_of_a_run_with_a_gap(freefall, parts):
    done = freefall("info", parts[1])
    assert "2 of the run of 2027-01-15T08:00:00.000000000Z, " in done.out and " octets before it" in done.out
    assert "lost 2027-01-15T08:00:01.000000010Z, back after 0.500 s: /dev/ttyACM0 went away" in done.out
    assert "note        shaker" in done.out


def test_info_takes_patterns_as_the_other_verbs_do(freefall, parts):
    done = freefall("info", parts[0].with_name(f"{parts[0].stem}*"))
    assert done.code == 0 and [str(path) in done.out for path in parts] == [True] * len(parts)
    done = freefall("info", parts[0].with_name("nothing*"))
    assert done.code == 6 and done.err.startswith("error: no file matches ")


def test_info_as_json_is_an_object_a_file(freefall, parts, cut, raw_octets):
    done = freefall("info", *parts, cut, "--json")
    objects = [json.loads(line) for line in done.out.splitlines()]
    assert [one["file"] for one in objects] == [str(path) for path in (*parts, cut)]
    assert {(one["schema"], one["type"]) for one in objects} == {("freefall/1", "recording")}
    assert sum(one["octets"] for one in objects[:3]) == len(raw_octets)
    assert [one["complete"] for one in objects] == [True, True, True, False]
    assert objects[3]["cut_at"] == objects[3]["file_octets"] == cut.stat().st_size
    assert [len(one["gaps"]) for one in objects] == [0, 1, 0, 0]
    assert objects[0]["metadata"]["note"] == "shaker"


def test_recording_that_was_cut_is_rescued_and_says_how_much(freefall, cut, raw_octets, tmp_path):
    rescued = tmp_path / "rescued.mcap"
    done = freefall("info", cut, "--recover", rescued)
    assert done.code == 0
    octets = b"".join(octets for _, octets in open_recording(rescued).chunks())
    assert raw_octets.startswith(octets) and len(octets) > len(raw_octets) // 2
    assert f"cut at octet {cut.stat().st_size}" in done.out
    assert f"Rescued {len(octets)} octets in " in done.err and "was not closed" in done.err
    assert "recovered   cut.mcap" in freefall("info", rescued).out
    assert freefall("stats", rescued, "--fail-on", "lost>0,rejected>1").code == 0
    again = freefall("info", cut, "--recover", rescued)
    assert again.code == 2 and "exists already" in again.err
    assert freefall("info", cut, "--recover", rescued, "--force").code == 0
    onto_itself = freefall("info", cut, "--recover", cut, "--force")
    assert onto_itself.code == 2 and "is what is to be recovered" in onto_itself.err


def test_nothing_is_rescued_of_a_file_cut_before_its_first_block(freefall, recording, tmp_path):
    octets = recording.read_bytes()
    first = next(open_recording(recording).chunks())[1]
    path, out = tmp_path / "begun.mcap", tmp_path / "whole.mcap"
    path.write_bytes(octets[: octets.index(first) - 40])
    done = freefall("info", path, "--recover", out)
    assert done.code == 6
    assert f"error: there is nothing to recover: not one octet of a board can be read in {path}\n" in done.err
    assert not out.exists()
    out.write_bytes(octets)
    assert freefall("info", path, "--recover", out, "--force").code == 6
    assert out.read_bytes() == octets


@pytest.mark.parametrize("verb", ["replay", "record"])
def test_what_is_replayed_is_missing_in_the_same_words(freefall, tmp_path, verb):
    for path, said in ((tmp_path / "none.mcap", f"there is no file {tmp_path}/none.mcap"), (tmp_path, "is a folder, not a rec")):
        to = [path, "--udp", "127.0.0.1:9"] if verb == "replay" else ["-p", f"replay:{path}", "-o", tmp_path / "new.mcap"]
        done = freefall(verb, *to)
        assert done.code == 6 and said in done.err and done.err.count("\n") == 1


def test_files_of_a_run_become_one_that_closes_the_ledger(freefall, parts, recording, raw_octets, tmp_path):
    whole = tmp_path / "whole.mcap"
    done = freefall("info", *reversed(parts), "--recover", whole)
    assert done.code == 0 and f"Rescued {len(raw_octets)} octets in 3 blocks into {whole}" in done.err
    assert freefall("stats", whole, "--fail-on", "lost>0,missing>0,rejected>0,unclosed>0").code == 0
    assert freefall("info", parts[0], recording, "--recover", tmp_path / "no.mcap").code == 6
    assert not (tmp_path / "no.mcap").exists()


def test_missing_part_is_told_by_what_is_missing(freefall, parts, tmp_path):
    done = freefall("info", parts[0], parts[2], "--recover", tmp_path / "rescued.mcap")
    assert done.code == 0 and "run.part00003.mcap begins at octet " in done.err


def test_unreadable_file_among_others_is_told_and_they_are_shown(freefall, recording, tmp_path):
    (tmp_path / "empty.mcap").touch()
    done = freefall("info", tmp_path / "empty.mcap", recording)
    assert done.code == 6
    assert "whole, of vibration" in done.out and done.err == f"error: {tmp_path / 'empty.mcap'} is empty, not a recording\n"


def of_robots(path):
    with open(path, "wb") as file:
        writer = Writer(file)
        writer.start("ros2", "a robot")
        writer.finish()


def truncated(path):
    Recorder(path, None, "test", start_ns=START_NS).close()
    path.write_bytes(path.read_bytes()[:19])


def without_its_definition(path):
    """The definition that it says it has was cut out."""
    from mcap.opcode import Opcode

    octets = path.read_bytes()
    at = 8 + 9 + int.from_bytes(octets[9:17], "little")
    assert octets[at] == Opcode.ATTACHMENT
    path.write_bytes(octets[:at] + octets[at + 9 + int.from_bytes(octets[at + 1 : at + 9], "little") :])


BAD = {
    "empty": (lambda path: path.write_bytes(b""), "is empty, not a recording"),
    "cut in its magic": (lambda path: path.write_bytes(b"\x89MCAP"), "is not a recording: it was cut inside its first 8 octets"),
    "cut in its header": (truncated, "was cut inside its header; nothing of it is left"),
    "not MCAP": (lambda path: path.write_bytes(b"# notes of the day\n" * 9), "is named as a recording, but does not begin as"),
    "MCAP of others": (of_robots, "is an MCAP file, but not a Freefall recording"),
    "a folder": (lambda path: path.mkdir(), "is a folder, not a recording"),
    "not there": (lambda path: None, "there is no file"),
}

# info takes recordings only, so that it need not ask first what it was given.
BY_INFO = {"not MCAP": ["is not a recording: it does not begin as an MCAP file does"]}


@pytest.fixture(params=["info", "stats", "decode", "export"])
def reading(request, freefall, tmp_path):
    """reading(path): the outcome of each verb that takes SRC."""
    return lambda path: freefall(
        request.param, path, *(["--to", "csv", "-o", tmp_path / "out"] if request.param == "export" else [])
    )


@pytest.mark.parametrize("kind", BAD)
def test_bad_file_is_one_clear_sentence_and_six(reading, tmp_path, kind):
    make, said = BAD[kind]
    path = tmp_path / "bad.mcap"
    make(path)
    done = reading(path)
    assert done.code == 6
    assert done.out == "" and done.err.startswith("error: ") and done.err.count("\n") == 1
    assert str(path) in done.err
    assert any(text in done.err for text in (said, *BY_INFO.get(kind, ())))
    assert not (tmp_path / "out").exists()


def test_recording_whose_definition_is_missing_is_read_by_info_and_six_for_the_others(reading, recording, tmp_path):
    path = tmp_path / "bad.mcap"
    path.write_bytes(recording.read_bytes())
    without_its_definition(path)
    done = reading(path)
    said = f"the payload definition in {path} was cut off or damaged"
    if done.out:  # info
        assert done.code == 0 and said in done.out
    else:
        assert done.code == 6 and done.err == f"error: {said}; give the definition of the run with -d DEF\n"
