"""What drives an analog input of the board: a part without a bus, of which the board makes the samples."""

from .part import ModelError, Part, Produced

_BITS = 12


class AnalogSource(Part):
    """A part on an analog input. A model implements `_on_convert`; this class keeps the records and the fault hooks.

    A sample exists when the board asks for it, so `produced` and `read_out` are the same. Without power, and for the conversions
    that `fail_next` orders, the input is 0.
    """

    part = "analog source"

    def counts(self) -> int:
        """A conversion now: the voltage against the board's reference, 12 bits. Raises ModelError for a model's other number."""
        counts = 0 if self._refuses() else self._on_convert()
        if not 0 <= counts < 1 << _BITS:
            raise ModelError(self.part, f"a conversion has {_BITS} bits and cannot be {counts}", "ADC")
        sample = Produced(self.clock.now_ns(), counts.to_bytes(2, "little"))
        self.produced.append(sample)
        self.read_out.append(sample)
        return counts

    def _on_convert(self) -> int:
        raise NotImplementedError

    def _on_power_cycle(self, off_ns: int) -> None: ...
