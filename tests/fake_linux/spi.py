"""SPI devices as spidev gives them. Strict: lists of octets, as many as the kernel's driver takes, in the mode of the part."""

import errno
import os
import sys
from types import ModuleType

from fake_linux.gpio import import_anew

_SELECTS = {0: (8, 7), 1: (18, 17, 16)}  # of a Raspberry Pi: pins of the controllers' own
_LONGEST = 4096
_UNDRIVEN = 0xFF


class FakeSPI:
    """Controllers by number: models by the pin of their chip select, which the controller moves or a line of the GPIO."""

    def __init__(self, time, gpio, controllers):
        self.time = time
        self.controllers = controllers
        self.selected = {number: set() for number in controllers}
        for number, targets in controllers.items():
            for pin, target in targets.items():
                if pin not in _SELECTS[number]:
                    gpio.on_output(pin, self._selector(number, target))

    def install(self, monkeypatch):
        """Be the module spidev, for the port as if it had never been imported."""
        module = ModuleType("spidev")
        module.SpiDev = lambda: FakeDevice(self)
        monkeypatch.setitem(sys.modules, "spidev", module)
        import_anew(monkeypatch, "freefall_board.ports.linux_spi")
        return self

    def paths(self):
        return {f"/dev/spidev{number}.{device}" for number in self.controllers for device in range(len(_SELECTS[number]))}

    def target_of(self, number, device):
        """What the controller's own chip select moves."""
        return self.controllers[number].get(_SELECTS[number][device])

    def _selector(self, number, target):
        def select(level):
            if not level:
                self.selected[number].add(target)
                target.select()
            elif target in self.selected[number]:
                self.selected[number].remove(target)
                target.deselect()

        return select


class FakeDevice:
    """As spidev.SpiDev."""

    def __init__(self, spi):
        self._spi = spi
        self._place = None
        self.mode = None
        self.max_speed_hz = None

    def open_path(self, path):
        if path not in self._spi.paths():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        self._place = int(path[-3]), int(path[-1])

    def close(self):
        self._place = None

    def xfer2(self, octets):
        assert isinstance(octets, list) and 0 < len(octets) <= _LONGEST and self._place
        number, device = self._place
        self._spi.time.catch_up()
        own = self._spi.target_of(number, device)
        targets = [*self._spi.selected[number], *([own] if own else [])]
        assert len(targets) < 2, "two parts are selected"
        if own:
            own.select()
        received = []
        for octet in octets:
            received.append(targets[0].exchange(octet) if targets else _UNDRIVEN)
            self._spi.time.take(8_000_000_000 // self.max_speed_hz)
        if own:
            own.deselect()
        return received
