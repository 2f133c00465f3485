"""A Linux computer, a Raspberry Pi for example, as a board: CPython, the kernel's buses, and interrupts that wait for the loop.

What is imported when: a part of the computer that no sensor needs need not be installed.
"""

import gc
import os
import signal
import sys

from freefall_wire import frame, reports

from .linux_interrupts import Interrupts, System
from .virtual_common import ComputerPort, WatchdogExpired

_NS_PER_MS = 1000000


def _nothing():
    pass


class Port(ComputerPort):
    """See ports/__init__.py.

    devices: paths by the names of buses in a definition ("i2c0": "/dev/i2c-1"), and that of the chip of all pins by "gpio"; kept:
    the file of what is kept; on_octets: called with what leaves by the link.
    """

    seal = staticmethod(frame.seal_in_place)
    EDGE_LATENCY_US = TICK_LATENCY_US = 0
    STAMPS_EDGES = True

    def __init__(self, devices, kept, on_octets, system=None):
        self.system = system or System()
        super().__init__(self.system.now_ns)  # the clock that the kernel stamps edges by
        self.interrupts = Interrupts(self.system)
        self._devices = devices
        self._kept = kept
        self._on_octets = on_octets
        self._buses = []
        self._lines = []
        self._gpio = None
        self._undo = []

    def close(self):
        """Let go of everything; the port is of no use any more."""
        self.stop()
        for undo in self._undo:
            undo()
        for bus in self._buses:
            bus.close()
        if self._gpio:
            self._gpio.close()

    def sleep_ms(self, duration_ms):
        """Sleep at least so long."""
        self.system.wait((), duration_ms * _NS_PER_MS)

    def idle(self, duration_us):
        """See ports/__init__.py; here interrupts have their turn."""
        self.interrupts.idle(duration_us)

    def collect(self):
        """Collect garbage, and let what is left be: the collector need not look at it while sampling."""
        gc.collect()
        gc.freeze()
        self._undo.append(gc.unfreeze)

    def free_heap(self):
        """Not counted on a computer."""
        return 0

    def platform(self):
        """See ports/__init__.py."""
        return "cpython %d.%d.%d linux" % sys.version_info[:3]

    def reset_cause(self):
        """Unknown: a program was started, by whom and why it is not told."""
        return reports.UNKNOWN

    def interrupts_off(self):
        """Nothing: interrupts come only where the loop idles."""

    def interrupts_on(self, state):
        """As interrupts_off."""

    def bus(self, plan):
        """See ports/__init__.py. Raises OSError when the computer does not have it."""
        path = self._devices["%s%d" % (plan["kind"], plan["id"])]
        if plan["kind"] == "spi":
            from .linux_spi import SPIBus

            bus = SPIBus(self.interrupts, plan, path, lambda pin: self._chip().select(pin))
        elif plan["kind"] == "uart":
            from .linux_uart_bus import UARTBus

            bus = UARTBus(self.interrupts, plan, path)
        else:
            from .linux_i2c import I2CBus

            bus = I2CBus(self.interrupts, plan, path)
        self._buses.append(bus)
        return bus

    def counter(self, pin):
        """See ports/__init__.py; counted by the kernel."""
        from .linux_gpio import Counter

        return Counter(self._chip().input(pin, False), self.system)

    def edge_stamps(self, pin, active_low):
        """See ports/__init__.py; the kernel's."""
        return self._chip().input(pin, active_low)

    def level(self, pin, active_low):
        """See ports/__init__.py."""
        line = self._chip().input(pin, active_low)
        return lambda: line.level(active_low)

    def _chip(self):
        from .linux_gpio import GPIO

        if self._gpio is None:
            self._gpio = GPIO(self._devices["gpio"], self.interrupts)
        return self._gpio

    def on_edge(self, pin, handler, active_low):
        """See ports/__init__.py."""
        line = self._chip().input(pin, active_low)
        self._lines.append(line)
        line.interrupt(handler)

    def on_tick(self, period_us, handler):
        """See ports/__init__.py."""
        self.interrupts.on_tick(period_us, handler)

    def link(self, plan):
        """See ports/__init__.py; whatever the plan's link is, octets leave by `on_octets`."""

        def take(octets, start, size, waiting):
            self._on_octets(bytes(octets[start : start + size]))
            return size

        return take

    def uplinks(self):
        """See ports/__init__.py."""
        # An octet is nobody's Ctrl-C: the computer's own keyboard has that.
        return [(self.receive, _nothing, None)]

    def kept_settings(self):
        """See ports/__init__.py."""
        try:
            with open(self._kept, "rb") as file:
                return file.read()
        except OSError:
            return None

    def keep_settings(self, octets):
        """See ports/__init__.py; the file is whole or as it was, also when the power goes."""
        new = "%s.new" % self._kept
        try:
            with open(new, "wb") as file:
                file.write(octets)
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, self._kept)
        except OSError:
            return False
        return True

    def stop(self):
        """See ports/__init__.py."""
        self.interrupts.stop_ticks()
        for line in self._lines:
            line.release()
        self._lines.clear()

    def watchdog(self, timeout_ms):
        """Raise WatchdogExpired, out of whatever runs, when nothing feeds it: who started the program may start it again."""

        def bark(number, stack):
            raise WatchdogExpired(timeout_ms)

        def feed():
            signal.setitimer(signal.ITIMER_REAL, timeout_ms / 1000)

        before = signal.signal(signal.SIGALRM, bark)
        self._undo.append(lambda: (signal.setitimer(signal.ITIMER_REAL, 0), signal.signal(signal.SIGALRM, before)))
        feed()
        return feed
