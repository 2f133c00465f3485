"""What devices on simulated buses and on Linux's share: the phases of a transaction, and the slot that a read fills."""

from . import segments


class SlotRead:
    """One stream's reads. spoilt: the sensor has a new sample before the read under way is over.

    transactions: one or, when the part needs settle_ns after its command, two; each a function of a slot's octets.
    """

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


class BusDevice:
    """One part on a bus that has reads(transactions, settle_ns, ring, ended) -> (start, check).

    A transaction is phases (octets to send or None, buffer to fill or None), one after the other. A subclass makes one, and waits
    for it: _transfer(phases); _begin(phases) is what its bus makes a read of.
    """

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
        start, self.check = self._bus.reads(transactions, settle_us * 1000, ring, ended)
        return start

    def _transaction(self, phases):
        def begin(octets):
            filled = []
            at = 0
            for command, count in phases:
                filled.append((command, octets[at : at + count] if count else None))
                at += count
            return self._begin(filled)

        return begin

    def _command(self, octets):
        """What is sent for the octets of a driver's sample_reads; None for none."""
        return octets or None

    def _transfer(self, phases):
        raise NotImplementedError

    def _begin(self, phases):
        raise NotImplementedError


class SPIRegisters(BusDevice):
    """One part on SPI, whose registers are shifted and marked in the octet that names them as its driver says."""

    def __init__(self, bus, driver):
        super().__init__(bus)
        self._shift = getattr(driver, "SPI_SHIFT", 0)
        self._read_bit = getattr(driver, "SPI_READ", 0)
        self._write_bit = getattr(driver, "SPI_WRITE", 0)

    def read(self, register, buf):
        """Registers from `register` on into buf."""
        self.exchange(bytes((register << self._shift | self._read_bit,)), buf)

    def write(self, register, data):
        """data into registers from `register` on."""
        self.send(bytes((register << self._shift | self._write_bit,)) + bytes(data))

    def _command(self, octets):
        return bytes((octets[0] << self._shift | self._read_bit,)) if len(octets) == 1 else super()._command(octets)
