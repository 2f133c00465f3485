"""A clock that stands still until somebody sleeps or looks: every look costs time, and no sleep ends early."""

from freefall.port.pace import Clock


class FakeClock:
    """overshoot_ns(): by how much a sleep is too long; look_ns: what a look costs. Refuses sleeps that nobody could interrupt."""

    def __init__(self, overshoot_ns=lambda: 0, look_ns=5_000, start_ns=7_000_000_123):
        self.now = start_ns
        self.slept = 0
        self._overshoot_ns = overshoot_ns
        self._look_ns = look_ns

    def now_ns(self):
        self.now += self._look_ns
        return self.now

    def sleep(self, seconds):
        assert 0 < seconds <= 0.1 + 1e-9, f"a sleep of {seconds} s"
        self.slept += 1
        self.now += round(seconds * 1e9) + self._overshoot_ns()

    def clock(self):
        return Clock(self.now_ns, self.sleep)
