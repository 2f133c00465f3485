"""A simulated UART with one part on it, a model with request(octets) -> (its answer, nanoseconds until that begins) or None."""

from .virtual_bus import NEVER, Bus, Device

_BITS_PER_OCTET = 10


class UARTBus(Bus):
    """target: the model; None when nobody is there."""

    def __init__(self, clock, interrupts, plan, target):
        super().__init__(clock, interrupts, plan["timeout_us"])
        self.octet_ns = _BITS_PER_OCTET * 1000000000 // plan["baud"]
        self._target = target

    def device(self, sensor, driver):
        """The device of the only sensor."""
        return UARTDevice(self, self._target)


class UARTDevice(Device):
    """The part at the other end."""

    def __init__(self, bus, target):
        super().__init__(bus)
        self._target = target
        self._octet_ns = bus.octet_ns
        self._answer = b""  # of what was sent, as far as nobody has received it
        self._answer_ns = 0  # when its first octet has begun

    def _steps(self, phases):
        ((out, into),) = phases
        if out is None:
            return self._receive_steps(into)
        return self._send_steps(out) if into is None else self._exchange_steps(out, into)

    def _send_steps(self, octets):
        for _ in octets:
            yield self._octet_ns
        self._answer, delay_ns = self._asked(octets)
        self._answer_ns = self._bus.clock.now_ns() + delay_ns

    def _receive_steps(self, buf):
        for i in range(len(buf)):
            if not self._answer:
                yield NEVER
            buf[i] = self._answer[0]
            self._answer = self._answer[1:]
            self._answer_ns += self._octet_ns
            # What has come while nobody asked for it waits in the receiver.
            yield max(0, self._answer_ns - self._bus.clock.now_ns())

    def _exchange_steps(self, octets, buf):
        self._answer = b""
        for _ in octets:
            yield self._octet_ns
        answer, delay_ns = self._asked(octets)
        if len(answer) > len(buf):
            raise ValueError("%d octets are asked for, and %d answered" % (len(buf), len(answer)))
        yield delay_ns
        for i in range(len(buf)):
            if i == len(answer):
                yield NEVER
            buf[i] = answer[i]
            yield self._octet_ns

    def _asked(self, octets):
        return self._target and self._target.request(bytes(octets)) or (b"", 0)
