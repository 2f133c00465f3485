"""One stream: its interrupt half, its foreground half, and whether its sensor still answers."""

from freefall_wire import reports

from .packetizer import Packetizer
from .ring import Ring
from .sampler import Sampler

# One failed read may be a glitch; three in a row are a sensor that does not answer.
_ERRORS_BEFORE_STOPPED = 3
# Silence of ten sample periods, and at least this long, is a sensor whose data-ready line has stopped.
_SILENT_PERIODS = 10
_SILENT_US = 200000


class Stream:
    """Built from one stream of a plan. `sampler.trigger` is for the port's interrupt; everything else is foreground."""

    def __init__(self, number, plan, read_into, clock, seal, queue):
        ring = Ring(plan["ring_depth"], plan["sample_len"])
        self.number = number
        self.sampler = Sampler(ring, read_into, clock.ticks_us, clock.elapsed)
        self.packetizer = Packetizer(plan, ring, clock, seal, queue)
        self._clock = clock
        self._silent_us = max(_SILENT_US, _SILENT_PERIODS * plan["period_us"])
        self._answers = True
        self._seen = 0
        self._seen_at = clock.now

    def poll(self, now):
        """Pack and send what is due at tick `now`; returns the number of samples packed."""
        return self.packetizer.poll(now)

    def watch(self, now, reporter):
        """Report the sensor when it stops answering and when it is back; at least every 500 s, once triggers are on."""
        sampler = self.sampler
        if sampler.seen != self._seen:
            self._seen = sampler.seen
            self._seen_at = now
            answers = sampler.errors_in_row < _ERRORS_BEFORE_STOPPED
            # A sensor counted out comes back with a good read, not with fewer than three failures.
            if not self._answers and sampler.errors_in_row:
                answers = False
        else:
            answers = self._answers and self._clock.elapsed(now, self._seen_at) < self._silent_us
        if answers != self._answers:
            self._answers = answers
            event = reports.SENSOR_BACK if answers else reports.SENSOR_STOPPED
            reporter.sensor_state(event, self.number, sampler.bus_errors)
