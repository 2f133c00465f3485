"""Simulated buses: transfers octet by octet on sensor models, in the time their bits take.

A model on I2C has start(read), write(octet), read(), stop() and `hung`; one on SPI has select(), exchange(octet), deselect().
"""

_BITS_PER_I2C_OCTET = 9
_BITS_PER_SPI_OCTET = 8


class Bus:
    """One bus of a plan: blocking transfers until it is armed, then reads that end by an interrupt.

    A read's octets change hands when it begins; it ends when its bits have had their time. One that fails or hangs is found by
    `poll`, as on the chip.
    """

    def __init__(self, clock, interrupts, octet_ns, timeout_us):
        self._clock = clock
        self._octet_ns = octet_ns
        self._timeout_ns = timeout_us * 1000
        self._current = None
        self._waiting = []
        self._begun_ns = 0
        self._failed = False
        self._line = interrupts.line(self._on_end)

    def arm(self):
        """From now on only reads begun by interrupts."""

    def transfer(self, steps):
        """Do a transfer and let its time pass. Raises OSError when it fails or takes longer than the bus's timeout."""
        deadline_ns = self._clock.now_ns() + self._timeout_ns
        for hung in steps:
            end_ns = deadline_ns + 1 if hung else self._clock.now_ns() + self._octet_ns
            self._clock.advance_to(min(end_ns, deadline_ns))
            if end_ns > deadline_ns:
                steps.close()
                raise OSError(110, "the transfer took longer than the bus's timeout")

    def reads(self, steps, ring, ended):
        """(start, check) of reads by `steps(buf)` into a ring's slots: see ports/__init__.py."""
        read = _Read(steps, ring, ended)

        def start(slot):
            read.slot = slot
            if not self._current:
                self._begin(read)
                return
            self._waiting.append(read)
            # A neighbour that was not acknowledged is off the wires already.
            if self._failed:
                self.poll()

        def check():
            if read in self._waiting:
                self._waiting.remove(read)
                ended(0)
            self.poll()
            read.spoilt = self._current is read

        return start, check

    def poll(self):
        """End a read that failed or takes too long, as not good."""
        if self._current and (self._failed or self._clock.now_ns() - self._begun_ns > self._timeout_ns):
            self._finish(0)

    def _begin(self, read):
        self._current = read
        self._begun_ns = self._clock.now_ns()
        self._failed = read.spoilt = False
        duration_ns = 0
        steps = read.steps()
        try:
            for hung in steps:
                duration_ns += self._octet_ns
                if hung:
                    steps.close()
                    return
        except OSError:
            self._failed = True
            return
        begun_ns = self._begun_ns
        self._clock.call_at(begun_ns + duration_ns, lambda: self._end(read, begun_ns))

    def _end(self, read, begun_ns):
        # One that has been given up may be over while another is under way.
        if self._current is read and self._begun_ns == begun_ns:
            self._line.request()

    def _on_end(self, line):
        self._finish(1)

    def _finish(self, good):
        read = self._current
        self._current = None
        self._failed = False
        good = 0 if read.spoilt else good
        # As on the chip: the wires first, and who waits before who wants to read again.
        if self._waiting:
            self._begin(self._waiting.pop(0))
        read.ended(good)


class _Read:
    """One stream's reads; spoilt: the sensor has a new sample before the read under way is over."""

    def __init__(self, steps, ring, ended):
        self.ended = ended
        self.spoilt = False
        self.slot = 0
        self._steps = steps
        self._octets = memoryview(ring.octets)
        self._size = ring.read_len

    def steps(self):
        """The steps of a read into the slot."""
        start = self.slot * self._size
        return self._steps(self._octets[start : start + self._size])


class I2CBus(Bus):
    """targets: models by address."""

    def __init__(self, clock, interrupts, plan, targets):
        super().__init__(clock, interrupts, _BITS_PER_I2C_OCTET * 1000000000 // plan["freq_hz"], plan["timeout_us"])
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


class I2CDevice:
    """One address of a bus."""

    def __init__(self, bus, target, address):
        self.check = None
        self._bus = bus
        self._target = target
        self._address = address

    def read(self, register, buf):
        """Registers from `register` on into buf. Raises OSError."""
        self._bus.transfer(self._read_steps(register, buf))

    def write(self, register, data):
        """data into registers from `register` on. Raises OSError."""
        self._bus.transfer(self._write_steps(register, data))

    def reads(self, register, ring, ended):
        """See ports/__init__.py."""
        start, self.check = self._bus.reads(lambda buf: self._read_steps(register, buf), ring, ended)
        return start

    # Each step is one octet's time; it yields whether the target holds the clock line for ever.

    def _read_steps(self, register, buf):
        target = self._target
        try:
            yield from self._acknowledged(target.start, False)
            yield from self._acknowledged(target.write, register)
            yield from self._acknowledged(target.start, True)
            for i in range(len(buf)):
                buf[i] = target.read()
                yield target.hung
        finally:
            target.stop()

    def _write_steps(self, register, data):
        target = self._target
        try:
            yield from self._acknowledged(target.start, False)
            for octet in bytes((register,)) + bytes(data):
                yield from self._acknowledged(target.write, octet)
        finally:
            target.stop()

    def _acknowledged(self, step, value):
        good = step(value)
        yield self._target.hung
        if not good:
            raise OSError(5, "I2C target 0x%02x did not acknowledge" % self._address)


class SPIBus(Bus):
    """targets: models by the pin of their chip select."""

    def __init__(self, clock, interrupts, plan, targets):
        super().__init__(clock, interrupts, _BITS_PER_SPI_OCTET * 1000000000 // plan["freq_hz"], plan["timeout_us"])
        self._targets = targets

    def device(self, sensor, driver):
        """The device behind the sensor's chip select."""
        return SPIDevice(self, self._targets.get(sensor["cs"]), driver)


class SPIDevice:
    """One chip select of a bus; target: None when nobody is there, which no SPI controller can tell."""

    def __init__(self, bus, target, driver):
        self.check = None
        self._bus = bus
        self._target = target
        self._shift = driver.SPI_SHIFT
        self._read_bit = driver.SPI_READ

    def read(self, register, buf):
        """Registers from `register` on into buf."""
        self._bus.transfer(self._steps(register << self._shift | self._read_bit, bytes(len(buf)), buf))

    def write(self, register, data):
        """data into registers from `register` on."""
        self._bus.transfer(self._steps(register << self._shift, data, bytearray(len(data))))

    def reads(self, register, ring, ended):
        """See ports/__init__.py."""
        command = register << self._shift | self._read_bit
        start, self.check = self._bus.reads(lambda buf: self._steps(command, bytes(len(buf)), buf), ring, ended)
        return start

    def _steps(self, command, out, into):
        target = self._target
        if target:
            target.select()
        try:
            if target:
                target.exchange(command)
            yield False
            for i, octet in enumerate(out):
                into[i] = target.exchange(octet) if target else 0xFF
                yield False
        finally:
            if target:
                target.deselect()
