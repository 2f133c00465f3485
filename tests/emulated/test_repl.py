"""mpremote in our hands, on real MicroPython."""

import hashlib
import itertools

import pytest

from freefall.device.repl import Entry, Repl
from freefall.device.transport import RemoteError
from freefall.errors import BoardError, DeviceError

pytestmark = pytest.mark.emulated

EVERY_OCTET = bytes(range(256)) * 9 + b"\x1b[\x1bC\x1b\x1b\x03"


@pytest.fixture
def device(micropython_image):
    """A board never used."""
    from freefall.board.emulated.device import EmulatedDevice

    return EmulatedDevice(micropython_image)


def test_repl_runs_code_and_gives_its_text_its_values_and_its_failures(device):
    with Repl.open(device.console_url, wait_s=1) as repl:
        assert repl.exec("x = 6\nprint('six')\nprint(x * 7)") == "six\n42\n"
        assert repl.eval("(x, 'a', b'\\xff', None)") == (6, "a", b"\xff", None)
        with pytest.raises(BoardError, match="answers '<object>' for object\\(\\), which is no literal"):
            repl.eval("object()")
        with pytest.raises(RemoteError, match="^code on the board failed: the board says ZeroDivisionError") as failure:
            repl.exec("1 / 0")
        assert failure.value.traceback.startswith("Traceback")
        with pytest.raises(BoardError, match="has not answered for 2 s"):
            repl.exec("import time\ntime.sleep(60)", patience_s=2)
    with Repl.open(device.console_url) as repl:
        assert repl.eval("x") == 6
        repl.soft_reset()
        assert repl.eval("'x' in globals()") is False


def test_repl_keeps_files_whole_with_every_octet_there_is(device):
    with Repl.open(device.console_url, wait_s=1) as repl:
        assert repl.tree() == {}
        repl.mkdir("/a/b")
        repl.mkdir("/a/b")
        steps = []
        repl.write("/a/b/x.new", EVERY_OCTET, steps.append)
        assert steps == [2048, len(EVERY_OCTET)]
        repl.write("/empty", b"")
        repl.rename("/a/b/x.new", "/a/b/x")
        assert repl.read("/a/b/x") == EVERY_OCTET
        assert repl.read("/empty") == b""
        sums = {"/a/b/x": hashlib.sha256(EVERY_OCTET).hexdigest(), "/none": None, "/empty": hashlib.sha256().hexdigest()}
        assert repl.sha256_of(sums) == sums
        assert repl.sha256_of([]) == {}
        assert repl.tree() == {"/a/b/x": len(EVERY_OCTET), "/empty": 0}
        assert repl.tree("/a/") == {"/a/b/x": len(EVERY_OCTET)}
        assert repl.tree("/none") == {}
        assert repl.stat("/a/b/x") == Entry("x", False, len(EVERY_OCTET))
        assert repl.stat("/a") == Entry("a", True, 0)
        assert repl.stat("/none") is None
        with pytest.raises(RemoteError, match=r"^cannot read /none: the board says OSError: .*ENOENT"):
            repl.read("/none")
        with pytest.raises(RemoteError, match="^cannot write /none/x: the board says OSError: .*ENOENT"):
            repl.write("/none/x", b"octets that no prompt must see")
        with pytest.raises(RemoteError, match="^cannot make /empty/x: the board says OSError: .*ENOTDIR"):
            repl.mkdir("/empty/x")
        repl.remove("/empty")
        assert repl.stat("/empty") is None


def test_hard_reset_runs_the_program_and_the_next_opening_stops_it(device):
    with Repl.open(device.console_url, wait_s=1) as repl:
        repl.write("/main.py", b"import time\nn = 0\nwhile True:\n    n += 1\n    time.sleep_ms(1)\n")
        repl.hard_reset()
        with pytest.raises(DeviceError, match="No such file"):
            Repl.open(device.console_url)
    device.run_for(500_000_000)
    with Repl.open(device.console_url, wait_s=1) as repl:
        assert repl.eval("n") > 100
        assert repl.eval("__import__('machine').reset_cause()") == 3


STAYS = b"""
import machine, os, time
time.sleep_ms(300)
try:
    os.remove('stay')
except OSError:
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        open('stay', 'w').close()
        machine.reset()
"""


def test_program_that_resets_the_board_at_ctrl_c_is_waited_for(device):
    with Repl.open(device.console_url, wait_s=1) as repl:
        repl.write("/main.py", STAYS)
        repl.hard_reset()
    device.run_for(500_000_000)
    pauses = []
    with Repl.open(device.console_url, sleep=pauses.append) as repl:
        assert repl.tree() == {"/main.py": len(STAYS)}  # it was not interrupted while it booted
    assert pauses


def test_unplugged_in_the_middle_of_anything_is_one_device_error(device):
    steps = [
        lambda repl: repl.exec("import time\ntime.sleep(9)"),
        lambda repl: repl.write("/x", bytes(9000)),
        lambda repl: repl.eval("1"),
    ]
    for step, after_ns in itertools.product(steps, (1_000_000, 7_000_000)):
        device.plug()
        repl = Repl.open(device.console_url, wait_s=1)
        device.unplug_in(after_ns)
        with pytest.raises(DeviceError, match="^emulated://.* went away: .*Plug the board in and repeat the command$"):
            while True:
                step(repl)
        repl.leave()


def test_busy_port_is_a_device_error(device):
    with Repl.open(device.console_url, wait_s=1), pytest.raises(DeviceError, match="cannot open .*: another program holds it"):
        Repl.open(device.console_url)
