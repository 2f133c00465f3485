"""A UART with one part on it, by Linux's tty and pyserial. Nobody waits for an answer: its octets are taken as they come."""

import errno

from serial import Serial

from . import segments

_NS_PER_US = 1000


class UARTBus:
    """See ports/__init__.py. Raises OSError (pyserial's SerialException is one) when the port is not to be had."""

    def __init__(self, interrupts, plan, path):
        timeout_s = plan["timeout_us"] / 1e6
        self.serial = Serial(path, plan["baud"], timeout=timeout_s, write_timeout=timeout_s, exclusive=True)
        self.interrupts = interrupts
        self.timeout_ns = plan["timeout_us"] * _NS_PER_US
        self._device = UARTDevice(self)

    def device(self, sensor, driver):
        """The device of the only sensor."""
        return self._device

    def arm(self):
        """From now on only reads begun by interrupts."""
        self.interrupts.add(self._device)

    def poll(self):
        """End a read that takes too long, as not good."""
        self._device.give_up()

    def close(self):
        """Let go of the port."""
        self.serial.close()


class UARTDevice:
    """The part at the other end."""

    def __init__(self, bus):
        self._bus = bus
        self._read = None
        self._answer = bytearray()
        self._begun_ns = 0
        self._spoilt = False

    def send(self, octets):
        """See ports/__init__.py."""
        self._bus.serial.write(octets)
        self._bus.serial.flush()

    def receive(self, buf):
        """See ports/__init__.py."""
        octets = self._bus.serial.read(len(buf))
        if len(octets) != len(buf):
            raise OSError(errno.ETIMEDOUT, "the part did not answer in time")
        buf[:] = octets

    def exchange(self, command, buf):
        """See ports/__init__.py."""
        self._bus.serial.reset_input_buffer()
        self.send(command)
        self.receive(buf)

    def reads(self, driver, ring, ended):
        """See ports/__init__.py."""
        ((request, _),) = segments(driver, ring)
        size = ring.read_len

        def over(slot, good):
            self._read = None
            if good > 0:
                ring.octets[slot * size : (slot + 1) * size] = self._answer
            ended(min(good, 0) if self._spoilt else good)

        def start(slot):
            self._answer.clear()
            self._spoilt = False
            self._begun_ns = self._bus.interrupts.system.now_ns()
            self._read = (size, lambda good: over(slot, good))
            try:
                self._bus.serial.reset_input_buffer()
                self._bus.serial.write(request)
            except OSError:
                self._bus.interrupts.read_ended(lambda: over(slot, 0))

        return start

    def check(self):
        """See ports/__init__.py."""
        self.give_up()
        self._spoilt = self._read is not None

    def give_up(self):
        """End a read that takes too long."""
        if self._read and self._bus.interrupts.system.now_ns() - self._begun_ns > self._bus.timeout_ns:
            self._read[1](-1)

    def fileno(self):
        """Readable when octets have come."""
        return self._bus.serial.fileno()

    def deliver(self, before_ns):
        """Take what has come; whether that ended a read."""
        try:
            octets = self._bus.serial.read(self._bus.serial.in_waiting)
        except OSError:
            octets = b""  # the port is gone, and the read with it, when its time is over
        if not self._read:
            return False
        self._answer += octets
        size, over = self._read  # pyright: ignore[reportGeneralTypeIssues]: start() has set it
        if len(self._answer) < size:
            return False
        del self._answer[size:]
        over(1)
        return True
