"""A source of pulses at random times, as a Geiger tube makes them, for the board's pulse counter."""

from bisect import bisect_right
from random import Random

from ...part import Clock, Pin, Produced, Signal

__all__ = ["SHORTEST_NS", "WIDTH_NS", "PulseSource"]

WIDTH_NS = 50_000  # of a pulse, if that is not more than half of the dead time
SHORTEST_NS = 5_000  # of a pulse, and of the time between two
# How finely a rate that changes is followed, and how far ahead.
_STEP_NS = 10_000_000
_AHEAD_STEPS = 20


class PulseSource:
    """Drives `pin` high for width_ns at random times: a Poisson process of `rate`, seconds -> 1/s, drawn from `seed`.

    As in a tube, what happens within dead_time_ns of the last pulse is lost, and lengthens nothing (non-paralysable): pulses
    are fewer than `rate` says. No dead time is shorter than a pulse and as much time between two, 10 us. `produced` holds every
    rising edge: its time, and the count from then on as 4 octets, little-endian, modulo 2^32. `rate` may be replaced; it is
    looked at 0.2 s ahead. Fault: `absent`, as if unplugged.
    """

    def __init__(self, clock: Clock, pin: Pin, seed: int, rate: Signal, dead_time_ns: int = 0):
        self.absent = False
        self.produced: list[Produced] = []
        self.rate = rate
        self._clock = clock
        self._pin = pin
        self.width_ns = max(SHORTEST_NS, min(WIDTH_NS, dead_time_ns // 2))
        self.dead_time_ns = max(dead_time_ns, 2 * self.width_ns)
        self._random = Random(f"pulses {seed}")
        pin.set(False)
        self._wait_from(clock.now_ns(), self._random.expovariate(1.0))

    def count_at(self, time_ns: int) -> int:
        """Rising edges up to and including time_ns."""
        return bisect_right(self.produced, time_ns, key=lambda pulse: pulse.time_ns)

    def _wait_from(self, time_ns: int, remaining: float) -> None:
        """The next pulse is when the integral of the rate from time_ns on has reached `remaining`, a number of pulses."""
        for _ in range(_AHEAD_STEPS):
            rate = max(0.0, self.rate((time_ns + _STEP_NS / 2) * 1e-9))  # type: ignore[type-var]
            within = rate * _STEP_NS * 1e-9
            if within >= remaining:
                self._clock.call_at(time_ns + round(remaining / rate * 1e9), self._rise)
                return
            remaining -= within
            time_ns += _STEP_NS
        self._clock.call_at(time_ns, lambda: self._wait_from(time_ns, remaining))

    def _rise(self) -> None:
        # Times count from when the pulse was due: what an interrupt does when the pin rises may let time pass.
        now_ns = self._clock.now_ns()
        self._clock.call_at(now_ns + self.width_ns, self._fall)
        self._clock.call_at(
            now_ns + self.dead_time_ns, lambda: self._wait_from(now_ns + self.dead_time_ns, self._random.expovariate(1.0))
        )
        if not self.absent:
            count = (len(self.produced) + 1) & 0xFFFFFFFF
            self.produced.append(Produced(now_ns, count.to_bytes(4, "little")))
            self._pin.set(True)

    def _fall(self) -> None:
        self._pin.set(False)
