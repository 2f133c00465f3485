"""Winsen MH-Z19B: CO2, on a UART. Numbers and commands from the user's manual, version 1.6."""

from random import Random
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..channels import Channel, Linear, RawWord
from ..fields import one_of
from ..part import Clock, ModelError, Produced, Signal, Wiring
from ..reads import Reads
from ..sensor import Sensor
from ..signals import drift
from ..table import BusSensorTable
from ..uart import UARTPart
from ..validity import Check, Expected, Sum8

__all__ = ["LONGEST_ANSWER_NS", "NOISE_PPM", "SENSOR", "Mhz19b", "Mhz19bTable"]

_RANGES_PPM = (2000, 5000, 10_000)
_SELF_CALIBRATIONS = {True: 0xA0, False: 0x00}
_HEADER = RawWord(offset=0, octets=2, order="big", shift=0, width=16, signed=False)
_CO2 = RawWord(offset=2, octets=2, order="big", shift=0, width=16, signed=False)
_CHANNELS = ("co2",)

_START, _READ, _SELF_CALIBRATION = 0xFF, 0x86, 0x79
_NOT_MODELLED = (0x87, 0x88, 0x99)  # calibrations of zero and span, detection range
_LEN = 9
_CYCLE_NS = 1_004_000_000  # of its PWM output, and so of what it measures
LONGEST_ANSWER_NS = 50_000_000  # assumed
_SHORTEST_ANSWER_NS = 5_000_000
NOISE_PPM = 5.0  # assumed


class Mhz19bTable(BusSensorTable):
    """CO2 in ppm; true from 3 minutes after power-up on.

    Where the air is never fresh (400 ppm), as in a station or an incubator, self-calibration would make it wrong.
    """

    driver: Literal["mhz19b"]
    range_ppm: Annotated[one_of(int, _RANGES_PPM), Field(description="the range that the part was made for")] = 5000
    self_calibration: Annotated[
        bool, Field(description="whether it takes the lowest CO2 of a day for that of fresh air, 400 ppm")
    ] = False

    BAUD: ClassVar[int] = 9600
    SAMPLE_LEN: ClassVar[int] = _LEN
    CHANNELS: ClassVar[tuple[str, ...]] = _CHANNELS
    RATE_KEY: ClassVar[str] = ""
    BUSES: ClassVar[tuple[str, ...]] = ("uart",)
    READS: ClassVar[tuple[tuple[int, int], ...]] = ((_LEN, _LEN),)

    def reads(self) -> Reads:
        """See SensorTable: the bus waits for the answer."""
        return Reads(self.READS, answer_us=LONGEST_ANSWER_NS // 1000)

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable."""
        return (Channel("co2", "ppm", _CO2, Linear(scale=1.0, offset=0.0)),)

    def checks(self) -> tuple[Check, ...]:
        """See SensorTable."""
        return (
            Expected(_HEADER, (_START << 8 | _READ,), self.CHANNELS, "not the answer to this request"),
            Sum8(1, _LEN - 2, self.CHANNELS),
        )

    def config(self, watermark: int) -> dict[str, int]:
        """See SensorTable: the argument of the command that switches the self-calibration."""
        return {"self_calibration_code": _SELF_CALIBRATIONS[self.self_calibration]}

    def data_rate_hz(self) -> float:
        """See SensorTable: one in each cycle of its PWM output."""
        return 1e9 / _CYCLE_NS

    def full_scale(self) -> dict[str, tuple[float, float]]:
        """See SensorTable."""
        return {"co2": (0.0, float(self.range_ppm))}


class Mhz19b(UARTPart):
    """An MH-Z19B that is warm.

    co2: seconds -> ppm. A value is that of the beginning of a cycle, with noise, within its range; it answers 5 to 50 ms after a
    request. Both are drawn from `seed`. Faults: `absent`, `fail_next`, `power_cycle`, and `spoil_next`.
    """

    part = "MH-Z19B"

    def __init__(self, clock: Clock, co2: Signal, range_ppm: int, seed: int):
        super().__init__(clock)
        self._co2 = co2
        self._range_ppm = range_ppm
        self._random = Random(f"mhz19b {seed}")
        self._spoil = 0
        self._power_up(0)

    def spoil_next(self, count: int) -> None:
        """Fault hook: a bit of each of the next `count` answers is wrong, as by noise on the line."""
        self._spoil = count

    def _power_up(self, delay_ns: int) -> None:
        self.self_calibration = True  # the manual's factory setting
        self._on_ns = self.clock.now_ns() + delay_ns
        self._cycle = -1
        self._ppm = 0

    def _on_power_cycle(self, off_ns: int) -> None:
        self._power_up(off_ns)

    def _on_request(self, octets: bytes) -> tuple[bytes, int] | None:
        if len(octets) != _LEN or octets[0] != _START or octets[1] != 0x01:
            raise ModelError(self.part, f"{octets.hex(' ')} is no command: 9 octets that begin with ff 01", "8")
        command, argument = octets[2], octets[3]
        if sum(octets[1:]) & 0xFF:
            raise ModelError(self.part, "the checksum of the command is wrong", "8", command, octets[-1])
        if command in _NOT_MODELLED:
            raise ModelError(self.part, "the command is not modelled yet", "8", command)
        if command not in (_READ, _SELF_CALIBRATION):
            raise ModelError(self.part, "there is no such command", "8", command)
        if any(octets[4:-1]) or argument not in ((0,) if command == _READ else _SELF_CALIBRATIONS.values()):
            raise ModelError(self.part, f"{octets[3:-1].hex(' ')} are not its arguments", "8", command)
        if command == _SELF_CALIBRATION:
            self.self_calibration = argument != 0
            return None
        return self._sample(), self._random.randrange(_SHORTEST_ANSWER_NS, LONGEST_ANSWER_NS)

    def _sample(self) -> bytes:
        now_ns = self.clock.now_ns()
        cycle = (now_ns - self._on_ns) // _CYCLE_NS
        if cycle != self._cycle:
            self._cycle = cycle
            ppm = self._co2((self._on_ns + cycle * _CYCLE_NS) * 1e-9) + self._random.gauss(0.0, NOISE_PPM)
            self._ppm = round(max(0.0, min(float(self._range_ppm), ppm)))
        answer = bytearray((_START, _READ, self._ppm >> 8, self._ppm & 0xFF, 0, 0, 0, 0, 0))
        answer[-1] = -sum(answer[1:]) & 0xFF
        if self._spoil:
            self._spoil -= 1
            answer[self._random.randrange(_LEN)] ^= 1 << self._random.randrange(8)
        sample = Produced(now_ns, bytes(answer))
        self.produced.append(sample)
        self.read_out.append(sample)
        return sample.raw


def _model(wiring: Wiring) -> Mhz19b:
    if wiring.lines or wiring.address is not None:
        raise ModelError("MH-Z19B", "it has a UART, and neither an address nor an interrupt line", "6")
    return Mhz19b(wiring.clock, wiring.signals["co2"], getattr(wiring.options, "range_ppm", 5000), wiring.seed)


SENSOR = Sensor(Mhz19bTable, _model, {"co2": drift(2800.0, 250.0, 1800.0)})
