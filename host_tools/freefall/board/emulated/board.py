"""The emulated board: real MicroPython on an emulated RP2040, our firmware in its flash, sensor models on its pins."""

from pathlib import Path

from ...definition import Definition
from ...errors import BoardError
from ..own_drivers import driver_files
from ..scenario import Signals
from .filesystem import build_image
from .machine import Machine
from .wiring import fit_sensors, link_uart

# The foreground loop runs with the heap locked: whatever allocates after start-up ends the run with a MemoryError.
MAIN = """\
import sys
sys.path[:] = ("",)
import micropython
from freefall_board.app import build
from freefall_board.boot import Boot
from freefall_board.ports.rp2 import Port

payload = build(Port(), Boot(1))
payload.start()
micropython.heap_lock()
try:
    payload.run()
finally:
    micropython.heap_unlock()
"""

_TRACEBACK = b"Traceback (most recent call last):"
_PROMPT = b">>> "


class EmulatedBoard:
    """One power-up of an emulated Raspberry Pi Pico; a `SimulatedBoard`.

    image: a MicroPython UF2. scenario: what the sensors feel, see scenario.py.
    """

    def __init__(self, definition: Definition, image: Path, seed: int = 0, scenario: Signals | None = None):
        files = {"plan.json": definition.plan, "main.py": MAIN.encode(), **driver_files(definition)}
        self.machine = Machine(image, build_image(files))
        self._octets = bytearray()
        if uart := link_uart(self.machine, definition):
            uart.on_byte = self._octets.append
        else:
            self.machine.on_usb = self._octets.extend
        self.models = fit_sensors(self.machine, definition, seed, scenario).all

    def now_ns(self) -> int:
        """See SimulatedBoard."""
        return self.machine.clock.now_ns()

    def advance(self, duration_ns: int) -> bytes:
        """See SimulatedBoard; a ModelError or the firmware's traceback ends the run."""
        self.machine.run_for(duration_ns)
        console = self.machine.console
        if console.endswith(_PROMPT):
            text = bytes(console[max(0, console.rfind(_TRACEBACK)) :]).decode(errors="replace").replace("\r", "")
            raise BoardError(f"the firmware stopped {self.now_ns() / 1e9:.3f} s after power-up:\n{text}")
        octets = bytes(self._octets)
        self._octets.clear()
        return octets
