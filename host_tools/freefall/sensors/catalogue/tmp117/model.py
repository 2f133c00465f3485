"""The TMP117 thermometer on I2C, register for register.

Facts are from the TMP117 datasheet, SNOSD82D, whose sections are named below. Not modelled, and refused
rather than pretended: programming the EEPROM. Left out without a trace: the ALERT pin (its settings are
kept), the general-call reset and the SMBus alert response, whose addresses no board sends here.
"""

from random import Random

from ...i2c import I2CTarget
from ...part import Clock, ModelError, Produced, Signal

__all__ = ["ACTIVE_NS", "AVERAGES", "CYCLE_NS", "LSB_DEGC", "RESET_NS", "Tmp117"]

RESULT, CONFIG, HIGH_LIMIT, LOW_LIMIT, EEPROM_UNLOCK = 0, 1, 2, 3, 4
OFFSET, DEVICE_ID = 7, 0x0F
EEPROM = (5, 6, 8)

LSB_DEGC = 1 / 128
AVERAGES = (1, 8, 32, 64)  # by AVG[1:0]
# Active conversion by AVG[1:0]: 15.5 ms each, the averaged ones rounded as Table 7-7 rounds them.
ACTIVE_NS = (15_500_000, 125_000_000, 500_000_000, 1_000_000_000)
# Conversion cycle by CONV[2:0], never shorter than the active conversion (Table 7-7).
_CYCLE_MS = (0, 125, 250, 500, 1000, 4000, 8000, 16000)
CYCLE_NS = tuple(tuple(max(ms * 1_000_000, active) for active in ACTIVE_NS) for ms in _CYCLE_MS)
RESET_NS = 2_000_000  # Table 7-6, Soft_Reset

_NO_RESULT = 0x8000  # -256 degC, until the first conversion ends
_FLAG_HIGH, _FLAG_LOW, _FLAG_READY = 0x8000, 0x4000, 0x2000
_SETTINGS = 0x0FFC  # MOD, CONV, AVG, T/nA, POL, DR/Alert
_MOD_SHUTDOWN, _MOD_ONE_SHOT, _MOD_MASK = 0x0400, 0x0C00, 0x0C00
_THERM, _SOFT_RESET = 0x0010, 0x0002
_FACTORY_CONFIG = 0x0220
# Of one conversion: an assumption. The repeatability stated for 8 averages is 1 LSB, which this keeps.
_NOISE_LSB = 1.0


class Tmp117(I2CTarget):
    """A TMP117 that has finished its power-up and begins its first conversion: 1 s cycle, 8 averages.

    signal: seconds -> degC. A result is the mean over the active conversion (its middle stands for it) plus
    noise that shrinks with the averages, drawn from `seed` and the address; it is rounded to 1/128 degC and
    saturates. A result appears at the end of the active conversion, at the beginning of a cycle (Figure 7-3).
    Faults: `absent`, `fail_next`, `power_cycle`.
    """

    part = "TMP117"
    addresses = (0x48, 0x49, 0x4A, 0x4B)

    def __init__(self, address: int, clock: Clock, signal: Signal, seed: int):
        if address not in self.addresses:
            raise ModelError(self.part, f"its address is 0x48 to 0x4b, not {address:#04x}", "7.5.3.1.2")
        super().__init__(address, clock)
        self._signal = signal
        random = Random(f"tmp117 {address} {seed}")
        self._gauss = random.gauss
        # What the factory programmed: an identity, other for every part (7.5.1.1).
        self._eeprom = {register: random.randrange(0x10000) for register in EEPROM}
        self._octets = bytearray()
        self._cycle = 0  # numbers the runs of cycles, so that events of an ended one fall flat
        self._power_up(0)

    # Bus ----------------------------------------------------------------------------------------------------

    def _on_write_phase(self) -> None:
        self._octets = bytearray()

    def _on_write(self, octet: int) -> None:
        self._octets.append(octet)
        if len(self._octets) == 1:
            self._pointer = octet
            self._check_pointer()
        elif len(self._octets) > 3:
            raise self._error("a register is 2 octets", "7.5.3.1.3", octet)
        elif len(self._octets) == 3:
            self._write_register(self._octets[1] << 8 | octet)

    def _on_write_end(self) -> None:
        if len(self._octets) == 2:
            raise self._error("half a register was written", "7.5.3.1.3", self._octets[1])
        self._octets = bytearray()

    def _on_read_phase(self) -> None:
        self._given = 0

    def _on_read(self) -> int:
        if self._given == 0:
            self._word = self._read_register()  # both octets are of this instant
        elif self._given == 2:
            raise self._error("a third octet is read; a register is 2 octets", "7.5.3.1.3")
        self._given += 1
        if self._given == 1:
            return self._word >> 8
        if self._pointer == RESULT:
            self.read_out.append(Produced(self.clock.now_ns(), self._word.to_bytes(2, "big")))
        return self._word & 0xFF

    def _on_read_end(self) -> None:
        if self._given == 1:
            raise self._error("half a register was read", "7.5.3.1.3")

    # Registers ----------------------------------------------------------------------------------------------

    def _check_pointer(self) -> None:
        if self._pointer > EEPROM[-1] and self._pointer != DEVICE_ID:
            raise self._error("there is no such register", "7.6")

    def _read_register(self) -> int:
        register = self._pointer
        if register == RESULT:
            self._flags &= ~_FLAG_READY
            return self._result
        if register == CONFIG:
            config = self._flags | self._settings
            # Therm mode clears its flag by temperature, not by reading (Table 7-6).
            self._flags &= _FLAG_HIGH if self._settings & _THERM else 0
            return config
        if register == DEVICE_ID:
            return 0x0117
        return self._plain[register]

    def _write_register(self, value: int) -> None:
        register = self._pointer
        if register in (RESULT, DEVICE_ID):
            raise self._error("the register is read-only", "7.6", value)
        if register in EEPROM or (register == EEPROM_UNLOCK and value):
            raise self._error("programming the EEPROM is not modelled", "7.5.1.2", value)
        if register != CONFIG:
            self._plain[register] = value
        elif value & 0x0001:
            raise self._error("bit 0 is reserved", "Table 7-6", value)
        elif value & _SOFT_RESET:
            self._power_up(RESET_NS)
            self._silent_for(RESET_NS)
        else:
            self._configure(value & _SETTINGS)

    # Conversions --------------------------------------------------------------------------------------------

    def _on_power_cycle(self, off_ns: int) -> None:
        self._power_up(off_ns)

    def _power_up(self, delay_ns: int) -> None:
        self._pointer = RESULT
        self._given = 0
        self._word = 0
        self._flags = 0
        self._result = _NO_RESULT
        self._plain = {HIGH_LIMIT: 0x6000, LOW_LIMIT: 0x8000, EEPROM_UNLOCK: 0, OFFSET: 0, **self._eeprom}
        self._settings = _FACTORY_CONFIG
        self._convert_from(self.clock.now_ns() + delay_ns)

    def _configure(self, settings: int) -> None:
        if settings & _MOD_MASK == 0x0800:
            settings &= ~_MOD_MASK  # 10 is continuous too, and reads back as 00
        self._settings = settings
        # Not stated for CONV and AVG: a write begins a new cycle. Shutdown ends the conversion (7.4.2).
        self._cycle += 1
        if settings & _MOD_MASK != _MOD_SHUTDOWN:
            self._convert_from(self.clock.now_ns())

    def _convert_from(self, began_ns: int) -> None:
        self._cycle += 1
        cycle, average = self._cycle, self._settings >> 5 & 3
        active_ns, period_ns = ACTIVE_NS[average], CYCLE_NS[self._settings >> 7 & 7][average]
        one_shot = self._settings & _MOD_MASK == _MOD_ONE_SHOT
        done_ns = began_ns + active_ns

        def finish() -> None:
            nonlocal done_ns
            if cycle != self._cycle:
                return
            this_ns = done_ns
            if one_shot:
                self._settings = self._settings & ~_MOD_MASK | _MOD_SHUTDOWN
            else:
                done_ns += period_ns
                self.clock.call_at(done_ns, finish)
            self._finish(this_ns, active_ns, AVERAGES[average])

        self.clock.call_at(done_ns, finish)

    def _finish(self, time_ns: int, active_ns: int, averages: int) -> None:
        degc = self._signal((time_ns - active_ns / 2) * 1e-9)
        raw = round(degc / LSB_DEGC + self._gauss(0.0, _NOISE_LSB / averages**0.5))  # type: ignore[operator]
        raw += _signed(self._plain[OFFSET])
        raw = max(-0x8000, min(0x7FFF, raw))
        self._result = raw & 0xFFFF
        self.produced.append(Produced(time_ns, self._result.to_bytes(2, "big")))
        self._flags |= _FLAG_READY
        if raw > _signed(self._plain[HIGH_LIMIT]):
            self._flags |= _FLAG_HIGH
        below = raw < _signed(self._plain[LOW_LIMIT])
        if below and self._settings & _THERM:
            self._flags &= ~_FLAG_HIGH
        elif below:
            self._flags |= _FLAG_LOW

    def _error(self, what: str, section: str, value: int | None = None) -> ModelError:
        return ModelError(self.part, what, section, self._pointer, value)


def _signed(word: int) -> int:
    return word - 0x10000 if word & 0x8000 else word
