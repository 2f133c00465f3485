"""RP2040 under MicroPython 1.25 or later: the port of the Raspberry Pi Pico, put together from the rp2_ modules beside it."""

import gc
import sys
import time

import machine
import micropython

from freefall_loader import write_file
from freefall_wire import reports

from .rp2_seal_asm import seal_in_place

_SETTINGS_FILE = "/state/settings"
# What is left in the UART's FIFO when the link has taken all: 33 octets at 9600 baud.
_LAST_OCTETS_MS = 35


def _nothing():
    pass


def _pio():
    # Loaded when sensors are set up, for the first frame is on its way before that.
    from . import rp2_pio

    return rp2_pio


class Port:
    """See ports/__init__.py. Build it once; handlers it is given run as hard interrupts with the heap locked."""

    # From an edge to the first line of a handler in viper, measured by bench/board.
    EDGE_LATENCY_US = 8
    TICK_LATENCY_US = 6
    STAMPS_EDGES = False  # each takes a state machine and DMA

    ticks_us = staticmethod(time.ticks_us)
    ticks_diff = staticmethod(time.ticks_diff)
    collect = staticmethod(gc.collect)
    free_heap = staticmethod(gc.mem_free)
    interrupts_off = staticmethod(machine.disable_irq)
    interrupts_on = staticmethod(machine.enable_irq)
    seal = staticmethod(seal_in_place)

    def __init__(self):
        # Room to say what went wrong in an interrupt, which cannot allocate.
        micropython.alloc_emergency_exception_buf(100)
        # Interrupts and DMA know what they use by its address only, which keeps nothing from being collected.
        self._kept = []
        self._stops = []  # what ends a trigger, each with its argument
        self._state_machines = 0
        self._uart = None  # of the link
        self._console = None

    def reset_cause(self):
        """One of the reset causes of freefall_wire.reports; machine.reset() is a watchdog reset on this chip."""
        cause = machine.reset_cause()
        if cause == machine.PWRON_RESET:
            return reports.POWER_ON
        if cause == machine.WDT_RESET:
            return reports.WATCHDOG
        return reports.UNKNOWN

    @staticmethod
    def sleep_ms(duration_ms):
        """Sleep at least so long. time.sleep_ms is over when so many millisecond ticks have passed: up to one too early."""
        time.sleep_ms(duration_ms + 1)

    @micropython.native
    def idle(self, duration_us):
        """Sleep so long; interrupts go on."""
        begin = time.ticks_us()
        while time.ticks_diff(time.ticks_us(), begin) < duration_us:
            machine.idle()

    def bus(self, plan):
        """See ports/__init__.py. A transfer that takes longer than the plan's timeout is given up."""
        if plan["kind"] == "spi":
            from .rp2_spi import SPIBus as bus_class
        elif plan["kind"] == "uart":
            from .rp2_uart_bus import UARTBus as bus_class
        else:
            from .rp2_i2c import I2CBus as bus_class
        return bus_class(plan)

    def counter(self, pin):
        """See ports/__init__.py."""
        counter = _pio().Counter(self._state_machine(), pin)
        self._kept.append(counter)
        return counter

    def adc(self, pin):
        """See ports/__init__.py."""
        from .rp2_adc import ADC

        device = ADC(pin)
        self._kept.append(device)
        return device

    def edge_stamps(self, pin, active_low):
        """See ports/__init__.py."""
        stamps = _pio().EdgeStamps(self._state_machine(), pin, active_low)
        self._kept.append(stamps)
        self._stops.append((stamps.active, 0))
        return stamps

    def level(self, pin, active_low):
        """See ports/__init__.py."""
        return _pio().level_reader(pin, active_low)

    def on_edge(self, pin, handler, active_low):
        """Call handler whenever a line becomes active. Edges while it waits to run are one more call, not several."""
        line = _pio().input_line(pin, active_low)
        line.irq(handler, machine.Pin.IRQ_FALLING if active_low else machine.Pin.IRQ_RISING, hard=True)
        self._stops.append((line.irq, None))

    def on_tick(self, period_us, handler):
        """Call handler every period_us, counted by hardware."""
        ticking = _pio().start_tick(self._state_machine(), period_us, handler)
        self._stops.append((ticking.active, 0))

    def _state_machine(self):
        number = self._state_machines
        self._state_machines = number + 1
        return number

    def link(self, plan):
        """See ports/__init__.py."""
        if plan["transport"] == "usb":
            from .rp2_usb import USBLink

            return USBLink().take
        from .rp2_uart import UARTLink

        self._uart = uart = UARTLink(plan)
        return uart.take

    def uplinks(self):
        """See ports/__init__.py; the console is one whatever the link is. From now on Ctrl-C is for the payload to notice."""
        from .rp2_console import Console  # not needed for the first frame

        self._console = console = Console()
        console.take()
        if self._uart is None:
            return [(console.receive, self.leave, None)]
        # A break on the wire is nobody's wish to stop the payload.
        return [(self._uart.receive, _nothing, None), (console.receive, self.leave, console.write)]

    def kept_settings(self):
        """See ports/__init__.py."""
        try:
            with open(_SETTINGS_FILE, "rb") as file:
                return file.read()
        except OSError:
            return None

    def keep_settings(self, octets):
        """See ports/__init__.py. Writes flash, which stops interrupts for tens of milliseconds."""
        try:
            write_file(_SETTINGS_FILE, octets)
        except OSError:
            return False  # a full or damaged file system
        return True

    def platform(self):
        """See ports/__init__.py."""
        return "micropython %s rp2" % ".".join([str(part) for part in sys.implementation.version[:3]])

    def stop(self):
        """See ports/__init__.py."""
        while self._stops:
            end, argument = self._stops.pop()  # the newest first: a line ends before the stamps of its edges
            end(argument)

    def close(self):
        """Stop, and give Ctrl-C back to MicroPython. Not before the payload has ended: a telecommand may still come."""
        self.stop()
        if self._console:
            self._console.leave()

    def restart(self):
        """Reset the chip, as the reset pin does."""
        time.sleep_ms(_LAST_OCTETS_MS)
        machine.reset()

    def leave(self):
        """Hand over to the REPL, through whoever started the payload."""
        raise KeyboardInterrupt

    def watchdog(self, timeout_ms):
        """Start the watchdog, which cannot be stopped; returns what feeds it."""
        return machine.WDT(timeout=timeout_ms).feed
