"""Simulated buses: transfers octet by octet on sensor models, in the time their bits take; what buses of every kind share."""

from .virtual_transactions import BusDevice, SlotRead

NEVER = None  # what a step takes that never ends


class Bus:
    """One bus of a plan: blocking transfers until it is armed, then reads that end by an interrupt.

    A transfer is steps, each of which yields the nanoseconds that it takes, or NEVER. The octets of a read change hands when it
    begins, and it ends when its bits have had their time. One that fails or hangs is found by `poll`, as on the chip.
    """

    def __init__(self, clock, interrupts, timeout_us):
        self.clock = clock
        self._timeout_ns = timeout_us * 1000
        self._current = None
        self._waiting = []
        self._begun_ns = 0
        self._failed = False
        self._sent = False  # the command of the read under way is over, and the rest has not begun
        self._seen_ns = None  # when poll() has seen that
        self.line = interrupts.line(self._on_end)

    def arm(self):
        """From now on only reads begun by interrupts."""

    def transfer(self, steps):
        """Do a transfer and let its time pass. Raises OSError when it fails or takes longer than the bus's timeout."""
        deadline_ns = self.clock.now_ns() + self._timeout_ns
        for duration_ns in steps:
            end_ns = deadline_ns + 1 if duration_ns is NEVER else self.clock.now_ns() + duration_ns
            self.clock.advance_to(min(end_ns, deadline_ns))
            if end_ns > deadline_ns:
                steps.close()
                raise OSError(110, "the transfer took longer than the bus's timeout")

    def reads(self, transactions, settle_ns, ring, ended):
        """(start, check) of reads into a ring's slots, see ports/__init__.py.

        transactions: one or, when the part needs settle_ns after its command, two; each a function of a slot's octets that
        gives its steps.
        """
        read = SlotRead(transactions, settle_ns, ring, ended)

        def start(slot):
            read.slot = slot
            if not self._current:
                self._begin(read)
                return
            self._waiting.append(read)
            # A neighbour that was not acknowledged is off the wires already.
            if self._failed:
                self._give_up()

        def check():
            if read in self._waiting:
                self._waiting.remove(read)
                ended(0)
            self._give_up()
            read.spoilt = self._current is read

        return start, check

    def poll(self):
        """End a read that failed or takes too long, as not good; go on with one whose part has settled."""
        self._give_up()
        if not self._sent:
            return
        now_ns = self.clock.now_ns()
        if self._seen_ns is None:
            self._seen_ns = now_ns
        if now_ns - self._seen_ns >= self._current.settle_ns:
            self._go_on(self._current.transactions[1])

    def _give_up(self):
        if not self._current:
            return
        if self._failed:
            self._finish(0)
        elif not self._sent and self.clock.now_ns() - self._begun_ns > self._timeout_ns:
            self._finish(-1)

    def _begin(self, read):
        self._current = read
        read.spoilt = False
        self._go_on(read.transactions[0])

    def _go_on(self, transaction):
        read = self._current
        self._begun_ns = begun_ns = self.clock.now_ns()
        self._failed = self._sent = False
        self._seen_ns = None
        duration_ns = 0
        steps = transaction(read.octets())
        try:
            for step_ns in steps:
                if step_ns is NEVER:
                    steps.close()
                    return
                duration_ns += step_ns
        except OSError:
            self._failed = True
            return
        last = transaction is read.transactions[-1]
        self.clock.call_at(begun_ns + duration_ns, lambda: self._over(read, begun_ns, last))

    def _over(self, read, begun_ns, last):
        # One that has been given up may be over while another is under way.
        if self._current is not read or self._begun_ns != begun_ns:
            return
        if last:
            self.line.request()
        else:
            self._sent = True

    def _on_end(self, line):
        self._finish(1)

    def _finish(self, good):
        read = self._current
        self._current = self._seen_ns = None
        self._failed = self._sent = False
        good = min(good, 0) if read.spoilt else good
        # As on the chip: the wires first, and who waits before who wants to read again.
        if self._waiting:
            self._begin(self._waiting.pop(0))
        read.ended(good)


class Device(BusDevice):
    """One part on a bus; a subclass gives the steps of a transaction."""

    def _transfer(self, phases):
        self._bus.transfer(self._steps(phases))

    def _begin(self, phases):
        return self._steps(phases)

    def _steps(self, phases):
        raise NotImplementedError
