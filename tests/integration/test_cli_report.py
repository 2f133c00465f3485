"""What stats and sim show: the verdict, and every sample that is not there."""

import json
import re

import pytest

from freefall.decode import BoardReport, Decoder, LedgerReport, SamplePacket
from freefall.definition import load_definition
from freefall.recording import LinkBack, LinkLost, Recorder, RotatingRecorder, Rotation


@pytest.fixture
def frames(raw_octets, vibration):
    """(octets of a frame, the item it ends in) of the three seconds, in order."""
    decoder = Decoder(load_definition(vibration))
    pieces = [piece + b"\0" for piece in raw_octets.split(b"\0") if piece]
    return [(piece, decoder.feed(piece)[-1]) for piece in pieces]


@pytest.fixture
def recorded(vibration, tmp_path):
    """recorded(frames): the path of a recording of them."""

    def write(frames, note=""):
        path = tmp_path / "run.mcap"
        with Recorder(path, load_definition(vibration), "test", note, start_ns=1_790_000_000_123_456_789) as recorder:
            recorder.write(b"".join(piece for piece, _ in frames), 1_790_000_000_123_456_789)
        return path

    return write


def places(frames, kind, stream=None):
    return [
        at for at, (_, item) in enumerate(frames) if isinstance(item, kind) and stream in (None, getattr(item, "stream", None))
    ]


def ledger_of(out):
    """{label: [numbers as shown]} of the report's ledger."""
    lines = out[out.index("\nLedger ") :].splitlines()
    return {line[:24].strip(): line[24:].split() for line in lines if line[24:].split()}


def test_sound_recording_is_ok_and_everything_adds_up(freefall, recorded, frames):
    path = recorded(frames, note="shaker, run 3")
    done = freefall("stats", path)
    lines = done.out.splitlines()
    assert lines[0] == "OK: vibration, 3.1 s, 1 boot, 0 lost."
    assert lines[1].startswith("firmware 0.1.0, definition ")
    assert lines[2:4] == ["test, started 2026-09-21T14:13:20Z", "note: shaker, run 3"]
    assert "Ledger closes, difference 0." in lines
    assert max(map(len, lines)) <= 60
    shown = ledger_of(done.out)
    assert shown["- bus errors"] == [".", "."]
    # The thermometer's third sample came when the last report had just been made.
    assert shown["seen"] == shown["= received"] == ["3000", "2"]
    assert shown["+ after last report"] == [".", "1"]
    assert shown["= samples"] == ["3000", "3"]
    assert "= taken" not in shown
    assert ledger_of(freefall("-v", "stats", path).out)["= taken"] == ["3000", "2"]


def test_samples_missing_after_the_last_report_are_seen_everywhere(freefall, recorded, frames, vibration):
    stream = load_definition(vibration).stream("vibration")
    reports, boards = places(frames, LedgerReport), places(frames, BoardReport)
    end = next(at for at in reports if at > boards[-2])
    after = [at for at in places(frames, SamplePacket, stream) if boards[-2] < at < end]
    del frames[end:]
    del frames[after[3]]
    path = recorded(frames)

    done = freefall("stats", path, "--fail-on", "missing>0")
    assert done.code == 1 and "missing>0 (missing is 25)" in done.err
    assert done.out.startswith("LOST 25: vibration, ")
    assert "25 missing after the last report." in done.out and "0 lost" not in done.out
    assert ledger_of(done.out)["missing after report"] == ["25", "."]
    assert ledger_of(done.out)["+ after last report"] == [str(25 * (len(after) - 1)), "1"]
    assert freefall("stats", path, "--fail-on", "lost>0").code == 0
    assert "25 missing after the last report" in freefall("decode", path).err
    assert json.loads(freefall("stats", path, "--json").out)["verdict"] == "LOST 25"


def test_lost_samples_are_the_verdict(freefall, recorded, frames, vibration):
    del frames[places(frames, SamplePacket, load_definition(vibration).stream("vibration"))[10]]
    done = freefall("stats", recorded(frames))
    assert done.out.startswith("LOST 25: vibration, 3.1 s, 1 boot, 25 lost.")
    assert ledger_of(done.out)["- lost"] == ["25", "."]


def test_ledger_that_does_not_close_is_shown_in_full_with_the_reasons(freefall, recorded, frames):
    path = recorded([frame for frame in frames if not isinstance(frame[1], LedgerReport)])
    done = freefall("stats", path)
    assert done.out.startswith("DOES NOT CLOSE: vibration")
    assert "Ledger does not close:\n  vibration: boot 0: no ledger report arrived\n" in done.out
    shown = ledger_of(done.out)
    assert shown["= taken"] == [".", "."]
    assert shown["= samples"] == shown["+ after last report"]
    assert freefall("stats", path, "--fail-on", "unclosed>0").code == 1


def test_stream_without_samples_is_named(freefall, recorded, frames, vibration):
    stream = load_definition(vibration).stream("temperature")
    silent = set(places(frames, SamplePacket, stream))
    done = freefall("stats", recorded([frame for at, frame in enumerate(frames) if at not in silent]))
    assert done.out.startswith("LOST 2; NO SAMPLES from temperature: vibration, ")


def test_rejects_duplicates_and_lost_reports_are_told_with_the_link(freefall, recorded, frames):
    board = places(frames, BoardReport)[1]
    sample = places(frames, SamplePacket)[5]
    damaged = frames[:sample] + [(b"\x05\x01\x02\x03\x04\0", None)] + frames[sample:board] + frames[board + 1 :]
    damaged.insert(sample + 2, damaged[sample + 1])
    path = recorded(damaged)
    done = freefall("stats", path)
    assert "1 rejected (1 crc), 1 duplicate." in done.out
    assert "Reports: 11 of 12, 1 lost." in done.out
    assert "1 rejected, 1 duplicate, 1 boot" in freefall("decode", path).err


def test_many_streams_are_shown_in_blocks_of_four(freefall, vibration, tmp_path):
    # A bus is as slow as the slowest sensor on it, and then carries no 1000 samples a second.
    text = (vibration / "payload.toml").read_text().replace("freq_hz = 1000000", "freq_hz = 400000")
    text = text.replace("odr_hz = 1000", "odr_hz = 250")
    streams = "".join(
        f'\n[sensor.t{n}]\ndriver = "tmp117"\nbus = "i2c{n % 2}"\naddress = 0x{0x49 + n // 2:x}\naverages = 1\n'
        f'\n[stream.extra{n}]\nsensor = "t{n}"\ntrigger = "periodic"\nrate_hz = 1.0\n'
        for n in range(4)
    )
    # So many streams leave the accelerometer's ring no room for a pause of 200 ms.
    (tmp_path / "payload.toml").write_text(text + streams + "\n[stalls]\nforeground_ms = 100\n")
    done = freefall("sim", tmp_path, "--duration", "2")
    heads = [line.split() for line in done.out.splitlines() if line.startswith("Ledger ")]
    assert heads[:2] == [["Ledger", "vibration", "temperature", "extra0", "extra1"], ["Ledger", "extra2", "extra3"]]
    assert re.search(r"^extra3\.temperature +degC +2", done.out, re.MULTILINE), (
        "a channel's name that is not the only one says whose it is"
    )
    assert max(map(len, done.out.splitlines())) <= 80


def test_jitter_is_shown_and_can_fail(freefall, recorded, frames):
    path = recorded(frames)
    lines = [line.split() for line in freefall("stats", path).out.splitlines()]
    at = lines.index(["jitter", "us", "p50", "p99", "max"])
    assert [line[0] for line in lines[at + 1 : at + 3]] == ["vibration", "temperature"]
    facts = json.loads(freefall("stats", path, "--json").out)
    jitter = facts["statistics"]["vibration"]["jitter"]
    assert sum(count for *_, count in jitter["bins_us"]) == jitter["intervals"] > 100
    assert facts["metrics"]["jitter_max_us"] == jitter["max_us"] < 2
    assert freefall("stats", path, "--fail-on", "jitter_p99_us>200,jitter_max_us>2").code == 0
    done = freefall("stats", path, "--fail-on", "jitter_p99_us>=0")
    assert done.code == 1 and re.search(r"failed: jitter_p99_us>=0 \(jitter_p99_us is \d\.\d{3}\)", done.err)


def test_places_where_samples_are_missing_are_told_the_largest_first(freefall, recorded, frames, vibration):
    own = places(frames, SamplePacket, load_definition(vibration).stream("vibration"))
    for at in sorted([own[10], own[20], own[21], *own[30:60:4]], reverse=True):
        del frames[at]
    done = freefall("stats", recorded(frames))
    at = done.out.index("\nMissing ")
    table = [line.split() for line in done.out[at:].strip().splitlines()[:7]]
    assert table[0] == ["Missing", "samples", "from", "index", "boot", "from", "0", "until", "s"]
    assert table[1][:4] == ["vibration", "50", "500", "0"]
    assert table[2][:4] == ["vibration", "25", "250", "0"]
    assert " ".join(table[6]) == "and 125 samples in 5 other places, see --json or --html."
    assert max(map(len, done.out.splitlines())) <= 60


def test_reboots_and_the_first_reject_are_told_with_their_place(freefall, recorded, frames):
    path = recorded([*frames, (b"\x05\x01\x02\x03\x04\0", None), *frames, *frames])
    out = freefall("stats", path).out
    assert re.search(r"^Booted again at 3\.1 s, 6\.\d s\.$", out, re.MULTILINE)
    assert f"First rejected: octet {sum(len(piece) for piece, _ in frames)}." in " ".join(out.split())


def test_html_is_one_page_that_is_not_overwritten_unasked(freefall, recorded, frames, tmp_path):
    path, html = recorded(frames), tmp_path / "pages" / "run.html"
    done = freefall("stats", path, "--html", html)
    assert done.code == 0 and done.out.startswith("OK: ") and f"The report is in {html}" in done.err
    text = html.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>") and str(path) in text and len(text) < 200_000
    html.write_text("mine")
    done = freefall("stats", path, "--html", html)
    assert (done.code, done.out, html.read_text()) == (2, "", "mine") and "exists already" in done.err
    assert freefall("stats", path, "--html", html, "--force").code == 0
    assert html.read_text().startswith("<!DOCTYPE")


def test_several_runs_are_told_one_by_one_and_the_worst_exit_code_counts(freefall, recorded, frames, tmp_path):
    sound, other, none = recorded(frames), tmp_path / "other.mcap", tmp_path / "none.mcap"
    sound.rename(other)
    del frames[places(frames, SamplePacket)[5]]
    lossy, html = recorded(frames), tmp_path / "all.html"
    done = freefall("stats", other, lossy, "--fail-on", "lost>0", "--html", html)
    assert done.code == 1 and f"{lossy}: failed: lost>0 (lost is 25)" in done.err
    assert [line for line in done.out.splitlines() if line.startswith("== ")] == [f"== {other}", f"== {lossy}"]
    assert html.read_text().count("<article") == 2
    done = freefall("stats", other, none, lossy, "--json")
    assert done.code == 6 and f"error: there is no file {none}" in done.err
    objects = [json.loads(line) for line in done.out.splitlines()]
    assert [facts["sources"] for facts in objects] == [[str(other)], [str(lossy)]]
    assert [facts["verdict"] for facts in objects] == ["OK", "LOST 25"]
    assert freefall("stats", none).code == 6
    assert len(freefall("stats", tmp_path / "*.mcap", "--json").out.splitlines()) == 2


def test_files_of_one_run_are_told_as_one(freefall, frames, vibration, tmp_path):
    start_ns, whole = 1_790_000_000_000_000_000, b"".join(piece for piece, _ in frames)
    rotation = Rotation(duration_ns=1_000_000_000)
    path, html = tmp_path / "run.mcap", tmp_path / "run.html"
    with RotatingRecorder(path, load_definition(vibration), "test", start_ns=start_ns, rotation=rotation) as recorder:
        for number, at in enumerate(range(0, len(whole), 5000)):
            recorder.write(whole[at : at + 5000], start_ns + number * 500_000_000)
    assert len(recorder.paths) > 3
    done = freefall("stats", *reversed(recorder.paths), "--json", "--html", html)
    (line,) = done.out.splitlines()
    assert done.code == 0 and json.loads(line)["verdict"] == "OK"
    assert json.loads(line)["ledger"]["counters"]["octets_fed"] == len(whole)
    assert html.read_text().count("<article") == 1


def test_a_stream_can_be_judged_by_itself(freefall, recorded, frames, vibration):
    del frames[places(frames, SamplePacket, load_definition(vibration).stream("vibration"))[10]]
    path = recorded(frames)
    assert freefall("stats", path, "--fail-on", "temperature.missing>0,vibration.missing>25").code == 0
    done = freefall("stats", path, "--fail-on", "temperature.missing>0,vibration.missing>0")
    assert done.code == 1 and done.err == "failed: vibration.missing>0 (missing is 25)\n"
    for condition, words in (("humidity.missing>0", 'no stream "humidity"'), ("vibration.boots>1", '"boots" is not counted')):
        done = freefall("stats", path, "--fail-on", condition)
        assert done.code == 2 and words in done.err and not done.out


def test_json_tells_losses_by_time_and_when_the_link_was_away(freefall, frames, vibration, tmp_path):
    path, start_ns = tmp_path / "run.mcap", 1_790_000_000_000_000_000
    del frames[places(frames, SamplePacket, load_definition(vibration).stream("vibration"))[60]]
    with Recorder(path, load_definition(vibration), "test", start_ns=start_ns) as recorder:
        recorder.write(b"".join(piece for piece, _ in frames), start_ns)
        recorder.mark(LinkLost(start_ns + 1, "pulled"))
        recorder.mark(LinkBack(start_ns + 2_500_000_001))
    done = freefall("stats", path, "--json", "--html", tmp_path / "run.html")
    facts = json.loads(done.out)
    losses = facts["statistics"]["vibration"]["losses"]["by_time"]
    assert sum(missing for _, missing, _ in losses["bins"]) == pytest.approx(25, abs=0.1)
    assert all(1.4 < begin < 1.7 for begin, *_ in losses["bins"])
    assert facts["link_gaps"] == [{"lost_ns": start_ns + 1, "back_ns": start_ns + 2_500_000_001, "reason": "pulled"}]
    assert "the link was lost 1 time and away for 2.5 s" in done.err
    assert "Link lost: pulled; back after 2.500 s" in (tmp_path / "run.html").read_text()


def test_link_that_did_not_come_back_is_told_as_such(freefall, vibration, tmp_path):
    path = tmp_path / "lost.mcap"
    with Recorder(path, load_definition(vibration), "test", start_ns=0) as recorder:
        recorder.write(b"\0", 1)
        recorder.mark(LinkLost(2, "pulled"))
    assert freefall("stats", path).err == "the link was lost 1 time and not back at the end\n"
    path = tmp_path / "twice.mcap"
    with Recorder(path, load_definition(vibration), "test", start_ns=0) as recorder:
        recorder.write(b"\0", 1)
        for mark in (LinkLost(2, "pulled"), LinkBack(1_500_000_002), LinkLost(2_000_000_000, "pulled")):
            recorder.mark(mark)
    assert freefall("stats", path).err == "the link was lost 2 times and away for 1.5 s and not back at the end\n"
