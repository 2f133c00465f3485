"""The SLF3S liquid flow sensor on I2C, command for command.

Facts are from the SLF3S-1300F's data sheet, whose sections are named below, and from Sensirion's own drivers. Left out without a
trace: the general-call reset, the calibrations' differences, and the warm-up's deviations before 60 ms.
"""

from random import Random

from ...part import Clock, ModelError, Produced, Signal
from ...sensirion import CommandTarget, words
from .variants import Variant

__all__ = ["FIRST_NS", "NOISE_OF_FULL_SCALE", "STOPS_NS", "UPDATE_NS", "Slf3s"]

FIRST_NS = 12_000_000  # from the start command to the first value
UPDATE_NS = 500_000
STOPS_NS = 500_000
MOST_AVERAGED = 160  # beyond, the part smooths exponentially: as many values' noise, and flag 5
NOISE_OF_FULL_SCALE = 1e-3  # of one value: an assumption
_NOISE_DEGC = 0.02  # likewise

_WATER, _IPA, _STOP, _PREPARE_PRODUCT, _READ_PRODUCT = 0x3608, 0x3615, 0x3FF9, 0x367C, 0xE102
_AIR_IN_LINE, _HIGH_FLOW, _SMOOTHED = 0x01, 0x02, 0x20
_LSB_PER_DEGC = 200


class Slf3s(CommandTarget):
    """An SLF3S that has finished its power-up: idle.

    flow: seconds -> ml/min; temperature: seconds -> degC; air: seconds -> more than 0.5 while air is in the line. While it
    measures, a read gets the mean of the values since the last read, with noise from `seed`, in the middle of that time; a read
    before there is a new value is not acknowledged. The flags tell what happened since the last read: with air in the line the
    flow reads 0. Faults: `absent`, `fail_next`, `power_cycle`; after the last a read is not acknowledged until the next command.
    """

    part = "SLF3S"
    section = "4.3"

    def __init__(
        self, address: int | None, clock: Clock, variant: Variant, flow: Signal, temperature: Signal, air: Signal, seed: int
    ):
        if address != 0x08:
            raise ModelError(self.part, f"its address is 0x08, not {address if address is None else hex(address)}", "4.2")
        super().__init__(address, clock)
        self._variant = variant
        self._flow, self._temperature, self._air = flow, temperature, air
        random = Random(f"slf3s {address} {seed}")
        self._gauss = random.gauss
        self._serial = [random.randrange(0x10000) for _ in range(4)]
        self._power_up()
        self._lost_power = False  # and nobody noticed

    def _power_up(self) -> None:
        self._first_ns: int | None = None  # of the first value; None: it does not measure
        self._values_read = 0
        self._last_ns = 0
        self._identity = 0  # how far a product number is asked for: 1 prepared, 2 to be read

    def _on_power_cycle(self, off_ns: int) -> None:
        self._power_up()
        self._lost_power = True

    # Commands -----------------------------------------------------------------------------------------------

    def _takes(self, command: int) -> bool:
        measures = self._first_ns is not None
        if command == _STOP:
            return measures
        if command not in (_WATER, _IPA, _PREPARE_PRODUCT, _READ_PRODUCT):
            raise ModelError(self.part, "there is no such command", "4.3", command)
        if measures:
            raise ModelError(self.part, "while it measures it takes only the stop", "4.3.1", command)
        if command == _READ_PRODUCT and not self._identity:
            raise ModelError(self.part, "0x367c must come before", "4.3.4", command)
        return True

    def _on_command(self, command: int, arguments: tuple[int, ...]) -> None:
        if arguments:
            raise ModelError(self.part, "the command has no argument", "4.3", command, arguments[0])
        self._lost_power = False
        self._identity = {_PREPARE_PRODUCT: 1, _READ_PRODUCT: 2}.get(command, 0)
        if command == _STOP:
            self._first_ns = None
            self._silent_for(STOPS_NS)
        elif command in (_WATER, _IPA):
            self._first_ns = self.clock.now_ns() + FIRST_NS
            self._last_ns = self._first_ns - UPDATE_NS
            self._values_read = 0

    # Reads --------------------------------------------------------------------------------------------------

    def _values(self) -> int:
        """Values made since it was started."""
        since_ns = self.clock.now_ns() - self._first_ns
        return 1 + since_ns // UPDATE_NS if since_ns >= 0 else 0

    def _answer(self) -> bytes | None:
        if self._first_ns is not None:
            new = self._values() - self._values_read
            return self._sample(new) if new else None
        if self._identity == 2:
            product = self._variant.product
            return words(product >> 16, product, *self._serial)
        if self._lost_power:
            return None
        raise ModelError(self.part, "a read, and it neither measures nor was asked for its product number", "4.3")

    def _sample(self, new: int) -> bytes:
        averaged = min(new, MOST_AVERAGED)
        end_ns = self._first_ns + (self._values() - 1) * UPDATE_NS
        middle_s = (end_ns - averaged * UPDATE_NS / 2) * 1e-9
        limit = self._variant.limit_ml_min
        flow = self._flow(middle_s)
        flags = _SMOOTHED if new > MOST_AVERAGED else 0
        if max(self._air(at_ns * 1e-9) for at_ns in (self._last_ns, middle_s * 1e9, end_ns)) > 0.5:
            flags |= _AIR_IN_LINE
            flow = 0.0
        if abs(flow) > limit:
            flags |= _HIGH_FLOW
        flow += self._gauss(0.0, NOISE_OF_FULL_SCALE * self._variant.full_scale_ml_min / averaged**0.5)
        flow = max(-limit, min(limit, flow))
        degc = self._temperature(middle_s) + self._gauss(0.0, _NOISE_DEGC / averaged**0.5)
        return words(round(flow * self._variant.lsb_per_ml_min), round(degc * _LSB_PER_DEGC), flags)

    def _on_answer(self) -> None:
        if self._first_ns is not None:
            self._values_read = self._values()
            self._last_ns = self.clock.now_ns()
            self.produced.append(Produced(self._last_ns, self._answering))
        self._identity = 0

    def _on_answered(self) -> None:
        if self._first_ns is not None:
            self._read_out()
