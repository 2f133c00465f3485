"""Ports: every octet kept, whatever the definition, the port or the user does."""

import json
import signal
import socket
import subprocess
import time

import pytest

from freefall.errors import DeviceError
from freefall.port.serial import SerialPort
from freefall.recording import open_recording
from integration.processes import PATIENCE_S, interrupted, wait_for


def octets_of(path):
    recorded = open_recording(path)
    octets = b"".join(octets for _, octets in recorded.chunks())
    assert recorded.complete
    return octets


def test_record_keeps_every_octet_of_a_port_that_goes_away_and_says_so(freefall, serve, raw_octets, vibration, tmp_path):
    file = tmp_path / "recorded.mcap"
    done = freefall("record", "-p", serve(raw_octets), "-o", file, "-d", vibration, "--once")
    assert done.code == 4
    assert "went away: the other end has closed" in done.err and "0 lost" in done.err
    assert octets_of(file) == raw_octets
    assert freefall("stats", file, "--fail-on", "lost>0,missing>0,rejected>0,unclosed>0").code == 0


@pytest.mark.parametrize("attempt", range(5))
def test_what_a_board_sends_before_the_port_is_open_is_not_thrown_away(serve, attempt):
    octets = bytes(range(256)) * 40
    got = b""
    with SerialPort(serve(octets)) as port, pytest.raises(DeviceError, match="went away"):
        for _, piece in port.chunks():
            got += piece
    assert got == octets


def test_record_with_a_foreign_definition_says_so_once_and_records_on(
    freefall, serve, raw_octets, vibration, foreign, ids, tmp_path
):
    file = tmp_path / "recorded.mcap"
    done = freefall("record", "-p", serve(raw_octets, hold=True), "-o", file, "-d", foreign, "--duration", "1")
    assert done.code == 3
    assert done.err.count(ids[0]) == done.err.count(ids[1]) == 1
    assert "Recording goes on without decoding" in done.err
    assert octets_of(file) == raw_octets
    assert freefall("stats", file).code == 3
    assert freefall("stats", file, "-d", vibration, "--fail-on", "missing>0,rejected>0,unclosed>0").code == 0


def test_record_ends_after_its_duration(freefall, serve, raw_octets, tmp_path):
    file = tmp_path / "recorded.mcap"
    done = freefall("record", "-p", serve(raw_octets, hold=True), "-o", file, "--duration", "0.5")
    assert done.code == 0
    assert "carries no definition" in done.err
    assert octets_of(file) == raw_octets


def test_record_of_a_silent_port_leaves_no_file_and_says_so(freefall, serve, tmp_path):
    for hold, code in ((True, 5), (False, 4)):
        file = tmp_path / "nothing.mcap"
        done = freefall("record", "-p", serve(b"", hold=hold), "-o", file, "--duration", "0.3")
        assert done.code == code
        assert "no recording is left" in done.err
        assert not file.exists()


def test_decode_of_a_port_that_goes_away_sums_up_and_then_says_so(freefall, serve, raw_octets, vibration):
    done = freefall("decode", serve(raw_octets), "-d", vibration, "--json")
    assert done.code == 4
    summary, error = done.err.splitlines()
    assert "0 lost" in summary and error.startswith("error: ") and "went away" in error
    assert [json.loads(line)["type"] for line in done.out.splitlines()].count("board") == 4


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (["-p", "/dev/no-such-port"], 4, "No such file or directory"),
        (["-p", "socket://127.0.0.1:1"], 4, "Connection refused"),
        (["-p", "gopher://127.0.0.1:1"], 2, "gopher"),
        (["-p", "socket://127.0.0.1"], 2, "cannot open socket://127.0.0.1: it names no port; socket://HOST:PORT does."),
        (["-p", __file__], 2, f"it is a file, not a port; replay:{__file__} plays a recording as one."),
        (["-p", "/dev/null"], 4, "/dev/null: Inappropriate ioctl for device. Is the board there?"),
        (["-p", "sim://x?sed=1"], 2, 'did you mean "seed"?\n'),
        (["-p", "socket://127.0.0.1:99999"], 2, "65535"),
        (["-p", "/dev/ttyS0", "--baud", "0"], 2, "--baud"),
    ],
)
def test_port_that_cannot_be_opened_says_why_once(freefall, tmp_path, arguments, code, named):
    done = freefall("record", *arguments, "-o", tmp_path / "x.mcap")
    assert done.code == code
    assert done.err.count(named) == 1 or code == 2
    assert "[Errno" not in done.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("verb", [["decode"], ["stats"], ["monitor", "--plain"]])
def test_a_recording_is_a_port_for_every_verb_that_reads_one(freefall, recording, verb):
    done = freefall(*verb, f"replay:{recording}?speed=max")
    assert done.code == 0
    assert "0 lost" in done.out + done.err


def test_a_recording_played_into_another_is_the_same_octets_with_its_definition(freefall, recording, raw_octets, tmp_path):
    file = tmp_path / "again.mcap"
    done = freefall("record", "-p", f"replay:{recording}?speed=5x&loop=2", "-o", file)
    assert done.code == 0 and "2 boots" in done.err
    assert octets_of(file) == 2 * raw_octets
    assert freefall("stats", file, "--fail-on", "lost>0,missing>0,rejected>0,unclosed>0").code == 0


def test_a_bad_line_is_an_option_of_the_url(freefall, recording):
    done = freefall("stats", f"replay:{recording}?speed=max&cut=5%&seed=2", "--json")
    metrics = json.loads(done.out)["metrics"]
    assert metrics["rejected"] > 0 and metrics["missing"] + metrics["lost"] > 0


def test_a_simulated_board_is_a_port_for_every_verb_that_reads_one(freefall, vibration, tmp_path):
    file = tmp_path / "run.mcap"
    begin = time.monotonic()
    done = freefall("record", "-p", f"sim://{vibration}?seed=4", "-o", file, "--duration", "1.5")
    assert done.code == 0 and "0 lost" in done.err
    assert time.monotonic() - begin > 1.5
    # It goes by the clock of the wall, whose seconds a busy machine may need itself.
    assert 500 < json.loads(freefall("stats", file, "--json").out)["metrics"]["samples"] < 1600
    done = freefall("stats", f"sim://{vibration}?seed=4&duration=2&speed=max", "--fail-on", "lost>0,missing>0,unclosed>0")
    assert done.code == 0


@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        ("replay:", 2, "names no recording"),
        ("replay:/no/such.mcap", 6, "/no/such.mcap"),
        ("replay:x.mcap?sped=1", 2, 'did you mean "speed"'),
        ("sim://", 2, "names no payload definition"),
        ("sim:///no/such", 3, "/no/such"),
        ("sim://x?speed=0", 2, "not 0"),
    ],
)
@pytest.mark.parametrize("verb", [["decode"], ["record", "-o", "never.mcap", "-p"]])
def test_urls_of_our_own_that_name_nothing_say_so(freefall, verb, url, code, said):
    done = freefall(*verb, url)
    assert done.code == code and done.err.count(said) == 1


def test_octet_read_before_the_port_broke_is_kept(serve):
    class Breaking:
        in_waiting = 3

        def __init__(self):
            self.reads = iter([b"a", OSError("unplugged"), OSError("unplugged")])

        def read(self, _count):
            read = next(self.reads)
            if isinstance(read, Exception):
                raise read
            return read

    with SerialPort(serve(b"", hold=True)) as port:
        port._port.close()
        port._port, port._descriptor = Breaking(), None
        pieces = []
        with pytest.raises(DeviceError, match="unplugged"):
            for _, piece in port.chunks():
                pieces.append(piece)
        assert pieces == [b"a"]
        port._port.close = lambda: None


@pytest.mark.parametrize(("octets", "code"), [(True, 0), (False, 130)])
def test_ctrl_c_ends_a_recording_well_and_130_only_if_nothing_came(start, serve, raw_octets, tmp_path, octets, code):
    file = tmp_path / "recorded.mcap"
    url = serve(raw_octets if octets else b"", hold=True)
    process = start("record", "-p", url, "-o", file)
    wait_for(file.exists)
    time.sleep(0.5)
    assert interrupted(process)[0] == code
    assert octets_of(file) == raw_octets if octets else not file.exists()


@pytest.mark.parametrize("verb", ["decode", "stats", "export"])
def test_ctrl_c_before_the_first_octet_is_130_for_readers_of_a_port(start, vibration, tmp_path, verb):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"socket://127.0.0.1:{server.getsockname()[1]}"
        to = ["--to", "csv", "-o", tmp_path / "out"] if verb == "export" else []
        process = start(verb, url, "-d", vibration, *to)
        server.settimeout(PATIENCE_S)
        connection, _ = server.accept()
        with connection:
            time.sleep(0.5)
            assert interrupted(process) == (130, "", f"error: nothing came from {url}\n")
    assert not (tmp_path / "out").exists()


def test_ctrl_c_before_the_first_octet_of_standard_input_is_130(start, vibration, tmp_path):
    process = start("export", "-", "-d", vibration, "--to", "csv", "-o", tmp_path / "out", stdin=subprocess.PIPE)
    wait_for((tmp_path / "out").exists)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    process.wait(30)
    _, err = process.communicate()
    assert (process.returncode, err) == (130, "error: nothing came from standard input\n")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("verb", ["decode", "stats", "export"])
def test_baud_of_a_serial_port_is_passed_on(freefall, vibration, tmp_path, monkeypatch, verb):
    asked = []

    def refuse(url, baud):
        asked.append((url, baud))
        raise DeviceError("no board today")

    monkeypatch.setattr("freefall.cli.sources._open_port", refuse)
    to = ["--to", "csv", "-o", tmp_path / "out"] if verb == "export" else []
    assert freefall(verb, "/dev/ttyUSB0", "-d", vibration, "--baud", "921600", *to).code == 4
    assert asked == [("/dev/ttyUSB0", 921600)]


def test_ctrl_c_ends_a_simulation_with_its_summary_and_keeps_the_recording(freefall, start, vibration, tmp_path):
    file = tmp_path / "run.mcap"
    process = start("sim", vibration, "--duration", "1000000", "-o", file)
    wait_for(lambda: file.exists() and file.stat().st_size > 200_000)
    code, out, _ = interrupted(process)
    assert code == 0
    assert "interrupted" in out and f"Recorded in {file}" in out
    assert open_recording(file).complete
    assert freefall("stats", file, "--fail-on", "lost>0,missing>0,rejected>0").code == 0
