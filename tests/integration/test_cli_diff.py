"""freefall diff: two recordings beside each other, as a bench runs it."""

import json

import pytest

from freefall.decode import Decoder, SamplePacket
from freefall.definition import load_definition
from freefall.recording import Recorder, open_recording


@pytest.fixture
def recorded(vibration, tmp_path):
    """recorded(name, octets): the path of a recording of them."""

    def write(name, octets, definition=None):
        path = tmp_path / name
        with Recorder(path, definition or load_definition(vibration), "test", start_ns=1_790_000_000_000_000_000) as recorder:
            recorder.write(octets, 1_790_000_000_000_000_000)
        return path

    return write


@pytest.fixture
def dropped(raw_octets, vibration):
    """What the board sent less its tenth packet of vibration, and where that was: the index of its first sample."""
    decoder = Decoder(load_definition(vibration))
    pieces = [piece + b"\0" for piece in raw_octets.split(b"\0") if piece]
    items = [decoder.feed(piece)[-1] for piece in pieces]
    at = [n for n, item in enumerate(items) if isinstance(item, SamplePacket) and item.stream.name == "vibration"][9]
    return b"\0" + b"".join(pieces[:at] + pieces[at + 1 :]), items[at].index


def test_recording_is_the_same_as_itself_whatever_it_came_in(freefall, recording, raw_octets, vibration, recorded, tmp_path):
    done = freefall("diff", recording, recording)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith("SAME: ") and lines[-1].startswith("temperature ")
    assert lines[-2].split() == ["vibration", "3000", "3000", "3000", ".", "."]
    raw = tmp_path / "raw.bin"
    raw.write_bytes(raw_octets)
    assert freefall("diff", recording, raw, "-d", vibration).code == 0
    assert freefall("diff", recorded("other.mcap", raw_octets), recording).code == 0


def test_simulated_runs_of_one_seed_are_the_same_and_of_another_are_not(freefall, vibration, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert freefall("sim", vibration, "--duration", "1", "--seed", seed, "-o", tmp_path / f"{name}.mcap").code == 0
    assert freefall("diff", tmp_path / "a.mcap", tmp_path / "b.mcap").code == 0
    done = freefall("diff", tmp_path / "a.mcap", tmp_path / "c.mcap", "--json")
    facts = json.loads(done.out)
    assert done.code == 1 and facts["schema"] == "freefall/1" and facts["same"] is False
    x = facts["streams"]["vibration"]["channels"]["x"]
    assert x["differ"] > 100 and 0 < x["greatest"] < 1 and x["unit"] == "g"
    near = ["--tolerance", "vibration.*=1", "--tolerance", "temperature=5", "--tolerance", "time=0.1"]
    assert freefall("diff", tmp_path / "a.mcap", tmp_path / "c.mcap", *near).code == 0


def test_dropped_packet_is_told_with_its_place(freefall, recording, recorded, dropped):
    octets, index = dropped
    done = freefall("diff", recording, recorded("less.mcap", octets))
    assert done.code == 1 and done.out.startswith("DIFFERENT: ")
    assert f"only in A: 25 samples of vibration from boot 0, index {index}, " in done.out
    assert max(map(len, done.out.splitlines()[1:])) <= 80
    facts = json.loads(freefall("diff", recorded("again.mcap", octets), recording, "--json").out)
    (stretch,) = facts["streams"]["vibration"]["only"][1]["first"]
    assert (stretch["boot"], stretch["index"], stretch["count"]) == (0, index, 25)
    assert facts["streams"]["temperature"]["same"] is True


def test_recordings_of_other_samples_are_refused_with_both_ids(freefall, recording, recorded, vibration, tmp_path, raw_octets):
    folder = tmp_path / "other"
    folder.mkdir()
    text = (vibration / "payload.toml").read_text()
    (folder / "payload.toml").write_text(text.replace("[stream.temperature]", "[stream.warmth]"))
    other = load_definition(folder)
    done = freefall("diff", recording, recorded("other.mcap", raw_octets, other))
    ids = [f"{definition.definition_id:08x}" for definition in (load_definition(vibration), other)]
    assert done.code == 3 and "Traceback" not in done.err
    assert all(word in done.err for word in [*ids, "only runs of like samples can be compared"])


def test_wrong_usage_is_one_sentence(freefall, recording, tmp_path):
    for arguments, words in (
        (["--tolerance", "x"], 'tolerance like x=0.05'),
        (["--tolerance", "q=1"], 'no channel is named "q"; there is vibration.x, vibration.y, vibration.z'),
    ):
        done = freefall("diff", recording, recording, *arguments)
        assert done.code == 2 and words in done.err
    assert freefall("diff", recording).code == 2
    done = freefall("diff", recording, "-", "-d", "payload_defs/vibration")
    assert done.code == 2 and "diff compares files" in done.err
    done = freefall("diff", recording, tmp_path / "none.mcap")
    assert done.code == 6 and "there is no file" in done.err
    empty = tmp_path / "empty.mcap"
    empty.write_bytes(b"")
    assert freefall("diff", empty, recording).code == 6


def test_runs_without_a_sample_are_not_the_same(freefall, recording):
    done = freefall("diff", recording, recording, "-d", "payload_defs/furnace")
    assert (done.code, done.out) == (6, "")
    assert "there is nothing to compare: neither " in done.err and " has a sample of furnace; " in done.err


def test_cut_recording_is_compared_as_far_as_it_goes_and_said_to_be_cut(freefall, recording, tmp_path):
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(recording.read_bytes()[: recording.stat().st_size // 2])
    done = freefall("diff", cut, recording, "--json")
    facts = json.loads(done.out)
    assert done.code == 1 and "was not closed" in done.err and len(facts["problems"]) == 1
    assert facts["streams"]["vibration"]["only"][0]["samples"] == 0
    assert facts["streams"]["vibration"]["only"][1]["stretches"] == 1
    assert not open_recording(cut).complete
