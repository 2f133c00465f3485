"""The bus side every sensor model shares: phases, faults, and the records tests compare with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ...errors import BoardError
from ..clock import Clock

__all__ = ["Clock", "I2CTarget", "ModelError", "Pin", "Produced", "Signal"]

# Seconds of simulated time -> engineering units: (x, y, z) in g, or one value in degC.
Signal = Callable[[float], "float | tuple[float, ...]"]

_IDLE, _WRITING, _READING = "idle", "writing", "reading"


class Pin(Protocol):
    """An input of the board that a model drives."""

    def set(self, level: bool) -> None:
        """Drive the pin; may run the board's interrupt before it returns."""
        ...


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


class I2CTarget:
    """A part on the bus, driven by octets: `start` (again for a repeated start), `write` or `read`, `stop`.

    A model implements the `_on_*` hooks; this class keeps the order of phases and the fault hooks.
    `produced` holds every sample the part made, `read_out` every complete sample a reader was given.
    """

    part = "I2C target"

    def __init__(self, address: int, clock: Clock):
        self.address = address
        self.clock = clock
        self.absent = False  # True: as if unplugged, nothing is ever acknowledged
        self.hung = False  # True: holds the clock line low, no transfer ever ends; the bus models act on it
        self.produced: list[Produced] = []
        self.read_out: list[Produced] = []
        self._nacks = 0
        self._busy_until_ns = clock.now_ns()
        self._phase = _IDLE

    def fail_next(self, count: int) -> None:
        """Fault hook: leave the next `count` address phases unacknowledged."""
        self._nacks = count

    def start(self, read: bool) -> bool:
        """The part's address was sent, after a start or repeated start; True when it acknowledges.

        Raises ModelError when the phase this ends had a length the part does not define.
        """
        self._end_phase()
        if self.absent:
            return False
        if self._nacks:
            self._nacks -= 1
            return False
        if self.clock.now_ns() < self._busy_until_ns:
            return False
        if read:
            self._on_read_phase()
            self._phase = _READING
        else:
            self._on_write_phase()
            self._phase = _WRITING
        return True

    def write(self, octet: int) -> bool:
        """Takes one octet from the controller; True when the part acknowledges it.

        Raises ModelError for what the part does not define, and for an octet without a write phase.
        """
        if self.absent:
            return False
        if self._phase != _WRITING:
            raise ModelError(self.part, f"an octet is written while {self._phase}", "I2C", value=octet)
        if not 0 <= octet <= 0xFF:
            raise ModelError(self.part, "an octet is 0 to 255", "I2C", value=octet)
        if self.clock.now_ns() < self._busy_until_ns:
            return False
        self._on_write(octet)
        return True

    def read(self) -> int:
        """The next octet of a read phase; 0xFF, the level of an undriven bus, from an absent part.

        Raises ModelError for what the part does not define, and for an octet without a read phase.
        """
        if self.absent:
            return 0xFF
        if self._phase != _READING:
            raise ModelError(self.part, f"an octet is read while {self._phase}", "I2C")
        return self._on_read()

    def stop(self) -> None:
        """The transaction ends; harmless after an unacknowledged start.

        Raises ModelError when the phase this ends had a length the part does not define.
        """
        self._end_phase()

    def _end_phase(self) -> None:
        phase, self._phase = self._phase, _IDLE
        if self.absent:
            return
        if phase is _WRITING:
            self._on_write_end()
        elif phase is _READING:
            self._on_read_end()

    def _busy_for(self, duration_ns: int) -> None:
        """Acknowledge nothing for `duration_ns` from now, the rest of the present phase included."""
        self._busy_until_ns = self.clock.now_ns() + duration_ns

    def _on_write_phase(self) -> None: ...
    def _on_read_phase(self) -> None: ...
    def _on_write(self, octet: int) -> None:
        raise NotImplementedError

    def _on_read(self) -> int:
        raise NotImplementedError

    def _on_write_end(self) -> None: ...
    def _on_read_end(self) -> None: ...
