"""freefall doctor: verdicts with remedies, on a line each, and the exit code."""

import json

import pytest

from freefall.cli import doctor as verb
from freefall.device.doctor import NOTE, OK, PROBLEM, Finding

GOOD = Finding("python", OK, "Python 3.11.7 on Linux, freefall 0.1.0")
SO_SO = Finding("extra board", NOTE, "not installed: mpremote", 'pip install "freefall[board]"')
BAD = Finding("ports", PROBLEM, "this user may not use /dev/ttyACM0", "a line:\n" + "x " * 60 + "end")


@pytest.fixture
def findings(monkeypatch):
    """findings(*those): what is found."""
    return lambda *those: monkeypatch.setattr(verb, "examine", lambda system: iter(those))


def test_problem_is_exit_code_1_and_its_remedy_is_whole_lines(freefall, findings):
    findings(GOOD, SO_SO, BAD)
    done = freefall("doctor")
    assert done.code == 1
    assert done.out.splitlines() == [
        "ok      python: Python 3.11.7 on Linux, freefall 0.1.0",
        "note    extra board: not installed: mpremote",
        '        -> pip install "freefall[board]"',
        "problem ports: this user may not use /dev/ttyACM0",
        "        -> a line:",
        f"        -> {'x ' * 60}end",
        "1 problem, 1 note.",
    ]


def test_notes_are_no_failure(freefall, findings):
    findings(GOOD, SO_SO)
    assert freefall("doctor").code == 0


def test_json_has_a_line_for_each_check(freefall, findings):
    findings(SO_SO, BAD)
    done = freefall("doctor", "--json")
    assert done.code == 1
    assert [json.loads(line) for line in done.out.splitlines()] == [
        {"schema": "freefall/1", "type": "check", "name": finding.name, "verdict": finding.verdict, "text": finding.text,
         "remedy": finding.remedy}
        for finding in (SO_SO, BAD)
    ]  # fmt: skip


def test_this_computer_gets_an_answer(freefall):
    done = freefall("doctor")
    assert done.code in (0, 1) and done.err == ""
    assert done.out.startswith("ok      python: ")
