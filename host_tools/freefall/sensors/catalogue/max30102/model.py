"""The MAX30102 pulse oximeter on I2C, register for register.

Facts are from data sheet 19-7740, whose sections are named below. Only SpO2 mode is modelled; heart-rate and multi-LED mode, the
die's temperature and the proximity function of Rev. 0 are refused.
"""

from random import Random

from ...part import Clock, Pin, Produced, Signal
from ...periods import Line, Periods
from ...registers import RegisterTarget
from .fifo import DEPTH, Fifo
from .table import ADC_BITS, ADC_RANGES_NA, AVERAGINGS, FASTEST_HZ, SAMPLE_RATES_HZ, WORD_BITS

__all__ = ["NOISE_NA", "RESET_NS", "Max30102"]

STATUS_1, STATUS_2, ENABLE_1, ENABLE_2 = range(4)
FIFO_WRITE, FIFO_OVERFLOW, FIFO_READ, FIFO_DATA, FIFO_CONFIG, MODE_CONFIG, SPO2_CONFIG = range(0x04, 0x0B)
LED_RED, LED_IR = 0x0C, 0x0D
REVISION_ID, PART_ID = 0xFE, 0xFF

_A_FULL, _PPG_RDY, _PWR_RDY = 0x80, 0x40, 0x01
_SHUTDOWN, _RESET, _MODE = 0x80, 0x40, 0x07
_SPO2_MODE = 3
_ROLLOVER = 0x10
_WRITABLE = {  # register -> the bits that are not reserved
    ENABLE_1: 0xE0, ENABLE_2: 0x02, FIFO_WRITE: 0x1F, FIFO_OVERFLOW: 0x1F, FIFO_READ: 0x1F, FIFO_CONFIG: 0xFF,
    MODE_CONFIG: 0xC7, SPO2_CONFIG: 0x7F, LED_RED: 0xFF, LED_IR: 0xFF,
}  # fmt: skip
_READ_ONLY = {STATUS_1, STATUS_2, FIFO_DATA, REVISION_ID, PART_ID}
_NOT_MODELLED = {0x11, 0x12, 0x1F, 0x20, 0x21}  # multi-LED slots, die temperature
_NOT_WHILE_MEASURING = {FIFO_CONFIG, SPO2_CONFIG, FIFO_WRITE}

RESET_NS = 1_000_000  # assumed
NOISE_NA = 0.05  # of one pulse: an assumption


class Max30102(RegisterTarget):
    """A MAX30102 that has finished its power-up: it does not measure, and holds INT low to say so (PWR_RDY).

    red, ir: seconds -> photocurrent in nA at the LED currents the experiment uses; an LED without current gives none. A
    sample is that of the middle of the pulses it is made from, with noise from `seed` that shrinks with their number, in the
    resolution that the pulse width gives. `rate_error_ppm` makes its clock fast (positive) or slow, as it is when measuring
    begins. An empty FIFO reads zeros; such reads are counted in `empty_reads`. Faults: `absent`, `fail_next`, `power_cycle`.
    """

    part = "MAX30102"
    addresses = (0x57,)
    I2C_SECTION = "I2C Bus Interface"
    SAMPLE_REGISTERS = range(0)  # samples come out of the FIFO

    def __init__(self, address: int | None, clock: Clock, interrupt: Pin | None, red: Signal, ir: Signal, seed: int):
        super().__init__(address, clock)
        self.empty_reads = 0
        self.rate_error_ppm = 0.0
        self.fifo = Fifo()
        self._signals = (red, ir)
        self._gauss = Random(f"max30102 {address} {seed}").gauss
        self._samples = Periods(clock, self._make_sample)
        self._powered = 0  # numbers the power-ups
        self._line = Line(clock, interrupt, True)
        self._reset_registers()
        self._status = _PWR_RDY
        self._show()

    def _reset_registers(self) -> None:
        self._samples.stop()
        self.fifo.clear()
        self._registers = dict.fromkeys(_WRITABLE, 0)
        self._status = 0
        self._resets_until_ns = self.clock.now_ns()
        self._entry = bytes(6)
        self._entry_at = 0  # octets of it that were read
        self._entry_real = False

    def _on_power_cycle(self, off_ns: int) -> None:
        self._reset_registers()
        self._powered += 1
        powered = self._powered
        self._line.set(True)  # nobody pulls it down

        def powered_up() -> None:
            if powered == self._powered:
                self._status = _PWR_RDY
                self._show()

        self.clock.call_at(self.clock.now_ns() + off_ns, powered_up)

    def _show(self) -> None:
        # Power-ready has no enable bit.
        self._line.set(not self._status & (self._registers[ENABLE_1] | _PWR_RDY))

    # Registers ----------------------------------------------------------------------------------------------

    def _after(self, register: int) -> int | None:
        if register == FIFO_DATA:
            return register
        return register + 1 if register < PART_ID else None

    def _read_register(self, register: int) -> int:
        if self.clock.now_ns() < self._resets_until_ns:
            if register != MODE_CONFIG:
                raise self._error("read while the part resets", "Mode Configuration")
            return _RESET
        if register == FIFO_DATA:
            return self._read_fifo()
        if register == STATUS_1:
            status, self._status = self._status, 0
            self._show()
            return status
        if FIFO_WRITE <= register <= FIFO_READ:
            return self.fifo.pointers()[register - FIFO_WRITE]
        if register in self._registers:
            return self._registers[register]
        constants = {STATUS_2: 0, REVISION_ID: 0x03, PART_ID: 0x15}
        if register in constants:
            return constants[register]
        raise self._error(self._none(register), "Register Maps")

    def _none(self, register: int) -> str:
        return "the register is not modelled yet" if register in _NOT_MODELLED else "there is no such register"

    def _read_fifo(self) -> int:
        if self._entry_at in (0, 6):
            self._status &= ~_PPG_RDY
            self._show()
            sample = self.fifo.pop()
            self.empty_reads += sample is None
            self._entry, self._entry_at, self._entry_real = sample or bytes(6), 0, sample is not None
        self._entry_at += 1
        if self._entry_at == 6 and self._entry_real:
            self.read_out.append(Produced(self.clock.now_ns(), self._entry))
        return self._entry[self._entry_at - 1]

    def _on_read_phase(self) -> None:
        super()._on_read_phase()
        self._entry_at = 0

    def _on_read_end(self) -> None:
        super()._on_read_end()
        if self._entry_at not in (0, 6):
            raise self._error("a part of a sample was read; the rest is lost", "FIFO Data Register")

    def _write_register(self, register: int, value: int) -> None:
        if self.clock.now_ns() < self._resets_until_ns:
            raise self._error("written while the part resets", "Mode Configuration", value)
        if register in _READ_ONLY:
            raise self._error("the register is read-only", "Register Maps", value)
        if register not in _WRITABLE:
            raise self._error(self._none(register), "Register Maps", value)
        if value & ~_WRITABLE[register]:
            raise self._error("a reserved bit is set", "Register Maps", value)
        if self._measures and register in _NOT_WHILE_MEASURING:
            raise self._error("is not for writing while it measures", "FIFO Data Register", value)
        if FIFO_WRITE <= register <= FIFO_READ:
            self.fifo.set_pointer(register - FIFO_WRITE, value)
            return
        measured = self._measures
        if register == MODE_CONFIG:
            if value & _RESET:
                self._reset_registers()
                self._resets_until_ns = self.clock.now_ns() + RESET_NS
                self._show()
                return
            if value & _MODE not in (0, _SPO2_MODE):
                modelled = value & _MODE in (2, 7)
                raise self._error("the mode is not modelled yet" if modelled else "there is no such mode", "Table 4", value)
        self._registers[register] = value
        if self._measures and not measured:
            self._begin()
        elif measured and not self._measures:
            self._samples.stop()
        self._show()

    # Measuring ----------------------------------------------------------------------------------------------

    @property
    def _measures(self) -> bool:
        return self._registers[MODE_CONFIG] & (_SHUTDOWN | _MODE) == _SPO2_MODE

    def _begin(self) -> None:
        spo2 = self._registers[SPO2_CONFIG]
        rate, width = spo2 >> 2 & 7, spo2 & 3
        if rate >= len(SAMPLE_RATES_HZ) or SAMPLE_RATES_HZ[rate] > FASTEST_HZ[width]:
            raise self._error("so many pulses of this width do not fit", "Table 11", spo2)
        self._pulses = AVERAGINGS[min(self._registers[FIFO_CONFIG] >> 5, len(AVERAGINGS) - 1)]
        self._pulse_ns = 1e9 / (SAMPLE_RATES_HZ[rate] * (1 + self.rate_error_ppm * 1e-6))
        self._bits = ADC_BITS[width]
        self._steps_per_na = (1 << self._bits) / ADC_RANGES_NA[spo2 >> 5]
        self._samples.begin(self._pulses * self._pulse_ns)

    def _make_sample(self, time_ns: int) -> None:
        middle_s = (time_ns - (self._pulses - 1) * self._pulse_ns / 2) * 1e-9
        raw = b"".join(
            self._word(signal(middle_s) if self._registers[led] else 0.0)  # type: ignore[arg-type]
            for signal, led in zip(self._signals, (LED_RED, LED_IR), strict=True)
        )
        self.produced.append(Produced(time_ns, raw))
        fifo_config = self._registers[FIFO_CONFIG]
        if self.fifo.put(raw, bool(fifo_config & _ROLLOVER)):
            self._status |= _PPG_RDY
            # "Has a certain number of free spaces remaining": the sample that leaves so many sets it, and none after it.
            if DEPTH - len(self.fifo) == fifo_config & 0x0F:
                self._status |= _A_FULL
        self._show()

    def _word(self, current_na: float) -> bytes:
        current_na += self._gauss(0.0, NOISE_NA / self._pulses**0.5)
        steps = max(0, min((1 << self._bits) - 1, round(current_na * self._steps_per_na)))
        return (steps << WORD_BITS - self._bits).to_bytes(3, "big")
