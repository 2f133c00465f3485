"""A board that is a simulation: the firmware on CPython, simulated time, sensor models on simulated buses.

Buses and links take the time their bits take; the processor takes none. Interrupts behave as on the chip: one handler at a
time, never inside another, and an edge while its own line is still pending is merged with it (and counted: a chip cannot).
"""

from freefall_wire import frame, reports

_TICKS_MODULO = 1 << 30  # as MicroPython's ticks_us on a 32-bit board
_TICKS_HALF = 1 << 29
_IDLE_NS = 1000000
_BITS_PER_I2C_OCTET = 9
_BITS_PER_UART_OCTET = 10
_UART_BUFFER_LEN = 4096 + 32  # MicroPython's transmit buffer and the FIFO behind it
_USB_OCTETS_PER_S = 840000
_USB_BUFFER_LEN = 256


class Line:
    """One interrupt line. `merged` counts edges that came while an earlier one still waited: triggers no board can see."""

    def __init__(self, controller, handler):
        self.merged = 0
        self.waiting = False
        self.handler = handler
        self._controller = controller
        self._level = False

    def set(self, level):
        """Drive the line; a rising edge is an interrupt."""
        rising = level and not self._level
        self._level = level
        if rising:
            self._controller.request(self)


class InterruptController:
    """Runs handlers one after another, in the order of their edges."""

    def __init__(self):
        self._queue = []
        self._busy = False

    def request(self, line):
        """An edge on a line."""
        if line.waiting:
            line.merged += 1
            return
        line.waiting = True
        self._queue.append(line)
        if self._busy:
            return
        self._busy = True
        try:
            while self._queue:
                line = self._queue.pop(0)
                line.waiting = False
                line.handler(line)
        finally:
            self._busy = False


class Bus:
    """An I2C bus as machine.I2C offers it, on sensor models that take and give single octets.

    As on the RP2040, the timeout is for all of a write or read: one too slow for it fails though nothing hangs.
    """

    def __init__(self, clock, freq_hz, timeout_us, targets):
        self._clock = clock
        self._octet_ns = _BITS_PER_I2C_OCTET * 1000000000 // freq_hz
        self._timeout_ns = timeout_us * 1000
        self._deadline_ns = 0
        self._targets = {target.address: target for target in targets}

    def readfrom_mem_into(self, address, register, buf):
        """As machine.I2C; raises OSError when nobody acknowledges."""
        target = self._write(address, bytes((register,)))
        self._start(target, True)
        for i in range(len(buf)):
            buf[i] = target.read()
            self._take_octet(target)
        target.stop()

    def writeto_mem(self, address, register, data):
        """As machine.I2C; raises OSError when nobody acknowledges."""
        self._write(address, bytes((register,)) + bytes(data)).stop()

    def _write(self, address, octets):
        target = self._targets.get(address)
        if target is None:
            self._clock.advance_to(self._clock.now_ns() + self._octet_ns)
            raise OSError(5, "no I2C target at 0x%02x" % address)
        self._start(target, False)
        for octet in octets:
            acknowledged = target.write(octet)
            self._take_octet(target)
            if not acknowledged:
                target.stop()
                raise OSError(5, "I2C target 0x%02x did not acknowledge an octet" % address)
        return target

    def _start(self, target, read):
        self._deadline_ns = self._clock.now_ns() + self._timeout_ns
        acknowledged = target.start(read)
        self._take_octet(target)
        if not acknowledged:
            target.stop()
            raise OSError(5, "I2C target 0x%02x did not acknowledge" % target.address)

    def _take_octet(self, target):
        end_ns = self._deadline_ns + 1 if target.hung else self._clock.now_ns() + self._octet_ns
        if end_ns > self._deadline_ns:
            self._clock.advance_to(self._deadline_ns)
            target.stop()
            raise OSError(110, "I2C target 0x%02x: the transfer took longer than the bus's timeout" % target.address)
        self._clock.advance_to(end_ns)


class PacedLink:
    """A transmitter with a buffer that empties at the line's rate."""

    def __init__(self, clock, octets_per_s, buffer_len, on_octets):
        self.open = True  # False: as a host that reads no more
        self._clock = clock
        self._octets_per_s = octets_per_s
        self._room = buffer_len
        self._buffer_len = buffer_len
        self._at_ns = clock.now_ns()
        self._on_octets = on_octets

    def write(self, buf, start, size):
        """Octets of buf[start:start + size] the buffer had room for."""
        now_ns = self._clock.now_ns()
        left = (now_ns - self._at_ns) * self._octets_per_s // 1000000000
        if left and self.open:
            self._room = min(self._buffer_len, self._room + left)
            self._at_ns = now_ns if self._room == self._buffer_len else self._at_ns + left * 1000000000 // self._octets_per_s
        elif not self.open:
            self._at_ns = now_ns
        taken = min(size, self._room)
        self._room -= taken
        if taken:
            self._on_octets(bytes(buf[start : start + taken]))
        return taken


class WatchdogExpired(Exception):
    """The board would have been reset: nothing fed its watchdog for `timeout_ms`."""

    def __init__(self, timeout_ms):
        self.timeout_ms = timeout_ms
        super().__init__("the watchdog of %d ms expired: the foreground loop made no progress" % timeout_ms)


class Port:
    """A port whose hardware is a simulation.

    clock: now_ns(), next_event_ns(), call_at(time_ns, callback), advance_to(time_ns); on_octets: called with what leaves
    by the link. Sensor models drive the lines that `line(pin)` gives, and answer on the buses once `connect` knows them.
    """

    seal = staticmethod(frame.seal_in_place)

    def __init__(self, clock, on_octets, boot_count=1):
        self.lines = {}  # by pin
        self.ticks = []  # lines of periodic ticks, in the order of their streams
        self.wire = None
        self._clock = clock
        self._targets = {}
        self._on_octets = on_octets
        self._boot_count = boot_count
        self._interrupts = InterruptController()

    def connect(self, targets):
        """Put sensor models on the buses: a list of models by the plan's bus id."""
        self._targets = targets

    def ticks_us(self):
        """As time.ticks_us on a 32-bit MicroPython: wraps every 1073.7 s."""
        return self._clock.now_ns() // 1000 % _TICKS_MODULO

    def ticks_diff(self, later, earlier):
        """As time.ticks_diff."""
        return (later - earlier + _TICKS_HALF) % _TICKS_MODULO - _TICKS_HALF

    def sleep_ms(self, duration_ms):
        """Let simulated time pass."""
        self._clock.advance_to(self._clock.now_ns() + duration_ms * 1000000)

    def idle(self):
        """Sleep until the next event, at most 1 ms."""
        latest_ns = self._clock.now_ns() + _IDLE_NS
        next_ns = self._clock.next_event_ns()
        self._clock.advance_to(latest_ns if next_ns is None else min(next_ns, latest_ns))

    def boot_count(self):
        """As given."""
        return self._boot_count

    def reset_cause(self):
        """Always power-on."""
        return reports.POWER_ON

    def i2c(self, plan):
        """The bus of a plan, with the models connected to it."""
        return Bus(self._clock, plan["freq_hz"], plan["timeout_us"], self._targets[plan["id"]])

    def on_edge(self, pin, handler):
        """Call handler at every rising edge of a pin."""
        self.line(pin).handler = handler

    def line(self, pin):
        """The interrupt line of a pin; without a handler until the firmware sets one."""
        if pin not in self.lines:
            self.lines[pin] = Line(self._interrupts, lambda line: None)
        return self.lines[pin]

    def on_tick(self, period_us, handler):
        """Call handler every period_us, the first time after one period."""
        line = Line(self._interrupts, handler)
        self.ticks.append(line)
        period_ns = period_us * 1000
        due_ns = self._clock.now_ns() + period_ns

        def tick():
            nonlocal due_ns
            due_ns += period_ns
            self._clock.call_at(due_ns, tick)
            line.set(True)
            line.set(False)

        self._clock.call_at(due_ns, tick)

    def link(self, plan):
        """write(buf, start, size), at the pace of the plan's link."""
        if plan["transport"] == "usb":
            rate, buffer_len = _USB_OCTETS_PER_S, _USB_BUFFER_LEN
        else:
            rate, buffer_len = plan["baud"] // _BITS_PER_UART_OCTET, _UART_BUFFER_LEN
        self.wire = PacedLink(self._clock, rate, buffer_len, self._on_octets)
        return self.wire.write

    def watchdog(self, timeout_ms):
        """Raise WatchdogExpired, out of whatever advances time, when nothing feeds it."""
        fed_ns = self._clock.now_ns()

        def feed():
            nonlocal fed_ns
            fed_ns = self._clock.now_ns()

        def check():
            if self._clock.now_ns() - fed_ns >= timeout_ms * 1000000:
                raise WatchdogExpired(timeout_ms)
            self._clock.call_at(fed_ns + timeout_ms * 1000000, check)

        self._clock.call_at(fed_ns + timeout_ms * 1000000, check)
        return feed
