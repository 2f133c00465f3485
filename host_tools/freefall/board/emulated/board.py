"""The emulated board: real MicroPython on an emulated RP2040, our firmware in its flash, sensor models on its pins."""

import json
from pathlib import Path

from ...definition import Definition
from ...errors import BoardError
from ..own_drivers import driver_files
from ..scenario import Signals
from ..simulated import attach_models
from .adc import fit_adc
from .dma import fit_dma
from .filesystem import build_image
from .i2c import fit_i2c
from .machine import Machine
from .spi import fit_spi
from .uart import fit_uart
from .uart_target import fit_uart_target

# The foreground loop runs with the heap locked: whatever allocates after start-up ends the run with a MemoryError.
MAIN = """\
import sys
sys.path[:] = ("",)
import micropython
from freefall_board.app import build
from freefall_board.ports.rp2 import Port

payload = build(Port())
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
        plan = json.loads(definition.plan)
        files = {"plan.json": definition.plan, "main.py": MAIN.encode(), **driver_files(definition)}
        self.machine = Machine(image, build_image(files))
        self._octets = bytearray()
        fit_dma(self.machine.mcu)
        if plan["link"]["transport"] == "usb":
            self.machine.on_usb = self._octets.extend
        else:
            fit_uart(self.machine.mcu, int(plan["link"]["transport"][-1]), self._octets.append)
        models = attach_models(definition, self.machine.clock, self.machine.pin, seed, scenario)
        self.models = models.all
        for number, targets in models.i2c.items():
            fit_i2c(self.machine.mcu, number, targets)
        for number, targets in models.spi.items():
            fit_spi(self.machine.mcu, number, targets)
        for number, target in models.uart.items():
            fit_uart_target(self.machine.mcu, number, target)
        fit_adc(self.machine.mcu, {pin: source.counts for pin, source in models.analog.items()})

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
