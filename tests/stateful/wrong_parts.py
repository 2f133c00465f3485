"""Parts with the mistakes that interrupts are known to find: each must fail the checks the right part passes."""

from freefall_board.core import words as at
from freefall_board.core.held import HeldSampler
from freefall_board.core.packetizer import Packetizer
from freefall_board.core.ring import Ring
from freefall_board.core.rising import RisingSampler
from freefall_board.core.sampler import Sampler
from freefall_board.core.watermark import WatermarkSampler


class PublishesBeforeRead(Sampler):
    """Moves the head when a read begins, before its octets are there; a read that fails then publishes what was there."""

    def __init__(self, ring, ticks_us):
        super().__init__(ring, ticks_us)
        self._mask = 2 * ring.depth - 1
        ended = self.ended

        def end(good):
            # The right handler moves the head once more.
            self._move(-good)
            ended(good)

        self.ended = end

    def reads_by(self, start, check):
        """See Sampler."""

        def publish_and_start(slot):
            self._move(1)
            start(slot)

        super().reads_by(publish_and_start, check)

    def _move(self, by):
        self._words[at.HEAD] = (self._words[at.HEAD] + by) & self._mask


class ReleasesBeforeCopy(Ring):
    """Gives the slot back before the consumer has copied it."""

    def take(self, buf, start, most):
        """See Ring; one read at a time."""
        if not self.waiting():
            return 0
        words = self.words
        slot = words[at.TAIL] & (self.depth - 1)
        words[at.TAIL] = (words[at.TAIL] + 1) & (2 * self.depth - 1)
        words[at.LAST], words[at.LAST_STAMP] = words[at.SLOTS + 2 * slot : at.SLOTS + 2 * slot + 2]
        for i in range(self.read_len):
            buf[start + i] = self.octets[slot * self.read_len + i]
        return 1


class ResetsWhenEmpty(Ring):
    """Writes the head, which is the interrupts' word: what they publish between its look and its store is forgotten."""

    def take(self, buf, start, most):
        """See Ring."""
        taken = super().take(buf, start, most)
        words = self.words
        if words[at.HEAD] == words[at.TAIL]:
            words[at.HEAD] = words[at.TAIL] = 0
        return taken


class NeverLooksAgain(Sampler):
    """Reports what it found at its first look, whatever came meanwhile."""

    def snapshot(self, into):
        """See Sampler."""
        for i in range(at.SNAPSHOT_LEN):
            into[i] = self._words[i]


class PendsByNow(Packetizer):
    """Says what waits in the ring now, and not what waited when the other counters were what they are."""

    def pending(self, head):
        """See Packetizer."""
        return super().pending(self._ring.words[at.HEAD])


class ResumesWithInterruptsOn(WatermarkSampler):
    """Lets an interrupt begin a read between its look and its own beginning of one."""

    def resume(self):
        """See WatermarkSampler."""
        if not self._words[at.READING] and self._level():
            self._resume()


class RisesWithInterruptsOn(RisingSampler):
    """As ResumesWithInterruptsOn."""

    def resume(self):
        """See WatermarkSampler."""
        if not self._words[at.READING] and self._has_enough():
            self._resume()


class HeldWithInterruptsOn(HeldSampler):
    """As ResumesWithInterruptsOn."""

    def resume(self):
        """See HeldSampler."""
        if not self._words[at.READING] and self._level():
            self._read_newest()


class TakesNewsForOld(HeldSampler):
    """Looks at the line when interrupts are off, and so sees an edge whose interrupt is still to come."""

    def resume(self):
        """See HeldSampler."""
        state = self._interrupts_off()
        if not self._words[at.READING] and self._level():
            self._read_newest()
        self._interrupts_on(state)


class CountsUnnoticed(WatermarkSampler):
    """Changes what a ledger is made of without saying so to who is copying it."""

    def _give_up(self, missed):
        changes = self._words[at.CHANGES]
        super()._give_up(missed)
        self._words[at.CHANGES] = changes


# What stands in for what, as arguments of interrupts.Bench.
WRONG_PARTS = {
    "publishes before read": {"sampler": PublishesBeforeRead},
    "releases before copy": {"ring": ReleasesBeforeCopy},
    "resets when empty": {"ring": ResetsWhenEmpty},
    "never looks again": {"sampler": NeverLooksAgain},
    "pends by now": {"packetizer": PendsByNow},
}
