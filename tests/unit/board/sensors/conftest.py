"""A controller and a pin for driving sensor models the way a board does."""

import pytest

from freefall.board.clock import SimulatedClock


class Nacked(Exception):
    """The part did not acknowledge."""


class Controller:
    """An I2C controller: whole transactions on one target."""

    def __init__(self, target):
        self.target = target

    def write(self, *octets):
        self._start(read=False)
        for octet in octets:
            if not self.target.write(octet):
                self.target.stop()
                raise Nacked
        self.target.stop()

    def read(self, register, count):
        """Pointer, repeated start, `count` octets."""
        self._start(read=False)
        if not self.target.write(register):
            raise Nacked
        return self.read_on(count)

    def read_on(self, count):
        """`count` octets without writing a pointer first."""
        self._start(read=True)
        data = bytes(self.target.read() for _ in range(count))
        self.target.stop()
        return data

    def _start(self, read):
        if not self.target.start(read):
            self.target.stop()
            raise Nacked


class RecordingPin:
    """Records (time, level) of every change, and may run an interrupt on each rise."""

    def __init__(self, clock):
        self.clock = clock
        self.level = None
        self.changes = []
        self.on_rise = None

    def set(self, level):
        if level == self.level:
            return
        self.level = level
        self.changes.append((self.clock.now_ns(), level))
        if level and self.on_rise:
            self.on_rise()

    @property
    def rises(self):
        return [time_ns for time_ns, level in self.changes if level]


@pytest.fixture
def clock():
    return SimulatedClock()


@pytest.fixture
def pin(clock):
    return RecordingPin(clock)


@pytest.fixture
def controller():
    return Controller


@pytest.fixture
def nacked():
    return Nacked
