"""freefall config: settings looked at, refused by the board, changed on it, and seen in what it then sends."""

import json
import os
import pty
import re
import threading
import time
import tomllib
import tty

import pytest

from freefall.board.live_server import LiveServer
from freefall.board.virtual import VirtualBoard
from freefall.decode import BoardReport, Decoder, SamplePacket
from freefall.definition import load_definition
from freefall.port.serial import SerialPort
from freefall.recording import Recorder
from integration.processes import PATIENCE_S

ADJUSTABLE = "\n[stream.temperature.adjustable]\nrate_hz = [0.1, 10]\non = true\n"
_PIECE_NS = 10_000_000
ASSIGNED = "temperature.rate_hz = 1, temperature.on = on"


@pytest.fixture
def adjustable(vibration, tmp_path, monkeypatch):
    """The folder of vibration's definition, its temperature adjustable."""
    monkeypatch.delenv("FREEFALL_DEF", raising=False)
    folder = tmp_path / "adjustable"
    folder.mkdir()
    (folder / "payload.toml").write_text((vibration / "payload.toml").read_text() + ADJUSTABLE)
    return folder


@pytest.fixture
def sim(adjustable):
    return f"sim://{adjustable}?speed=max"


@pytest.fixture
def board(adjustable):
    """The URL of a board that goes on from one command to the next, five times as fast as time."""
    simulated, ended = VirtualBoard(load_definition(adjustable)), threading.Event()

    def run(server):
        while not ended.wait(_PIECE_NS / 5e9):
            simulated.send(server.exchange(simulated.advance(_PIECE_NS)))

    with LiveServer("127.0.0.1", 0) as server:
        thread = threading.Thread(target=run, args=(server,), daemon=True)
        thread.start()
        yield server.url
        ended.set()
        thread.join(PATIENCE_S)


def lines(text):
    return [line.split() for line in text.splitlines()]


def test_get_shows_what_is_on_the_board_and_what_it_may_be(freefall, sim):
    done = freefall("config", "get", "-p", sim)
    assert done.code == 0, done.err
    assert lines(done.out) == [
        ["setting", "board", "definition", "takes"],
        ["temperature.rate_hz", "1", "1", "0.1", "to", "10", "samples/s"],
        ["temperature.on", "on", "on", "on", "or", "off"],
    ]
    only = freefall("config", "get", "temperature.on", "-p", sim, "--json")
    assert json.loads(only.out) == {"setting": "temperature.on", "value": True, "definition": True}


def test_the_board_refuses_what_is_out_of_range_and_keeps_all_as_it_was(freefall, board, adjustable):
    for asked in ("50", "0.05"):
        done = freefall("config", "set", "temperature.on=off", f"temperature.rate_hz={asked}", "-p", board, "-d", adjustable)
        assert (done.code, done.out) == (5, "")
        assert done.err == f"error: the board refuses temperature.rate_hz = {asked}: it takes 0.1 to 10 samples/s\n"
    done = freefall("config", "diff", "-p", board, "-d", adjustable)
    assert (done.code, done.out) == (0, f"The board's settings are those of the definition: {ASSIGNED}.\n")


def test_what_is_set_is_told_differs_is_written_and_is_undone(freefall, board, adjustable, tmp_path):
    on_it = ("-p", board, "-d", adjustable)
    done = freefall("config", "set", "temperature.rate_hz=10", "temperature.on=off", *on_it)
    assert done.code == 0, done.err
    assert lines(done.out)[:3] == [
        ["setting", "before", "now"],
        ["temperature.rate_hz", "1", "10"],
        ["temperature.on", "on", "off"],
    ]
    differs = freefall("config", "diff", *on_it)
    assert differs.code == 1
    assert lines(differs.out) == [
        ["setting", "board", "definition"],
        ["temperature.rate_hz", "10", "1"],
        ["temperature.on", "off", "on"],
    ]
    file = tmp_path / "settings.toml"
    assert freefall("config", "get", *on_it, "-o", file).code == 0
    assert tomllib.loads(file.read_text()) == {"temperature": {"rate_hz": 10, "on": False}}
    assert freefall("config", "get", *on_it, "--toml").out == file.read_text()
    assert freefall("config", "get", *on_it, "-o", file).code == 2
    assert freefall("config", "diff", file, *on_it).code == 0
    file.write_text("[temperature]\nrate_hz = 2\n")
    done = freefall("config", "apply", file, *on_it, "--json")
    assert json.loads(done.out) == {"setting": "temperature.rate_hz", "before": 10.0, "value": 2.0}
    done = freefall("config", "apply", "--defaults", *on_it)
    assert done.code == 0 and lines(done.out)[1:3] == [["temperature.rate_hz", "2", "1"], ["temperature.on", "off", "on"]]
    again = freefall("config", "apply", "--defaults", *on_it)
    assert (again.code, again.out) == (0, f"Nothing to do: the board runs with {ASSIGNED} already.\n")


def test_another_rate_is_the_rate_of_what_the_board_then_sends(freefall, board, adjustable):
    on_it = ("-p", board, "-d", adjustable)
    assert freefall("config", "set", "temperature.rate_hz=8", *on_it).code == 0
    assert period_us(board, adjustable) == 125_000
    assert freefall("config", "set", "temperature.on=off", *on_it).code == 0
    assert period_us(board, adjustable) is None
    assert freefall("config", "set", "temperature.on=on", *on_it).code == 0
    assert period_us(board, adjustable) == 125_000, "its rate was kept while it was off"


def period_us(url, folder):
    """From sample to sample of temperature in what comes until the second packet; None if four board reports have no packet."""
    decoder, reports, packets = Decoder(load_definition(folder)), 0, []
    with SerialPort(url) as port:
        for _, octets in port.chunks():
            for item in decoder.feed(octets):
                reports += isinstance(item, BoardReport)
                if isinstance(item, SamplePacket) and item.stream.name == "temperature":
                    packets.append(item)
            if reports == 4 and not packets:
                return None
            if len(packets) == 2:
                first, last = packets
                return (last.time_ns - first.time_ns) / (last.index - first.index) / 1000


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["get", "temperature.rate"], "payload vibration has no setting temperature.rate; did you mean temperature.rate_hz?\n"),
        (["set", "temprature.on=off"], "did you mean temperature.on?\n"),
        (["set", "temperature.on"], '"temperature.on" is no NAME=VALUE, for example temperature.rate_hz=1.\n'),
        (["set", "temperature.rate_hz=fast"], "is a number of samples per second, 0.1 to 10 samples/s, not fast.\n"),
        (["set"], "Missing argument 'NAME=VALUE...'.\n"),
        (["apply"], "say what to set: a file of settings, or --defaults.\n"),
        (["apply", "x.toml", "--defaults"], "say what to set: a file of settings, or --defaults.\n"),
    ],
    ids=" ".join,
)
def test_wrong_usage_says_what_is_right(freefall, sim, arguments, sentence):
    done = freefall("config", *arguments, "-p", sim)
    assert (done.code, done.out) == (2, "") and sentence in done.err


def test_a_payload_without_settings_says_what_to_write_into_its_definition(freefall, vibration):
    unopened = freefall("config", "get", "-p", "/dev/no-such-port", "-d", vibration)
    assert unopened.code == 2 and "lets nothing be changed in flight" in unopened.err
    for arguments in (["get"], ["set", "temperature.on=off"], ["diff"], ["apply", "--defaults"]):
        done = freefall("config", *arguments, "-p", f"sim://{vibration}")
        assert done.code == 2 and "[stream.NAME.adjustable] with rate_hz = [LEAST, MOST] or on = true" in done.err


def test_files_and_ports_that_are_none_have_the_exit_codes_of_such(freefall, sim, adjustable, tmp_path):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[temperature]\nrate = 1")
    assert freefall("config", "diff", wrong, "-p", sim).code == freefall("config", "apply", tmp_path / "no", "-p", sim).code == 6
    absent = freefall("config", "get", "-p", "/dev/no-such-port", "-d", adjustable)
    assert absent.code == 4 and "No such file or directory" in absent.err
    recording = tmp_path / "one.mcap"
    Recorder(recording, load_definition(adjustable), "a test", start_ns=0).close()
    recorded = freefall("config", "get", "-p", f"replay:{recording}")
    assert recorded.code == 4 and "has come to its end before an answer came\n" in recorded.err
    with Recorder(recording, load_definition(adjustable), "a test", start_ns=0, overwrite=True) as recorder:
        recorder.write(b"\0", 1)
    recorded = freefall("config", "get", "-p", f"replay:{recording}")
    assert (
        recorded.code == 4 and "is a recording, which takes no telecommands; give the port of a board with -p\n" in recorded.err
    )
    undefined = freefall("config", "get", "-p", "loop://")
    assert undefined.code == 2 and "name the one the board runs with -d DEF" in undefined.err


def test_a_board_of_another_definition_is_told_so_and_nothing_else(freefall, board, adjustable, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text((adjustable / "payload.toml").read_text().replace("[0.1, 10]", "[0.1, 20]"))
    done = freefall("config", "set", "temperature.rate_hz=20", "-p", board, "-d", other)
    assert done.code == 3 and "the data was made with definition" in done.err
    other.write_text((adjustable / "payload.toml").read_text().replace("apid = 64", "apid = 300"))
    done = freefall("config", "set", "temperature.rate_hz=5", "-p", board, "-d", other, "--wait", "1")
    assert done.code == 3 and re.search("nothing is of payload vibration: all .* frames have other APIDs", done.err)
    assert freefall("config", "diff", "-p", board, "-d", adjustable).code == 0


def test_a_wire_that_goes_away_is_told(freefall, adjustable):
    master, slave = pty.openpty()
    name = os.ttyname(slave)
    threading.Timer(0.2, lambda: (os.close(slave), os.close(master))).start()
    done = freefall("config", "get", "-p", name, "-d", adjustable, "--wait", "0.5")
    assert done.code == 4 and f"cannot open {name}: " in done.err and "; it did not come back within 0.5 s\n" in done.err


def test_a_silent_wire_is_told_with_the_likely_causes(freefall, adjustable):
    master, slave = pty.openpty()
    tty.setraw(slave)
    begin = time.monotonic()
    try:
        done = freefall("config", "get", "-p", os.ttyname(slave), "-d", adjustable, "--wait", "0.3")
        assert done.code == 5 and "within 0.3 s: no payload runs there, it has no power, or the wires are off" in done.err
        assert time.monotonic() - begin < PATIENCE_S
        assert os.read(master, 100).startswith(b"\0\5\5")
    finally:
        os.close(master)
        os.close(slave)


def test_config_alone_shows_what_it_can(freefall):
    done = freefall("config")
    assert done.code == 0 and all(verb in done.out for verb in ("get", "set", "diff", "apply"))
