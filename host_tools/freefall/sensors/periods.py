"""What makes a model measure by itself: instants one period apart, and the lines that tell of them."""

from collections.abc import Callable

from .part import Clock, Part, Pin


class Periods:
    """Calls `due(time_ns)` at every period of the newest run; a run that was stopped, or begun anew, calls no more.

    Instants are counted from the beginning of a run, so that no rounding adds up, and are when something was due, not when the
    board's clock came round to it.
    """

    def __init__(self, clock: Clock, due: Callable[[int], None]):
        self._clock = clock
        self._due = due
        self._run = 0

    def begin(self, period_ns: float, first_ns: float | None = None, began_ns: int | None = None, once: bool = False) -> None:
        """The first is due `first_ns` (a period, if None) after `began_ns` (now, if None), and the only one if `once`."""
        self._run += 1
        run, count = self._run, 0
        call_at = self._clock.call_at
        start_ns = (self._clock.now_ns() if began_ns is None else began_ns) + (period_ns if first_ns is None else first_ns)
        this_ns = round(start_ns)

        def tick() -> None:
            nonlocal count, this_ns
            if run != self._run:
                return
            due_ns = this_ns
            if not once:
                count += 1
                this_ns = round(start_ns + count * period_ns)
                call_at(this_ns, tick)  # before what is due: the interrupt it makes may let time pass
            self._due(due_ns)

        call_at(this_ns, tick)

    def stop(self) -> None:
        """Nothing is due from now on."""
        self._run += 1


class Paced(Part):
    """A part that measures by a clock of its own.

    `rate_error_ppm` makes that fast (positive) or slow, as it is when measuring begins.
    """

    rate_error_ppm = 0.0

    def _paced(self, duration_ns: float) -> float:
        """How long takes what should take so long."""
        return duration_ns / (1 + self.rate_error_ppm * 1e-6)


class Line:
    """An output of a part, wired to a pin of the board or to nothing."""

    def __init__(self, clock: Clock, pin: Pin | None, level: bool):
        self._clock = clock
        self._pin = pin
        self._changes = 0
        self.pulses = False  # a pulse is under way
        self.level = not level
        self.set(level)

    def set(self, level: bool) -> None:
        """Drive it; may run the board's interrupt before it returns."""
        self._changes += 1
        self.pulses = False
        self._drive(level)

    def pulse(self, level: bool, until_ns: int) -> None:
        """Drive it to `level` until `until_ns`, or until it is driven otherwise."""
        self._changes += 1
        self.pulses = True
        change = self._changes

        def end() -> None:
            if self._changes == change:
                self.set(not level)

        self._clock.call_at(until_ns, end)
        self._drive(level)

    def _drive(self, level: bool) -> None:
        if level != self.level:
            self.level = level
            if self._pin is not None:
                self._pin.set(level)
