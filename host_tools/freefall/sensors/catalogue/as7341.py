"""ams AS7341: light in spectral channels, 16 bits. Data sheet DS000504 v3, and application note AN000666 for the multiplexer.

Six of its photodiodes' channels can be measured at a time; here F5 (555 nm), F6 (590 nm), F7 (630 nm), F8 (680 nm), clear, and
near infrared. Values are basic counts, as ams calls them: raw / (gain * integration time in ms).
"""

from random import Random
from typing import Annotated, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from ..channels import Channel, Linear, RawWord
from ..fields import address_of, not_allowed, one_of
from ..part import ModelError, Produced, Wiring
from ..periods import Periods
from ..registers import RegisterTarget
from ..sensor import Sensor
from ..signals import drift
from ..table import BusSensorTable
from ..validity import Blank, Check, Expected

GAINS = (0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512)  # by AGAIN
STEP_NS = 2780
_MOST_STEPS = 1_000_000_000 // STEP_NS  # an integration of 1 s, which the board waits for when it sets the part up
AUTOZERO_NS = 15_000_000  # before the first integration ("AZ_CONFIG")
SMUX_NS = 500_000
_SATURATED = RawWord(offset=0, octets=1, order="little", shift=7, width=1, signed=False)  # ASAT_STATUS

(_ENABLE, _ATIME, _ID, _ASTATUS, _CH5_H, _STATUS2, _CFG1, _CFG6, _ASTEP_L, _ASTEP_H) = (
    0x80, 0x81, 0x92, 0x94, 0xA0, 0xA3, 0xAA, 0xAF, 0xCA, 0xCB,
)  # fmt: skip
_PART = 0x24  # of ID, its bits 7..2
_PON, _SP_EN, _SMUXEN, _NOT_MODELLED = 0x01, 0x02, 0x10, 0x48  # of ENABLE; the last: WEN and FDEN
_AVALID = 0x40  # of STATUS2
_SMUX_WRITE = 0x10  # of CFG6: from RAM to the chain
_RESETS = {_ENABLE: 0x00, _ATIME: 0x00, _CFG1: 0x09, _CFG6: 0x10, _ASTEP_L: 0xE7, _ASTEP_H: 0x03}
_RESERVED = {_ENABLE: 0xA4, _CFG1: 0xE0, _CFG6: 0xE7}
_OTHERS = frozenset((*range(0x60, 0x66), *range(0x70, 0x75), *range(0x83, 0x88), 0x90, 0x91, 0x93, *range(0xA4, 0xAA), 0xAC,
    *range(0xB1, 0xB4), 0xB5, 0xBD, 0xBE, 0xCF, *range(0xD6, 0xDC), 0xF9, 0xFA, *range(0xFC, 0x100)))  # fmt: skip
# The photodiodes that each half octet of the SMUX chain connects: (RAM address, shift) -> (channel, its share of it).
_CHAIN = {
    (0x03, 4): ("f8", 0.5), (0x04, 0): ("f6", 0.5), (0x06, 4): ("f5", 0.5), (0x07, 0): ("f7", 0.5), (0x08, 4): ("clear", 0.5),
    (0x09, 4): ("f5", 0.5), (0x0A, 0): ("f7", 0.5), (0x0E, 4): ("f6", 0.5), (0x0E, 0): ("f8", 0.5), (0x11, 4): ("clear", 0.5),
    (0x13, 0): ("nir", 1.0),
}  # fmt: skip
_CHAIN_OCTETS, _ADCS = 20, 6


class As7341Table(BusSensorTable):
    """Basic counts of six spectral channels; an integration takes (atime + 1) * (astep + 1) * 2.78 us, at most 1 s."""

    driver: Literal["as7341"]
    address: Annotated[address_of(0x39), Field(description="its I2C address")] = 0x39
    gain: Annotated[one_of(float, GAINS, "{:g}".format), Field(description="more for dim light; too much saturates")] = 256
    atime: Annotated[int, Field(ge=0, le=255, description="steps of an integration, minus 1")] = 29
    astep: Annotated[int, Field(ge=0, le=65_534, validate_default=True, description="length of a step in 2.78 us, minus 1")] = 599

    SAMPLE_LEN: ClassVar[int] = 13
    CHANNELS: ClassVar[tuple[str, ...]] = ("f5", "f6", "f7", "f8", "clear", "nir")
    RATE_KEY: ClassVar[str] = "atime"
    READS: ClassVar[tuple[tuple[int, int], ...]] = ((1, 13),)

    @field_validator("astep")
    @classmethod
    def _integration(cls, astep: int, info: ValidationInfo) -> int:
        atime = info.data.get("atime", 0)
        if "atime" in info.data and not 1 < (atime + 1) * (astep + 1) <= _MOST_STEPS:
            raise not_allowed(f"{0 if atime else 1}..{min(_MOST_STEPS // (atime + 1) - 1, 65_534)} where atime is {atime}")
        return astep

    def integration_ms(self) -> float:
        """The time of an integration."""
        return (self.atime + 1) * (self.astep + 1) * STEP_NS * 1e-6

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable."""
        basic = Linear(scale=1 / (self.gain * self.integration_ms()), offset=0.0)
        return tuple(
            Channel(name, "count/ms", RawWord(1 + 2 * adc, 2, "little", shift=0, width=16, signed=False), basic)
            for adc, name in enumerate(self.CHANNELS)
        )

    def checks(self) -> tuple[Check, ...]:
        """See SensorTable: the part tells of saturation for all channels together."""
        return (Expected(_SATURATED, (0,), self.CHANNELS, "saturated"), Blank(0, bytes(self.SAMPLE_LEN), self.CHANNELS))

    def config(self, watermark: int) -> dict[str, int]:
        """See SensorTable: gain_code for AGAIN, atime, astep."""
        return {"gain_code": GAINS.index(self.gain), "atime": self.atime, "astep": self.astep}

    def data_rate_hz(self) -> float:
        """See SensorTable."""
        return 1000 / self.integration_ms()

    def full_scale(self) -> dict[str, tuple[float, float]]:
        """See SensorTable."""
        most = _largest_count(self.atime, self.astep) / (self.gain * self.integration_ms())
        return dict.fromkeys(self.CHANNELS, (0.0, most))


def _largest_count(atime: int, astep: int) -> int:
    return min((atime + 1) * (astep + 1), 0xFFFF)


class As7341(RegisterTarget):
    """An AS7341 after its power-up: asleep, every register at its reset value.

    Feels a signal for each channel, in basic counts. A count is that of the middle of its integration plus noise of one count,
    and ends at the largest that the integration time allows. Integrations follow one another. Faults: `absent`, `fail_next`,
    `power_cycle`.
    """

    part = "AS7341"
    addresses = (0x39,)
    I2C_SECTION = "9"
    SAMPLE_REGISTERS = range(_ASTATUS, _CH5_H + 1)

    def __init__(self, wiring: Wiring):
        super().__init__(wiring.address, wiring.clock)
        if wiring.lines:
            raise ModelError(self.part, "its INT pin is not modelled yet", "8.3")
        self._signals = wiring.signals
        self._gauss = Random(f"as7341 {wiring.address} {wiring.seed}").gauss
        self._integrations = Periods(wiring.clock, self._finish)
        self._smux = Periods(wiring.clock, self._connect)
        self._power_up()

    # Registers ----------------------------------------------------------------------------------------------

    def _on_burst(self, register: int) -> None:
        if register == _ASTATUS:
            self._latched = self._newest

    def _read_register(self, register: int) -> int:
        if register in self.SAMPLE_REGISTERS:
            if self._burst_from != _ASTATUS:
                raise self._error("the data are read from ASTATUS on, which latches them", "10.2")
            return self._latched[register - _ASTATUS]
        if register in self._values:
            return self._values[register]
        if register == _STATUS2:
            return self._valid
        if register == _ID:
            return _PART
        raise self._error(self._why_not(register), "10.1")

    def _write_register(self, register: int, value: int) -> None:
        if register < _CHAIN_OCTETS:
            self._write_chain(register, value)
            return
        if register in (_ID, _STATUS2, *self.SAMPLE_REGISTERS):
            raise self._error("the register is read-only", "10.1", value)
        if register not in self._values:
            raise self._error(self._why_not(register), "10.1", value)
        if value & _RESERVED.get(register, 0x00):
            raise self._error("reserved bits are set", "10.2", value)
        if register == _ENABLE:
            self._enable(value)
        elif self._values[_ENABLE] & _SP_EN:
            raise self._error("what the integration under way makes of it is not stated", "10.2", value)
        elif register == _CFG1 and value >= len(GAINS):
            raise self._error("gain codes are 0 to 10", "10.2", value)
        elif register == _CFG6 and value not in (0x00, _SMUX_WRITE):
            raise self._error("this SMUX command is not modelled", "10.2", value)
        self._values[register] = value

    def _why_not(self, register: int) -> str:
        return "the register is not modelled yet" if register in _OTHERS else "there is no such register"

    def _enable(self, value: int) -> None:
        before = self._values[_ENABLE]
        if value & _NOT_MODELLED:
            raise self._error("waiting and flicker detection are not modelled yet", "10.2", value)
        if value & (_SP_EN | _SMUXEN) and not value & _PON:
            raise self._error("it is asleep without PON", "10.2", value)
        if value & _SP_EN and value & _SMUXEN:
            raise self._error("the multiplexer is set while nothing is measured", "8.4", value)
        if value & _SMUXEN and not before & _SMUXEN:
            self._smux.begin(SMUX_NS, once=True)
        if value & _SP_EN and not before & _SP_EN:
            self._begin()
        elif not value & _SP_EN:
            self._integrations.stop()
            self._valid = 0x00

    # The multiplexer ----------------------------------------------------------------------------------------

    def _write_chain(self, address: int, value: int) -> None:
        if self._values[_ENABLE] & (_PON | _SP_EN) != _PON or self._values[_CFG6] != _SMUX_WRITE:
            raise self._error("the multiplexer's RAM takes nothing now", "8.4", value)
        for shift in (0, 4):
            adc = value >> shift & 0x0F
            if adc and (address, shift) not in _CHAIN:
                raise self._error("no photodiode that is modelled is connected here", "AN000666", value)
            if adc > _ADCS:
                raise self._error("ADCs are 1 to 6", "AN000666", value)
        self._ram[address] = value

    def _connect(self, time_ns: int) -> None:
        if self._values[_CFG6] == _SMUX_WRITE:
            self._chain = bytes(self._ram)
        self._values[_ENABLE] &= ~_SMUXEN

    # Integrations -------------------------------------------------------------------------------------------

    def _on_power_cycle(self, off_ns: int) -> None:
        self._power_up()

    def _power_up(self) -> None:
        self._integrations.stop()
        self._smux.stop()
        self._values = dict(_RESETS)
        self._valid = 0x00
        self._newest = self._latched = bytes(len(self.SAMPLE_REGISTERS))
        self._ram = bytearray(_CHAIN_OCTETS)
        self._chain = bytes(_CHAIN_OCTETS)

    def _steps(self) -> tuple[int, int]:
        return self._values[_ATIME], self._values[_ASTEP_H] << 8 | self._values[_ASTEP_L]

    def _begin(self) -> None:
        atime, astep = self._steps()
        if not atime and not astep or astep == 0xFFFF:
            raise self._error("ATIME and ASTEP both 0, or ASTEP 65535, are not allowed", "10.2")
        period_ns = (atime + 1) * (astep + 1) * STEP_NS
        self._integrations.begin(period_ns, first_ns=AUTOZERO_NS + period_ns)

    def _finish(self, time_ns: int) -> None:
        atime, astep = self._steps()
        gain, limit = GAINS[self._values[_CFG1]], _largest_count(atime, astep)
        integration_ms = (atime + 1) * (astep + 1) * STEP_NS * 1e-6
        t_s = (time_ns - integration_ms * 1e6 / 2) * 1e-9
        counts = [0.0] * _ADCS
        for (address, shift), (channel, share) in _CHAIN.items():
            if adc := self._chain[address] >> shift & 0x0F:
                counts[adc - 1] += share * self._signals[channel](t_s) * gain * integration_ms
        words = [max(0, min(limit, round(count + self._gauss(0.0, 1.0)))) for count in counts]
        status = self._values[_CFG1] | (0x80 if limit in words else 0x00)
        self._newest = bytes((status,)) + b"".join(word.to_bytes(2, "little") for word in words)
        self._valid = _AVALID
        self.produced.append(Produced(time_ns, self._newest))


_ROOM = {"f5": 0.3, "f6": 0.35, "f7": 0.4, "f8": 0.35, "clear": 0.9, "nir": 0.25}
SENSOR = Sensor(As7341Table, As7341, {name: drift(level, 0.3 * level) for name, level in _ROOM.items()})
