"""What is sent by a port: to a wire, to a simulated board, which may restart, and to a recording, which takes nothing."""

import os
import pty
import tty

import pytest

from freefall.board.virtual import VirtualBoard
from freefall.decode import BootEvent, Decoder, Verification
from freefall.definition import load_definition
from freefall.errors import DeviceError
from freefall.port.faults import Faults
from freefall.port.open import open_port
from freefall.port.replayed import ReplayPort
from freefall.port.serial import SerialPort
from freefall.port.simulated import SimulatedPort
from freefall.recording import Recorder
from freefall.testing import FakePort
from freefall.testing.ports import FaultyLink, SharedPort
from oracle import codec

ALIVE = b"\0" + codec.encode_frame(codec.telecommand(17, 1, apid=64, sequence_count=5)) + b"\0"
RESTART = b"\0" + codec.encode_frame(codec.telecommand(8, 1, bytes([1]), apid=64, sequence_count=6)) + b"\0"


def test_a_wire_takes_octets_and_one_that_has_gone_is_lost():
    master, slave = pty.openpty()
    tty.setraw(slave)
    with SerialPort(os.ttyname(slave)) as port:
        os.close(slave)
        port.send(b"\0\5\5")
        assert os.read(master, 10) == b"\0\5\5"
        os.close(master)
        with pytest.raises(DeviceError, match="^/dev/.* went away: Input/output error$"):
            port.send(b"\0")


def test_a_wire_that_takes_no_more_is_told_after_a_while(monkeypatch):
    monkeypatch.setattr("freefall.port.serial._WRITE_TIMEOUT_S", 0.05)
    # pyserial's loop takes the time of the line, ten bits an octet.
    with (
        SerialPort("loop://", 100) as port,
        pytest.raises(DeviceError, match=r"^loop:// takes no octets for 0\.05 s; unplug the"),
    ):
        port.send(bytes(10))


def test_a_simulated_board_acts_on_what_is_sent_and_works_on_after_a_restart(vibration):
    definition = load_definition(vibration)
    decoder, items, done = Decoder(definition), [], []
    to_send = [ALIVE, RESTART, ALIVE]
    with SimulatedPort("sim://x", definition, VirtualBoard(definition), speed=None) as port:
        for _, octets in port.chunks():
            items += decoder.feed(octets)
            done = [item for item in items if isinstance(item, Verification) and item.kind == "completed"]
            if len(done) == 3:
                break
            if len(done) == 3 - len(to_send):  # the one before is done
                port.send(to_send.pop(0))
    assert [item.request[3] for item in done] == [5, 6, 5]
    assert [item.boot_count for item in items if isinstance(item, BootEvent)] == [1, 2]


def test_a_recording_and_a_fake_take_nothing(tmp_path, vibration):
    with Recorder(tmp_path / "a.mcap", load_definition(vibration), "test", start_ns=1) as recorder:
        recorder.write(b"\0", 1)
    with ReplayPort(tmp_path / "a.mcap") as port, pytest.raises(DeviceError, match="is a recording, which takes no telecommands"):
        port.send(ALIVE)
    with FakePort(b"") as port, pytest.raises(DeviceError, match="takes no telecommands"):
        port.send(ALIVE)


def test_ports_over_another_pass_on_what_is_sent(vibration):
    with open_port(f"sim://{vibration}?speed=max") as inner, SharedPort(FaultyLink(inner, Faults())) as port:
        decoder = Decoder(inner.definition)
        port.send(ALIVE)
        kinds = (item.kind for _, octets in port.chunks() for item in decoder.feed(octets) if isinstance(item, Verification))
        assert [next(kinds), next(kinds)] == ["accepted", "completed"]
