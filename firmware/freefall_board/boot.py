"""What the payload is told about the boot it is part of."""

from freefall_wire import reports


class Boot:
    """One boot of the board, as whoever starts the payload knows it: the loader, or a simulation."""

    def __init__(self, count, slot=reports.NO_SLOT, failed=0, watchdog_ms=None, started=None):
        """count: this boot's number, from 1; slot: where the payload's files lie, one of the slots of freefall_wire.reports.

        failed: boots of the other slot that failed in a row before the board fell back to this one; 0 if it did not.
        watchdog_ms: in place of the plan's, 0 for none; None: the plan's. started(): to be called when the payload is set up; it
        may write flash.
        """
        self.count = count
        self.slot = slot
        self.failed = failed
        self.watchdog_ms = watchdog_ms
        self.started = started or _nothing


def _nothing():
    pass
