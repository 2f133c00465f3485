"""Controllers and a pin for driving sensor models the way a board does."""

import pytest

from freefall.board.clock import SimulatedClock


class Nacked(Exception):
    """The part did not acknowledge."""


class Controller:
    """An I2C controller: whole transactions on one target, or one octet after another."""

    def __init__(self, target):
        self.target = target

    def write(self, *octets):
        self._start(read=False)
        for octet in octets:
            if not self.target.write(octet):
                self.target.stop()
                raise Nacked
        self.end()

    def read(self, register, count):
        """Pointer, repeated start, `count` octets."""
        self.begin(register)
        return self._rest(count)

    def read_on(self, count):
        """`count` octets without writing a pointer first."""
        self._start(read=True)
        return self._rest(count)

    def begin(self, register):
        self._start(read=False)
        if not self.target.write(register):
            raise Nacked
        self._start(read=True)

    def octet(self):
        return self.target.read()

    def end(self):
        self.target.stop()

    def _rest(self, count):
        data = bytes(self.octet() for _ in range(count))
        self.end()
        return data

    def _start(self, read):
        if not self.target.start(read):
            self.target.stop()
            raise Nacked


class SPIController:
    """The same on an SPI bus, for parts whose command octet is register << 1 | read. MOSI carries a number nobody may look at."""

    def __init__(self, target):
        self.target = target

    def write(self, register, *octets):
        self.target.select()
        try:
            for octet in (register << 1, *octets):
                assert self.target.exchange(octet) == 0xFF, "nothing is driven while it is written"
        finally:
            self.end()

    def read(self, register, count):
        self.begin(register)
        try:
            return bytes(self.octet() for _ in range(count))
        finally:
            self.end()

    def begin(self, register):
        self.target.select()
        assert self.target.exchange(register << 1 | 1) == 0xFF

    def octet(self):
        return self.target.exchange(0x5A)

    def end(self):
        self.target.deselect()


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


@pytest.fixture
def spi_controller():
    return SPIController


@pytest.fixture(params=["i2c", "spi"])
def either(request):
    """(address, controller) of a part on either bus; no address on SPI."""
    return {"i2c": (0x1D, Controller), "spi": (None, SPIController)}[request.param]
