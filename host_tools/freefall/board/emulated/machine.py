"""The emulated machine: an RP2040 with an image and a file system in flash, run for exact stretches of emulated time."""

from collections.abc import Callable
from pathlib import Path

from ...errors import MissingExtra
from .filesystem import FLASH_AT

try:
    from rp2040py.boards import BOARDS, resolve_firmware
    from rp2040py.device.base_device import BaseDevice
    from rp2040py.memory_map import FLASH_START_ADDRESS
except ImportError:
    raise MissingExtra("the emulated board", "emulated") from None

_NS = 1_000_000_000


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

    def set(self, level: bool) -> None:
        """Drive the pin; may run an interrupt of the firmware."""
        self._gpio.set_input_value(level)


class Machine:
    """A Raspberry Pi Pico at power-up. `console` collects what it prints on USB, tracebacks above all."""

    def __init__(self, image: Path, filesystem: bytes):
        """image: a MicroPython UF2; filesystem: a LittleFS image for FLASH_AT."""
        self._device = BaseDevice(board=resolve_firmware(BOARDS["pico"], "micropython", str(image)))
        self.mcu = self._device.mcu
        self.mcu.flash[FLASH_AT : FLASH_AT + len(filesystem)] = filesystem
        self.mcu.core.pc = FLASH_START_ADDRESS
        self.clock = EmulatedClock(self.mcu.clock)
        self.console = bytearray()
        self._device.cdc.on_serial_data = self._on_usb
        self.on_usb: Callable[[bytes], None] | None = None
        self._deadline = self.mcu.clock.create_alarm(self._device.simulator.stop)

    def pin(self, number: int) -> EmulatedPin:
        """The pin GP<number>."""
        return EmulatedPin(self.mcu.gpio[number])

    def reset(self) -> None:
        """Pull the reset pin: the firmware boots again, flash and sensors are as they were."""
        self._device.hard_reset()

    def run_for(self, duration_ns: int) -> None:
        """Run until exactly duration_ns more have passed on the board. Raises whatever a sensor model raises."""
        simulator = self._device.simulator
        self._deadline.schedule(duration_ns)
        simulator.stopped = False
        while not simulator.stopped:
            simulator._execute_batch()

    def _on_usb(self, octets) -> None:
        self.console += bytes(octets)
        if self.on_usb:
            self.on_usb(bytes(octets))
