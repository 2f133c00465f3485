"""What the linux port does besides interrupts and buses: its clock, what it keeps, and its watchdog."""

import gc
import signal
import time

import pytest

from fake_linux.time import SimulatedTime
from freefall_board.ports.linux import Port
from freefall_board.ports.virtual_common import Left, Restarted, WatchdogExpired
from freefall_wire import reports


@pytest.fixture
def port(tmp_path):
    port = Port({}, tmp_path / "settings", lambda octets: None, SimulatedTime())
    yield port
    port.close()


def test_ticks_are_those_of_a_32_bit_board(port):
    for now_us, ticks in ((0, 0), (1_000_000, 1_000_000), (1 << 30, 0), ((1 << 30) + 5, 5)):
        port.system.clock.advance_to(now_us * 1000)
        assert port.ticks_us() == ticks
    assert port.ticks_diff(5, (1 << 30) - 5) == 10
    assert port.ticks_diff((1 << 30) - 5, 5) == -10


def test_sleep_is_at_least_so_long(port):
    port.sleep_ms(3)
    assert port.ticks_us() == 3000


def test_settings_are_kept_whole_or_not_at_all(port, tmp_path):
    assert port.kept_settings() is None
    assert port.keep_settings(b"first") and port.keep_settings(b"second")
    assert port.kept_settings() == b"second"
    assert [path.name for path in tmp_path.iterdir()] == ["settings"]


def test_settings_that_cannot_be_kept_are_told(tmp_path):
    port = Port({}, tmp_path / "none" / "settings", lambda octets: None, SimulatedTime())
    assert port.keep_settings(b"lost") is False
    port.close()


def test_watchdog_that_is_fed_is_quiet_and_one_that_is_not_ends_whatever_runs(port):
    before = signal.getsignal(signal.SIGALRM)
    feed = port.watchdog(100)
    for _ in range(5):
        time.sleep(0.05)
        feed()
    with pytest.raises(WatchdogExpired, match="the watchdog of 100 ms expired"):
        time.sleep(5)
    port.close()
    assert signal.getsignal(signal.SIGALRM) is before and signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_end_of_a_boot_is_for_whoever_started_it(port):
    with pytest.raises(Left):
        port.leave()
    with pytest.raises(Restarted):
        port.restart()


def test_link_takes_everything_at_once(tmp_path):
    left = []
    port = Port({}, tmp_path / "settings", left.append, SimulatedTime())
    take = port.link({"transport": "usb"})
    assert take(bytearray(b"abcdef"), 2, 3, 3) == 3 and left == [b"cde"]


def test_what_is_sent_up_comes_in_the_pieces_that_are_asked_for(port):
    port.send(b"abcde")
    ((receive, interrupt, echo),) = port.uplinks()
    buf = bytearray(3)
    assert (receive(buf), bytes(buf)) == (3, b"abc")
    assert receive(buf) == 2 and buf[:2] == b"de" and receive(buf) == 0
    interrupt()
    assert echo is None


def test_why_it_started_nobody_knows_and_the_platform_is_named(port):
    assert port.reset_cause() == reports.UNKNOWN
    assert port.platform().startswith("cpython 3.") and port.platform().endswith(" linux")
    port.collect()
    port.close()
    assert gc.get_freeze_count() == 0
