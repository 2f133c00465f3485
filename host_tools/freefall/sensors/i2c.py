"""The I2C side of sensor models: phases in their order, and a part that does not answer."""

from .part import Clock, ModelError, Part

_IDLE, _WRITING, _READING, _CUT_OFF = "idle", "writing", "reading", "cut off"


class I2CTarget(Part):
    """A part on the bus, driven by octets: `start` (again for a repeated start), `write` or `read`, `stop`.

    A model implements the `_on_*` hooks; this class keeps the order of phases and the fault hooks.
    """

    part = "I2C target"

    def __init__(self, address: int | None, clock: Clock):
        """address: None for a part that is wired to another bus."""
        super().__init__(clock)
        self.address = address
        self.hung = False  # True: holds the clock line low, no transfer ever ends; the bus models act on it
        self._phase = _IDLE

    def start(self, read: bool) -> bool:
        """The part's address was sent, after a start or repeated start; True when it acknowledges.

        Raises ModelError when the phase this ends had a length the part does not define.
        """
        self._end_phase()
        if self._refuses():
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
        if self.absent or self._phase == _CUT_OFF:
            return False
        if self._phase != _WRITING:
            raise ModelError(self.part, f"an octet is written while {self._phase}", "I2C", value=octet)
        if not 0 <= octet <= 0xFF:
            raise ModelError(self.part, "an octet is 0 to 255", "I2C", value=octet)
        if self._silent:
            return False
        self._on_write(octet)
        return True

    def read(self) -> int:
        """The next octet of a read phase; 0xFF, the level of an undriven bus, from a part that does not answer.

        Raises ModelError for what the part does not define, and for an octet without a read phase.
        """
        if self.absent or self._phase == _CUT_OFF:
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
        # Nobody can stop a transfer whose clock line is held low: it is cut off.
        if self.absent or self.hung:
            return
        if phase is _WRITING:
            self._on_write_end()
        elif phase is _READING:
            self._on_read_end()

    def _cut_off(self) -> None:
        super()._cut_off()
        self._phase = self._phase if self._phase is _IDLE else _CUT_OFF

    def _on_write_phase(self) -> None: ...
    def _on_read_phase(self) -> None: ...
    def _on_write(self, octet: int) -> None:
        raise NotImplementedError

    def _on_read(self) -> int:
        raise NotImplementedError

    def _on_write_end(self) -> None: ...
    def _on_read_end(self) -> None: ...
