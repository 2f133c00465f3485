"""A board is named by its serial number, or as much of it as is its own."""

import errno
from types import SimpleNamespace

import pytest
import serial
from serial.tools import list_ports

from freefall.errors import DeviceError
from freefall.port.by_id import resolve, usb_ports
from freefall.port.open import is_port_url, open_port


def port(device: str, number: str | None, vid: int | None = 0x2E8A):
    return SimpleNamespace(device=device, vid=vid, pid=5, serial_number=number, manufacturer="MicroPython", product="Board")


@pytest.fixture
def plugged(monkeypatch):
    """plugged(*ports): these are the ports of this computer."""
    return lambda *ports: monkeypatch.setattr(list_ports, "comports", lambda: list(ports))


TWO = port("/dev/ttyACM1", "E6605838830F2A01"), port("/dev/ttyACM0", "E6605838830F2B02"), port("/dev/ttyS0", None, None)


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("id:E6605838830F2A01", "/dev/ttyACM1"),
        ("id:e6605838830f2b02", "/dev/ttyACM0"),
        ("id:E6605838830f2A", "/dev/ttyACM1"),
        ("id:2b02", "/dev/ttyACM0"),
        ("/dev/ttyACM7", "/dev/ttyACM7"),
        ("socket://id:1", "socket://id:1"),
    ],
)
def test_serial_number_or_its_own_beginning_or_end_is_a_port(plugged, text, device):
    plugged(*TWO)
    assert resolve(text) == device


def test_number_that_is_another_ones_beginning_is_the_board_that_has_it(plugged):
    plugged(port("/dev/ttyACM0", "E661"), port("/dev/ttyACM1", "E66"))
    assert resolve("id:E66") == "/dev/ttyACM1"


@pytest.mark.parametrize("beginning", ["id:E660", "id:e"])
def test_beginning_of_several_numbers_is_ambiguous_and_lists_them(plugged, beginning):
    plugged(*TWO)
    with pytest.raises(DeviceError) as refused:
        resolve(beginning)
    assert str(refused.value) == (
        f"{beginning} may be E6605838830F2B02 at /dev/ttyACM0, E6605838830F2A01 at /dev/ttyACM1; give more of its serial number"
    )


def test_number_that_no_board_has_lists_those_there_are(plugged):
    plugged(TWO[0], port("/dev/ttyUSB0", None, 0x1A86))
    for absent in ("id:F0", "id:"):
        with pytest.raises(DeviceError) as refused:
            resolve(absent)
        assert str(refused.value) == (
            f"{absent}: no board on USB has that serial number; there is E6605838830F2A01 at /dev/ttyACM1, "
            "one without a number at /dev/ttyUSB0"
        )
    plugged()
    with pytest.raises(DeviceError, match="there is no board on USB at all; does its cable carry data[?]$"):
        resolve("id:F0")


def test_ports_that_are_not_on_usb_are_no_boards(plugged):
    plugged(*TWO)
    assert [found.device for found in usb_ports()] == ["/dev/ttyACM0", "/dev/ttyACM1"]


def test_id_is_a_port_wherever_one_can_be_named(plugged):
    plugged(port("loop://", "E66"))
    assert is_port_url("id:E6")
    with open_port("id:E6") as opened:
        assert opened.url == "id:E6"
        assert next(opened.chunks())[1] == b""
    plugged(port("/dev/there-is-none", "E66"))
    with pytest.raises(DeviceError, match="^cannot open /dev/there-is-none: No such file"):
        open_port("id:E6")


def test_port_that_this_user_may_not_open_sends_to_the_doctor(monkeypatch):
    def refuse(self):
        raise serial.SerialException(errno.EACCES, "could not open port /dev/ttyACM0: [Errno 13] Permission denied")

    monkeypatch.setattr(serial.Serial, "open", refuse)
    with pytest.raises(DeviceError, match="^cannot open /dev/ttyACM0: this user may not; freefall doctor says how"):
        open_port("/dev/ttyACM0")
