"""ams TSL2591: illuminance from a broadband and an infrared photodiode. Numbers and sections from data sheet v2-04 (DS000338).

The data sheet leaves the lux equation to application notes; this is the one of Linux (tsl2591.c) and of Adafruit's library:

    counts per lux = integration time in ms * gain / 408
    lux = (ch0 - ch1) * (1 - ch1 / ch0) / counts per lux
"""

from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from ..channels import Channel, Compensated, Linear, RawWord
from ..fields import address_of, one_of
from ..part import ModelError, Produced, Wiring
from ..periods import Periods
from ..registers import RegisterTarget
from ..sensor import Sensor
from ..signals import constant, drift
from ..table import BusSensorTable
from ..validity import Check, Expected, Saturated

if TYPE_CHECKING:
    import numpy as np

GAINS = (1, 25, 428, 9876)  # by AGAIN; as both sources of the equation have them
INTEGRATIONS_MS = (100, 200, 300, 400, 500, 600)  # by ATIME
_MAX_COUNTS = (36_863, *(65_535,) * 5)  # by ATIME ("Control Register")
_LUX_DF = 408.0

_STATUS_WORD = RawWord(offset=0, octets=1, order="little", shift=0, width=1, signed=False)  # AVALID
_CH0 = RawWord(offset=1, octets=2, order="little", shift=0, width=16, signed=False)
_CH1 = RawWord(offset=3, octets=2, order="little", shift=0, width=16, signed=False)

_ENABLE, _CONTROL, _PERSIST, _PID, _ID, _STATUS, _C0DATAL, _C1DATAH = 0x00, 0x01, 0x0C, 0x11, 0x12, 0x13, 0x14, 0x17
_THRESHOLDS = range(0x04, 0x0C)
_DEVICE_ID = 0x50
_PON, _AEN, _INTERRUPTS = 0x01, 0x02, 0xD0
_SRESET = 0x80
_RESERVED = {_ENABLE: 0x2C, _CONTROL: 0x48, _PERSIST: 0xF0}
_NORMAL, _SPECIAL = 0xA0, 0xE0  # the upper three bits of the command octet


class Tsl2591Table(BusSensorTable):
    """Both photodiodes' counts, and the illuminance in lx that they make together."""

    driver: Literal["tsl2591"]
    address: Annotated[address_of(0x29), Field(description="its I2C address")] = 0x29
    gain: Annotated[one_of(int, GAINS), Field(description="more for dim light; too much saturates")] = 25
    integration_ms: Annotated[
        one_of(int, INTEGRATIONS_MS), Field(description="how long it collects light for a value, in ms")
    ] = 100

    SAMPLE_LEN: ClassVar[int] = 5
    CHANNELS: ClassVar[tuple[str, ...]] = ("ch0", "ch1", "illuminance")
    RATE_KEY: ClassVar[str] = "integration_ms"
    READS: ClassVar[tuple[tuple[int, int], ...]] = ((1, 5),)

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable: ch0 is broadband, ch1 infrared."""
        counts = Linear(scale=1.0, offset=0.0)
        return (
            Channel("ch0", "count", _CH0, counts),
            Channel("ch1", "count", _CH1, counts),
            Channel("illuminance", "lx", _CH0, Compensated()),
        )

    def checks(self) -> tuple[Check, ...]:
        """See SensorTable: whether there was an integration since the part was set up, and whether a count reached its limit."""
        limit = _MAX_COUNTS[INTEGRATIONS_MS.index(self.integration_ms)]
        return (
            Expected(_STATUS_WORD, (1,), self.CHANNELS, "not measured"),
            Saturated(_CH0, limit, ("ch0", "illuminance")),
            Saturated(_CH1, limit, ("ch1", "illuminance")),
        )

    def compensate(self, raw: "Mapping[str, np.ndarray]", coefficients: bytes | None) -> "Mapping[str, np.ndarray]":
        """See SensorTable: 0 where nothing visible is left of the broadband count."""
        import numpy as np

        broadband = raw["ch0"].astype(np.float64)
        visible = np.maximum(broadband - raw["ch1"], 0.0)
        lux = visible * visible / np.maximum(broadband, 1.0) / self.counts_per_lux()
        return {"illuminance": lux}

    def counts_per_lux(self) -> float:
        """Of the broadband photodiode in light without infrared."""
        return self.integration_ms * self.gain / _LUX_DF

    def config(self, watermark: int) -> dict[str, int]:
        """See SensorTable: gain_code for AGAIN, integration_code for ATIME."""
        return {"gain_code": GAINS.index(self.gain), "integration_code": INTEGRATIONS_MS.index(self.integration_ms)}

    def data_rate_hz(self) -> float:
        """See SensorTable."""
        return 1000 / self.integration_ms

    def full_scale(self) -> dict[str, tuple[float, float]]:
        """See SensorTable: of the illuminance, that of light without infrared."""
        limit = _MAX_COUNTS[INTEGRATIONS_MS.index(self.integration_ms)]
        return {"ch0": (0.0, limit), "ch1": (0.0, limit), "illuminance": (0.0, limit / self.counts_per_lux())}


class Tsl2591(RegisterTarget):
    """A TSL2591 after its power-up: asleep, every register at its reset value.

    Feels "illuminance" in lx, of light whose infrared makes the share "infrared" (0 to 1) of the broadband count. A count is
    that of the middle of its integration plus noise of one count, and ends at the data sheet's largest. Integrations follow one
    another without a pause. Faults: `absent`, `fail_next`, `power_cycle`.
    """

    part = "TSL2591"
    addresses = (0x29,)
    I2C_SECTION = "Command Register"
    SAMPLE_REGISTERS = range(_STATUS, _C1DATAH + 1)

    def __init__(self, wiring: Wiring):
        super().__init__(wiring.address, wiring.clock)
        if wiring.lines:
            raise ModelError(self.part, "its INT pin is not modelled yet", "Interrupts")
        self._illuminance, self._infrared = wiring.signals["illuminance"], wiring.signals["infrared"]
        self._gauss = Random(f"tsl2591 {wiring.address} {wiring.seed}").gauss
        self._integrations = Periods(wiring.clock, self._finish)
        self._power_up()

    # Registers ----------------------------------------------------------------------------------------------

    def _register_named(self, octet: int) -> int:
        if octet & 0xE0 == _SPECIAL:
            raise self._error("special functions are not modelled yet", self.I2C_SECTION, octet)
        if octet & 0xE0 != _NORMAL:
            raise self._error("a command octet begins with 101", self.I2C_SECTION, octet)
        return octet & 0x1F

    def _read_register(self, register: int) -> int:
        if register in (_C0DATAL, _C0DATAL + 2):
            # The lower octet keeps the upper one for the read that follows ("ALS Data Register").
            self._shadow = self._data[register - _C0DATAL + 1]
            return self._data[register - _C0DATAL]
        if register in (_C0DATAL + 1, _C1DATAH):
            if self._burst_from == register:
                raise self._error("the upper octet is that of the last lower one", "ALS Data Register")
            return self._shadow
        if register in self._values:
            return self._values[register]
        if register == _STATUS:
            return self._valid
        if register == _ID:
            return _DEVICE_ID
        if register == _PID:
            return 0x00
        raise self._error("there is no such register", "Register Description")

    def _write_register(self, register: int, value: int) -> None:
        if register not in self._values:
            read_only = register in (_PID, _ID, *self.SAMPLE_REGISTERS)
            what = "the register is read-only" if read_only else "there is no such register"
            raise self._error(what, "Register Description", value)
        if register == _CONTROL and value == _SRESET:
            self._power_up()
            return
        if value & _RESERVED.get(register, 0x00):
            raise self._error("reserved bits are set", "Register Description", value)
        if register == _ENABLE:
            self._enable(value)
        elif register == _CONTROL:
            self._check_control(value)
        self._values[register] = value

    def _enable(self, value: int) -> None:
        if value & _INTERRUPTS:
            raise self._error("interrupts are not modelled yet", "Enable Register", value)
        if value & _AEN and not value & _PON:
            raise self._error("the ADCs are enabled without the oscillator", "Enable Register", value)
        if value & _AEN and not self._values[_ENABLE] & _AEN:
            self._integrations.begin(INTEGRATIONS_MS[self._values[_CONTROL] & 0x07] * 1_000_000)
        elif not value & _AEN:
            self._integrations.stop()
            self._valid = 0

    def _check_control(self, value: int) -> None:
        if value & _SRESET:
            raise self._error("a reset and a setting at once", "Control Register", value)
        if value & 0x07 >= len(INTEGRATIONS_MS):
            raise self._error("integration time codes are 0 to 5", "Control Register", value)
        if self._values[_ENABLE] & _AEN:
            raise self._error("what the integration under way makes of it is not stated", "Control Register", value)

    # Integrations -------------------------------------------------------------------------------------------

    def _on_power_cycle(self, off_ns: int) -> None:
        self._power_up()

    def _power_up(self) -> None:
        self._values = dict.fromkeys((_ENABLE, _CONTROL, *_THRESHOLDS, _PERSIST), 0x00)
        self._valid = 0
        self._data = bytes(4)
        self._shadow = 0
        self._integrations.stop()

    def _finish(self, time_ns: int) -> None:
        control = self._values[_CONTROL]
        ms, gain, limit = INTEGRATIONS_MS[control & 0x07], GAINS[control >> 4 & 0x03], _MAX_COUNTS[control & 0x07]
        t_s = time_ns * 1e-9 - ms / 2000
        share = self._infrared(t_s)
        broadband = self._illuminance(t_s) * ms * gain / _LUX_DF / (1 - share) ** 2
        counts = (max(0, min(limit, round(count + self._gauss(0.0, 1.0)))) for count in (broadband, broadband * share))
        self._data = b"".join(count.to_bytes(2, "little") for count in counts)
        self._valid = 1
        self.produced.append(Produced(time_ns, bytes((self._valid,)) + self._data))


SENSOR = Sensor(Tsl2591Table, Tsl2591, {"illuminance": drift(300.0, 120.0), "infrared": constant(0.2)})
