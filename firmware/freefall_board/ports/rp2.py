"""RP2040 under MicroPython 1.25 or later."""

import sys
import time

import machine
import micropython
import rp2

from freefall_wire import reports

from .rp2_seal import seal_in_place

_UART_BUFFER_LEN = 4096
_BOOT_COUNT_FILE = "boot_count"
_HALF_CLOCK_US = 5
_TICK_HZ = 1000000
# Cycles of one round of _tick besides the delay loop's own count.
_TICK_OVERHEAD = 3


@rp2.asm_pio()
def _tick():
    """Raise the state machine's interrupt every (word from the FIFO + _TICK_OVERHEAD) cycles."""
    pull()
    wrap_target()
    mov(x, osr)
    label("delay")
    jmp(x_dec, "delay")
    irq(rel(0))
    wrap()


class Port:
    """The board's own hardware. Build it once; handlers it is given run as hard interrupts with the heap locked."""

    ticks_us = staticmethod(time.ticks_us)
    ticks_diff = staticmethod(time.ticks_diff)
    sleep_ms = staticmethod(time.sleep_ms)
    idle = staticmethod(machine.idle)
    seal = staticmethod(seal_in_place)

    def __init__(self):
        # Room for the OSError of a failed read, which an interrupt cannot allocate.
        micropython.alloc_emergency_exception_buf(100)
        self._armed = []

    def boot_count(self):
        """This boot's number, from 1; kept in a file. Writes flash, so only before sampling. 1 again if the file is damaged."""
        try:
            with open(_BOOT_COUNT_FILE) as file:
                count = int(file.read()) + 1
        except (OSError, ValueError):
            count = 1
        try:
            with open(_BOOT_COUNT_FILE, "w") as file:
                file.write(str(count))
        except OSError:
            pass  # a full or damaged file system must not keep the payload from running; the next boot has the same number
        return count

    def reset_cause(self):
        """One of the reset causes of freefall_wire.reports; machine.reset() is a watchdog reset on this chip."""
        cause = machine.reset_cause()
        if cause == machine.PWRON_RESET:
            return reports.POWER_ON
        if cause == machine.WDT_RESET:
            return reports.WATCHDOG
        return reports.UNKNOWN

    def i2c(self, plan):
        """The bus of a plan. A transfer that takes longer than the plan's timeout is given up, with OSError."""
        _free_bus(plan["scl"], plan["sda"])
        return machine.I2C(
            plan["id"],
            scl=machine.Pin(plan["scl"]),
            sda=machine.Pin(plan["sda"]),
            freq=plan["freq_hz"],
            timeout=plan["timeout_us"],
        )

    def on_edge(self, pin, handler):
        """Call handler at every rising edge of a pin. Edges while it runs are one more call, not several."""
        # Pulled down: the line of a sensor without power must not float.
        line = machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_DOWN)
        line.irq(handler, machine.Pin.IRQ_RISING, hard=True)
        self._armed.append(line)

    def on_tick(self, period_us, handler):
        """Call handler every period_us, counted by a PIO state machine, which no software delays."""
        number = sum(isinstance(armed, rp2.StateMachine) for armed in self._armed)
        machine_ = rp2.StateMachine(number, _tick, freq=_TICK_HZ)
        machine_.irq(handler, hard=True)
        machine_.put(period_us - _TICK_OVERHEAD)
        machine_.active(1)
        self._armed.append(machine_)

    def link(self, plan):
        """write(buf, start, size) -> octets taken, for the plan's link."""
        transport = plan["transport"]
        if transport == "usb":
            return _usb_writer()
        uart = machine.UART(
            int(transport[-1]),
            plan["baud"],
            tx=machine.Pin(plan["tx"]),
            rx=machine.Pin(plan["rx"]),
            txbuf=_UART_BUFFER_LEN,
            timeout=0,
        )
        return uart.write

    def watchdog(self, timeout_ms):
        """Start the watchdog, which cannot be stopped; returns what feeds it."""
        return machine.WDT(timeout=timeout_ms).feed


def _free_bus(scl, sda):
    # A reset in mid-transfer leaves the target holding SDA until it has been clocked through its octet (I2C-bus spec. 3.1.16).
    clock = machine.Pin(scl, machine.Pin.OPEN_DRAIN, machine.Pin.PULL_UP, value=1)
    data = machine.Pin(sda, machine.Pin.IN, machine.Pin.PULL_UP)
    for _ in range(9):
        if data.value():
            return
        clock.value(0)
        time.sleep_us(_HALF_CLOCK_US)
        clock.value(1)
        time.sleep_us(_HALF_CLOCK_US)


def _usb_writer():
    from select import POLLOUT, poll

    stdout = sys.stdout.buffer
    ready = poll()
    ready.register(stdout, POLLOUT)
    ipoll = ready.ipoll
    # The first answer makes the tuple that every later one reuses.
    for _ in ipoll(0):
        pass

    def write(buf, start, size):
        # A FIFO without room blocks a write for 500 ms, so ask first. It answers for one octet only: a host that stops reading
        # in mid-frame still costs one such wait.
        for _ in ipoll(0):
            return stdout.write(buf, start, size)
        return 0

    return write
