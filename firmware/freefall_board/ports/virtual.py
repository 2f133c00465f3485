"""A board that is a simulation: the firmware on CPython, simulated time, sensor models on simulated buses.

Buses (virtual_bus.py) and links take the time their bits take; the processor takes none. Interrupts behave as on the chip
(virtual_interrupts.py), and an edge while its own line is still pending is merged with it (and counted: a chip cannot).
"""

from freefall_wire import frame, reports

from .virtual_common import ComputerPort, WatchdogExpired
from .virtual_devices import AnalogInput, Counter
from .virtual_i2c import I2CBus
from .virtual_interrupts import EdgeStamps, InterruptController
from .virtual_spi import SPIBus
from .virtual_uart import UARTBus

_BITS_PER_UART_OCTET = 10
_USB_OCTETS_PER_S = 600000


class PacedLink:
    """A transmitter that sends what it was offered at the line's rate; a link (ports/__init__.py)."""

    def __init__(self, clock, octets_per_s, on_octets):
        self.open = True  # False: as a host that reads no more
        self._clock = clock
        self._octets_per_s = octets_per_s
        self._offered = 0
        self._at_ns = clock.now_ns()
        self._on_octets = on_octets

    def take(self, octets, start, size, waiting):
        """What has left since the last call, of what was offered then."""
        now_ns = self._clock.now_ns()
        sent = min((now_ns - self._at_ns) * self._octets_per_s // 1000000000, self._offered) if self.open else 0
        if sent == self._offered:
            self._at_ns = now_ns
        else:
            self._at_ns += sent * 1000000000 // self._octets_per_s
        if not self.open:
            self._at_ns = now_ns
        self._offered = size - sent
        if sent:
            self._on_octets(bytes(octets[start : start + sent]))
        return sent


class Port(ComputerPort):
    """A port whose hardware is a simulation.

    clock: now_ns(), next_event_ns(), call_at(time_ns, callback), advance_to(time_ns); on_octets: called with what leaves
    by the link. Sensor models drive the lines that `line(pin)` gives, and answer on the buses once `connect` knows them.
    """

    seal = staticmethod(frame.seal_in_place)
    EDGE_LATENCY_US = TICK_LATENCY_US = 0
    STAMPS_EDGES = False

    def __init__(self, clock, on_octets, interrupts=None):
        super().__init__(clock.now_ns)
        self.lines = {}  # by pin
        self.ticks = []  # lines of periodic ticks, in the order of their streams
        self.wire = None
        self._clock = clock
        self._i2c_targets = self._spi_targets = self._uart_targets = self._analog_sources = {}
        self._on_octets = on_octets
        self._interrupts = interrupts or InterruptController()
        self._ticking = 0  # the ticks that go on are of this number
        self._kept = None

    def connect(self, i2c_targets, spi_targets, uart_targets, analog_sources):
        """Put sensor models on the board.

        By the number of their bus: lists of I2C models, SPI models by their pin of chip select, and UART models; models of what
        drives an analog input by its pin.
        """
        self._i2c_targets = i2c_targets
        self._spi_targets = spi_targets
        self._uart_targets = uart_targets
        self._analog_sources = analog_sources

    def sleep_ms(self, duration_ms):
        """Let simulated time pass."""
        self._clock.advance_to(self._clock.now_ns() + duration_ms * 1000000)

    def idle(self, duration_us):
        """Sleep until the next event, at most so long."""
        latest_ns = self._clock.now_ns() + duration_us * 1000
        next_ns = self._clock.next_event_ns()
        self._clock.advance_to(latest_ns if next_ns is None else min(next_ns, latest_ns))

    def collect(self):
        """Nothing: CPython's heap does not break up."""

    def free_heap(self):
        """Not counted on a computer."""
        return 0

    def platform(self):
        """See ports/__init__.py."""
        return "cpython virtual"

    def uplinks(self):
        """See ports/__init__.py."""
        return [(self.receive, self.leave, None)]

    def kept_settings(self):
        """See ports/__init__.py; kept as long as this port is."""
        return self._kept

    def keep_settings(self, octets):
        """See ports/__init__.py."""
        self._kept = bytes(octets)
        return True

    def stop(self):
        """See ports/__init__.py."""
        self._ticking += 1
        self.ticks.clear()
        for line in self.lines.values():
            line.release()

    def reset_cause(self):
        """Always power-on."""
        return reports.POWER_ON

    def bus(self, plan):
        """See ports/__init__.py."""
        kind, number = plan["kind"], plan["id"]
        if kind == "spi":
            return SPIBus(self._clock, self._interrupts, plan, self._spi_targets.get(number, {}))
        if kind == "uart":
            return UARTBus(self._clock, self._interrupts, plan, self._uart_targets.get(number))
        return I2CBus(self._clock, self._interrupts, plan, self._i2c_targets.get(number, []))

    def counter(self, pin):
        """See ports/__init__.py."""
        counter = Counter(self._clock)
        self.line(pin).listen(counter.take_edge, False)
        return counter

    def adc(self, pin):
        """See ports/__init__.py."""
        return AnalogInput(self._analog_sources[pin])

    def edge_stamps(self, pin, active_low):
        """See ports/__init__.py."""
        stamps = EdgeStamps(self.ticks_us)
        self.line(pin).listen(stamps.take_edge, active_low)
        return stamps

    def level(self, pin, active_low):
        """See ports/__init__.py."""
        line = self.line(pin)
        line.pull(active_low)
        return lambda: line.level(active_low)

    def interrupts_off(self):
        """Nothing: simulated interrupts come only when simulated time passes."""

    def interrupts_on(self, state):
        """As interrupts_off."""

    def on_edge(self, pin, handler, active_low):
        """Call handler at every edge of a pin."""
        self.line(pin).interrupt(handler, active_low)

    def line(self, pin):
        """The interrupt line of a pin; without a handler until the firmware sets one."""
        if pin not in self.lines:
            self.lines[pin] = self._interrupts.line(lambda line: None)
        return self.lines[pin]

    def on_tick(self, period_us, handler):
        """Call handler every period_us, the first time after one period."""
        line = self._interrupts.line(handler)
        self.ticks.append(line)
        period_ns = period_us * 1000
        due_ns = self._clock.now_ns() + period_ns
        ticking = self._ticking

        def tick():
            nonlocal due_ns
            if ticking != self._ticking:
                return
            due_ns += period_ns
            self._clock.call_at(due_ns, tick)
            line.request()

        self._clock.call_at(due_ns, tick)

    def link(self, plan):
        """See ports/__init__.py; at the pace of the plan's link."""
        usb = plan["transport"] == "usb"
        rate = _USB_OCTETS_PER_S if usb else plan["baud"] // _BITS_PER_UART_OCTET
        self.wire = PacedLink(self._clock, rate, self._on_octets)
        return self.wire.take

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
