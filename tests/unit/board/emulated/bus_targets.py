"""Strict targets for the bus models: they record what happens and when, and refuse what no controller may do."""

from freefall.sensors.i2c import I2CTarget
from freefall.sensors.part import ModelError
from freefall.sensors.uart import UARTPart


class Memory(I2CTarget):
    """512 octets behind a one-octet pointer; records what happens on its bus and when."""

    part = "memory"

    def __init__(self, address, clock):
        super().__init__(address, clock)
        self.octets = bytes((7 * index + 1) & 0xFF for index in range(512))
        self.written = bytearray()
        self.log = []
        self.refuses_data = False

    def note(self, what):
        self.log.append((self.clock.now_ns(), what))

    def _on_read_phase(self):
        self.note("R")

    def _on_write_phase(self):
        self.note("W")

    def _on_write(self, octet):
        self.pointer = octet
        self.written.append(octet)

    def write(self, octet):
        return super().write(octet) and not self.refuses_data

    def _on_read(self):
        self.pointer += 1
        return self.octets[self.pointer - 1]

    def stop(self):
        self.note("P")
        super().stop()


class Counter:
    """Answers 1, 2, 3, ... after each select; refuses an octet while it is not selected."""

    def __init__(self, clock):
        self.clock = clock
        self.log = []
        self.selected = False

    def select(self):
        assert not self.selected
        self.selected = True
        self.count = 0
        self.log.append("select")

    def exchange(self, octet):
        assert self.selected
        self.count += 1
        self.log.append((self.clock.now_ns(), octet))
        return self.count & 0xFF

    def deselect(self):
        assert self.selected
        self.selected = False
        self.log.append("deselect")


class Sluggish(I2CTarget):
    """Takes one command of two octets and a stop, measures for a while, then gives nine octets, once. Nothing else, and no read
    before its time.
    """

    part = "sluggish"
    COMMAND = b"\xec\x05"
    OCTETS = bytes(range(0x31, 0x3A))

    def __init__(self, address, clock, needs_ns):
        super().__init__(address, clock)
        self.log = []  # (ns, what)
        self._needs_ns = needs_ns
        self._command = bytearray()
        self._ready_ns = None
        self._given = 0

    def _on_write_phase(self):
        self.log.append((self.clock.now_ns(), "W"))
        self._command.clear()

    def _on_write(self, octet):
        self._command.append(octet)

    def _on_write_end(self):
        if not self._command:
            return  # a controller that gives up after the address
        if self._command != self.COMMAND:
            raise ModelError(self.part, f"no such command: {bytes(self._command).hex()}", "test")
        self._ready_ns = self.clock.now_ns() + self._needs_ns

    def _on_read_phase(self):
        self.log.append((self.clock.now_ns(), "R"))
        if self._ready_ns is None or self.clock.now_ns() < self._ready_ns:
            raise ModelError(self.part, "it is read before it has measured", "test")
        self._ready_ns = None
        self._given = 0

    def _on_read(self):
        self._given += 1
        return self.OCTETS[self._given - 1]

    def stop(self):
        # Not a repeated start: a hook for the end of a phase would not tell.
        self.log.append((self.clock.now_ns(), "P"))
        super().stop()


class Shifter:
    """Gives three octets a select, in SPI mode 1, against zeros."""

    modes = (1,)

    def __init__(self):
        self.given = []
        self._count = 0

    def select(self):
        self.given.append(0)

    def exchange(self, octet):
        assert octet == 0
        self.given[-1] += 1
        self._count += 1
        return self._count & 0xFF

    def deselect(self):
        assert self.given[-1] == 3


class Meter(UARTPart):
    """Answers its one request with a count and the pattern behind it, after delay_ns."""

    part = "meter"
    baud = 9600
    REQUEST = b"\xfe\x44\x00\x08\x02\x9f\x25"

    def __init__(self, clock):
        super().__init__(clock)
        self.delay_ns = 2_000_000
        self.asked = 0

    def _on_request(self, octets):
        if octets != self.REQUEST:
            raise ModelError(self.part, f"no such request: {octets.hex()}", "test")
        self.asked += 1
        return bytes((self.asked, 0xA5, 0x5A, 0x00, 0xFF)), self.delay_ns
