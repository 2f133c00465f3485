"""Reads on a bus of Linux: the kernel makes a transfer while the loop waits for it; what buses of every kind share."""

import errno

from .virtual_transactions import BusDevice, SlotRead


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

    def reads(self, transactions, settle_ns, ring, ended):
        """(start, check) of reads into a ring's slots, see ports/__init__.py.

        transactions: one or, when the part needs settle_ns after its command, two; each a function that fills a slot's octets and
        raises OSError.
        """
        read = SlotRead(transactions, settle_ns, ring, ended)

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


class Device(BusDevice):
    """One part on a bus; a subclass makes its transactions."""

    def _begin(self, phases):
        self._transfer(phases)
