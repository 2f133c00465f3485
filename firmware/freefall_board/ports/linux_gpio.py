"""Lines of a GPIO chip by Linux's character device and gpiod 2: edges with the kernel's time stamps, levels, chip selects."""

from collections import deque

import gpiod
from gpiod.line import Bias, Clock, Direction, Edge, Value

_MODULO = 1 << 32
# Edges that the kernel keeps until they are asked for. Older ones are dropped beyond that; their numbers tell that they were.
_KEPT_EDGES = 1024


class GPIO:
    """The lines of one chip. Raises OSError when the chip or a line is not to be had."""

    def __init__(self, path, interrupts):
        self._path = path
        self._interrupts = interrupts
        self._lines = {}
        self._requests = []

    def input(self, pin, active_low):
        """The input of that pin, an InputLine; one for each pin."""
        if pin not in self._lines:
            settings = gpiod.LineSettings(
                direction=Direction.INPUT,
                edge_detection=Edge.FALLING if active_low else Edge.RISING,
                bias=Bias.PULL_UP if active_low else Bias.PULL_DOWN,
                event_clock=Clock.MONOTONIC,
            )
            self._lines[pin] = line = InputLine(self._request(pin, settings, _KEPT_EDGES), pin)
            self._interrupts.add(line)
        return self._lines[pin]

    def select(self, pin):
        """A chip select, not selected yet: a function that sets it to 1 or 0."""
        request = self._request(pin, gpiod.LineSettings(direction=Direction.OUTPUT, output_value=Value.ACTIVE))
        return lambda level: request.set_value(pin, Value.ACTIVE if level else Value.INACTIVE)

    def close(self):
        """Let go of all lines."""
        for request in self._requests:
            request.release()
        self._requests.clear()

    def _request(self, pin, settings, kept=None):
        request = gpiod.request_lines(self._path, {pin: settings}, "freefall", kept)
        self._requests.append(request)
        return request


class InputLine:
    """One input, whose edges are of one kind: those that make it active. A source of interrupts, once it has a handler."""

    def __init__(self, request, pin):
        self._request = request
        self._pin = pin
        self._edges = deque()  # (time stamp, number) of those that have not been served
        self._handler = None
        self._singly = False  # edges are served one by one
        self._newest_ns = 0
        self._count = 0
        self._number = 0  # of the newest edge that has been served, as the kernel counts them

    def interrupt(self, handler):
        """Call handler(line) for edges from now on. Edges that came together are one call."""
        self._collect()
        self._take(len(self._edges))
        self._handler = handler

    def level(self, active_low):
        """1 while the line is active, else 0."""
        return int((self._request.get_value(self._pin) is Value.ACTIVE) != active_low)

    def count(self):
        """Edges served since the last call, those of them that the kernel dropped included."""
        count, self._count = self._count, 0
        return count

    def newest(self):
        """The tick of the newest edge served."""
        return self._newest_ns // 1000 & 0x3FFFFFFF

    def pulses(self):
        """Edges since the line was asked for; with a handler, those served."""
        self._collect()
        return self._number if self._handler or not self._edges else self._edges[-1][1]

    def serve_singly(self):
        """From now on a call for every edge: what is read at one is how many there were, which the newest does not change."""
        self._singly = True

    def fileno(self):
        """Readable when edges have come."""
        return self._request.fd

    def deliver(self, before_ns):
        """Serve the edges before then; whether there were any, and somebody to serve them to."""
        self._collect()
        due = 0
        for stamp_ns, _ in self._edges:
            if stamp_ns >= before_ns:
                break
            due += 1
        if not self._handler:
            self._take(due)
            return False
        for count in [1] * due if self._singly else [due] * (due > 0):
            self._take(count)
            self._handler(self)
        return due > 0

    def release(self):
        """Nobody looks at its edges any more."""
        self._handler = None

    def _collect(self):
        while self._request.wait_edge_events(0):
            for event in self._request.read_edge_events():
                self._edges.append((event.timestamp_ns, event.line_seqno))

    def _take(self, count):
        for _ in range(count):
            self._newest_ns, number = self._edges.popleft()
            self._count += number - self._number
            self._number = number


class Counter:
    """Counts the edges of a line, by the kernel's numbers. Its sample: see ports/__init__.py."""

    def __init__(self, line, system):
        line.serve_singly()
        self._line = line
        self._system = system
        self._began_us = system.now_ns() // 1000

    def check(self):
        """Nothing: a read is over at once."""

    def reads(self, driver, ring, ended):
        """See ports/__init__.py."""
        size = ring.read_len
        last_pulses, last_us = 0, self._began_us

        def start(slot):
            nonlocal last_pulses, last_us
            pulses, now_us = self._line.pulses(), self._system.now_ns() // 1000
            words = (pulses, pulses - last_pulses, now_us - last_us)
            last_pulses, last_us = pulses, now_us
            ring.octets[slot * size : (slot + 1) * size] = b"".join((word % _MODULO).to_bytes(4, "little") for word in words)
            ended(1)

        return start
