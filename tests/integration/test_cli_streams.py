"""Standard streams that are closed, full, or of a narrow encoding; faults; -v. Never a traceback, unless asked for."""

import os
import shlex
import subprocess
import sys
import textwrap

import pytest

FREEFALL = f"{shlex.quote(sys.executable)} -m freefall"
needs_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")


def shell(line, **environment):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment
    done = subprocess.run(line, shell=True, env=environment, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done


@needs_full
@pytest.mark.parametrize(
    "arguments", ["--help", "stats {}", "decode {}", "decode {} --csv -a vibration", "check payload_defs/vibration"]
)
def test_full_disk_behind_standard_output_is_a_sentence(recording, arguments):
    done = shell(f"{FREEFALL} {arguments.format(recording)} > /dev/full")
    assert done.returncode == 2
    assert done.stderr.endswith("error: cannot write the output: No space left on device\n")


@needs_full
def test_full_disk_behind_standard_error_changes_nothing_but_the_exit_code(recording):
    assert shell(f"{FREEFALL} stats {recording} 2> /dev/full").returncode == 0
    assert shell(f"{FREEFALL} stats none.mcap 2> /dev/full").returncode == 6


def test_closed_standard_streams_are_no_fault(recording, vibration):
    for closing in (">&-", "2>&-", ">&- 2>&-"):
        assert shell(f"{FREEFALL} stats {recording} {closing}").returncode == 0
        assert shell(f"{FREEFALL} decode {recording} {closing}").returncode == 0
    done = shell(f"{FREEFALL} decode - -d {vibration} <&-")
    assert done.returncode == 6
    assert done.stderr == "error: standard input is closed\n"


def test_reader_that_leaves_is_no_error(recording):
    done = shell(f"({FREEFALL} decode {recording}; echo exit code $? >&2) | head -n 1")
    assert "exit code 0" in done.stderr and len(done.stdout.splitlines()) == 1
    assert "error" not in done.stderr


def test_encoding_without_a_character_costs_the_character_only(recording, vibration, tmp_path):
    text = (vibration / "payload.toml").read_text()
    (tmp_path / "payload.toml").write_text(text + '\n[stream.temperature.calibration.temperature]\nscale = 1.0\nunit = "°C"\n')
    for line in (
        f"stats {recording} -d {tmp_path}",
        f"decode {recording} -d {tmp_path}",
        "--help",
        "sim --help",
        f"check {tmp_path}",
    ):
        assert shell(f"{FREEFALL} {line}", PYTHONIOENCODING="ascii").returncode == 0
    assert "?C" in shell(f"{FREEFALL} decode {recording} -d {tmp_path}", PYTHONIOENCODING="ascii").stdout


def test_ctrl_c_while_the_program_loads_is_quiet():
    script = """
        import sys
        class Interrupting:
            def find_spec(self, name, *_):
                if name == "numpy":
                    raise KeyboardInterrupt
        sys.meta_path.insert(0, Interrupting())
        from freefall.cli import main
        main()
    """
    done = shell(shlex.join([sys.executable, "-c", textwrap.dedent(script)]))
    assert (done.returncode, done.stderr) == (130, "")


@needs_full
def test_output_that_cannot_be_written_is_exit_code_2(freefall, recording, vibration, tmp_path):
    (tmp_path / "file").write_text("")
    for arguments in (
        ["sim", vibration, "--duration", "0.1", "--force", "-o", "/dev/full"],
        ["sim", vibration, "--duration", "0.1", "-o", tmp_path / "file" / "run.mcap"],
        ["export", recording, "--to", "csv", "-o", tmp_path / "file" / "folder"],
        ["sim", vibration, "--duration", "0.1", "-o", tmp_path / ("x" * 300)],
    ):
        done = freefall(*arguments)
        assert done.code == 2, done.err
        assert "cannot" in done.err


@pytest.mark.parametrize("verbose", [["-vv"], ["-v", "-v"]])
def test_traceback_is_shown_when_asked_for(monkeypatch, capsys, verbose):
    from freefall.cli.app import run

    assert run([*verbose, "stats", "none.mcap"]) == 6
    shown = capsys.readouterr().err
    assert "Traceback" in shown and shown.endswith("error: there is no file none.mcap\n")


def test_fault_of_the_program_is_one_sentence(freefall, recording, monkeypatch):
    monkeypatch.setattr("freefall.cli.stats.print_report", lambda *_, **__: 1 / 0)
    done = freefall("stats", recording)
    assert done.code == 70
    assert done.err == "error: this is a fault of freefall (ZeroDivisionError: division by zero); freefall -vv ... shows where\n"


def test_wrong_usage_is_said_in_the_same_style_with_the_next_step(freefall):
    done = freefall("sim")
    assert done.err == "error: Missing argument 'DEF'.\n  try: freefall sim --help\n"
    assert freefall().out == freefall("--help").out
