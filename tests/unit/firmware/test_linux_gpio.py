"""The lines of a Linux computer: the port asks one chip for each line once, and lets go of them."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from freefall_board.ports.linux import Port

_MODULE = "freefall_board.ports.linux_gpio"  # is to find this gpiod, and no other test is
MS = 1_000_000
ACTIVE, INACTIVE = object(), object()


class FakeRequest:
    """What gpiod 2 gives for lines: their edges, levels, and nothing after release()."""

    def __init__(self, pin: int, settings: SimpleNamespace):
        self.pin, self.settings = pin, settings
        self.edges, self.level, self.released = [], INACTIVE, False
        self.fd = pin

    def edge(self, stamp_ns: int, number: int) -> None:
        self.edges.append(SimpleNamespace(timestamp_ns=stamp_ns, line_seqno=number))

    def wait_edge_events(self, timeout) -> bool:
        assert not self.released and timeout == 0
        return bool(self.edges)

    def read_edge_events(self) -> list:
        edges, self.edges = self.edges, []
        return edges

    def get_value(self, pin: int):
        assert not self.released and pin == self.pin
        return self.level

    def set_value(self, pin: int, level) -> None:
        assert not self.released and pin == self.pin and level in (ACTIVE, INACTIVE)
        self.level = level

    def release(self) -> None:
        assert not self.released
        self.released = True


@pytest.fixture
def chip(monkeypatch):
    """The requests by their pins, of a computer whose chip is /dev/gpiochip7."""
    requests = {}

    def request_lines(path, lines, consumer, kept):
        ((pin, settings),) = lines.items()
        assert path == "/dev/gpiochip7" and consumer == "freefall" and pin not in requests
        requests[pin] = FakeRequest(pin, settings)
        return requests[pin]

    gpiod, line = ModuleType("gpiod"), ModuleType("gpiod.line")
    gpiod.request_lines = request_lines
    gpiod.LineSettings = lambda **settings: SimpleNamespace(**settings)
    line.Bias = SimpleNamespace(PULL_UP="up", PULL_DOWN="down")
    line.Clock = SimpleNamespace(MONOTONIC="monotonic")
    line.Direction = SimpleNamespace(INPUT="in", OUTPUT="out")
    line.Edge = SimpleNamespace(RISING="rising", FALLING="falling")
    line.Value = SimpleNamespace(ACTIVE=ACTIVE, INACTIVE=INACTIVE)
    monkeypatch.setitem(sys.modules, "gpiod", gpiod)
    monkeypatch.setitem(sys.modules, "gpiod.line", line)
    sys.modules.pop(_MODULE, None)
    yield requests
    sys.modules.pop(_MODULE, None)


@pytest.fixture
def port(chip, tmp_path):
    system = SimpleNamespace(now_ns=lambda: 5 * MS, wait=None)
    return Port({"gpio": "/dev/gpiochip7"}, tmp_path / "settings", None, system)


def test_line_of_a_trigger_is_asked_for_once_and_tells_edges_and_level(port, chip):
    heard = []
    stamps, level = port.edge_stamps(15, True), port.level(15, True)
    port.on_edge(15, heard.append, True)
    request = chip[15]
    assert vars(request.settings) == {
        "direction": "in", "edge_detection": "falling", "bias": "up", "event_clock": "monotonic",
    }  # fmt: skip
    assert (level(), request.set_value(15, ACTIVE), level()) == (1, None, 0)
    request.edge(2 * MS, 1)
    request.edge(3 * MS, 2)
    assert stamps.deliver(3 * MS) and heard == [stamps]
    assert (stamps.count(), stamps.newest()) == (1, 2000)


def test_edges_that_the_kernel_dropped_are_counted(port, chip):
    line = port.edge_stamps(3, False)
    chip[3].edge(MS, 1)
    chip[3].edge(2 * MS, 40)
    assert chip[3].settings.edge_detection == "rising" and chip[3].settings.bias == "down"
    assert not line.deliver(5 * MS)
    assert line.count() == 40


def test_counter_counts_edges_of_its_line(port, chip):
    counter = port.counter(9)
    ring = SimpleNamespace(read_len=12, octets=bytearray(24))
    ended = []
    start = counter.reads(None, ring, ended.append)
    chip[9].edge(MS, 1)
    chip[9].edge(2 * MS, 2)
    start(1)
    assert ended == [1]
    assert ring.octets == bytes(12) + (2).to_bytes(4, "little") * 2 + bytes(4)


def test_lines_are_let_go_of_with_the_port(port, chip):
    port.level(1, False)
    port.level(2, True)
    port.close()
    assert [request.released for request in chip.values()] == [True, True]
