"""Boards are found by enumeration alone, asked all at once, and told when they come and go."""

from types import SimpleNamespace

import pytest
from serial.tools import list_ports

from freefall.device import discovery
from freefall.device.discovery import Device, Watch, find_devices, volume_devices
from freefall.device.identity import Identity
from freefall.device.volumes import Volume
from freefall.errors import DeviceError
from freefall.port.serial import PortBusy
from unit.device.scripted import ScriptedPort


def usb(device: str, number: str | None = None, vid: int | None = 0x2E8A):
    return SimpleNamespace(device=device, vid=vid, pid=5, serial_number=number, manufacturer=None, product=None)


@pytest.fixture
def computer(monkeypatch):
    """What is plugged in: ports by pyserial's listing, volumes, and how each port opens."""
    plugged = SimpleNamespace(ports=[], volumes=[], opened=[], refusals={})

    def open_port(url, baud):
        plugged.opened.append((url, baud))
        if url in plugged.refusals:
            raise plugged.refusals[url]
        return ScriptedPort(lambda octets: b"")

    monkeypatch.setattr(list_ports, "comports", lambda: list(plugged.ports))
    monkeypatch.setattr(discovery, "find_volumes", lambda: list(plugged.volumes))
    monkeypatch.setattr(discovery, "open_pyserial", open_port)
    return plugged


SILENT = Identity("silent", note="it does not answer: it runs a program of its own, or has none")


def test_every_port_on_usb_is_asked_and_those_that_are_named(computer):
    computer.ports = [usb("/dev/ttyACM1", "B"), usb("/dev/ttyACM0", "A"), usb("/dev/ttyS0", vid=None)]
    assert find_devices(["/dev/pts/3", "/dev/ttyACM0"]) == [
        Device("A", "/dev/ttyACM0", SILENT, on_usb=True),
        Device("B", "/dev/ttyACM1", SILENT, on_usb=True),
        Device(None, "/dev/pts/3", SILENT),
    ]
    assert sorted(computer.opened) == [("/dev/pts/3", 921_600), ("/dev/ttyACM0", 921_600), ("/dev/ttyACM1", 921_600)]


def test_no_port_at_all_is_no_device(computer):
    assert find_devices() == []


def test_port_that_is_held_or_forbidden_is_listed_with_the_reason(computer):
    computer.ports = [usb("/dev/ttyACM0"), usb("/dev/ttyACM1")]
    computer.refusals = {"/dev/ttyACM0": PortBusy("held by pid 7 (x)"), "/dev/ttyACM1": DeviceError("may not")}
    computer.refusals["loop://nonsense"] = ValueError("no such port")
    found = find_devices(["loop://nonsense"])
    assert [(device.identity.state, device.identity.note, device.usable) for device in found] == [
        ("busy", "held by pid 7 (x)", False),
        ("unusable", "may not", False),
        ("unusable", "no such port", False),
    ]


def test_bootloaders_are_devices_and_one_that_is_not_mounted_says_how(computer, tmp_path):
    computer.volumes = [Volume("RPI-RP2", "Raspberry Pi RP2", tmp_path), Volume("RP2350", "", None, "/dev/sdz1")]
    mounted, not_mounted = volume_devices()
    assert mounted == Device(None, str(tmp_path), Identity("bootloader", "RP2040"))
    assert not_mounted.place == "/dev/sdz1"
    assert not_mounted.identity.note.startswith("it is not mounted: udisksctl mount -b /dev/sdz1")


def test_watch_tells_each_coming_and_going_once_and_asks_only_who_came(computer, tmp_path):
    computer.ports = [usb("/dev/ttyACM0", "A")]
    watch = Watch(find_devices(["/dev/pts/3"]))
    assert list(watch.changes()) == []
    computer.ports = []
    computer.volumes = [Volume("RPI-RP2", "", tmp_path)]
    computer.opened.clear()
    events = list(watch.changes())
    assert [(event, device.id, device.place) for event, device in events] == [
        ("gone", "A", "/dev/ttyACM0"),
        ("came", None, str(tmp_path)),
    ]
    computer.volumes = []
    computer.ports = [usb("/dev/ttyACM1", "A")]
    assert [(event, device.place) for event, device in watch.changes()] == [("gone", str(tmp_path)), ("came", "/dev/ttyACM1")]
    assert computer.opened == [("/dev/ttyACM1", 921_600)]
    assert list(watch.changes()) == []
