"""The emulated machine: an RP2040 with an image and a file system in flash, run for exact stretches of emulated time."""

from collections.abc import Callable
from pathlib import Path

from ...errors import MissingExtra
from .filesystem import FLASH_AT, FLASH_LEN

try:
    from rp2040py.boards import BOARDS, resolve_firmware
    from rp2040py.device.base_device import BaseDevice
    from rp2040py.execute_batch import execute_batch
    from rp2040py.gpio_pin import GPIOPinState
    from rp2040py.memory_map import FLASH_START_ADDRESS

    from .flash import fit_flash
    from .pio import fit_pio
    from .usb import UsbHost, fit_usb
except ImportError:
    raise MissingExtra("the emulated board", "emulated") from None

# Of the board's flash chip; MicroPython makes the board's identity and its USB serial number of it.
UNIQUE_ID = bytes.fromhex("e6605838830f2a01")

_BUS = ("read_uint8", "read_uint16", "read_uint32", "write_uint8", "write_uint16", "write_uint32")


class EmulatedClock:
    """The emulator's own time, as sensor models want it (`freefall.board.clock.Clock`)."""

    def __init__(self, clock):
        self._clock = clock

    def now_ns(self) -> int:
        """Emulated ns since power-up."""
        return round(self._clock.nanos)

    def call_at(self, time_ns: int, callback: Callable[[], None]) -> None:
        """Run callback at that emulated time."""
        alarm = self._clock.create_alarm(callback)
        alarm.schedule(time_ns - self._clock.nanos)


class EmulatedPin:
    """An input of the board that a sensor model drives."""

    def __init__(self, gpio):
        self._gpio = gpio
        self._level: bool | None = None

    def set(self, level: bool) -> None:
        """Drive the pin; a change may run an interrupt of the firmware."""
        # The emulator would take a level set twice for two edges.
        if level != self._level:
            self._level = level
            self._gpio.set_input_value(level)


class Machine:
    """A Raspberry Pi Pico at power-up. `console` collects what it prints on USB, tracebacks above all."""

    def __init__(self, image: Path, filesystem: bytes, timer_us: int = 0, unique_id: bytes = UNIQUE_ID):
        """image: a MicroPython UF2; filesystem: a LittleFS image for FLASH_AT. unique_id: 8 octets.

        timer_us: what the board's microsecond timer reads at power-up, 0 on a real one: near 2**30, time.ticks_us() wraps soon.
        """
        self._device = BaseDevice(board=resolve_firmware(BOARDS["pico"], "micropython", str(image)))
        self.mcu = self._device.mcu
        self.mcu.flash[FLASH_AT : FLASH_AT + len(filesystem)] = filesystem
        self.mcu.core.pc = FLASH_START_ADDRESS
        self.mcu.timer._epoch_nanos = -1000 * timer_us
        # Every instruction looks these up, in case somebody replaced them: found here, no method object need be made for it.
        for name in _BUS:
            setattr(self.mcu, name, getattr(self.mcu, name))
        self.clock = EmulatedClock(self.mcu.clock)
        fit_pio(self.mcu)
        self.flash_chip = fit_flash(self.mcu, unique_id)
        self._usb = fit_usb(self.mcu)
        self._usb.on_serial_data = self._on_usb
        self.console = bytearray()
        self.on_usb: Callable[[bytes], None] | None = None
        self._deadline = self.mcu.clock.create_alarm(self._device.simulator.stop)

    def pin(self, number: int) -> EmulatedPin:
        """The pin GP<number>."""
        return EmulatedPin(self.mcu.gpio[number])

    def watch(self, number: int) -> list[tuple[int, bool]]:
        """A list that grows by (time in ns, level) whenever the firmware drives pin GP<number> to another level."""
        changes: list[tuple[int, bool]] = []

        def changed(state, before):
            if state in (GPIOPinState.LOW, GPIOPinState.HIGH):
                changes.append((self.clock.now_ns(), state == GPIOPinState.HIGH))

        self.mcu.gpio[number].add_listener(changed)
        return changes

    def reset(self) -> None:
        """Pull the reset pin: the firmware boots again, flash and sensors are as they were."""
        self._device.hard_reset()

    def run_for(self, duration_ns: int) -> None:
        """Run until duration_ns more have passed, to the end of the instruction. Raises whatever a sensor model raises."""
        simulator = self._device.simulator
        self._deadline.schedule(duration_ns)
        simulator.stopped = False
        while not simulator.stopped:
            execute_batch(simulator, 1)

    def pause(self) -> None:
        """End `run_for` after this instruction; for what the machine calls while it runs."""
        self._device.simulator.stop()

    @property
    def filesystem(self) -> bytes:
        """What the flash holds from FLASH_AT on."""
        return bytes(self.mcu.flash[FLASH_AT : FLASH_AT + FLASH_LEN])

    @property
    def usb(self) -> UsbHost:
        """The host at the other end of the USB cable."""
        return self._usb

    def send_usb(self, octets: bytes) -> None:
        """Send octets to the board's USB console, from when it asks for them."""
        self._usb.send(octets)

    def stall_usb(self) -> None:
        """The host keeps the port open but reads no more, as a program does that is busy with something else."""
        self._usb.usb.stall()

    def resume_usb(self) -> None:
        """The host reads on where it had stopped."""
        self._usb.usb.resume()

    def _on_usb(self, octets) -> None:
        self.console += octets
        if self.on_usb:
            self.on_usb(octets)
