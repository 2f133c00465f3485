"""freefall monitor, called as a user calls it: lines, JSON, a page, a terminal."""

import json
import os
import pty
import select
import subprocess
import sys
import time
import urllib.request
from functools import partial

import pytest

from freefall.monitor import uplot
from integration.processes import PATIENCE_S, interrupted


@pytest.fixture
def monitor(start):
    """monitor(arguments): freefall monitor as a process of its own."""
    return partial(start, "monitor")


def test_recording_is_told_as_a_block_where_nobody_watches_and_ends(freefall, recording):
    done = freefall("monitor", recording)
    assert done.code == 0
    time_line, board, vibration, temperature, ledger, event = done.out.splitlines()
    assert board.startswith(f"vibration ({recording}): ended, OK, 3.")
    assert vibration.startswith("  vibration") and "of 1000 Hz" in vibration and "0 missing" in vibration
    assert ledger == "  ledger closes; 0 rejected, 0 duplicates" and "boot count 1, firmware" in event
    assert "\x1b" not in done.out
    assert done.err.count("0 lost") == 1 and len(done.err.splitlines()) == 1


def test_json_tells_each_board_in_an_object_with_what_stats_counts(freefall, recording, raw_octets, vibration, tmp_path):
    raw = tmp_path / "raw.bin"
    raw.write_bytes(raw_octets)
    done = freefall("monitor", recording, raw, "-d", vibration, "--json")
    boards = [json.loads(line) for line in done.out.splitlines()]
    assert [board["source"] for board in boards[-2:]] == [str(recording), str(raw)]
    metrics = json.loads(freefall("stats", recording, "--json").out)["metrics"]
    for board in boards[-2:]:
        assert (board["schema"], board["type"], board["state"]) == ("freefall/1", "board", "ended")
        assert board["metrics"] == metrics
    assert done.err.count("0 lost") == 2


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (["no-such-file"], 6, "there is no file no-such-file"),
        ([], 2, "SRC"),
        (["x", "--web", "elsewhere"], 2, "--web=:8000"),
        (["x", "--web", "127.0.0.1:99999"], 2, "[HOST]:PORT"),
        (["x", "-d", "a", "-d", "b"], 2, "2 definitions for 1 SRC"),
        (["socket://127.0.0.1:1"], 4, "Connection refused"),
        (["x", "--every", "0"], 2, "--every"),
    ],
)
def test_wrong_usage_is_one_sentence(freefall, arguments, code, named):
    done = freefall("monitor", *arguments)
    assert done.code == code and named in done.err and done.out == ""


def test_port_without_definition_is_refused_and_one_of_another_board_too(freefall, serve, raw_octets, foreign, ids):
    done = freefall("monitor", serve(raw_octets))
    assert done.code == 2 and "name the one the board runs with -d DEF" in done.err
    done = freefall("monitor", serve(raw_octets), "-d", foreign)
    assert done.code == 3 and all(number in done.err for number in ids)
    head, *rest = done.out.splitlines()[1:]
    assert "): refused: another definition, 0.0 s, " in head and "NO SAMPLES" not in head
    assert any("critical the data was made with definition" in line for line in rest)


def test_port_that_goes_away_is_waited_for(serve, monitor, raw_octets, vibration):
    half = len(raw_octets) // 2
    process = monitor(serve(raw_octets[:half], raw_octets[half:], hold=False), "-d", vibration, "--every", "0.2", "--json")
    boards, told = [], set()
    for line in process.stdout:
        boards.append(json.loads(line))
        told.update(event["text"] for event in boards[-1]["events"])
        if boards[-1]["octets"] == len(raw_octets) and boards[-1]["state"] == "gone":
            break
    assert "the port is back" in told and any("went away" in text for text in told)
    assert boards[-1]["metrics"]["missing"] == 0
    code, _, err = interrupted(process)
    assert code == 0 and "0 lost" in err


def test_port_that_goes_away_has_ended_with_once(freefall, serve, raw_octets, vibration):
    done = freefall("monitor", serve(raw_octets), "-d", vibration, "--once")
    assert done.code == 4 and "went away" in done.err and "port gone: " in done.out and "0 lost" in done.err


def test_standard_input_is_followed_and_an_interrupt_does_not_wait_for_it(monitor, raw_octets, vibration):
    process = monitor("-", "-d", vibration, "--json", "--every", "0.1", stdin=subprocess.PIPE)
    process.stdin.buffer.write(raw_octets)
    process.stdin.buffer.flush()
    for line in process.stdout:
        if json.loads(line)["octets"] == len(raw_octets):
            break
    code, _, err = interrupted(process)
    assert code == 0 and "0 lost" in err


def test_recording_that_is_piped_is_not_taken_for_octets(monitor, recording, vibration):
    with recording.open("rb") as piped:
        process = monitor("-", "-d", vibration, "--every", "0.1", stdin=piped)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 6 and "standard input is a recording, not a board's octets" in err


def test_interrupt_before_anything_came_is_130(serve, monitor, vibration):
    process = monitor(serve(b"", hold=True), "-d", vibration, "--every", "0.1")
    process.stdout.readline()
    code, _, err = interrupted(process)
    assert code == 130 and "0 samples" in err


def test_reader_that_leaves_ends_it_quietly(monitor, recording, vibration):
    process = monitor(f"sim://{vibration}", "--every", "0.05")
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(PATIENCE_S) == 0
    assert "Traceback" not in process.stderr.read()


def test_page_is_served_until_the_interrupt(need, monitor, recording, vibration):
    need(uplot.is_there(), "uPlot (python -m freefall.monitor.uplot)")
    process = monitor(f"sim://{vibration}", recording, "--web", ":0")
    url = process.stderr.readline().split()[1]
    assert url.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(url) as page:
        assert "Freefall monitor" in page.read().decode()
    code, out, err = interrupted(process)
    assert code == 0 and out == "" and err.count("0 lost") == 2


def test_terminal_shows_the_board_and_q_ends_it(monitor, recording):
    master, slave = pty.openpty()
    process = monitor(recording, stdout=slave, stderr=slave, stdin=slave)
    os.close(slave)
    seen = drain(master, lambda seen: b"Ledger" in seen)
    assert b"vibration" in seen and b"temperature" in seen
    os.write(master, b"q")
    seen = drain(master, lambda seen: b"0 lost" in seen)
    assert process.wait(PATIENCE_S) == 0
    assert b"Traceback" not in seen
    os.close(master)


def drain(descriptor, enough) -> bytes:
    seen, end = b"", time.monotonic() + PATIENCE_S
    while not enough(seen):
        assert time.monotonic() < end, seen
        if select.select([descriptor], [], [], 0.1)[0]:
            try:
                seen += os.read(descriptor, 65536)
            except OSError:  # nobody holds the other end any more
                assert enough(seen), seen
    return seen


@pytest.mark.parametrize("library", ["starlette.applications", "uvicorn", "websockets"])
def test_missing_extra_is_named(freefall, recording, library, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, "freefall.monitor.web", raising=False)
    done = freefall("monitor", recording, "--web", ":0")
    assert done.code == 2 and 'pip install "freefall[monitor]"' in done.err
