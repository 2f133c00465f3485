"""A busy port's holder is named, and only a holder."""

import fcntl
import os
import pty
import subprocess
import sys

import pytest

from freefall.errors import DeviceError
from freefall.port import holder
from freefall.port.serial import SerialPort

# Opens its first argument, takes the lock if told so, says that it has it, and waits for the end of its input.
HOLD = """
import fcntl, os, sys
port = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
if sys.argv[2] == "lock":
    fcntl.flock(port, fcntl.LOCK_EX | fcntl.LOCK_NB)
if sys.argv[2] == "exclusive":
    import termios
    fcntl.ioctl(port, termios.TIOCEXCL)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def line():
    """The path of a terminal line whose other end this process has."""
    ours, theirs = pty.openpty()
    path = os.ttyname(theirs)
    os.close(theirs)
    yield path
    os.close(ours)


@pytest.fixture
def other():
    """other(path, how): the pid of a process that has the port open, and until the test ends keeps it."""
    processes = []

    def start(path, how):
        command = [sys.executable, "-c", HOLD, path, how]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout.readline() == "held\n"
        return process.pid

    yield start
    for process in processes:
        process.communicate(timeout=20)


def test_busy_port_names_the_process_that_holds_it(line, other):
    pid = other(line, "lock")
    with pytest.raises(DeviceError) as refused:
        SerialPort(line)
    said = str(refused.value)
    assert said.startswith(f"cannot open {line}: it is held by pid {pid} ({sys.executable} -c")
    assert "[Errno" not in said and "\n" not in said


def test_process_with_the_lock_is_told_from_those_that_only_look_on(line, other):
    watching = other(line, "look")
    assert [h.pid for h in holder.holders(line)] == [watching]
    locking = other(line, "lock")
    assert [h.pid for h in holder.holders(line)] == [locking]


def test_port_that_is_closed_has_no_holder_and_opens(line, other):
    assert holder.holders(line) == []
    with SerialPort(line) as port:
        assert [h.pid for h in holder.holders(line)] == [os.getpid()]
        assert next(port.chunks())[1] == b""
    assert holder.holders(line) == []


def test_second_opening_by_this_process_names_this_process(line):
    with SerialPort(line), pytest.raises(DeviceError, match=f"it is held by pid {os.getpid()} "):
        SerialPort(line)


def test_link_to_the_device_is_the_device(line, other, tmp_path):
    link = tmp_path / "usb-Raspberry_Pi_Pico-if00"
    link.symlink_to(line)
    pid = other(line, "lock")
    assert [h.pid for h in holder.holders(link)] == [pid]


@pytest.mark.parametrize("path", ["/dev/no-such-port", "socket://127.0.0.1:1"])
def test_what_is_no_device_has_no_holder(path):
    assert holder.holders(path) == []


def test_holder_that_may_not_be_seen_is_admitted(line, tmp_path, monkeypatch):
    monkeypatch.setattr(holder, "_PROC", tmp_path)  # a /proc in which no process can be read
    (tmp_path / "17").mkdir()
    assert holder.holders(line) == []
    monkeypatch.setattr(sys, "platform", "linux")
    assert "may not see which" in holder.busy_sentence(line) and f"fuser -v {line}" in holder.busy_sentence(line)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "does not tell which" in holder.busy_sentence(line)


def test_command_is_one_line_of_printable_text_and_not_endless(line, tmp_path, monkeypatch):
    process = tmp_path / "17"
    (process / "fd").mkdir(parents=True)
    (process / "fdinfo").mkdir()
    (process / "fd" / "3").symlink_to(line)
    (process / "fdinfo" / "3").write_text("pos:\t0\n")
    monkeypatch.setattr(holder, "_PROC", tmp_path)
    for octets, command in (
        (b"minicom\0-D\0/dev/a port\0", "minicom -D '/dev/a port'"),
        (b"evil\x1b[2J\0", "'evil?[2J'"),
        (b"\xff\xfe\0", "'\ufffd\ufffd'"),
        (b"x" * 500, "x" * 120 + "..."),
    ):
        (process / "cmdline").write_bytes(octets)
        assert holder.holders(line) == [holder.Holder(17, command)]
    (process / "cmdline").write_bytes(b"")
    (process / "comm").write_text("kworker\n")
    assert holder.holders(line) == [holder.Holder(17, "kworker")]


def test_port_that_others_may_not_open_names_its_holder_where_the_system_keeps_it(line, other):
    pid = other(line, "exclusive")
    if os.geteuid() == 0:  # whom the kernel lets pass; what the message would say is all there is to see
        assert str(holder.holders(line)[0]).startswith(f"pid {pid} (")
        return
    with pytest.raises(DeviceError, match=f"it is held by pid {pid} "):
        SerialPort(line)


def test_lock_of_a_child_that_inherited_the_port_counts(line):
    descriptor = os.open(line, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[descriptor])
    os.close(descriptor)
    try:
        assert [h.pid for h in holder.holders(line)] == [child.pid]
    finally:
        child.communicate(b"\n", timeout=20)
