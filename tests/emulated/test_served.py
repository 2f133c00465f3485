"""An emulated device for programs of their own: in our time, on a pty or TCP."""

import subprocess
import sys
import time

import pytest

from freefall.definition import load_definition
from freefall.device.repl import Repl
from freefall.errors import BoardError, DeviceError

pytestmark = pytest.mark.emulated

ECHO = b"""
import time
from machine import UART
link = UART(0, 921600, tx=0, rx=1)
while True:
    link.write(bytes(octet + 1 for octet in link.read(1) or b""))
    time.sleep_ms(2)
"""


@pytest.fixture(params=["pty", "tcp"])
def urls(micropython_image, request):
    """A blank device, served."""
    from freefall.board.emulated.device import EmulatedDevice
    from freefall.board.emulated.served import served

    with served(EmulatedDevice(micropython_image), tcp=request.param == "tcp") as urls:
        yield urls


def test_served_device_is_a_board_for_mpremote_in_a_process_of_its_own(urls):
    command = [sys.executable, "-m", "mpremote", "connect", urls.console, "exec", "open('x', 'w').close()", "ls"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stdout, run.stderr) == (0, "ls :\n           0 x\n", "")
    assert urls.link is None


def test_served_device_that_resets_is_lost_and_comes_back_under_its_name(urls):
    with Repl.open(urls.console, wait_s=5) as repl:
        repl.write("/x", b"1")
        repl.hard_reset()
    with Repl.open(urls.console, wait_s=5) as repl:
        assert repl.tree() == {"/x": 1}
        urls.do(lambda device: device.unplug())
        with pytest.raises(DeviceError, match="went away"):
            repl.eval("1")
    with pytest.raises(DeviceError, match="cannot open .*Is the board there?"):
        Repl.open(urls.console)
    urls.do(lambda device: device.plug())
    with Repl.open(urls.console, wait_s=5) as repl:
        assert repl.eval("1 + 1") == 2


def test_idle_device_costs_next_to_nothing(urls):
    with Repl.open(urls.console, wait_s=5) as repl:
        repl.eval("1")
    begin = urls.do(lambda device: device.machine.mcu.core.cycles)
    time.sleep(0.3)
    assert urls.do(lambda device: device.machine.mcu.core.cycles) - begin < 100_000


@pytest.mark.parametrize("tcp", [False, True])
def test_served_link_carries_octets_both_ways(micropython_image, vibration, tcp):
    from freefall.board.emulated.device import EmulatedDevice
    from freefall.board.emulated.filesystem import build_image
    from freefall.board.emulated.served import served
    from freefall.port.serial import open_pyserial

    device = EmulatedDevice(micropython_image, build_image({"main.py": ECHO}), load_definition(vibration))
    device.run_for(300_000_000)
    with served(device, tcp) as urls, open_pyserial(urls.link, 921_600) as link:
        link.timeout = 10
        link.write(b"HAL")
        assert link.read(3) == b"IBM"


def test_what_ends_the_board_is_raised_where_it_was_served(micropython_image):
    from freefall.board.emulated.device import EmulatedDevice
    from freefall.board.emulated.served import served

    device = EmulatedDevice(micropython_image)
    run_for = device.run_for

    def broken(duration_ns):
        if device.now_ns() > 200_000_000:
            raise RuntimeError("a model objects")
        run_for(duration_ns)

    device.run_for = broken
    refusal = pytest.raises(BoardError, match="served no more: a model objects")
    with pytest.raises(RuntimeError, match="a model objects"), served(device) as urls, refusal:
        while True:
            urls.do(lambda device: None)
