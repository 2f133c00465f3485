"""The ADXL355 three-axis accelerometer on I2C or SPI, register for register.

Facts are from the ADXL354/ADXL355 datasheet, whose sections are named below. Not modelled, and refused rather than
pretended: high-pass filter, activity, external synchronisation, self test. Left out without a trace: the INT2
pin, and the low-pass filter's delay and roll-off (a sample is the signal at its data-ready instant).
"""

from random import Random

from ...part import Clock, ModelError, Pin, Produced, Signal
from ...signals import temperature_drift
from .chain import LSB_PER_G, NOISE_G_PER_RTHZ, half_period_times, signal_chain
from .fifo import Fifo
from .registers import (
    DRDY_OFF,
    FIFO_DATA,
    FIFO_ENTRIES,
    FIFO_SAMPLES,
    FILTER,
    FREE_WHILE_MEASURING,
    IDENTITY,
    INT_MAP,
    INT_POL,
    POWER_CTL,
    RANGE,
    READ_ONLY,
    RESET,
    RESET_CODE,
    RESET_VALUES,
    SHADOW,
    STANDBY,
    STATUS,
    TEMP1,
    TEMP2,
    TEMP_OFF,
    XDATA3,
    ZDATA1,
    check_value,
    error,
)  # fmt: skip
from .serial import Adxl355Serial

__all__ = ["LSB_PER_G", "NOISE_G_PER_RTHZ", "RESET_NS", "Adxl355"]

_DATA_RDY, _NVM_BUSY = 0x01, 0x10  # STATUS

# The datasheet gives no time for a reset; Linux waits 5 ms (adxl355_core.c), no-OS polls NVM_BUSY.
RESET_NS = 5_000_000


class Adxl355(Adxl355Serial):
    """An ADXL355 that has finished its power-up: standby, every register at its reset value.

    signal: seconds -> (x, y, z) in g. White noise of the datasheet's density over a bandwidth of ODR/4 is added, drawn
    from `seed` and the address (None on SPI); the sum is quantised to 20 bits and saturates. `data_ready` is the DRDY
    pin: high when a sample is made, low when data or FIFO are read or, unread, half a period later. `int1` is the INT1
    pin: what INT_MAP maps to it of STATUS, active low until INT_POL is set. Samples are exactly 1/ODR apart in simulated
    time, the first one period after measuring begins; `rate_error_ppm` makes the part's clock fast (positive) or slow,
    as it is when measuring begins. `temperature`: seconds -> degC, for the TEMP registers.

    X, Y and Z are each coherent, but a burst that overlaps the next sample is given axes of two samples, as the part
    does ("Reading Acceleration or Temperature Data": no set is guaranteed). `torn` counts those. Faults: `absent`,
    `fail_next`, `power_cycle`, `spoil_resets`.
    """

    addresses = (0x1D, 0x53)

    def __init__(
        self, address: int | None, clock: Clock, data_ready: Pin | None, signal: Signal, seed: int,
        *, int1: Pin | None = None, rate_error_ppm: float = 0.0, temperature: Signal | None = None,
    ):  # fmt: skip
        if address is not None and address not in self.addresses:
            raise ModelError(self.part, f"its address is 0x1d or 0x53, not {address:#04x}", "I2C Protocol")
        super().__init__(address, clock)
        self.torn = 0  # complete reads whose axes came from two samples
        self._pin = data_ready
        self._int1 = int1
        self._signal = signal
        self._temperature = temperature or temperature_drift()
        self.rate_error_ppm = rate_error_ppm
        random = Random(f"adxl355 {address} {seed}")
        self._gauss = random.gauss
        self._trim = bytes(random.randrange(256) for _ in SHADOW)
        self._shadow = self._trim
        self._spoiled_resets = 0
        self._run = 0  # numbers the measurement runs, so that events of an ended run fall flat
        self._nvm_busy_until_ns = clock.now_ns()
        self._registers = dict(RESET_VALUES)
        self._fifo = Fifo(self._delivered)
        self._pin_high = False
        self._int1_high: bool | None = None
        self._burst = bytearray()
        self._reset_data()
        self._drive(False)
        self._show_int1()

    def spoil_resets(self, count: int) -> None:
        """Fault hook: the next `count` software resets load the shadow registers wrongly ("Reset")."""
        self._spoiled_resets = count

    # Registers ----------------------------------------------------------------------------------------------

    def _read_register(self, register: int) -> int:
        if register != STATUS and self.clock.now_ns() < self._nvm_busy_until_ns:
            raise error("read while the part resets; only STATUS answers", "NVM_BUSY", register)
        if XDATA3 <= register <= ZDATA1:
            return self._read_axis(register)
        if register == FIFO_DATA:
            return self._read_fifo()
        if register in self._registers:
            return self._registers[register]
        if register in IDENTITY:
            return IDENTITY[register]
        if register == STATUS:
            return self._read_status()
        if register == FIFO_ENTRIES:
            return len(self._fifo)
        if register in (TEMP2, TEMP1):
            # Not double buffered ("Temperature Data Registers"): each octet is of its own instant.
            return self._temperature_word() >> (8 if register == TEMP2 else 0) & 0xFF
        if register in SHADOW:
            return self._shadow[register - SHADOW.start]
        if register == RESET:
            raise error("the reset register cannot be read", "Reset Register", register)
        raise error("there is no such register", "Register Map", register)

    def _temperature_word(self) -> int:
        if self._temperature_ns is None:
            return 0
        degc = self._temperature(self._temperature_ns * 1e-9)
        return round(1885 - 9.05 * (degc - 25)) & 0xFFF  # type: ignore[operator]

    def _read_status(self) -> int:
        status = self._status()
        self._data_rdy = 0
        self._fifo.tell_overflow()
        self._show_int1()
        return status | (_NVM_BUSY if self.clock.now_ns() < self._nvm_busy_until_ns else 0)

    def _status(self) -> int:
        return self._data_rdy | self._fifo.status(self._registers[FIFO_SAMPLES])

    def _read_axis(self, register: int) -> int:
        at = register - XDATA3
        first = not self._octets_read
        if first or at % 3 == 0:
            self._axes, self._axes_sample = self._raw, self._samples
        if first or at == 0:
            self._first_sample = self._axes_sample
            self._burst = bytearray()
        if self._pin_high:
            self._drive(False)
        octet = self._axes[at]
        self._burst.append(octet)
        if len(self._burst) == 9:
            self._delivered(bytes(self._burst))
            self.torn += self._axes_sample != self._first_sample
        return octet

    def _read_fifo(self) -> int:
        if not self._from_fifo:
            # "FIFO Access Register" says this gives 0 and goes on, "Reading ..." that it stays and reads.
            raise error("the datasheet contradicts itself on incrementing to here", "FIFO", FIFO_DATA)
        if self._pin_high:
            self._drive(False)
        octet = self._fifo.read(self._octets_read % 3)
        self._show_int1()
        return octet

    def _delivered(self, raw: bytes) -> None:
        self.read_out.append(Produced(self.clock.now_ns(), raw))

    def _write_register(self, register: int, value: int) -> None:
        if self.clock.now_ns() < self._nvm_busy_until_ns:
            raise error("written while the part resets", "NVM_BUSY", register, value)
        if register == RESET:
            if value != RESET_CODE:
                raise error("only the code 0x52 resets", "Reset Register", register, value)
            self._reset()
            return
        if register not in self._registers:
            what = "the register is read-only" if register in READ_ONLY else "there is no such register"
            raise error(what, "Register Map", register, value)
        check_value(register, value)
        # The high-pass corner in FILTER may change while measuring; the rate beside it may not.
        same_rate = register == FILTER and not (value ^ self._registers[FILTER]) & 0x0F
        if not self._standby and not same_rate and register not in FREE_WHILE_MEASURING:
            raise error("must be written in standby", "Power Control Register", register, value)
        was_standby = self._standby
        self._registers[register] = value
        if register == POWER_CTL:
            if was_standby and not self._standby:
                self._start_measuring()
            elif self._standby and not was_standby:
                self._run += 1
                self._reset_data()
            elif value & DRDY_OFF and self._pin_high:
                self._drive(False)
        self._show_int1()

    # Operation ----------------------------------------------------------------------------------------------

    @property
    def _standby(self) -> bool:
        return bool(self._registers[POWER_CTL] & STANDBY)

    def _on_power_cycle(self, off_ns: int) -> None:
        self._run += 1
        self._registers = dict(RESET_VALUES)
        self._can_read = False
        self._reset_data()
        self._shadow = self._trim
        self._nvm_busy_until_ns = on_ns = self.clock.now_ns() + off_ns
        self._set_int1(False)
        self.clock.call_at(on_ns, self._show_int1)

    def _reset(self) -> None:
        self._run += 1
        self._registers = dict(RESET_VALUES)
        self._reset_data()
        self._show_int1()
        self._nvm_busy_until_ns = self.clock.now_ns() + RESET_NS
        self._shadow = self._trim
        if self._spoiled_resets:
            self._spoiled_resets -= 1
            self._shadow = bytes(octet ^ 0xFF for octet in self._trim)

    def _reset_data(self) -> None:
        """As standby does: it resets the FIFO's pointers, and the data registers live in the FIFO."""
        self._fifo.clear()
        self._data_rdy = 0
        self._samples = 0
        self._raw = self._axes = bytes(9)
        self._axes_sample = self._first_sample = 0
        self._temperature_ns: int | None = None
        if self._pin_high:
            self._drive(False)

    def _start_measuring(self) -> None:
        self._chain = signal_chain(self._registers, self._signal, self._gauss)
        time_of = half_period_times(self.clock.now_ns(), self._registers[FILTER] & 0x0F, self.rate_error_ppm)
        call_at = self.clock.call_at
        self._run += 1
        run, count = self._run, 0

        # A sample's time is when it was due, not when the board's clock came round to it.
        def sample() -> None:
            nonlocal count
            if run != self._run:
                return
            count += 2
            this_ns = time_of(count)
            # Before the pin rises: its interrupt may let time pass.
            call_at(time_of(count + 1), autoclear)
            call_at(time_of(count + 2), sample)
            self._make_sample(this_ns)

        def autoclear() -> None:
            if self._pin_high and run == self._run:
                self._drive(False)

        call_at(time_of(2), sample)

    def _make_sample(self, time_ns: int) -> None:
        x, y, z = self._chain(time_ns)
        self._raw = raw = (x << 48 | y << 24 | z).to_bytes(9, "big")
        self._samples += 1
        self._fifo.put(x, y, z)
        self._data_rdy = _DATA_RDY
        power = self._registers[POWER_CTL]
        if not power & TEMP_OFF:
            self._temperature_ns = time_ns
        self.produced.append(Produced(time_ns, raw))
        if not power & DRDY_OFF:
            self._drive(True)
        self._show_int1()

    def _drive(self, level: bool) -> None:
        self._pin_high = level
        if self._pin is not None:
            self._pin.set(level)

    def _show_int1(self) -> None:
        if self.clock.now_ns() < self._silent_until_ns:
            return  # without power
        # The lower half of INT_MAP has the bits of STATUS at their places; the upper half is INT2's.
        active = bool(self._registers[INT_MAP] & self._status())
        self._set_int1(active == bool(self._registers[RANGE] & INT_POL))

    def _set_int1(self, level: bool) -> None:
        if level != self._int1_high:
            self._int1_high = level
            if self._int1 is not None:
                self._int1.set(level)
