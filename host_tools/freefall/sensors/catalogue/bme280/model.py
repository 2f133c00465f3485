"""The BME280 on I2C, register for register.

Facts are from data sheet BST-BME280-DS002, whose sections are named below. Not modelled, and refused rather than pretended:
forced mode, 3-wire SPI.
"""

from collections.abc import Mapping
from random import Random

from ...inversion import nearest_word
from ...part import Clock, Produced, Signal
from ...registers import PairTarget
from .compensation import FIRST_OCTETS, Trimming, fine_temperature, humidity_percent, pressure_pa
from .table import BLANK, NOISE_DEGC, NOISE_PA, NOISE_PERCENT, OVERSAMPLINGS, STANDBYS_MS, measuring_ms

__all__ = ["STARTUP_NS", "Bme280"]

_CALIB00, _ID, _RESET, _CALIB26, _DATA = 0x88, 0xD0, 0xE0, 0xE1, 0xF7
_CTRL_HUM, _STATUS, _CTRL_MEAS, _CONFIG = 0xF2, 0xF3, 0xF4, 0xF5
_CALIB25, _CALIB41, _DATA_END = 0xA1, 0xF0, 0xFE

STARTUP_NS = 2_000_000  # Table 1
_CHIP_ID, _RESET_WORD = 0x60, 0xB6
_MODE, _SLEEP, _NORMAL = 0x03, 0x00, 0x03
_MEASURING = 0x08
_SKIPPED_20, _SKIPPED_16 = 0x80000, 0x8000  # Tables 20 to 24
_RESERVED = {_CTRL_HUM: 0xF8, _CTRL_MEAS: 0x00, _CONFIG: 0x02}


class Bme280(PairTarget):
    """A BME280 that has finished its start: sleep mode, every register at its reset value.

    signals: "temperature", "pressure", "humidity", seconds -> degC, Pa, %RH. A sample is what they are in the middle of the
    measurement, plus noise of the data sheet's size for the oversampling; the filter and the resolution are the part's. Its
    trimming parameters and the noise are drawn from `seed` and the address. Faults: `absent`, `fail_next`, `power_cycle`.
    """

    part = "BME280"
    addresses = (0x76, 0x77)
    I2C_SECTION = "6.2"
    SAMPLE_REGISTERS = range(_DATA, _DATA_END + 1)

    def __init__(self, address: int | None, clock: Clock, signals: Mapping[str, Signal], seed: int):
        super().__init__(address, clock)
        self._temperature, self._pressure, self._humidity = (signals[name] for name in ("temperature", "pressure", "humidity"))
        random = Random(f"bme280 {address} {seed}")
        self._gauss = random.gauss
        self.trimming = factory_trimming(random)
        octets = self.trimming.octets()
        self._calibration = {_CALIB00 + at: octet for at, octet in enumerate(octets[:FIRST_OCTETS])}
        self._calibration |= {_CALIB26 + at: octet for at, octet in enumerate(octets[FIRST_OCTETS:])}
        # What lies behind H6 is of no use to anybody, and other in every part (Table 18: "individual").
        for register in range(_CALIB26 + len(octets) - FIRST_OCTETS, _CALIB41 + 1):
            self._calibration[register] = random.randrange(256)
        self._run = 0  # numbers the runs of cycles, so that events of an ended one fall flat
        self._power_up()

    # Registers ----------------------------------------------------------------------------------------------

    def _on_burst(self, register: int) -> None:
        self._shadow = self._sample  # section 4: what is read in one burst is of one measurement

    def _read_register(self, register: int) -> int:
        if register in self.SAMPLE_REGISTERS:
            return self._shadow[register - _DATA]
        if register in self._calibration:
            return self._calibration[register]
        if register in self._control:
            return self._control[register]
        if register == _STATUS:
            return _MEASURING if self._measuring else 0x00
        if register == _ID:
            return _CHIP_ID
        if register == _RESET:
            return 0x00
        raise self._error("the register is reserved", "5.3")

    def _write_register(self, register: int, value: int) -> None:
        if register == _RESET:
            if value != _RESET_WORD:
                raise self._error("only the word 0xb6 has an effect", "5.4.2", value)
            self._power_up()
            self._silent_for(STARTUP_NS)
            return
        if register not in self._control:
            read_only = register in self._calibration or register in (_ID, _STATUS, *self.SAMPLE_REGISTERS)
            raise self._error("the register is read-only" if read_only else "the register is reserved", "5.3", value)
        if value & _RESERVED[register]:
            raise self._error("reserved bits are set", "5.3", value)
        if register == _CONFIG:
            self._write_config(value)
        elif register == _CTRL_MEAS:
            self._write_ctrl_meas(value)
        else:
            self._control[register] = value

    def _write_config(self, value: int) -> None:
        if value & 0x01:
            raise self._error("3-wire SPI is not modelled", "5.4.6", value)
        if self._control[_CTRL_MEAS] & _MODE != _SLEEP:
            raise self._error("may be ignored outside sleep mode", "5.4.6", value)
        self._control[_CONFIG] = value
        self._filtered: dict[str, float] = {}  # 3.4.4: writing the filter resets it

    def _write_ctrl_meas(self, value: int) -> None:
        if value & _MODE not in (_SLEEP, _NORMAL):
            raise self._error("forced mode is not modelled", "3.3.3", value)
        self._control[_CTRL_MEAS] = value
        self._humidity_code = self._control[_CTRL_HUM]  # 5.4.3: it becomes effective only now
        if value & _MODE == _NORMAL:
            if not self._cycling:
                self._begin_cycle(self.clock.now_ns())
        elif not self._measuring:
            self._end_cycles()  # else it does so at the end of the measurement (3.3.1)

    # Measurements -------------------------------------------------------------------------------------------

    def _on_power_cycle(self, off_ns: int) -> None:
        self._power_up()

    def _power_up(self) -> None:
        self._control = {_CTRL_HUM: 0x00, _CTRL_MEAS: 0x00, _CONFIG: 0x00}
        self._humidity_code = 0
        self._filtered = {}
        self._sample = self._shadow = BLANK + b"\x80\x00"
        self._end_cycles()

    def _end_cycles(self) -> None:
        self._run += 1
        self._cycling = self._measuring = False

    def _begin_cycle(self, began_ns: int) -> None:
        self._run += 1
        run = self._run
        self._cycling = True

        # Times count from when things were due, not from when the board's clock came round to them.
        def measure(at_ns: int) -> None:
            if run != self._run:
                return
            if self._control[_CTRL_MEAS] & _MODE != _NORMAL:
                self._end_cycles()
                return
            self._measuring = True
            codes = self._control[_CTRL_MEAS] >> 5, self._control[_CTRL_MEAS] >> 2 & 7, self._humidity_code
            measuring_ns = round(measuring_ms(*(_times(code) for code in codes)) * 1e6)
            self.clock.call_at(at_ns + measuring_ns, lambda: finish(at_ns, measuring_ns, codes))

        def finish(at_ns: int, measuring_ns: int, codes: tuple[int, int, int]) -> None:
            if run != self._run:
                return
            self._measuring = False
            done_ns = at_ns + measuring_ns
            self._sample = self._convert((at_ns + measuring_ns / 2) * 1e-9, codes)
            self.produced.append(Produced(done_ns, self._sample))
            next_ns = done_ns + round(STANDBYS_MS[self._control[_CONFIG] >> 5] * 1e6)
            if self._control[_CTRL_MEAS] & _MODE == _NORMAL:
                self.clock.call_at(next_ns, lambda: measure(next_ns))
            else:
                self._end_cycles()

        measure(began_ns)

    def _convert(self, t_s: float, codes: tuple[int, int, int]) -> bytes:
        t_code, p_code, h_code = codes
        trim = self.trimming
        pressure, temperature, humidity = _SKIPPED_20, _SKIPPED_20, _SKIPPED_16
        if t_code:
            degc = self._noisy(self._temperature(t_s), NOISE_DEGC, t_code)
            word = nearest_word(lambda word: fine_temperature(word, trim) / 5120, degc, range(1 << 20))
            temperature = self._filter("temperature", word, t_code)
        # Without a temperature the others are what a part at its reset word would make of them.
        t_fine = int(fine_temperature(temperature, trim))
        if p_code:
            pa = self._noisy(self._pressure(t_s), NOISE_PA, p_code)
            word = nearest_word(lambda word: pressure_pa(word, t_fine, trim), pa, range(1 << 20))
            pressure = self._filter("pressure", word, p_code)
        if h_code:
            percent = self._noisy(self._humidity(t_s), NOISE_PERCENT, h_code)
            humidity = nearest_word(lambda word: humidity_percent(word, t_fine, trim), percent, range(1 << 16))
        return (pressure << 44 | temperature << 20 | humidity).to_bytes(8, "big")

    def _noisy(self, value, rms: tuple[float, ...], code: int) -> float:
        return value + self._gauss(0.0, rms[OVERSAMPLINGS.index(_times(code))])

    def _filter(self, name: str, word: int, code: int) -> int:
        """Section 3.4.4; without the filter, the resolution grows from 16 bits on with every oversampling (3.4.2, 3.4.3)."""
        coefficient = 1 << min(self._control[_CONFIG] >> 2 & 7, 4)
        if coefficient == 1:
            unresolved = max(0, 5 - code)
            return min(word + (1 << unresolved >> 1), 0xFFFFF) >> unresolved << unresolved
        before = self._filtered.get(name, word)
        self._filtered[name] = after = (before * (coefficient - 1) + word) / coefficient
        return round(after)


def _times(code: int) -> int:
    """The oversampling of an osrs code, 0 for skipped; codes above 5 are 5 (Tables 20 to 24)."""
    return OVERSAMPLINGS[min(code, 5) - 1] if code else 0


def factory_trimming(random: Random) -> Trimming:
    """Trimming parameters in the range of those seen in public listings of parts."""
    between = random.randint
    return Trimming(
        t1=between(27_500, 28_700), t2=between(25_600, 26_900), t3=50,
        p1=between(36_300, 39_200), p2=between(-10_950, -10_600), p3=3024,
        p4=between(2_800, 9_300), p5=between(-200, 140), p6=-7,
        p7=between(9_900, 15_500), p8=between(-14_600, -10_200), p9=between(4_200, 6_000),
        h1=75, h2=between(330, 380), h3=0, h4=between(280, 350), h5=between(0, 50), h6=30,
    )  # fmt: skip
