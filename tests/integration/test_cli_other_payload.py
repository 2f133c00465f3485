"""Octets of one payload read by the definition of another, of other APIDs: exit code 3 and one sentence from every verb."""

import io
import json

import pytest

from freefall.board.simulated import run
from freefall.board.virtual import VirtualBoard
from freefall.decode import Decoder, Summary
from freefall.definition import load_definition
from freefall.recording import open_recording


@pytest.fixture
def garden(vibration, tmp_path):
    """The folder of a definition whose APIDs are not those of the board."""
    folder = tmp_path / "garden"
    folder.mkdir()
    text = (vibration / "payload.toml").read_text()
    text = text.replace("\napid = 64 ", "\napid = 1280 ").replace('\nname = "vibration" ', '\nname = "garden" ', 1)
    (folder / "payload.toml").write_text(text)
    assert (load_definition(folder).name, load_definition(folder).apid) == ("garden", 1280)
    return folder


@pytest.fixture
def frames(raw_octets):
    """How many there are in the recording."""
    return sum(map(bool, raw_octets.split(b"\0")))


@pytest.fixture
def sentence(frames):
    return f"nothing is of payload garden: all {frames} frames have other APIDs; give the definition of the run with -d DEF"


VERBS = {
    "stats": (),
    "decode": (),
    "decode --json": ("--json",),
    "monitor": ("--plain", "--every", "0.1"),
    "export": ("--to", "csv", "-o", "out/run"),
    "export as pcap": ("--to", "pcap", "-o", "out/run"),
}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_says_it_and_ends_with_three(freefall, recording, garden, sentence, tmp_path, monkeypatch, verb):
    monkeypatch.chdir(tmp_path)
    done = freefall(verb.split()[0], recording, "-d", garden, *VERBS[verb])
    assert done.code == 3
    assert done.err.splitlines()[-1] == f"error: {sentence}"
    assert not (tmp_path / "out" / "run").exists()


def test_export_keeps_a_folder_that_was_there_and_what_is_in_it(freefall, recording, garden, tmp_path):
    (tmp_path / "notes.txt").write_text("of the day")
    before = sorted(tmp_path.iterdir())
    assert freefall("export", recording, "-d", garden, "--to", "csv", "-o", tmp_path).code == 3
    assert sorted(tmp_path.iterdir()) == before


def test_one_recording_of_another_payload_does_not_stop_the_others(freefall, recording, raw_octets, garden, sentence, tmp_path):
    raw = tmp_path / "raw.bin"
    raw.write_bytes(raw_octets)
    done = freefall("stats", raw, tmp_path / "*.bin", recording, "-d", garden)
    assert (done.code, done.out, done.err.count(sentence)) == (3, "", 2)
    done = freefall("export", raw, recording, "-d", garden, "--to", "csv", "-o", tmp_path / "out")
    assert (done.code, done.out, done.err.count(sentence)) == (3, "", 2)


def test_record_keeps_the_octets_and_says_so(freefall, recording, raw_octets, garden, sentence, tmp_path):
    file = tmp_path / "recorded.mcap"
    done = freefall("record", "-p", f"replay:{recording}?speed=max", "-d", garden, "-o", file, "--once")
    assert done.code == 3, done.err
    assert f"error: {sentence}. The octets are recorded all the same.\n" in done.err
    assert b"".join(octets for _, octets in open_recording(file).chunks()) == raw_octets


@pytest.mark.parametrize("feed", ["feed", "feed_many"])
def test_noise_is_no_payload_and_one_frame_of_the_own_is_enough(raw_octets, vibration, garden, frames, feed):
    def fed(summary, octets):
        summary.feed(octets) if feed == "feed" else summary.feed_many([(None, octets)])
        return summary.other_payload

    summary = Summary(load_definition(garden))
    assert summary.other_payload is None
    assert fed(summary, b"\0 noise, which is of nobody \0") is None and summary.decoder.counters.rejected == 1
    other = fed(summary, raw_octets)
    assert (other.payload, other.frames, other.exit_code) == ("garden", frames, 3)
    definition, own = summary.decoder.definition, []
    decoder = Decoder(definition)

    def receive(octets, _):
        own.append(octets)
        return decoder.feed(octets)

    run(VirtualBoard(definition), definition, 100_000_000, receive)
    assert fed(summary, b"".join(own)) is None and summary.decoder.counters.frames_accepted


def test_refused_standard_input_leaves_no_folder(freefall, recording, vibration, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(recording.read_bytes())))
    done = freefall("export", "-", "-d", vibration, "--to", "csv", "-o", tmp_path / "out")
    assert done.code == 6 and "standard input is a recording" in done.err
    assert not (tmp_path / "out").exists()


def test_right_definition_is_no_other_payload(freefall, recording, vibration):
    assert json.loads(freefall("stats", recording, "-d", vibration, "--json").out)["verdict"] == "OK"
