"""The BMP390 on I2C, register for register.

Facts are from data sheet BST-BMP390-DS002, whose sections are named below. Not modelled, and refused rather than pretended: FIFO,
forced mode, latched and active-low interrupts, the bus's watchdog.
"""

from collections.abc import Mapping
from random import Random

from ...inversion import nearest_word
from ...part import Clock, Pin, Produced, Signal
from ...periods import Line, Periods
from ...registers import PairTarget
from .compensation import OCTETS, Trimming, pressure_pa, temperature_degc
from .table import BLANK, OVERSAMPLINGS, conversion_us

__all__ = ["PULSE_NS", "STARTUP_NS", "Bmp390"]

_CHIP_ID, _REV_ID, _ERR, _STATUS, _DATA, _SENSORTIME, _EVENT, _INT_STATUS = 0x00, 0x01, 0x02, 0x03, 0x04, 0x0C, 0x10, 0x11
_INT_CTRL, _IF_CONF, _PWR_CTRL, _OSR, _ODR, _CONFIG, _NVM, _CMD = 0x19, 0x1A, 0x1B, 0x1C, 0x1D, 0x1F, 0x31, 0x7E
_FIFO = {0x12: 0x00, 0x13: 0x00, 0x15: 0x01, 0x16: 0x00, 0x17: 0x02, 0x18: 0x02}
_RESETS = {_INT_CTRL: 0x02, _IF_CONF: 0x00, _PWR_CTRL: 0x00, _OSR: 0x02, _ODR: 0x00, _CONFIG: 0x00}
_RESERVED = {_INT_CTRL: 0x80, _IF_CONF: 0xF8, _PWR_CTRL: 0xCC, _OSR: 0xC0, _ODR: 0xE0, _CONFIG: 0xF1}

STARTUP_NS = 2_000_000  # Table 2
PULSE_NS = 2_500_000  # of an interrupt that is not latched (3.7)
_IDENTITY, _REVISION = 0x60, 0x01
_SOFT_RESET, _NOTHING = 0xB6, 0x00  # CMD
_READY, _DRDY = 0x10, 0x60  # STATUS: cmd_rdy; drdy_press and drdy_temp
_INT_DRDY = 0x08  # INT_STATUS
_OPEN_DRAIN, _ACTIVE_HIGH, _LATCH, _FIFO_INTERRUPTS, _DRDY_EN = 0x01, 0x02, 0x04, 0x18, 0x40  # INT_CTRL
_BOTH, _NORMAL, _MODE = 0x03, 0x30, 0x30  # PWR_CTRL: press_en and temp_en; mode
_RATE_CODES, _PERIOD_NS = 0x12, 5_000_000  # of code 0
_NOISE_PA, _NOISE_DEGC = 2.64, 0.005  # of one sample without oversampling: its resolution (3.4.1)


class Bmp390(PairTarget):
    """A BMP390 that has finished its start: sleep mode, every register at its reset value.

    signals: "pressure" and "temperature", seconds -> Pa and degC. A sample is what they are in the middle of the conversion, plus
    noise of one step of the resolution, which the oversampling makes finer; the filter is the part's. Its coefficients and the
    noise are drawn from `seed` and the address. `line` is the INT pin. Faults: `absent`, `fail_next`, `power_cycle`.
    """

    part = "BMP390"
    addresses = (0x76, 0x77)
    I2C_SECTION = "5.2"
    SAMPLE_REGISTERS = range(_DATA, _DATA + 6)

    def __init__(self, address: int | None, clock: Clock, signals: Mapping[str, Signal], seed: int, line: Pin | None = None):
        super().__init__(address, clock)
        self._pressure, self._temperature = signals["pressure"], signals["temperature"]
        random = Random(f"bmp390 {address} {seed}")
        self._gauss = random.gauss
        self.trimming = factory_trimming(random)
        self._nvm = self.trimming.octets()
        self._conversions = Periods(clock, self._finish)
        self._line = Line(clock, line, False)
        self._power_up()

    # Registers ----------------------------------------------------------------------------------------------

    def _on_burst(self, register: int) -> None:
        self._shadow = self._sample  # 3.10: what is read in one burst is of one conversion

    def _read_register(self, register: int) -> int:
        if register in self.SAMPLE_REGISTERS:
            self._status &= ~_DRDY
            return self._shadow[register - _DATA]
        if register in self._control:
            return self._control[register]
        if _NVM <= register < _NVM + OCTETS:
            return self._nvm[register - _NVM]
        if _SENSORTIME <= register < _SENSORTIME + 3:
            raise self._error("the sensor's time is not modelled yet", "4.3.5")
        values = {_CHIP_ID: _IDENTITY, _REV_ID: _REVISION, _ERR: 0x00, _STATUS: self._status, _CMD: 0x00, **_FIFO}
        if register in (_EVENT, _INT_STATUS):
            values |= {_EVENT: self._event, _INT_STATUS: self._interrupts}
            if register == _EVENT:
                self._event = 0x00
            else:
                self._interrupts = 0x00
        if register not in values:
            raise self._error(self._why_not(register), "4.2")
        return values[register]

    def _write_register(self, register: int, value: int) -> None:
        if register == _CMD:
            self._command(value)
            return
        if register not in self._control:
            raise self._error(self._why_not(register), "4.2", value)
        if value & _RESERVED[register]:
            raise self._error("reserved bits are set", "4.3", value)
        if register == _PWR_CTRL:
            self._write_power(value)
        elif register == _INT_CTRL:
            self._check_interrupts(value)
        elif self._measures:
            raise self._error("what the conversion under way makes of it is not stated", "4.3", value)
        elif register == _IF_CONF and value:
            raise self._error("3-wire SPI and the bus's watchdog are not modelled", "4.3.16", value)
        elif register == _OSR and max(value & 7, value >> 3) >= len(OVERSAMPLINGS):
            raise self._error("oversampling codes are 0 to 5", "4.3.18", value)
        elif register == _ODR and value >= _RATE_CODES:
            raise self._error("rate codes are 0 to 0x11", "4.3.19", value)
        self._control[register] = value
        if register == _CONFIG:
            self._filtered = {}

    def _why_not(self, register: int) -> str:
        if register in _FIFO or register == 0x14:
            return "the FIFO is not modelled yet"
        if register <= _INT_STATUS and register not in (0x0A, 0x0B, 0x0F) or _NVM <= register < _NVM + OCTETS:
            return "the register is read-only"  # of a write: reads of these are answered
        return "there is no such register"

    def _command(self, value: int) -> None:
        if value not in (_SOFT_RESET, _NOTHING):
            raise self._error("this command is not modelled", "4.3.21", value)
        if value == _SOFT_RESET:
            self._power_up()
            self._silent_for(STARTUP_NS)

    def _check_interrupts(self, value: int) -> None:
        if value & _FIFO_INTERRUPTS:
            raise self._error("the FIFO's interrupts are not modelled yet", "4.3.15", value)
        if value & (_LATCH | _OPEN_DRAIN) or not value & _ACTIVE_HIGH:
            raise self._error("interrupts are modelled unlatched, active high, push-pull", "4.3.15", value)

    def _write_power(self, value: int) -> None:
        if value & _MODE not in (0x00, _NORMAL):
            raise self._error("forced mode is not modelled", "3.3.2", value)
        if value & _MODE and value & _BOTH != _BOTH:
            raise self._error("measuring one quantity alone is not modelled", "4.3.17", value)
        if not value & _MODE:
            self._conversions.stop()
        elif not self._measures:
            period_ns = _PERIOD_NS << self._control[_ODR]
            if self._conversion_ns() >= period_ns:
                raise self._error("a conversion takes longer than the period: conf_err", "3.9.2", value)
            self._conversions.begin(period_ns, first_ns=self._conversion_ns())

    @property
    def _measures(self) -> bool:
        return bool(self._control[_PWR_CTRL] & _MODE)

    def _conversion_ns(self) -> int:
        osr = self._control[_OSR]
        return conversion_us(OVERSAMPLINGS[osr & 7], OVERSAMPLINGS[osr >> 3]) * 1000

    # Conversions --------------------------------------------------------------------------------------------

    def _on_power_cycle(self, off_ns: int) -> None:
        self._power_up()

    def _power_up(self) -> None:
        self._conversions.stop()
        self._control = dict(_RESETS)
        self._status, self._interrupts, self._event = _READY, 0x00, 0x01
        self._sample = self._shadow = BLANK
        self._filtered: dict[str, float] = {}
        self._line.set(False)

    def _finish(self, time_ns: int) -> None:
        t_s = (time_ns - self._conversion_ns() / 2) * 1e-9
        trim, osr = self.trimming, self._control[_OSR]
        degc = self._temperature(t_s) + self._gauss(0.0, _NOISE_DEGC / OVERSAMPLINGS[osr >> 3])
        word = nearest_word(lambda word: temperature_degc(word, trim), degc, range(1 << 24))
        temperature = self._filter("temperature", word, osr >> 3)
        # The pressure's word is one for the temperature that goes out with it.
        measured_degc = temperature_degc(temperature, trim)
        pa = self._pressure(t_s) + self._gauss(0.0, _NOISE_PA / OVERSAMPLINGS[osr & 7])
        word = nearest_word(lambda word: pressure_pa(word, measured_degc, trim), pa, range(1 << 24))
        pressure = self._filter("pressure", word, osr & 7)
        self._sample = pressure.to_bytes(3, "little") + temperature.to_bytes(3, "little")
        self.produced.append(Produced(time_ns, self._sample))
        self._status |= _DRDY
        self._interrupts |= _INT_DRDY
        if self._control[_INT_CTRL] & _DRDY_EN:
            self._line.pulse(True, time_ns + PULSE_NS)

    def _filter(self, name: str, word: int, code: int) -> int:
        """Section 3.4.3; without the filter, the resolution grows from 16 bits on with every oversampling (3.4.1)."""
        coefficient = (1 << (self._control[_CONFIG] >> 1)) - 1
        if not coefficient:
            unresolved = 8 - code
            return min(word + (1 << unresolved >> 1), 0xFFFFFF) >> unresolved << unresolved
        before = self._filtered.get(name, word)
        self._filtered[name] = after = (before * coefficient + word) / (coefficient + 1)
        return round(after)


def factory_trimming(random: Random) -> Trimming:
    """Coefficients in the range of those seen in public listings of parts."""
    between = random.randint
    return Trimming(
        t1=between(27_600, 28_500), t2=between(19_300, 19_850), t3=-7,
        p1=between(7_030, 7_080), p2=between(5_250, 5_650), p3=6, p4=1,
        p5=between(19_050, 19_400), p6=between(23_650, 24_550), p7=3, p8=-6,
        p9=between(3_850, 4_050), p10=between(5, 7), p11=-11,
    )  # fmt: skip
