"""One stream: its interrupt half, its foreground half, and whether its sensor still answers."""

from freefall_wire import reports
from freefall_wire.native import micropython

from .words import STOPPED

# Silence of ten sample periods is a sensor whose data-ready line has stopped; at least and at most this long (ticks wrap).
_SILENT_PERIODS = 10
_LEAST_SILENT_US = 200000
_MOST_SILENT_US = 500000000
_NEVER_US = 0x3FFFFFFF  # more than a difference of ticks can be
# Between two events of one stream: a sensor that fails and recovers all the time must not fill the link with saying so.
_EVENT_PAUSE_US = 100000


class Stream:
    """`sampler.trigger` is for the port's interrupt; everything else is foreground."""

    def __init__(self, number, period_us, sampler, packetizer, clock):
        """period_us: between two triggers; None where they come when they will."""
        self.number = number
        self.sampler = sampler
        self.packetizer = packetizer
        self.due = packetizer.due  # due(tick): whether to call send()
        self._resume = sampler.resume
        self._clock = clock
        self._silent_us = _NEVER_US
        if period_us is not None:
            self._silent_us = min(max(_LEAST_SILENT_US, _SILENT_PERIODS * period_us), _MOST_SILENT_US)
        self._answers = True
        self._told_at = 0
        self._may_tell = False
        self._seen = 0
        self._seen_at = 0

    def armed(self, now):
        """The trigger is on since tick `now`; silence counts from here."""
        self._told_at = self._seen_at = now

    @micropython.native
    def send(self):
        """Send a packet of what was sampled and begin the read that waits for the foreground; returns the samples sent."""
        self._resume()
        return self.packetizer.send()

    def reading(self):
        """Whether a read is under way."""
        return self.sampler.reading()

    @micropython.native
    def watch(self, now, reporter):
        """Report the sensor when it stops answering and when it is back; at least every 500 s, once triggers are on."""
        # A line that was high before its trigger was armed, or whose edge was lost, never rises again.
        self._resume()
        sampler = self.sampler
        changes = sampler.changes()
        if changes != self._seen:
            self._seen = changes
            self._seen_at = now
            # A sensor counted out is back with a good read, not with fewer than three failures.
            answers = sampler.errors_in_row() < STOPPED if self._answers else sampler.errors_in_row() == 0
        else:
            answers = self._answers and self._clock.elapsed(now, self._seen_at) < self._silent_us
        # Remembered once it is over: elapsed() itself is true for 500 s only.
        if self._clock.elapsed(now, self._told_at) >= _EVENT_PAUSE_US:
            self._may_tell = True
        if answers != self._answers and self._may_tell:
            event = reports.SENSOR_BACK if answers else reports.SENSOR_STOPPED
            # Refused by a full queue, it is told again after the pause.
            if reporter.sensor_state(event, self.number, sampler.bus_errors()):
                self._answers = answers
            self._told_at = now
            self._may_tell = False
