"""A source of pulses at random times, as a Geiger tube makes them, for the board's pulse counter."""

from bisect import bisect_right
from random import Random

from ...part import Clock, Pin, Produced

__all__ = ["MEAN_HZ", "WIDTH_NS", "PulseSource"]

MEAN_HZ = 20.0
WIDTH_NS = 50_000  # of a pulse; as long again the source is dead


class PulseSource:
    """Drives `pin` high for width_ns at the times of a Poisson process drawn from `seed`: mean_hz pulses a second on average.

    After a pulse the pin is low for at least width_ns: times are those of the process with this dead time in between, and
    the pace is slower by so much. `produced` holds every rising edge: its time, and the count from then on as 4 octets,
    little-endian, modulo 2^32. `mean_hz` may change; it counts from the next pulse on. Fault: `absent`, as if unplugged.
    """

    def __init__(self, clock: Clock, pin: Pin, seed: int, mean_hz: float = MEAN_HZ, width_ns: int = WIDTH_NS):
        self.absent = False
        self.produced: list[Produced] = []
        self._clock = clock
        self._pin = pin
        self.mean_hz = mean_hz
        self._width_ns = width_ns
        self._random = Random(f"pulses {seed}")
        pin.set(False)
        self._after(clock.now_ns())

    def count_at(self, time_ns: int) -> int:
        """Rising edges up to and including time_ns."""
        return bisect_right(self.produced, time_ns, key=lambda pulse: pulse.time_ns)

    def _after(self, idle_ns: int) -> None:
        self._clock.call_at(idle_ns + round(self._random.expovariate(self.mean_hz) * 1e9), self._rise)

    def _rise(self) -> None:
        # Times count from when the pulse was due: what an interrupt does when the pin rises may let time pass.
        now_ns = self._clock.now_ns()
        end_ns = now_ns + self._width_ns
        self._clock.call_at(end_ns, self._fall)
        self._after(end_ns + self._width_ns)
        if not self.absent:
            count = (len(self.produced) + 1) & 0xFFFFFFFF
            self.produced.append(Produced(now_ns, count.to_bytes(4, "little")))
            self._pin.set(True)

    def _fall(self) -> None:
        self._pin.set(False)
