"""What every sensor model shares, whatever it is wired to: its clock, its faults, and the records tests compare with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ..errors import BoardError

__all__ = ["Clock", "ModelError", "Part", "Pin", "Produced", "Signal", "Wiring"]

# Seconds of simulated time -> engineering units: (x, y, z) in g, or one value in degC.
Signal = Callable[[float], "float | tuple[float, ...]"]


class Clock(Protocol):
    """What a sensor model needs of its board's clock; simulated time in nanoseconds."""

    def now_ns(self) -> int:
        """The present instant."""
        ...

    def call_at(self, time_ns: int, callback: Callable[[], None]) -> None:
        """Run `callback` once when `now_ns() == time_ns`, or at the first instant after."""
        ...


class Pin(Protocol):
    """An input of the board that a model drives."""

    def set(self, level: bool) -> None:
        """Drive the pin; may run the board's interrupt before it returns."""
        ...


@dataclass(frozen=True, slots=True)
class Wiring:
    """How a model is put into a board: what a sensor's model is made from (see sensor.py).

    address: on I2C, else None. lines: the board's pins that the part's lines are wired to, by the trigger they make
    ("data_ready", "fifo_watermark"; a part without a bus: "pin"). signals: what the part feels, in its channels' units, as
    functions of the time in seconds, by the names that its Sensor gives. options: the definition's table of the sensor, for
    what stands outside the part (a resistor, a reference), never for what the board must write into its registers.
    """

    clock: Clock
    address: int | None
    lines: Mapping[str, Pin]
    seed: int
    signals: Mapping[str, Callable[[float], float]]
    options: object = None


class ModelError(BoardError):
    """An access the real part would not answer sensibly; `.part`, `.register` and `.value` for programs.

    `register` is None when no register was involved, `value` is None for a read.
    """

    def __init__(self, part: str, what: str, section: str, register: int | None = None, value: int | None = None):
        self.part, self.register, self.value, self.section = part, register, value, section
        place = "" if register is None else f", register {register:#04x}"
        octets = "" if value is None else f", value {value:#04x}"
        super().__init__(f"{part}{place}{octets}: {what} (datasheet: {section})")


@dataclass(frozen=True, slots=True)
class Produced:
    """One sample as the part would deliver it: the simulated time and the sample's octets."""

    time_ns: int
    raw: bytes


class Part:
    """A part that samples something and answers on a bus.

    `produced` holds every sample the part made, `read_out` every complete sample a reader was given.
    """

    part = "part"

    def __init__(self, clock: Clock):
        self.clock = clock
        self.absent = False  # True: as if unplugged, nothing is ever answered
        self.produced: list[Produced] = []
        self.read_out: list[Produced] = []
        self._refusals = 0
        self._silent_until_ns = clock.now_ns()

    def fail_next(self, count: int) -> None:
        """Fault hook: answer none of the next `count` transfers (on I2C: address phases)."""
        self._refusals = count

    def power_cycle(self, off_ns: int = 10_000_000) -> None:
        """Fault hook: without power for off_ns, which includes the part's own start, then as after power-up.

        A transfer under way is cut off, and what it was about is forgotten.
        """
        self._silent_for(off_ns)
        self._cut_off()
        self._on_power_cycle(off_ns)

    def _refuses(self) -> bool:
        """Whether the transfer that begins now goes unanswered; uses up one of those that `fail_next` ordered."""
        if self.absent or not self._refusals:
            return self._silent
        self._refusals -= 1
        return True

    @property
    def _silent(self) -> bool:
        return self.absent or self.clock.now_ns() < self._silent_until_ns

    def _silent_for(self, duration_ns: int) -> None:
        """Answer nothing for `duration_ns` from now, the rest of the present transfer included."""
        self._silent_until_ns = self.clock.now_ns() + duration_ns

    def _cut_off(self) -> None:
        """The transfer under way, if there is one, will not be ended properly; a bus side adds what that means for it."""

    def _on_power_cycle(self, off_ns: int) -> None:
        raise NotImplementedError
