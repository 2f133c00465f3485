"""freefall devices: who is there, nobody, busy, unplugged; one sentence each, and the exit code."""

import json
import os
import pty
import signal
import tty
from types import SimpleNamespace

import pytest
from serial.tools import list_ports

from freefall.cli import devices as verb
from freefall.device import discovery
from freefall.device.volumes import Volume
from freefall.port.serial import SerialPort
from integration.processes import PATIENCE_S, wait_for


@pytest.fixture(autouse=True)
def computer(monkeypatch):
    """Nothing is plugged in but what a test says."""
    plugged = SimpleNamespace(ports=[], volumes=[])
    monkeypatch.setattr(list_ports, "comports", lambda: list(plugged.ports))
    monkeypatch.setattr(discovery, "find_volumes", lambda: list(plugged.volumes))
    return plugged


def usb(device: str, number: str | None):
    return SimpleNamespace(device=device, vid=0x2E8A, pid=5, serial_number=number, manufacturer=None, product=None)


@pytest.fixture
def line():
    """(path of a tty, descriptor of its other end)."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    yield os.ttyname(theirs), ours
    os.close(ours)
    os.close(theirs)


def test_no_board_is_one_sentence_with_what_to_do(freefall):
    for arguments in ((), ("--json",)):
        done = freefall("devices", *arguments)
        assert (done.code, done.out) == (4, "")
        assert done.err.startswith("error: there is no board: no serial port on USB, and no bootloader volume. Plug one in")


def test_payload_is_listed_by_what_it_sends_and_goes_on(freefall, computer, serve, raw_octets):
    url = serve(raw_octets, hold=True)
    computer.ports = [usb(url, "E6605838830F2A01")]
    done = freefall("devices")
    assert (done.code, done.err) == (0, "")
    heads, row = (line.split() for line in done.out.splitlines())
    assert heads == ["ID", "PORT", "CHIP", "RUNS", "PAYLOAD", "DEFINITION", "SLOT"]
    assert row[:2] == ["E6605838830F2A01", url]
    assert row[3] == "payload" and len(row[5]) == 8


def test_json_has_a_line_for_each_with_stable_keys(freefall, computer, serve, tmp_path):
    computer.volumes = [Volume("RPI-RP2", "Raspberry Pi RP2", tmp_path)]
    url = serve(b"", hold=True)
    done = freefall("devices", "--json", "-p", url)
    assert done.code == 0
    silent, boot = map(json.loads, done.out.splitlines())
    assert list(silent) == [
        *("schema", "type", "event", "id", "port", "state", "chip", "micropython", "payload", "definition_id", "firmware"),
        *("slot", "serial", "note"),
    ]
    assert (silent["state"], silent["port"], silent["event"]) == ("silent", url, "there")
    assert (boot["state"], boot["port"], boot["chip"]) == ("bootloader", str(tmp_path), "RP2040")


def test_busy_port_names_who_holds_it_and_is_not_touched(freefall, computer, line):
    path, other_end = line
    computer.ports = [usb(path, "E66")]
    with SerialPort(path):
        done = freefall("devices")
    assert done.code == 0
    assert "busy" in done.out and f"it is held by pid {os.getpid()} (" in done.out
    os.set_blocking(other_end, False)
    with pytest.raises(BlockingIOError):
        os.read(other_end, 1)


def test_port_that_was_named_and_cannot_be_used_is_exit_code_4(freefall):
    done = freefall("devices", "-p", "/dev/there-is-none")
    assert done.code == 4
    assert "cannot be opened" in done.out
    assert "cannot open /dev/there-is-none: No such file or directory. Is the board there?" in done.out


def test_board_that_is_unplugged_while_it_is_asked_is_listed_so(freefall, serve):
    url = serve(b"half a fra")
    done = freefall("devices", "-p", url)
    assert done.code == 4
    assert f"{url} went away: " in done.out and "Plug the board in" in done.out


def test_watch_tells_what_comes_and_goes_until_interrupted(freefall, computer, monkeypatch, serve):
    url = serve(b"", hold=True)
    turns = iter(([usb(url, "E66")], [usb(url, "E66")], []))

    def sleep(_seconds):
        try:
            computer.ports = next(turns)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(verb, "time", SimpleNamespace(sleep=sleep))
    done = freefall("devices", "--watch")
    assert done.code == 0
    assert done.err == "There is no board yet; Ctrl-C ends.\n"
    came, note, gone = done.out.splitlines()
    assert came == f"came  E66  {url}  no answer" and "it does not answer" in note
    assert gone == f"gone  E66  {url}  no answer"
    computer.ports = []
    turns = iter(([usb("/dev/there-is-none", "E67")],))
    done = freefall("devices", "--watch", "--json")
    assert [(found["event"], found["state"]) for found in map(json.loads, done.out.splitlines())] == [("came", "unusable")]


def test_watch_in_a_process_of_its_own_ends_well_at_ctrl_c(start):
    process = start("devices", "--watch")
    wait_for(process.stderr.readline)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0 and err == ""
