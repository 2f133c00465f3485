"""The ADS1256 on SPI, command for command. Sections are those of data sheet SBAS288K."""

from random import Random

from ...part import ModelError, Produced, Wiring
from ...periods import Line, Paced, Periods
from ...spi import SPIPart
from .table import GAINS, RATES, STEPS, noise_v

STATUS, MUX, ADCON, DRATE, IO = range(5)
LAST_REGISTER = 0x0A
_IDENTITY = 0x30  # bits 7..4 of STATUS
_RESETS = {STATUS: 0x00, MUX: 0x01, ADCON: 0x20, DRATE: 0xF0, IO: 0xE0}
_BUFFER, _NOT_READY = 0x02, 0x01  # STATUS
WAKEUP, RDATA, RDATAC, SDATAC, RREG, WREG, SELFCAL, RESET = 0x00, 0x01, 0x03, 0x0F, 0x10, 0x50, 0xF0, 0xFE
_NOT_MODELLED = {0xF1: "SELFOCAL", 0xF2: "SELFGCAL", 0xF3: "SYSOCAL", 0xF4: "SYSGCAL", 0xFC: "SYNC", 0xFD: "STANDBY"}
_RATE_OF = {code: rate_hz for rate_hz, (code, _) in RATES.items()}
_CALIBRATION_NS = {code: milliseconds * 1e6 for code, milliseconds in RATES.values()}
_HIGH_NS = 16 * 1e9 / 7.68e6  # DRDY before it falls, whether data were read or not
_UNDRIVEN = 0xFF


class Ads1256(Paced, SPIPart):
    """An ADS1256 after its power-up and the calibration that this includes: AIN0 to AIN1 at 30 kHz, commands expected.

    A result is the voltage at the middle of its conversion plus noise; it saturates. `data_ready` is DRDY: low from the end of a
    conversion until its octets are read or, unread, until shortly before the next. Faults: `absent`, `fail_next`, `power_cycle`.

    Of the bus's times it only knows those that pass while the part calibrates: that 50 clocks must pass between RREG and its data
    cannot be seen by octets.
    """

    part = "ADS1256"
    modes = (1,)

    def __init__(self, wiring: Wiring):
        super().__init__(wiring.clock)
        self._voltage = wiring.signals["voltage"]
        self._reference_v = wiring.options.reference_v  # type: ignore[attr-defined]
        self._gauss = Random(f"ads1256 {wiring.address} {wiring.seed}").gauss
        self._conversions = Periods(wiring.clock, self._finish)
        self._rises = Periods(wiring.clock, lambda time_ns: self._line.set(True))
        self._line = Line(wiring.clock, wiring.lines.get("data_ready"), True)
        self._octets = bytearray()
        self._out = bytearray()
        self._power_up(wiring.clock.now_ns())
        self._calibrates_until_ns = 0.0

    def _on_power_cycle(self, off_ns: int) -> None:
        self._line.set(False)
        on_ns = self.clock.now_ns() + off_ns
        self._power_up(on_ns)
        self.clock.call_at(on_ns, lambda: self._silent or self._line.set(True))

    def _power_up(self, on_ns: int) -> None:
        self._values = dict(_RESETS)
        self._continuous = False
        self._result = bytes(3)
        self._octets = bytearray()
        self._out = bytearray()
        self._calibrate(on_ns)

    # Commands -----------------------------------------------------------------------------------------------

    def _on_select(self) -> None:
        self._octets = bytearray()
        self._out = bytearray()
        self._given = 0  # octets of a conversion, of those that follow one another

    def _on_exchange(self, octet: int) -> int:
        try:
            return self._exchanged(octet)
        except ModelError:
            self._on_select()  # what is wrong is said once, and not again by the end of the transfer
            raise

    def _exchanged(self, octet: int) -> int:
        if self.clock.now_ns() < self._calibrates_until_ns:
            raise self._error("nothing may be sent before a calibration is over", "SELFCAL", octet)
        if self._out:
            if octet:
                raise self._error("DIN is not low while data are read", "RREG", octet)
            return self._out.pop(0)
        if self._continuous and not self._octets:
            return self._read_continuous(octet)
        self._octets.append(octet)
        self._interpret()
        return _UNDRIVEN

    def _on_deselect(self) -> None:
        if self._octets or self._out:
            raise self._error("the transfer ends in the middle of a command", "Serial Interface")
        if self._given % 3:
            raise self._error(f"{self._given} octets of a conversion were read, of 3", "RDATAC")

    def _read_continuous(self, octet: int) -> int:
        if octet in (SDATAC, RESET):
            # "The command must be issued after DRDY goes low and completed before DRDY goes high."
            if not self._line.level:
                self._octets.append(octet)
                self._interpret()
                return _UNDRIVEN
        elif octet:
            raise self._error("only SDATAC and RESET are taken while conversions are read one after another", "RDATAC", octet)
        if self._given == 3:
            raise self._error("a fourth octet of a conversion is read", "RDATAC")
        if not self._given:
            self._reading = self._result
        self._given += 1
        if self._given == 3:
            self._line.set(True)
            self.read_out.append(Produced(self.clock.now_ns(), self._reading))
        return self._reading[self._given - 1]

    def _interpret(self) -> None:
        octets = self._octets
        command = octets[0]
        if command & 0xF0 in (RREG, WREG):
            if len(octets) == 1:
                return
            first, count = command & 0x0F, octets[1] + 1
            if octets[1] & 0xF0 or first + count - 1 > LAST_REGISTER:
                raise self._error("there are no such registers", "Table 23", command)
            if command & 0xF0 == WREG:
                if len(octets) < 2 + count:
                    return
                self._write_registers(first, octets[2:])
            else:
                self._out += bytes(self._read_register(first + n) for n in range(count))
        elif command == RDATA:
            self._out += self._result
        elif command == RDATAC:
            if self._calibrated_for != self._settings():
                raise self._error("conversions are read that no calibration was made for", "Calibration", command)
            self._continuous = True
            self._given = 3  # the octets of this transfer are over
        elif command == SDATAC:
            self._continuous = False
            self._given = 0  # a conversion need not be read to its end
        elif command == SELFCAL:
            self._calibrate(self.clock.now_ns())
        elif command == RESET:
            self._given = 0
            self._power_up(self.clock.now_ns())
            return
        elif command in _NOT_MODELLED:
            raise self._error(f"{_NOT_MODELLED[command]} is not modelled yet", "Table 24", command)
        elif command not in (WAKEUP, 0xFF):
            raise self._error("there is no such command", "Table 24", command)
        self._octets = bytearray()

    # Registers ----------------------------------------------------------------------------------------------

    def _read_register(self, register: int) -> int:
        if register == STATUS:
            return _IDENTITY | self._values[STATUS] | (_NOT_READY if self._line.level else 0)
        if register not in self._values:
            raise self._error("calibration registers are not modelled yet", "Table 23", register)
        return self._values[register]

    def _write_registers(self, first: int, values: bytes) -> None:
        for register, value in enumerate(values, first):
            if register == STATUS:
                if value & 0x0C:
                    raise self._error("another order and automatic calibration are not modelled yet", "STATUS", value)
                value &= _BUFFER
            elif register == MUX and (value >> 4 > 8 or value & 0x0F > 8):
                raise self._error("inputs are 0 to 8", "MUX", value)
            elif register == ADCON and value & 0x80:
                raise self._error("bit 7 is reserved", "ADCON", value)
            elif register == ADCON and value & 0x18:
                raise self._error("sensor detect currents are not modelled yet", "ADCON", value)
            elif register == DRATE and value not in _RATE_OF:
                raise self._error("there is no such rate, or it is not modelled yet", "DRATE", value)
            elif register not in self._values:
                raise self._error("calibration registers are not modelled yet", "Table 23", value)
            self._values[register] = value
        if self._conversions_run_at != self._values[DRATE]:
            self._convert(self.clock.now_ns())

    def _settings(self) -> tuple[int, int, int]:
        values = self._values
        return values[STATUS] & _BUFFER, values[ADCON] & 7, values[DRATE]

    # Conversions --------------------------------------------------------------------------------------------

    def _calibrate(self, began_ns: int) -> None:
        self._calibrated_for = self._settings()
        duration_ns = self._paced(_CALIBRATION_NS[self._values[DRATE]])
        self._calibrates_until_ns = began_ns + duration_ns
        if began_ns == self.clock.now_ns():
            self._line.set(True)
        self._convert(began_ns, duration_ns)  # the first result, a settled one, is there when it ends

    def _convert(self, began_ns: int, first_ns: float | None = None) -> None:
        self._conversions_run_at = self._values[DRATE]
        self._period_ns = self._paced(1e9 / _RATE_OF[self._conversions_run_at])
        first_ns = self._period_ns if first_ns is None else first_ns
        self._conversions.begin(self._period_ns, first_ns, began_ns)
        self._rises.begin(self._period_ns, first_ns - _HIGH_NS, began_ns)

    def _finish(self, time_ns: int) -> None:
        gain_code = min(self._values[ADCON] & 7, len(GAINS) - 1)
        volts = self._voltage((time_ns - self._period_ns / 2) * 1e-9)
        volts += self._gauss(0.0, noise_v(_RATE_OF[self._values[DRATE]], gain_code))
        word = round(volts * GAINS[gain_code] / (2 * self._reference_v) * STEPS)
        self._result = max(-STEPS - 1, min(STEPS, word)).to_bytes(3, "big", signed=True)
        self.produced.append(Produced(time_ns, self._result))
        self._line.set(False)

    def _error(self, what: str, section: str, value: int | None = None) -> ModelError:
        return ModelError(self.part, what, section, value=value)
