"""A simulated I2C bus. A model on it has start(read), write(octet), read(), stop() and `hung`."""

from .virtual_bus import NEVER, Bus, Device

_BITS_PER_OCTET = 9


class I2CBus(Bus):
    """targets: models by address."""

    def __init__(self, clock, interrupts, plan, targets):
        super().__init__(clock, interrupts, plan["timeout_us"])
        self.octet_ns = _BITS_PER_OCTET * 1000000000 // plan["freq_hz"]
        self._targets = {target.address: target for target in targets}

    def device(self, sensor, driver):
        """The device at the sensor's address."""
        return I2CDevice(self, self._targets.get(sensor["address"], _Nobody()), sensor["address"])


class _Nobody:
    hung = False

    def start(self, read):
        return False

    def stop(self):
        pass


class I2CDevice(Device):
    """One address of a bus."""

    def __init__(self, bus, target, address):
        super().__init__(bus)
        self._target = target
        self._address = address
        self._octet_ns = bus.octet_ns

    def read(self, register, buf):
        """Registers from `register` on into buf. Raises OSError."""
        self.exchange(bytes((register,)), buf)

    def write(self, register, data):
        """data into registers from `register` on. Raises OSError."""
        self.send(bytes((register,)) + bytes(data))

    def _steps(self, phases):
        target = self._target
        try:
            for out, into in phases:
                if out is not None:
                    yield from self._acknowledged(target.start, False)
                    for octet in out:
                        yield from self._acknowledged(target.write, octet)
                if into is not None:
                    yield from self._acknowledged(target.start, True)
                    for i in range(len(into)):
                        into[i] = target.read()
                        yield self._octet_time()
        finally:
            target.stop()

    def _acknowledged(self, step, value):
        good = step(value)
        yield self._octet_time()
        if not good:
            raise OSError(5, "I2C target 0x%02x did not acknowledge" % self._address)

    def _octet_time(self):
        # A hung target holds the clock line for ever.
        return NEVER if self._target.hung else self._octet_ns
