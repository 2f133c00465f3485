"""What an emulated Pico is as a device: ports as pyserial has them, a flash that lasts, power that can go at any moment."""

import errno

import pytest
import serial

from freefall.definition import load_definition
from freefall.device.repl import Repl
from freefall.errors import BoardError, DeviceError
from freefall.port.serial import open_pyserial

pytestmark = pytest.mark.emulated

_S = 1_000_000_000
PROMPT = b"\r\n>>> "


@pytest.fixture
def device(micropython_image):
    """A board as it comes from the shop with MicroPython put on it."""
    from freefall.board.emulated.device import EmulatedDevice

    return EmulatedDevice(micropython_image)


def prompt(device) -> serial.SerialBase:
    """The console at its prompt; opened again and again until the board is there, as a program does."""
    for _ in range(20):
        try:
            console = device.console(timeout=0.3)
            break
        except serial.SerialException as error:
            assert error.errno == errno.ENOENT
    return prompt_again(console)


def prompt_again(console) -> serial.SerialBase:
    """The same console once the board is at its prompt, whatever it was about."""
    console.read(100_000)
    console.write(b"\r\x03")
    assert console.read(100_000).endswith(PROMPT)
    return console


def typed(console, line: bytes, end: bytes = PROMPT) -> bytes:
    """What the board answers to a line."""
    console.write(line + b"\r")
    return console.read_until(end).removeprefix(line + b"\r\n").removesuffix(end)


def test_blank_device_formats_its_flash_and_keeps_files_through_soft_reset_reset_and_power_cycle(device):
    assert set(device.flash) == {0xFF}
    console = prompt(device)
    assert typed(console, b"import os; os.listdir()") == b"[]"
    typed(console, b"f = open('x.new', 'w'); f.write('0123456789' * 500); f.close(); os.rename('x.new', 'x')")
    console.write(b"\x04")
    assert b"soft reboot" in console.read(100_000)
    read = b"import os, machine; print(os.listdir(), len(open('x').read()), machine.reset_cause() == machine.WDT_RESET)"
    assert typed(prompt_again(console), read) == b"['x'] 5000 False"
    console.write(b"import machine; machine.reset()\r")
    with pytest.raises(serial.SerialException, match="disconnected"):
        while True:
            console.read(1)
    console.close()
    assert typed(prompt(device), read) == b"['x'] 5000 True"
    device.reset()
    assert typed(prompt(device), read) == b"['x'] 5000 False"
    device.power_cycle()
    assert typed(prompt(device), read) == b"['x'] 5000 False"


def test_device_says_its_own_serial_number(device):
    assert device.serial_number == "E6605838830F2A01"
    assert typed(prompt(device), b"import machine; machine.unique_id().hex()") == b"'e6605838830f2a01'"


def test_reading_takes_the_boards_time_and_no_other(device):
    console = prompt(device)
    console.timeout = 1
    begin = console.monotonic()
    assert console.read(1) == b""
    assert console.monotonic() - begin == pytest.approx(1, abs=1e-3)
    console.timeout = 0
    assert console.read(1) == b""
    console.timeout = None
    with pytest.raises(serial.SerialException, match="for ever"):
        console.read(1)


def test_device_is_opened_by_its_url_like_any_port_and_once_only(device):
    device.run_for(_S)
    with open_pyserial(device.console_url, 115_200) as console:
        assert console.timeout == 0.1
        with pytest.raises(DeviceError, match="another program holds it"):
            open_pyserial(device.console_url, 115_200)
    open_pyserial(device.console_url, 115_200).close()
    with pytest.raises(DeviceError, match="No such file or directory"):
        open_pyserial("emulated://0/console", 115_200)


def test_unplugged_device_fails_each_call_as_a_port_of_linux_does(device):
    console = prompt(device)
    device.unplug()
    with pytest.raises(serial.SerialException, match="device disconnected"):
        console.read(1)
    with pytest.raises(serial.SerialException, match="write failed"):
        console.write(b"x")
    with pytest.raises(OSError, match="Input/output error") as failure:
        _ = console.in_waiting
    assert failure.value.errno == errno.EIO
    console.close()
    with pytest.raises(serial.SerialException) as absent:
        device.console()
    assert absent.value.errno == errno.ENOENT
    device.plug()
    assert typed(prompt(device), b"6*7") == b"42"


def test_power_that_goes_after_any_change_of_the_flash_leaves_the_old_file_or_the_new_one(device):
    console = prompt(device)
    typed(console, b"import os; f = open('f', 'w'); f.write('old'); f.close()")
    before = device.flash
    replace = b"f = open('f.new', 'w'); f.write('new' * 999); f.close(); os.rename('f.new', 'f'); print('REPLACED')"
    begin = device.flash_changes
    assert typed(console, replace).endswith(b"REPLACED")
    changes = device.flash_changes - begin
    found = []
    for cut in range(1, changes + 1):
        device.flash = before
        console = prompt(device)
        typed(console, b"import os")
        device.unplug_after(cut)
        console.write(replace + b"\r")
        with pytest.raises(serial.SerialException):
            while True:
                console.read(1)
        device.plug()
        found.append(typed(prompt(device), b"len(open('f').read())"))
    assert changes >= 3
    assert set(found) == {b"3", b"2997"}
    assert found == sorted(found, key=int)


def test_blank_device_has_working_buses_with_nobody_on_them(device):
    console = prompt(device)
    typed(console, b"from machine import Pin, I2C, UART, SPI")
    assert typed(console, b"I2C(0, scl=Pin(5), sda=Pin(4)).scan()") == b"[]"
    assert typed(console, b"UART(0, 115200).write('abc')") == b"3"
    assert typed(console, b"SPI(0).read(2)") in (b"b'\\xff\\xff'", b"b'\\x00\\x00'")
    with pytest.raises(DeviceError, match="no UART"):
        device.link(115_200)


ECHO = b"""
import time
from machine import UART
link = UART(0, 115200, tx=0, rx=1)
while True:
    link.write(bytes(octet + 1 for octet in link.read(1) or b""))
    time.sleep_ms(2)
"""


def test_link_carries_octets_both_ways_at_the_right_pace_and_stays_through_a_reset(micropython_image, vibration):
    from freefall.board.emulated.device import EmulatedDevice
    from freefall.board.emulated.filesystem import build_image

    definition = load_definition(vibration)
    device = EmulatedDevice(micropython_image, build_image({"main.py": ECHO}), definition)
    link = device.link(115_200, timeout=0.1)
    assert link.read(1) == b""
    link.write(b"HAL")
    assert link.read(3) == b"IBM"
    device.reset()
    assert link.read(1) == b""
    link.write(b"HAL")
    assert link.read(3) == b"IBM"
    link.close()
    with device.link(57_600, timeout=0.1) as wrong:
        wrong.write(b"HAL")
        assert wrong.read(3) not in (b"IBM", b"")
    device.unplug()
    with pytest.raises(serial.SerialException, match="No such file"):
        device.link(115_200)


def booted(micropython_image, program: bytes):
    """A device that runs the program, 0.3 s after power-up."""
    from freefall.board.emulated.device import EmulatedDevice
    from freefall.board.emulated.filesystem import build_image

    device = EmulatedDevice(micropython_image, build_image({"main.py": program}))
    device.run_for(300_000_000)
    return device


def test_board_that_takes_nothing_lets_a_write_time_out_and_shows_no_prompt(micropython_image):
    device = booted(micropython_image, b"import micropython, time\nmicropython.kbd_intr(-1)\ntime.sleep(600)\n")
    with device.console(timeout=0) as console:
        console.write_timeout = 0.5
        begin = console.monotonic()
        with pytest.raises(serial.SerialTimeoutException):
            console.write(bytes(20_000))
        assert console.monotonic() - begin == pytest.approx(0.5, abs=0.01)
    with pytest.raises(BoardError, match="does not answer: there is no MicroPython at its other end, or it hangs"):
        Repl.open(device.console_url)


def test_what_nobody_reads_waits_on_the_board_and_nothing_is_lost(micropython_image):
    lines = b"import sys, time\ntime.sleep_ms(500)\nfor n in range(9000):\n    sys.stdout.write('%09d' % n)\n"
    device = booted(micropython_image, lines)
    console = device.console(timeout=0.3)
    while console.in_waiting < 65536:
        device.run_for(10_000_000)
    device.run_for(_S // 5)  # MicroPython drops what has waited for half a second
    assert 65536 <= console.in_waiting < 65536 + 64
    octets = console.read(200_000).replace(b"\r\n>>> ", b"")
    assert octets[octets.index(b"000000000") :][: 9 * 9000] == b"".join(b"%09d" % n for n in range(9000))
