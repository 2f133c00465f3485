"""A sensor of the bench's own: nine octets a sample at any rate, so that no part's choice of rates limits what is measured."""

from freefall.sensors.i2c import I2CTarget
from freefall.sensors.part import Clock, ModelError, Pin, Produced

ADDRESS = 0x42
SAMPLE_LEN = 9

_IDENTITY, _CONTROL, _DATA = 0x00, 0x01, 0x08
_IDENTITY_OCTETS = b"\xbe\x9c"
_MEASURE = 1
_READ_LENS = {_IDENTITY: len(_IDENTITY_OCTETS), _CONTROL: 1, _DATA: SAMPLE_LEN}
_S_NS = 1_000_000_000
# So much faster is the sensor's clock than the board's: every 25th edge, too, meets the board's microseconds at all phases.
_FAST_PPM = 137


def sample(number: int) -> bytes:
    """The octets of sample `number` (0..2^32 - 1): the number, and five octets made from it, some of them zero."""
    scrambled = number * 0x9E3779B1 & 0xFFFFFFFF
    return number.to_bytes(4, "little") + scrambled.to_bytes(4, "little") + bytes((number % 3,))


class BenchSensor(I2CTarget):
    """Measures rate_hz samples a second once CONTROL is written 1; its data-ready line is high from a sample to the read of it or
    half a period. A sample that is not read before the next is gone (`replaced`); a read gets the sample there was at its start.

    `read_out` holds the samples read whole. Strict: only the registers and lengths its driver uses exist.
    """

    part = "bench sensor"

    def __init__(self, clock: Clock, data_ready: Pin, rate_hz: float):
        super().__init__(ADDRESS, clock)
        self.replaced = 0
        self._pin = data_ready
        self._period_ns = _S_NS / rate_hz / (1 + _FAST_PPM / 1e6)
        self._began_ns = 0
        self._control = 0
        self._register: int | None = None
        self._written = bytearray()
        self._given = bytearray()
        self._fresh = False
        self._source = b""
        data_ready.set(False)

    def _on_write_phase(self) -> None:
        self._written = bytearray()

    def _on_write(self, octet: int) -> None:
        self._written.append(octet)

    def _on_write_end(self) -> None:
        register, *values = self._written
        if register not in _READ_LENS or (values and (register, values) != (_CONTROL, [_MEASURE])):
            raise ModelError(self.part, "no such register, or not to be written so", "bench/board/sensor.py", register)
        self._register = register
        if values:
            self._register = None
            self._control = _MEASURE
            self._began_ns = self.clock.now_ns()
            self._wait()

    def _on_read_phase(self) -> None:
        if self._register is None:
            raise ModelError(self.part, "a read without a register", "bench/board/sensor.py")
        self._given = bytearray()
        if self._register == _DATA:
            self._source = self.produced[-1].raw if self.produced else bytes(SAMPLE_LEN)
            self._fresh = False
            self._pin.set(False)
        else:
            self._source = _IDENTITY_OCTETS if self._register == _IDENTITY else bytes((self._control,))

    def _on_read(self) -> int:
        if len(self._given) == len(self._source):
            raise ModelError(self.part, "read past its end", "bench/board/sensor.py", self._register)
        self._given.append(self._source[len(self._given)])
        return self._given[-1]

    def _on_read_end(self) -> None:
        register, self._register = self._register, None
        if len(self._given) != _READ_LENS[register]:
            raise ModelError(self.part, f"{len(self._given)} octets read", "bench/board/sensor.py", register)
        if register == _DATA:
            self.read_out.append(Produced(self.clock.now_ns(), bytes(self._given)))

    def _wait(self) -> None:
        self.clock.call_at(self._began_ns + round((len(self.produced) + 1) * self._period_ns), self._measured)

    def _measured(self) -> None:
        self.replaced += self._fresh
        self._fresh = True
        self.produced.append(Produced(self.clock.now_ns(), sample(len(self.produced))))
        number = len(self.produced)
        self.clock.call_at(self.clock.now_ns() + round(self._period_ns / 2), lambda: self._half_period_later(number))
        self._wait()
        self._pin.set(True)

    def _half_period_later(self, number: int) -> None:
        if len(self.produced) == number:
            self._pin.set(False)
