"""An emulated Raspberry Pi Pico as a device at the end of a cable: flashed, blank or not, reset, unplugged, plugged in again."""

from itertools import count
from pathlib import Path

from serial import protocol_handler_packages, serial_for_url

from ...definition import Definition
from ...errors import DeviceError
from ..scenario import Signals
from ..simulated import Models
from .cable import UartCable, UsbCable
from .filesystem import FLASH_LEN
from .machine import UNIQUE_ID, Machine
from .protocol_emulated import CABLES, Serial
from .wiring import fit_nothing, fit_sensors, link_uart

BLANK = b"\xff" * FLASH_LEN

_NUMBERS = count(1)


class EmulatedDevice:
    """A Pico with power, in emulated time: it runs while somebody reads from it, writes to it or calls `run_for`.

    image: a MicroPython UF2, the interpreter in its flash. filesystem: what is in the rest of it, FLASH_LEN octets
    (`filesystem.build_image` makes them); None for a board never used. definition: whose sensors are on its pins, as scenario has
    them feel, and whose link's UART is wired to this computer; None for nothing on its pins. What it runs is in its flash alone.

    console_url, link_url: what any program of this process opens the two ports by; no link_url where the link is USB.
    models: of the sensors, new at each power-up.
    """

    def __init__(
        self,
        image: Path,
        filesystem: bytes | None = None,
        definition: Definition | None = None,
        seed: int = 0,
        scenario: Signals | None = None,
        unique_id: bytes = UNIQUE_ID,
    ):
        number = next(_NUMBERS)
        self.serial_number = unique_id.hex().upper()
        self.console_url = f"emulated://{number}/console"
        self.link_url: str | None = None
        self.machine: Machine | None = None
        self.models: Models | None = None
        self._image = image
        self._definition = definition
        self._seed = seed
        self._scenario = scenario
        self._unique_id = unique_id
        self._flash = BLANK if filesystem is None else filesystem
        self._past_ns = 0  # of power-ups before this one
        self._changes_left: int | None = None
        self._failing = False
        self._usb = CABLES[self.console_url] = UsbCable(self)
        self._uart: UartCable | None = None
        if __package__ not in protocol_handler_packages:
            protocol_handler_packages.append(__package__)
        self.plug()
        if self._uart:
            self.link_url = f"emulated://{number}/link"
            CABLES[self.link_url] = self._uart

    def console(self, timeout: float | None = None) -> Serial:
        """The USB console, open, as an open port of pyserial; raises SerialException as that does. timeout: s of board time."""
        return serial_for_url(self.console_url, timeout=timeout)

    def link(self, baud: int, timeout: float | None = None) -> Serial:
        """The link's UART at the other end, open, as an open port of pyserial."""
        if self.link_url is None:
            raise DeviceError("this device has no UART for a link; its definition has none, or there is no definition")
        return serial_for_url(self.link_url, baudrate=baud, timeout=timeout)

    def now_ns(self) -> int:
        """Emulated time since the device was made, without power too."""
        return self._past_ns + (self.machine.clock.now_ns() if self.machine else 0)

    def run_for(self, duration_ns: int) -> None:
        """Let so much time pass, less when the machine is paused or the power fails. Raises whatever a sensor model raises."""
        if self.machine is None:
            self._past_ns += duration_ns
            return
        self.machine.run_for(duration_ns)
        if self._failing:
            self.unplug()

    def reset(self) -> None:
        """Pull the reset pin: the console goes away and comes back."""
        if self.machine:
            self.machine.reset()

    def unplug(self) -> None:
        """Pull all cables. The board loses its power, and every open port fails; the flash stays as it is at this moment."""
        if self.machine:
            self._flash = self.machine.filesystem
            self._past_ns += self.machine.clock.now_ns()
            self.machine = self.models = None
            self._failing, self._changes_left = False, None
            self._usb.power_down()
            if self._uart:
                self._uart.power_down()

    def plug(self) -> None:
        """Give it power again, if it has none."""
        if self.machine:
            return
        machine = Machine(self._image, self._flash, unique_id=self._unique_id)
        fit_nothing(machine)
        if self._definition:
            if uart := link_uart(machine, self._definition):
                self._uart = self._uart or UartCable(self)
                self._uart.power_up(machine, uart)
            self.models = fit_sensors(machine, self._definition, self._seed, self._scenario)
        machine.flash_chip.on_change = self._flash_changed
        self.machine = machine
        self._usb.power_up(machine)

    def power_cycle(self) -> None:
        """Unplug it and plug it in again."""
        self.unplug()
        self.plug()

    @property
    def flash(self) -> bytes:
        """What the flash holds now, the interpreter aside: FLASH_LEN octets. Setting it is a power cycle."""
        return self.machine.filesystem if self.machine else self._flash

    @flash.setter
    def flash(self, octets: bytes) -> None:
        """Give it these octets and power it up."""
        self.unplug()
        self._flash = octets
        self.plug()

    @property
    def flash_changes(self) -> int:
        """How many pages have been programmed and sectors erased since power-up: the places where a power cut can be."""
        return self.machine.flash_chip.changes if self.machine else 0

    def unplug_after(self, changes: int) -> None:
        """Unplug it right after so many more changes of its flash, from 1 on; forgotten when it is unplugged before."""
        self._changes_left = changes

    def unplug_in(self, duration_ns: int) -> None:
        """Unplug it after so much more of its time, whatever it does then; forgotten when it is unplugged before."""
        self.machine.clock.call_at(self.machine.clock.now_ns() + duration_ns, self._fail)

    def _flash_changed(self) -> None:
        if self._changes_left is not None:
            self._changes_left -= 1
            if self._changes_left == 0:
                self._fail()

    def _fail(self) -> None:
        # The machine is running; it loses its power as soon as it has stopped.
        self._failing = True
        self.machine.pause()
