"""Reads on a bus of Linux: the kernel makes a transfer while the loop waits for it; what buses of every kind share."""

import errno

from . import segments


class Bus:
    """One bus of a plan. A read is over once it has begun, and says so as an interrupt; a part that settles keeps the bus."""

    def __init__(self, interrupts):
        self._interrupts = interrupts
        self._settling = None
        self._waiting = []

    def arm(self):
        """From now on only reads begun by interrupts."""

    def poll(self):
        """Nothing: the kernel gives up what hangs."""

    def reads(self, transactions, settle_us, ring, ended):
        """(start, check) of reads into a ring's slots, see ports/__init__.py.

        transactions: one or, when the part needs settle_us after its command, two; each a function that fills a slot's octets and
        raises OSError.
        """
        read = _Read(transactions, settle_us * 1000, ring, ended)

        def start(slot):
            read.slot = slot
            read.spoilt = False
            if self._settling:
                self._waiting.append(read)
            else:
                self._begin(read)

        def check():
            if read in self._waiting:
                self._waiting.remove(read)
                ended(0)
            else:
                read.spoilt = True

        return start, check

    def _begin(self, read):
        if not self._done(read, read.transactions[0]):
            return
        if len(read.transactions) == 1:
            self._over(read, 1)
            return
        self._settling = read
        interrupts = self._interrupts
        interrupts.call_at(interrupts.system.now_ns() + read.settle_ns, self._on_settled)

    def _on_settled(self):
        read = self._settling
        self._settling = None
        if self._done(read, read.transactions[1]):
            self._over(read, 1)
        while self._waiting and not self._settling:
            self._begin(self._waiting.pop(0))

    def _done(self, read, transaction):
        try:
            transaction(read.octets())
        except OSError as error:
            self._over(read, -1 if error.errno == errno.ETIMEDOUT else 0)
            return False
        return True

    def _over(self, read, good):
        self._interrupts.read_ended(lambda: read.ended(min(good, 0) if read.spoilt else good))


class _Read:
    """One stream's reads; spoilt: the sensor has a new sample before the end of the read has had its turn."""

    def __init__(self, transactions, settle_ns, ring, ended):
        self.ended = ended
        self.spoilt = False
        self.slot = 0
        self.transactions = transactions
        self.settle_ns = settle_ns
        self._octets = memoryview(ring.octets)
        self._size = ring.read_len

    def octets(self):
        """Where the read goes."""
        start = self.slot * self._size
        return self._octets[start : start + self._size]


class Device:
    """One part on a bus. A subclass makes one transaction of several (octets to send or None, buffer to fill or None)."""

    def __init__(self, bus):
        self.check = None
        self._bus = bus

    def send(self, octets):
        """See ports/__init__.py."""
        self._transfer([(octets, None)])

    def receive(self, buf):
        """See ports/__init__.py."""
        self._transfer([(None, buf)])

    def exchange(self, command, buf):
        """See ports/__init__.py."""
        self._transfer([(command, buf)])

    def reads(self, driver, ring, ended):
        """See ports/__init__.py."""
        phases = [(self._command(octets), count) for octets, count in segments(driver, ring)]
        settle_us = getattr(driver, "SETTLE_US", 0)
        if settle_us:
            ((command, count),) = phases
            transactions = (self._transaction([(command, 0)]), self._transaction([(None, count)]))
        else:
            transactions = (self._transaction(phases),)
        start, self.check = self._bus.reads(transactions, settle_us, ring, ended)
        return start

    def _transaction(self, phases):
        def transact(octets):
            filled = []
            at = 0
            for command, count in phases:
                filled.append((command, octets[at : at + count] if count else None))
                at += count
            self._transfer(filled)

        return transact

    def _command(self, octets):
        """What is sent for the octets of a driver's sample_reads; None for none."""
        return octets or None

    def _transfer(self, phases):
        raise NotImplementedError
