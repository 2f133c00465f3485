"""The command line as a user meets it: outputs, messages, exit codes; never a traceback."""

import csv
import io
import json
import random

import pytest

from freefall.cli.printers import JsonPrinter
from freefall.decode import SensorEvent
from freefall.definition import json_schema, load_definition

FIVE_FAULTS = {  # what is planted -> where and what the message must name
    "odr_hz = 1000": ("odr_hz = 900", ":10:", "900"),
    "averages = 8": ("averages = 9", ":12:", "9"),
    "pin = 15": ("pin = 5", ":7:", "scl"),
    'trigger = "periodic"': ('triger = "periodic"', ":1:", 'did you mean "trigger"'),
    "baud = 921600": ("baud = 9", ":8:", "9"),
}


def test_check_of_a_sound_definition_names_its_streams(freefall, vibration):
    done = freefall("check", vibration)
    assert done.code == 0
    assert "adxl355 at 1000 Hz" in done.out and "temperature [degC]" in done.out


def test_check_reports_five_planted_faults_at_once_with_line_and_column(freefall, vibration, tmp_path):
    text = (vibration / "payload.toml").read_text()
    expected = []
    for sound, (fault, column, named) in FIVE_FAULTS.items():
        assert text.count(sound) == 1
        line = text[: text.index(sound)].count("\n") + 1
        text = text.replace(sound, fault)
        expected.append((f"payload.toml:{line}{column}", named))
    (tmp_path / "payload.toml").write_text(text)
    done = freefall("check", tmp_path)
    assert done.code == 3
    lines = done.err.splitlines()
    assert len(lines) == 5
    assert all(line.startswith(f"{tmp_path}/payload.toml:") for line in lines), "file:line:col: message and nothing before it"
    for place, named in expected:
        (line,) = (line for line in lines if place in line)
        assert named in line


def test_sim_records_and_its_ledger_closes(freefall, vibration, tmp_path):
    file = tmp_path / "run.mcap"
    done = freefall("sim", vibration, "--duration", "2", "--seed", "3", "-o", file)
    assert done.code == 0
    assert done.out.startswith("OK: vibration, 2.1 s, 1 boot, 0 lost.\n")
    assert "Ledger closes, difference 0." in done.out
    assert "degC" in done.out and " g" in done.out and str(file) in done.out
    again = freefall("sim", vibration, "--duration", "2", "-o", file)
    assert again.code == 2 and "exists" in again.err
    assert freefall("sim", vibration, "--duration", "2", "-o", file, "--force").code == 0


def test_stats_counts_and_fails_on_what_it_is_told_to(freefall, recording):
    done = freefall("stats", recording, "--fail-on", "lost>0,rejected>0,unclosed>0")
    assert done.code == 0
    failed = freefall("stats", recording, "--fail-on", "samples>100, lost>0")
    assert failed.code == 1
    assert "samples>100" in failed.err and "lost" not in failed.err.replace("0 lost", "")
    report = json.loads(freefall("stats", recording, "--json").out)
    assert report["ledger"]["closed"] is True
    assert report["statistics"]["vibration"]["channels"]["x"]["unit"] == "g"
    assert abs(report["statistics"]["vibration"]["rate_hz"] - 1000) < 0.1


@pytest.mark.parametrize("condition", ["lost", "lots>0", "lost>many", "lost=>1", ""])
def test_stats_refuses_a_condition_it_cannot_judge(freefall, recording, condition):
    done = freefall("stats", recording, "--fail-on", condition)
    assert done.code == 2 and condition.rstrip("0>") in done.err


def test_decode_prints_samples_as_json_lines_csv_and_text(freefall, recording):
    done = freefall("decode", recording, "--json", "-a", "temperature")
    objects = [json.loads(line) for line in done.out.splitlines()]
    samples = [o for o in objects if o["type"] == "sample"]
    assert {o["schema"] for o in objects} == {"freefall/1"}
    assert [o["index"] for o in samples] == list(range(len(samples))) and len(samples) >= 2
    assert samples[0]["values"]["temperature"] == samples[0]["raw"]["temperature"] * 0.0078125

    done = freefall("decode", recording, "--csv", "-a", "vibration")
    table = list(csv.DictReader(io.StringIO(done.out)))
    assert len(table) >= 3000
    assert float(table[0]["x [g]"]) == int(table[0]["x_raw"]) / 256000

    assert "vibration 0 " in freefall("decode", recording).out


def test_decode_of_csv_without_a_stream_and_of_an_unknown_stream_is_wrong_usage(freefall, recording):
    assert freefall("decode", recording, "--csv").code == 2
    done = freefall("decode", recording, "-a", "vibrations")
    assert done.code == 2 and "vibration, temperature" in done.err


def test_decode_of_one_stream_shows_nothing_of_the_others(freefall, recording):
    objects = [json.loads(line) for line in freefall("decode", recording, "--json", "-a", "temperature").out.splitlines()]
    assert {o.get("stream", "temperature") for o in objects} == {"temperature"}
    assert {o["type"] for o in objects} >= {"sample", "ledger", "board", "boot"}


def test_json_has_a_code_and_its_words(freefall, recording):
    objects = [json.loads(line) for line in freefall("decode", recording, "--json").out.splitlines()]
    objects = [o for o in objects if o["type"] in ("boot", "board")]
    objects.append(json.loads(freefall("stats", recording, "--json").out)["ledger"]["board"])
    assert len(objects) >= 3
    assert {(o["reset_cause"], o["reset_cause_text"]) for o in objects} == {(1, "power-on or reset pin")}


@pytest.mark.parametrize("code, words", [(1, "no answer"), (9, "unlisted reason 9"), (None, None)])
def test_json_of_a_sensor_event_has_its_reason_as_code_and_words(vibration, capsys, code, words):
    JsonPrinter(load_definition(vibration)).show(SensorEvent(0, None, "absent", reason=code))
    shown = json.loads(capsys.readouterr().out)
    assert (shown["reason"], shown["reason_text"]) == (code, words)


def test_decode_to_csv_tells_events_on_standard_error(freefall, recording):
    done = freefall("decode", recording, "--csv", "-a", "temperature")
    assert "boot count 1 (power-on or reset pin), firmware" in done.err
    assert "boot count" not in done.out


def test_decode_reads_raw_octets_from_a_file_and_from_standard_input(freefall, raw_octets, vibration, tmp_path, monkeypatch):
    file = tmp_path / "raw.bin"
    file.write_bytes(raw_octets)
    from_file = freefall("decode", file, "-d", vibration)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw_octets)))
    from_pipe = freefall("decode", "-", "-d", vibration)
    assert from_file.code == from_pipe.code == 0
    assert from_file.out == from_pipe.out
    assert freefall("decode", file).code == 2


@pytest.mark.parametrize("verb", [["decode"], ["stats"], ["export", "--to", "csv", "-o", "{out}"]])
def test_recording_that_is_piped_is_not_taken_for_octets(freefall, recording, vibration, verb, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(recording.read_bytes())))
    done = freefall(*(word.format(out=tmp_path / "out") for word in verb), "-", "-d", vibration)
    assert (done.code, done.out) == (6, "")
    assert "error: standard input is a recording, not a board's octets; name its file instead of piping it\n" in done.err


def test_recording_read_with_a_foreign_definition_is_refused_with_both_ids(
    freefall, recording, raw_octets, foreign, ids, tmp_path
):
    raw = tmp_path / "raw.bin"
    raw.write_bytes(raw_octets)
    for source in (recording, raw):
        for verb in (["decode"], ["stats"], ["export", "--to", "csv", "-o", tmp_path / "out"]):
            done = freefall(verb[0], source, "-d", foreign, *verb[1:])
            assert done.code == 3
            assert ids[0] in done.err and ids[1] in done.err
            assert not done.out
            assert not list(tmp_path.glob("out/*"))


def test_recording_read_with_a_better_calibration_is_not_foreign(freefall, recording, vibration, tmp_path):
    better = tmp_path / "payload.toml"
    better.write_text(
        (vibration / "payload.toml").read_text() + "\n[stream.vibration.calibration.x]\nscale = 1.0\noffset = 5.0\n"
    )
    done = freefall("decode", recording, "-d", better, "--json", "-a", "vibration")
    first = next(o for o in map(json.loads, done.out.splitlines()) if o["type"] == "sample")
    assert first["values"]["x"] == first["raw"]["x"] + 5.0


@pytest.mark.parametrize("seed", range(6))
def test_octets_inserted_flipped_and_cut_cost_only_what_they_touch_and_all_is_counted(
    freefall, raw_octets, vibration, tmp_path, seed
):
    noise = random.Random(seed)
    octets = bytearray(raw_octets)
    touched = 0
    for _ in range(20):
        at = noise.randrange(300, len(octets) - 600)
        match noise.randrange(3):
            case 0:
                octets[at:at] = noise.randbytes(noise.randrange(1, 40))
            case 1:
                octets[at] ^= 1 << noise.randrange(8)
            case 2:
                del octets[at : at + noise.randrange(1, 40)]
        touched += 1
    file = tmp_path / "noisy.bin"
    file.write_bytes(octets)
    done = freefall("decode", file, "-d", vibration, "--json")
    assert done.code == 0
    objects = [json.loads(line) for line in done.out.splitlines()]
    got = {o["index"]: o["raw"] for o in objects if o["type"] == "sample" and o["stream"] == "vibration"}
    clean_file = tmp_path / "clean.bin"
    clean_file.write_bytes(raw_octets)
    clean = freefall("decode", clean_file, "-d", vibration, "--json")
    sent = {
        o["index"]: o["raw"] for o in map(json.loads, clean.out.splitlines()) if o.get("stream") == "vibration" and "raw" in o
    }
    assert got.items() <= sent.items()
    # Each place touched costs at most the two frames it touches (or the one it falls between and its neighbour).
    assert len(sent) - len(got) <= 2 * 25 * touched
    report = json.loads(freefall("stats", file, "-d", vibration, "--json").out)
    counters = report["ledger"]["counters"]
    assert counters["octets_unaccounted"] == 0
    assert counters["octets_fed"] == len(octets)
    assert sum(o["missing"] for o in objects if o.get("error") == "gap" and o["stream"] == "vibration") >= 0
    assert report["metrics"]["rejected"] == sum(o["type"] == "reject" for o in objects) > 0


def test_export_writes_a_file_a_stream_in_both_forms(freefall, recording, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="the science extra is not installed")
    for form in ("csv", "parquet"):
        done = freefall("export", recording, "--to", form, "-o", tmp_path / form)
        assert done.code == 0
        assert {path.name for path in (tmp_path / form).iterdir()} == {f"vibration.{form}", f"temperature.{form}"}
    table = parquet.read_table(tmp_path / "parquet" / "vibration.parquet")
    with (tmp_path / "csv" / "vibration.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["x_raw"]) for row in rows] == table["x_raw"].to_pylist()
    again = freefall("export", recording, "--to", "csv", "-o", tmp_path / "csv")
    assert again.code == 2 and "exists" in again.err


def test_missing_ports_files_and_definitions_are_one_sentence_and_their_exit_code(freefall, recording, vibration, tmp_path):
    not_a_recording = tmp_path / "text.mcap"
    not_a_recording.write_bytes(b"\x89MCAP0\r\n" + b"?" * 100)
    for arguments, code in (
        (["record", "-p", "/dev/no-such-port", "-o", tmp_path / "x.mcap"], 4),
        (["stats", tmp_path / "none.mcap"], 6),
        (["stats", not_a_recording], 6),
        (["stats", tmp_path], 6),
        (["sim"], 2),
        (["no-such-verb"], 2),
        (["sim", vibration, "--duration", "nan"], 2),
        (["sim", vibration, "-o", ""], 2),
        (["sim", vibration, "-o", "-"], 2),
        (["record", "-p", "/dev/no-such-port", "-o", tmp_path / "x.mcap", "--duration", "nan"], 2),
        (["record", "-p", "/dev/no-such-port", "-o", tmp_path / "x.mcap", "--duration", "inf"], 2),
        (["export", recording, "--to", "csv", "-o", ""], 2),
        (["export", recording, "--to", "csv", "-o", not_a_recording / "folder"], 2),
        (["export", recording, "--to", "csv", "-o", "-"], 2),
        (["decode", recording, "--json", "--csv", "-a", "vibration"], 2),
        (["export", recording, "--to", "xls", "-o", tmp_path], 2),
    ):
        done = freefall(*arguments)
        assert done.code == code, (arguments, done.err)
        assert done.err.startswith("error: ")
        assert not list(tmp_path.glob("*.mcap/*"))
    none = tmp_path / "none"
    for arguments in (["check", none], ["sim", none], ["decode", "socket://127.0.0.1:1", "-d", none]):
        done = freefall(*arguments)
        assert (done.code, done.err) == (3, f"{none}:1:1: the payload definition cannot be read: there is no such file\n")


def test_folder_in_place_of_a_recording_is_said_to_be_one(freefall, tmp_path):
    assert freefall("stats", tmp_path).err == f"error: {tmp_path} is a folder, not a recording\n"


def test_schema_is_what_editors_are_given(freefall):
    done = freefall("schema")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out) == json_schema()
