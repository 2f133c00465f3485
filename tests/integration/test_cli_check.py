"""freefall check as a user meets it: the report in a terminal, for machines, in a workflow; and several definitions at once."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent.parent / "vectors" / "check_vibration.txt"
KEYS = {"rule", "subject", "path", "value", "limit", "unit", "left", "holds", "sentence"}


@pytest.fixture
def jitter(vibration):
    """The folder of the payload of bursts."""
    return vibration.parent / "jitter"


@pytest.fixture
def too_fast(vibration, tmp_path):
    """A definition that cannot work, and one key of which is misspelt."""
    text = (vibration / "payload.toml").read_text()
    text = text.replace("freq_hz = 1000000", "freq_hz = 100000").replace("timeout_us = 500", "timeout_us = 5000")
    path = tmp_path / "too_fast.toml"
    path.write_text(text.replace("averages = 8", "avrages = 8"))
    return path


def test_the_report_of_the_demo_is_the_one_on_the_page(freefall, vibration):
    done = freefall("check", vibration)
    assert (done.code, done.err) == (0, "")
    head, _, report = done.out.partition("\n\n")
    assert head.startswith("vibration: definition ")
    assert report == GOLDEN.read_text()


def test_a_report_fits_a_hundred_columns_and_its_table_eighty(freefall, vibration, jitter):
    lines = freefall("check", vibration, jitter).out.splitlines()
    assert max(map(len, lines)) <= 100
    assert max(len(line) for line in lines if not line.startswith("  ")) <= 80


@pytest.mark.skipif(not shutil.which("script"), reason="script(1) makes the terminal")
def test_a_report_wraps_where_its_terminal_ends(vibration):
    command = ["script", "-qec", f"{sys.executable} -m freefall -v check {vibration}", "/dev/null"]
    environment = os.environ | {"COLUMNS": "60"}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment)
    assert done.returncode == 0
    assert max(len(line) for line in done.stdout.splitlines() if line.startswith("  ")) <= 60


def test_one_sample_is_no_samples(freefall, vibration):
    lines = freefall("check", vibration).out.splitlines()
    assert any(line.endswith("; 1 sample in a packet of 20 octets") for line in lines)
    assert any("; 25 samples in a packet of 244" in line for line in lines)


def test_details_say_where_each_number_comes_from(freefall, vibration):
    done = freefall("-v", "check", vibration)
    lines = done.out.splitlines()
    (at,) = (n for n, line in enumerate(lines) if line.startswith("link ") and "link load" in line)
    assert lines[at + 1] == "    streams and housekeeping need 11240 bytes/s and the limit is 92160 bytes/s (baud / 10)"


def test_faults_come_at_once_whether_misspelt_or_too_much(freefall, too_fast):
    done = freefall("check", too_fast)
    assert (done.code, done.out) == (3, "")
    misspelt, busy = sorted(done.err.splitlines(), key=lambda line: "bus time" in line)
    assert "avrages" in misspelt and 'did you mean "averages"?' in misspelt
    assert busy.endswith("; lower a rate or raise freq_hz of [bus.i2c0] [bus time]")


def test_several_definitions_are_all_checked(freefall, vibration, jitter, too_fast, tmp_path):
    done = freefall("check", too_fast, vibration, tmp_path / "none", jitter)
    assert done.code == 3
    assert [line.split(":")[0] for line in done.out.splitlines() if ": definition" in line] == ["vibration", "jitter"]
    assert len(done.err.splitlines()) == 3


def test_machines_get_an_object_a_line(freefall, vibration, too_fast):
    done = freefall("check", "--json", vibration, too_fast)
    assert (done.code, done.err) == (3, "")
    sound, faulty = map(json.loads, done.out.splitlines())
    assert (sound["schema"], sound["ok"], sound["payload"], sound["faults"]) == ("freefall/1", True, "vibration", [])
    assert sound["definition"] == str(vibration) and len(sound["definition_id"]) == 8
    assert all(set(margin) == KEYS and margin["holds"] for margin in sound["margins"])
    (load,) = (margin for margin in sound["margins"] if margin["rule"] == "link load")
    assert (load["subject"], load["path"], load["unit"]) == ("link", "link.baud", "bytes/s")
    assert (load["value"], load["limit"]) == (pytest.approx(11_240), 92_160)
    assert load["left"] == pytest.approx(0.878, abs=1e-3)
    assert (faulty["ok"], faulty["payload"], faulty["definition_id"], faulty["margins"]) == (False, None, None, [])
    assert [sorted(fault) for fault in faulty["faults"]] == 2 * [["column", "file", "line", "message"]]


def test_workflows_get_annotations(freefall, vibration, too_fast):
    done = freefall("check", "--github", vibration, too_fast)
    assert done.code == 3
    first, second = done.out.splitlines()
    assert first.startswith(f"::error file={too_fast},line=") and ",col=" in first
    assert "%25" in first + second and "%" not in (first + second).replace("%25", "")


def test_a_sound_definition_gives_a_workflow_nothing_to_say(freefall, vibration):
    done = freefall("check", "--github", vibration)
    assert (done.code, done.out) == (0, "")


def test_check_wants_a_definition(freefall):
    assert freefall("check").code == 2


def test_a_payload_that_passes_loses_nothing_with_stalls(freefall, vibration):
    done = freefall("sim", vibration, "--stalls", "--duration", 3)
    assert done.code == 0
    assert done.out.startswith("OK: vibration") and "sim:virtual seed 0, stalls: " in done.out


def test_stalls_are_the_virtual_boards(freefall, vibration):
    done = freefall("sim", vibration, "--stalls", "--board", "emulated")
    assert done.code == 2 and "--stalls is for the virtual board" in done.err


@pytest.mark.parametrize("payload", ["vibration", "jitter"])
def test_a_recording_is_as_large_as_the_report_says(freefall, payload, request, tmp_path):
    definition, recording = request.getfixturevalue(payload), tmp_path / "run.mcap"
    (line,) = (
        margin for margin in json.loads(freefall("check", "--json", definition).out)["margins"] if margin["rule"] == "recording"
    )
    assert freefall("sim", definition, "--duration", 10, "-o", recording).code == 0
    assert line["unit"] == "MB/day"
    assert recording.stat().st_size * 8640 / 1e6 == pytest.approx(line["value"], rel=0.15)
