"""freefall replay, and replay: and sim: as ports, called as a user calls them; foreign programs at the other end."""

import json
import os
import re
import select
import signal
import socket
import termios
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import space_packet_parser

from freefall.decode import Decoder, SamplePacket, rows
from freefall.definition import load_definition
from freefall.interop import xtce
from freefall.recording import Recorder, open_recording
from freefall_wire.frame import FrameDecoder
from integration.processes import PATIENCE_S


@pytest.fixture
def replaying(start_python):
    """replaying(arguments): a replay that has said where it goes, and that URL."""

    def call(*arguments):
        process = start_python("-m", "freefall", "replay", *arguments)
        return process, process.stdout.readline().decode().strip()

    return call


def end_of(process):
    """Its exit code, standard output and standard error."""
    out, err = process.communicate(timeout=PATIENCE_S)
    assert b"Traceback" not in err
    return process.returncode, out, err.decode()


def connected(url):
    connection = socket.create_connection(tuple(url.removeprefix("socket://").rsplit(":", 1)))
    connection.settimeout(PATIENCE_S)
    return connection


@pytest.fixture(scope="module")
def packets(raw_octets):
    """The packets of the recording, in order."""
    return [bytes(stretch.packet) for stretch in FrameDecoder().feed(raw_octets)]


@pytest.mark.parametrize("options", [["--speed", "max"], ["--speed", "7x"], ["--speed", "max", "--loop", "3"]])
def test_a_pipe_gets_the_recorded_octets_at_any_speed(start_python, recording, raw_octets, options):
    code, out, err = end_of(start_python("-m", "freefall", "replay", recording, *options))
    assert code == 0
    assert out == raw_octets * (3 if "--loop" in options else 1)
    assert f"{len(out)} octets" in err


def test_a_replay_in_real_time_takes_as_long_as_the_recording_and_says_how_exact_it_was(start_python, recording):
    begin = time.monotonic()
    process = start_python("-m", "freefall", "replay", recording, "--from", "0.5", "--to", "2.5", "--pty", "--json")
    place = json.loads(process.stdout.readline())
    assert place["schema"] == "freefall/1" and place["type"] == "port"
    reader = start_python("-c", f"import os; p = os.open({place['url']!r}, os.O_RDONLY)\nwhile True: os.read(p, 9999)")
    code, out, err = end_of(process)
    report = json.loads(out)
    reader.wait(PATIENCE_S)
    assert code == 0 and report["type"] == "replay" and report["problem"] is None
    assert 1.9 < report["due_s"] < 2.0 <= time.monotonic() - begin
    # Fractions of a millisecond where nobody else needs the machine.
    assert 0 <= report["took_s"] - report["due_s"] < 0.5
    late = report["late_ms"]
    assert 0 <= late["p50"] <= late["p99"] <= late["max"] < 500 and late["last"] <= late["max"]
    assert f"late by p50 {late['p50']:.3f} ms, p99 {late['p99']:.3f} ms" in err


def test_space_packet_parser_gets_every_packet_over_tcp_value_for_value(replaying, recording, vibration, packets, tmp_path):
    definition = load_definition(vibration)
    (tmp_path / "payload.xml").write_text(xtce(definition), encoding="utf-8")
    reader = space_packet_parser.load_xtce(tmp_path / "payload.xml")
    process, url = replaying(recording, "--tcp", "127.0.0.1:0", "--packets", "--speed", "max")
    with connected(url) as connection, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "0 bytes left to read")  # how it says that the connection has ended
        got = list(space_packet_parser.ccsds_generator(connection))
    code, _, err = end_of(process)
    assert code == 0 and f"as {len(packets)} packets" in err
    assert [bytes(packet) for packet in got] == packets
    compared = 0
    for table in tables(recording, definition):
        for packet, item, values in table:
            parsed = reader.parse_bytes(packet)
            for channel in item.stream.channels:
                for number, value in enumerate(values.values[channel.name]):
                    found = parsed[f"STREAM_{item.stream.name.upper()}_{channel.name.upper()}_{number}"]
                    assert float(found) == pytest.approx(value, rel=1e-12)
                    compared += 1
    assert compared > 9000


def tables(recording, definition):
    """Of every block with samples, [(packet, its item, its values)], by our own decoder."""
    decoder, frames = Decoder(definition), FrameDecoder()
    for _, octets in open_recording(recording).chunks():
        found = [bytes(stretch.packet) for stretch in frames.feed(octets)]
        items = decoder.feed(octets)
        assert len(items) == len(found)
        yield [(packet, item, rows(item)) for packet, item in zip(found, items, strict=True) if isinstance(item, SamplePacket)]


def test_a_plain_pyserial_script_gets_every_packet_over_a_terminal_value_for_value(
    replaying, start_python, recording, vibration, packets
):
    process, url = replaying(recording, "--pty", "--speed", "10x")
    reader = start_python(Path(__file__).with_name("plain_reader.py"), url)
    code, out, err = end_of(reader)
    assert code == 0, err
    assert end_of(process)[0] == 0
    lines = [json.loads(line) for line in out.splitlines()]
    assert [bytes.fromhex(line["packet"]) for line in lines] == packets
    got = {line["index"]: line["g"] for line in lines if "g" in line}
    ours = {
        item.index: np.stack([values.values[axis] for axis in "xyz"], axis=1).ravel().tolist()
        for table in tables(recording, load_definition(vibration))
        for _, item, values in table
        if item.stream.name == "vibration"
    }
    assert got.keys() == ours.keys() and sum(map(len, got.values())) >= 9000
    for index, values in ours.items():
        assert got[index] == pytest.approx(values, rel=1e-12)


def test_freefall_itself_decodes_a_replay_over_tcp_with_every_fault_counted(freefall, replaying, recording, vibration):
    faults = ["--drop", "2%", "--duplicate", "2%", "--cut", "2%", "--seed", "3"]
    process, url = replaying(recording, "--tcp", ":0", "--speed", "max", "--json", *faults)
    done = freefall("stats", json.loads(url)["url"], "-d", vibration, "--json")
    assert done.code == 4 and "the other end has closed" in done.err
    code, out, err = end_of(process)
    stats, report = json.loads(done.out), json.loads(out)
    assert code == 0 and report["faults"]["seed"] == 3
    assert report["faults"]["dropped"] > 0
    assert stats["metrics"]["rejected"] == report["faults"]["cut"] > 0
    assert 0 < stats["metrics"]["duplicates"] <= report["faults"]["duplicated"]
    assert stats["metrics"]["lost"] + stats["metrics"]["missing"] > 0
    assert f"of {report['faults']['frames']} frames {report['faults']['dropped']} dropped" in err
    assert report["sent"] != report["octets"]


def test_datagrams_carry_packets_whole(start_python, recording, packets):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(PATIENCE_S)
        address = f"127.0.0.1:{receiver.getsockname()[1]}"
        process = start_python("-m", "freefall", "replay", recording, "--udp", address, "--packets", "--speed", "5x")
        assert [receiver.recv(65536) for _ in packets] == packets
    assert end_of(process)[0] == 0


@pytest.fixture
def troubled(tmp_path):
    """A recording with a silence of an hour, and a clock that was set back by a minute; cut at its end."""
    start_ns, second = 1_800_000_000_000_000_000, 1_000_000_000
    file = tmp_path / "troubled.mcap"
    with Recorder(file, None, "test", start_ns=start_ns) as recorder:
        for at_s, octets in ((0, b"a"), (3600, b"b"), (3540, b"c"), (3540.1, b"d")):
            recorder.write(octets * 100 + b"\0", start_ns + round(at_s * second))
    whole = file.read_bytes()
    file.write_bytes(whole[:-100])
    return file


def test_silences_are_shortened_and_a_clock_set_back_costs_no_wait_and_both_are_said(start_python, troubled):
    code, out, err = end_of(start_python("-m", "freefall", "replay", troubled, "--gap-limit", "0.2"))
    assert code == 0 and out == b"".join(letter * 100 + b"\0" for letter in (b"a", b"b", b"c", b"d"))
    assert "1 silence shortened to 0.2 s, 3599.800 s left out" in err
    assert "set back 1 time, by 60.000 s" in err
    assert "was not closed" in err


def test_octets_from_one_time_of_day_to_another_are_played(start_python, troubled):
    options = ["--from", "2027-01-15T08:59:00Z", "--to", "2027-01-15T10:00:01+01:00", "--speed", "max"]
    code, out, _ = end_of(start_python("-m", "freefall", "replay", troubled, *options))
    assert code == 0 and out == b"b" * 100 + b"\0" + b"c" * 100 + b"\0" + b"d" * 100 + b"\0"


def test_ctrl_c_ends_a_replay_with_its_summary(replaying, recording):
    process, url = replaying(recording, "--tcp", "127.0.0.1:0", "--loop", "inf", "--speed", "0.5x")
    with connected(url) as connection:
        assert connection.recv(10_000)
        process.send_signal(signal.SIGINT)
        code, _, err = end_of(process)
    assert code == 0
    assert "interrupted" in err and "late by p50" in err


@pytest.mark.parametrize("to", [["--pty"], ["--tcp", "127.0.0.1:0"]])
def test_ctrl_c_before_anybody_listens_is_130(replaying, recording, to):
    process, url = replaying(recording, *to)
    assert url
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    code, _, err = end_of(process)
    assert code == 130 and "0 octets" in err


def test_nothing_is_said_to_be_played_while_nobody_listens(start_python, recording):
    screen, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 200))
    process = start_python("-m", "freefall", "replay", recording, "--pty", stderr=theirs)
    os.close(theirs)
    assert process.stdout.readline()
    drawn, end = b"", time.monotonic() + PATIENCE_S
    while drawn.count(b"waiting for somebody") < 3:
        assert time.monotonic() < end, drawn
        if select.select([screen], [], [], 0.1)[0]:
            drawn += os.read(screen, 65536)
    assert set(re.findall(rb"(\d+)%", drawn)) == {b"0"}
    os.close(screen)


def test_a_reader_who_leaves_is_a_device_gone_with_the_summary_before(replaying, recording):
    process, url = replaying(recording, "--tcp", "127.0.0.1:0", "--loop", "inf", "--speed", "max")
    with connected(url) as connection:
        assert connection.recv(1000)
    code, _, err = end_of(process)
    assert code == 4
    *_, summary, _, error = err.splitlines()
    assert "interrupted" in summary
    assert error == f"error: the last client of {url} has left"


def test_head_may_leave_standard_output_without_a_word(start_python, recording):
    process = start_python("-m", "freefall", "replay", recording, "--loop", "inf", "--speed", "max")
    assert process.stdout.read(1000)
    process.stdout.close()
    assert process.wait(PATIENCE_S) == 0
    assert b"error" not in process.stderr.read()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--pty", "--tcp", ":1"], 2, "exclude each other"),
        (["--tcp", "9000"], 2, '"9000" is no HOST:PORT'),
        (["--tcp", ":99999"], 2, "65535"),
        (["--udp", "no.such.host.invalid:1"], 4, "cannot send to no.such.host.invalid:1"),
        (["--tcp", "192.0.2.1:9"], 4, "cannot listen at 192.0.2.1:9"),
        (["-p", "/dev/no-such"], 4, "No such file"),
        (["-p", "sim://x"], 2, "can only be read"),
        (["--pty", "--speed", "fast"], 2, '"fast" is no speed'),
        (["--pty", "--loop", "0"], 2, '"0" is no number of times'),
        (["--pty", "--drop", "2"], 2, '"2" is no probability'),
        (["--pty", "--from", "now"], 2, '"now" is neither'),
        (["--pty", "--from", "60"], 2, "holds no octets between"),
        (["--json"], 2, "say where to"),
    ],
)
def test_a_replay_that_cannot_be_says_why_once(freefall, recording, arguments, code, said):
    done = freefall("replay", recording, *arguments)
    assert done.code == code
    assert done.err.count(said) == 1


def test_a_recording_of_nothing_is_told_and_nobody_waited_for(freefall, tmp_path):
    file = tmp_path / "empty.mcap"
    Recorder(file, None, "test", start_ns=0).close()
    done = freefall("replay", file, "--pty")
    assert done.code == 6 and f"{file} holds no octets" in done.err


def test_what_is_no_recording_is_unreadable(freefall, vibration, tmp_path):
    for file in (tmp_path / "missing.mcap", vibration / "payload.toml"):
        done = freefall("replay", file, "--pty")
        assert done.code == 6 and str(file) in done.err and not done.out
