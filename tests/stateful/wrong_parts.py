"""Parts with the mistakes that interrupts are known to find: each must fail the checks the right part passes."""

from freefall_board.core.reporter import Reporter
from freefall_board.core.ring import FULL, Ring


class PublishesBeforeFilled(Ring):
    """Hands the slot to the consumer as soon as it is reserved; a read that fails then publishes what was there."""

    def reserve(self):
        """See Ring."""
        slot = super().reserve()
        if slot != FULL:
            super().commit()
        return slot

    def commit(self):
        """Too late."""


class ReleasesBeforeCopy(Ring):
    """Gives the slot back before the consumer has copied it."""

    def oldest(self):
        """See Ring."""
        slot = super().oldest()
        super().release()
        return slot

    def release(self):
        """Too early."""


class SharesACount(Ring):
    """Keeps one count that both sides write: an interrupt between its load and its store is forgotten."""

    def __init__(self, depth, sample_len):
        super().__init__(depth, sample_len)
        self._count = 0

    def waiting(self):
        """See Ring."""
        return self._count

    def commit(self):
        """See Ring."""
        super().commit()
        self._count += 1

    def release(self):
        """See Ring."""
        super().release()
        self._count -= 1


class _OneLook:
    """A sampler whose `seen` stays what it was at the first look."""

    def __init__(self, sampler):
        self.seen = sampler.seen
        self._sampler = sampler

    def __getattr__(self, name):
        return getattr(self._sampler, name)


class NeverRetries(Reporter):
    """Reports what it found at its first look, whatever came meanwhile."""

    def ledger(self, number, sampler, packetizer):
        """See Reporter."""
        super().ledger(number, _OneLook(sampler), packetizer)


# What stands in for what, as arguments of Bench.
WRONG_PARTS = {
    "publishes before filled": {"ring": PublishesBeforeFilled},
    "releases before copy": {"ring": ReleasesBeforeCopy},
    "shares a count": {"ring": SharesACount},
    "never retries": {"reporter": NeverRetries},
}
