"""freefall record through what happens on a bench: kills, unplugged boards, full files, a port that is taken."""

import itertools
import os
import pty
import random
import re
import select
import signal
import socket
import threading
import time
import tty
from functools import partial

import pytest

from freefall.decode import Summary
from freefall.definition import load_definition
from freefall.errors import InputUnreadable
from freefall.recording import open_recording, open_run, part_paths
from integration.processes import PATIENCE_S, ended, wait_for


class Line:
    """A serial line whose board end the test has; `path` stays while boards are unplugged and plugged in."""

    def __init__(self, folder):
        self.path = folder / "ttyACM0"
        self._ends = []
        self.plug()

    def plug(self):
        """A new board appears under the same path."""
        board, host = pty.openpty()
        tty.setraw(host)
        link = self.path.with_suffix(".new")
        link.symlink_to(os.ttyname(host))
        link.replace(self.path)
        self._ends = [board, host]

    def unplug(self, vanish=True):
        """The board is gone, and the path with it."""
        if vanish:
            self.path.unlink(missing_ok=True)
        for end in self._ends:
            os.close(end)
        self._ends = []

    def send(self, octets):
        """All of them into the line, however slowly they are read."""
        at = 0
        while at < len(octets):
            assert select.select([], [self._ends[0]], [], PATIENCE_S)[1], "nobody reads the line"
            at += os.write(self._ends[0], octets[at : at + 1024])


@pytest.fixture
def line(tmp_path):
    made = Line(tmp_path)
    yield made
    made.unplug()


def begun(path):
    """Whether a recording is there, its header written."""
    try:
        return bool(open_recording(path).metadata)
    except InputUnreadable:
        return False


def octets_of(path, complete=True):
    recording = open_recording(path)
    octets = b"".join(octets for _, octets in recording.chunks())
    assert recording.complete == complete
    return octets


def test_killed_recording_has_all_but_the_last_second(start, tmp_path):
    """Three at once, each killed at a time of its own, every octet with the time it was sent."""
    rng = random.Random(3)
    benches = []
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        line, file = Line(folder), folder / "run.mcap"
        benches.append((line, file, start("record", "-p", line.path, "-o", file)))
    for _, file, process in benches:
        wait_for(partial(begun, file), process)
    begin = time.monotonic()
    ends = [begin + rng.uniform(1.5, 4) for _ in benches]
    killed, sent, latest = {}, [], 0.0  # latest: how late this loop, and so everything else on this machine, ran
    for count in itertools.count():
        due = begin + count * 0.01
        time.sleep(max(0.0, due - time.monotonic()))
        latest = max(latest, time.monotonic() - due)
        for number, (line, _, process) in enumerate(benches):
            if number not in killed and time.monotonic() >= ends[number]:
                process.kill()
                killed[number] = time.monotonic()
            elif number not in killed:
                line.send(count.to_bytes(4, "big"))
        if len(killed) == len(benches):
            break
        sent.append(time.monotonic())
    for number, (line, file, process) in enumerate(benches):
        assert process.wait(PATIENCE_S) == -signal.SIGKILL
        octets = octets_of(file, complete=False)
        whole = len(octets) // 4
        assert octets == b"".join(count.to_bytes(4, "big") for count in range(whole + 1))[: len(octets)]
        missing_since = sent[whole] if whole < len(sent) else killed[number]
        assert killed[number] - missing_since <= 1.0 + latest
        assert whole > 40
        line.unplug()


def test_board_that_is_unplugged_is_waited_for_and_the_gap_recorded(start, freefall, line, raw_octets, vibration, tmp_path):
    file, middle = tmp_path / "run.mcap", len(raw_octets) // 2 + 7  # within a frame
    process = start("record", "-p", line.path, "-o", file, "-d", vibration, "--note", "shaker")
    wait_for(lambda: begun(file), process)
    line.send(raw_octets[:middle])
    wait_for(lambda: len(octets_of(file, complete=False)) == middle, process)
    line.unplug()
    wait_for(lambda: b"link.lost" in file.read_bytes(), process)
    time.sleep(0.5)
    line.plug()
    wait_for(lambda: b"link.back" in file.read_bytes(), process)
    line.send(raw_octets[middle:])
    wait_for(lambda: len(octets_of(file, complete=False)) == len(raw_octets), process)
    process.send_signal(signal.SIGINT)
    code, _, err = ended(process)
    assert code == 0
    assert err.count("went away") == err.count("Waiting for it") == 1
    (seconds,) = re.findall(r"back after (\d+\.\d) s; recording goes on", err)
    assert "0 lost" in err and "1 gap while the port was away" in err
    assert octets_of(file) == raw_octets
    (gap,) = open_recording_read(file).gaps
    assert 0.4 < gap.seconds < PATIENCE_S and abs(gap.seconds - float(seconds)) < 0.06
    assert str(line.path) in gap.reason
    done = freefall("info", file)
    assert f"back after {gap.seconds:.3f} s" in done.out and "shaker" in done.out
    assert freefall("stats", file, "--fail-on", "lost>0,missing>0,rejected>0,unclosed>0").code == 0


def open_recording_read(path):
    recording = open_recording(path)
    list(recording.chunks())
    return recording


def test_connection_that_is_refused_for_a_while_is_made_again(start, raw_octets, tmp_path):
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(PATIENCE_S)
    address, file = server.getsockname(), tmp_path / "run.mcap"
    process = start("record", "-p", f"socket://127.0.0.1:{address[1]}", "-o", file)
    for octets in (raw_octets[:999], raw_octets[999:]):
        connection, _ = server.accept()
        server.close()
        connection.sendall(octets)
        connection.close()
        wait_for(lambda: begun(file) and b"link.lost" in file.read_bytes(), process)
        time.sleep(0.3)
        server = socket.create_server(address)
        server.settimeout(PATIENCE_S)
    connection, _ = server.accept()
    process.send_signal(signal.SIGINT)
    code, _, err = ended(process)
    connection.close()
    server.close()
    assert code == 0
    assert octets_of(file) == raw_octets
    assert [gap.back_ns is not None for gap in open_recording_read(file).gaps][:1] == [True]
    assert err.count("is back after") <= err.count("Waiting for it") == 2


@pytest.mark.parametrize("sent", [b"some octets", b""])
def test_ctrl_c_while_the_board_is_away_ends_well(start, line, tmp_path, sent):
    file = tmp_path / "run.mcap"
    process = start("record", "-p", line.path, "-o", file)
    wait_for(lambda: begun(file), process)
    line.send(sent)
    wait_for(lambda: octets_of(file, complete=False) == sent, process)
    line.unplug()
    wait_for(lambda: b"link.lost" in file.read_bytes(), process)
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    code, _, err = ended(process)
    assert time.monotonic() - begin < 10
    if not sent:
        assert code == 130 and "no recording is left" in err and not file.exists()
        return
    assert code == 0 and octets_of(file) == sent
    (gap,) = open_recording_read(file).gaps
    assert gap.back_ns is None


def leaving_board(line, file):
    """A thread, under way, whose board sends some octets once they are recorded, and is then unplugged."""

    def play():
        wait_for(lambda: begun(file))
        line.send(b"some octets")
        time.sleep(0.3)
        line.unplug()

    board = threading.Thread(target=play)
    board.start()
    return board


def test_duration_ends_a_recording_whose_board_is_away_and_says_so(freefall, line, tmp_path):
    file = tmp_path / "run.mcap"
    board = leaving_board(line, file)
    begin = time.monotonic()
    done = freefall("record", "-p", line.path, "-o", file, "--duration", "1.5")
    took = time.monotonic() - begin
    board.join()
    assert done.code == 4 and "still away" in done.err and "Recorded in" in done.err
    assert 1.5 <= took < 6
    assert octets_of(file) == b"some octets"


def test_once_ends_with_the_port(freefall, line, tmp_path):
    file = tmp_path / "run.mcap"
    board = leaving_board(line, file)
    done = freefall("record", "-p", line.path, "-o", file, "--once", "--duration", "60")
    board.join()
    assert done.code == 4 and "went away" in done.err and "Waiting" not in done.err
    assert octets_of(file) == b"some octets"


def test_port_that_is_taken_names_who_has_it(start, freefall, line, tmp_path):
    first = tmp_path / "first.mcap"
    process = start("record", "-p", line.path, "-o", first)
    wait_for(lambda: begun(first), process)
    done = freefall("record", "-p", line.path, "-o", tmp_path / "second.mcap")
    assert done.code == 4
    assert re.search(rf"^error: cannot open {line.path}: it is held by pid {process.pid} \(\S+ -m freefall record -p ", done.err)
    assert not (tmp_path / "second.mcap").exists()


def fed(line, file, octets, pause_s=0.0):
    """A thread that sends them in twenty pieces as soon as the recording is begun, and then unplugs the board."""

    def play():
        wait_for(lambda: begun(file))
        for at in range(0, len(octets), len(octets) // 20):
            line.send(octets[at : at + len(octets) // 20])
            time.sleep(pause_s)
        time.sleep(0.3)
        line.unplug()

    board = threading.Thread(target=play)
    board.start()
    return board


def test_rotation_by_size_makes_files_below_it_that_join_to_the_whole(freefall, line, tmp_path):
    octets, file = random.Random(4).randbytes(350_000), tmp_path / "run.mcap"
    board = fed(line, file, octets)
    done = freefall("record", "-p", line.path, "-o", file, "--once", "--duration", "60", "--rotate", "100kB", "--rotate", "1h")
    board.join()
    paths = part_paths(file)
    assert [path.name for path in paths][:2] == ["run.mcap", "run.part00002.mcap"] and len(paths) >= 4
    assert max(path.stat().st_size for path in paths) <= 100_000
    assert b"".join(map(octets_of, paths)) == octets
    assert f"Recorded in {len(paths)} files, {file} to {paths[-1].name}" in done.err
    line.plug()
    refused = freefall("record", "-p", line.path, "-o", file, "--duration", "1")
    assert refused.code == 2 and "run.mcap exists already" in refused.err
    file.unlink()
    refused = freefall("record", "-p", line.path, "-o", file, "--duration", "1")
    assert refused.code == 2 and "run.part00002.mcap exists already" in refused.err


def test_rotation_by_time_gives_files_that_close_the_ledger_together(freefall, line, raw_octets, vibration, tmp_path):
    file = tmp_path / "run.mcap"
    board = fed(line, file, raw_octets, pause_s=0.12)
    freefall("record", "-p", line.path, "-o", file, "-d", vibration, "--once", "--duration", "60", "--rotate", "1s")
    board.join()
    paths = part_paths(file)
    assert len(paths) in (3, 4) and b"".join(map(octets_of, paths)) == raw_octets
    for path in paths:
        assert freefall("stats", path).code == 0, "each carries its definition"
    summary = Summary(load_definition(vibration))
    for host_ns, octets in open_run(file).chunks():
        summary.feed(octets, host_ns)
    assert summary.decoder.ledger.closed and not summary.decoder.ledger.lost and not summary.decoder.counters.rejected


@pytest.mark.parametrize("with_definition", [True, False])
def test_name_of_a_recording_is_its_time_and_payload_or_port(freefall, line, vibration, tmp_path, monkeypatch, with_definition):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def play():
        wait_for(lambda: any(map(begun, folder.iterdir())))
        line.send(b"some octets")

    board = threading.Thread(target=play)
    board.start()
    definition = ["-d", vibration] if with_definition else []
    done = freefall("record", "-p", line.path, "--duration", "1.5", *definition)
    board.join()
    (file,) = folder.iterdir()
    what = "vibration" if with_definition else re.escape(re.sub(r"[^\w.]+", "-", str(line.path)).strip("-"))
    assert re.fullmatch(rf"\d{{4}}-\d\d-\d\dT\d{{6}}Z_{what}\.mcap", file.name)
    assert done.code == 0 and f"Recorded in {file.name}" in done.err
    assert octets_of(file) == b"some octets"


@pytest.mark.parametrize("rotate", ["", "10kB", "1h,2h", "fast"])
def test_rotation_that_makes_no_sense_is_wrong_usage(freefall, line, tmp_path, rotate):
    done = freefall("record", "-p", line.path, "-o", tmp_path / "run.mcap", "--rotate", rotate)
    assert done.code == 2 and "--rotate" in done.err
