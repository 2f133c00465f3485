"""Serial ports as pyserial gives them, with the model of a part at the other end; in simulated time."""

import os
from functools import partial


class FakeUART:
    """Parts by the path of their port. Strict: nobody waits for octets that the model will not send, longer than the timeout."""

    def __init__(self, time, parts):
        self.time = time
        self.parts = parts
        self.open = {}

    def install(self, monkeypatch, gpio):
        monkeypatch.setattr("freefall_board.ports.linux_uart_bus.Serial", partial(FakePort, self))
        gpio.also_readable = lambda descriptor: descriptor in self.open and self.open[descriptor].in_waiting > 0
        return self


class FakePort:
    """As serial.Serial."""

    def __init__(self, uart, path, baud, timeout, write_timeout, exclusive):
        assert exclusive
        self._uart = uart
        self._model = uart.parts[path]
        self._octet_ns = 10_000_000_000 // baud
        self._timeout_ns = round(timeout * 1e9)
        self._coming = []  # (time at which it is there, octet)
        self._fd = os.open(os.devnull, os.O_RDWR)
        uart.open[self._fd] = self

    def fileno(self):
        return self._fd

    @property
    def in_waiting(self):
        now_ns = self._uart.time.now_ns()
        return sum(at_ns <= now_ns for at_ns, _ in self._coming)

    def write(self, octets):
        clock = self._uart.time.clock
        sent_ns = clock.now_ns() + len(octets) * self._octet_ns
        octets = bytes(octets)
        clock.call_at(sent_ns, lambda: self._asked(octets))

    def flush(self):
        self._uart.time.take(20 * self._octet_ns)

    def read(self, size):
        clock = self._uart.time.clock
        until_ns = clock.now_ns() + self._timeout_ns
        while self.in_waiting < size and clock.now_ns() < until_ns:
            self._uart.time.take(self._octet_ns)
        count = min(size, self.in_waiting)
        octets = bytes(octet for _, octet in self._coming[:count])
        del self._coming[:count]
        return octets

    def reset_input_buffer(self):
        del self._coming[: self.in_waiting]

    def close(self):
        del self._uart.open[self._fd]
        os.close(self._fd)

    def _asked(self, octets):
        clock = self._uart.time.clock
        answer, delay_ns = self._model.request(octets) or (b"", 0)
        for number, octet in enumerate(answer, 1):
            at_ns = clock.now_ns() + delay_ns + number * self._octet_ns
            self._coming.append((at_ns, octet))
            clock.call_at(at_ns, lambda: None)
