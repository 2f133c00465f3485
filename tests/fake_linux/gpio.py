"""A GPIO chip as gpiod 2 gives it: the module and the lines behind it, which sensor models drive.

Strict: a line is asked for once, of settings that the kernel takes, and nobody reads events that are not there.
"""

import errno
import importlib
import os
import sys
from collections import deque
from dataclasses import dataclass
from enum import Enum
from types import ModuleType, SimpleNamespace

PATH = "/dev/gpiochip0"
_LINES = 54
_DEFAULT_BUFFER = 16

Value = Enum("Value", "INACTIVE ACTIVE")
Direction = Enum("Direction", "AS_IS INPUT OUTPUT")
Bias = Enum("Bias", "AS_IS UNKNOWN DISABLED PULL_UP PULL_DOWN")
Drive = Enum("Drive", "PUSH_PULL OPEN_DRAIN OPEN_SOURCE")
Edge = Enum("Edge", "NONE RISING FALLING BOTH")
Clock = Enum("Clock", "MONOTONIC REALTIME HTE")


@dataclass
class LineSettings:
    """As gpiod.LineSettings."""

    direction: Direction = Direction.AS_IS
    edge_detection: Edge = Edge.NONE
    bias: Bias = Bias.AS_IS
    drive: Drive = Drive.PUSH_PULL
    active_low: bool = False
    event_clock: Clock = Clock.MONOTONIC
    output_value: Value = Value.INACTIVE


class FakeGPIO:
    """The chip. line(pin) is the Pin of a model; on_output(pin, function): called with the level that an output is set to."""

    def __init__(self, time):
        self.time = time
        self.lines = {}
        self.requests = {}  # by descriptor
        time.readable = self._readable
        self.also_readable = lambda descriptor: False

    def line(self, pin):
        return self.lines.setdefault(pin, FakeLine(self.time))

    def on_output(self, pin, function):
        self.line(pin).output = function

    def install(self, monkeypatch):
        """Be the module gpiod, for the port as if it had never been imported."""
        module, names = ModuleType("gpiod"), ModuleType("gpiod.line")
        names.__dict__.update(Bias=Bias, Clock=Clock, Direction=Direction, Drive=Drive, Edge=Edge, Value=Value)
        module.line, module.LineSettings, module.request_lines = names, LineSettings, self.request_lines
        monkeypatch.setitem(sys.modules, "gpiod", module)
        monkeypatch.setitem(sys.modules, "gpiod.line", names)
        import_anew(monkeypatch, "freefall_board.ports.linux_gpio")
        return self

    def request_lines(self, path, config, consumer=None, event_buffer_size=None, output_values=None):
        """As gpiod.request_lines, for one line."""
        if path != PATH:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        assert consumer and output_values is None
        ((pin, settings),) = config.items()
        assert 0 <= pin < _LINES and not settings.active_low and settings.event_clock is Clock.MONOTONIC
        assert settings.edge_detection is Edge.NONE or settings.direction is Direction.INPUT, "only inputs have edges"
        line = self.line(pin)
        if line.request:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        request = FakeRequest(self, line, pin, settings, event_buffer_size or _DEFAULT_BUFFER)
        self.requests[request.fd] = request
        return request

    def _readable(self, descriptor):
        request = self.requests.get(descriptor)
        return bool(request.events) if request else self.also_readable(descriptor)


class FakeLine:
    """One line."""

    def __init__(self, time):
        self.time = time
        self.high = None  # nobody drives it
        self.pulled = False
        self.request = None
        self.output = lambda level: None

    def set(self, level):
        """A model drives it."""
        before = self.level
        self.high = bool(level)
        if self.request and self.level != before:
            self.request.edge(self.level)

    @property
    def level(self):
        return self.pulled if self.high is None else self.high


class FakeRequest:
    """As gpiod.LineRequest."""

    def __init__(self, chip, line, pin, settings, size):
        self.fd = os.open(os.devnull, os.O_RDWR)
        self.events = deque(maxlen=size)
        self._chip = chip
        self._line = line
        self._pin = pin
        self._settings = settings
        self._number = 0
        line.request = self
        line.pulled = settings.bias is Bias.PULL_UP
        if settings.direction is Direction.OUTPUT:
            self.set_value(pin, settings.output_value)

    def edge(self, high):
        if self._settings.edge_detection is (Edge.RISING if high else Edge.FALLING):
            self._number += 1
            self.events.append(SimpleNamespace(timestamp_ns=self._chip.time.now_ns(), line_seqno=self._number))

    def wait_edge_events(self, timeout=None):
        assert timeout == 0 and self._line, "the loop would wait"
        return bool(self.events)

    def read_edge_events(self, max_events=None):
        assert self.events, "a read that would block"
        events = list(self.events)
        self.events.clear()
        return events

    def get_value(self, line):
        assert line == self._pin and self._line
        return Value.ACTIVE if self._line.level else Value.INACTIVE

    def set_value(self, line, value):
        assert line == self._pin and self._settings.direction is Direction.OUTPUT
        self._line.output(value is Value.ACTIVE)

    def release(self):
        os.close(self.fd)
        del self._chip.requests[self.fd]
        self._line.request = self._line = None


def import_anew(monkeypatch, name):
    """A module, imported among the fakes of its imports, and forgotten with them."""
    package, _, short = name.rpartition(".")
    parent = importlib.import_module(package)
    monkeypatch.delitem(sys.modules, name, raising=False)
    module = importlib.import_module(name)
    del sys.modules[name]
    monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(parent, short, module, raising=False)
    return module
