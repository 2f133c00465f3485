"""Strict targets for the bus models: they record what happens and when, and refuse what no controller may do."""

from freefall.sensors.i2c import I2CTarget


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
