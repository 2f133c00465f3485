"""The virtual board: the firmware's own files on CPython, in simulated time, with sensor models on its buses."""

import json

from freefall_board.app import Payload
from freefall_board.ports.virtual import Port, WatchdogExpired

from ..definition import Definition
from ..errors import BoardError
from .clock import SimulatedClock
from .own_drivers import load_drivers
from .scenario import Signals
from .simulated import attach_models

_IDLE_US = 1000


class VirtualBoard:
    """One boot of a payload; a `SimulatedBoard`. Same definition, seed and scenario, same octets."""

    def __init__(self, definition: Definition, seed: int = 0, boot_count: int = 1, scenario: Signals | None = None):
        load_drivers(definition)
        self._octets = bytearray()
        self.clock = SimulatedClock()
        # The port makes the pins that models drive, and wants the models on its buses: so the buses come second.
        plan = json.loads(definition.plan)
        self.port = self._make_port(plan, boot_count)
        models = attach_models(definition, self.clock, self.port.line, seed, scenario)
        self.models = models.all
        self.port.connect(models.i2c, models.spi, models.uart, models.analog)
        self._payload = Payload(plan, definition.definition_id.to_bytes(4, "big"), self.port)
        self._started = False

    def now_ns(self) -> int:
        """See SimulatedBoard."""
        return self.clock.now_ns()

    def advance(self, duration_ns: int) -> bytes:
        """See SimulatedBoard; a ModelError or an expired watchdog ends the run."""
        end_ns = self.clock.now_ns() + duration_ns
        try:
            if not self._started:
                self._payload.start()
                self._started = True
                self._on_start()
            while self.clock.now_ns() < end_ns:
                if not self._payload.step():
                    self.port.idle(_IDLE_US)
                self._on_pass()
        except WatchdogExpired as expired:
            raise BoardError(f"{expired}, {self.clock.now_ns() / 1e9:.3f} s after power-up") from None
        octets = bytes(self._octets)
        self._octets.clear()
        return octets

    # For a board that is disturbed (stalls.py).

    def _make_port(self, plan: dict, boot_count: int) -> Port:
        return Port(self.clock, self._octets.extend, boot_count)

    def _on_start(self) -> None:
        """The payload samples."""

    def _on_pass(self) -> None:
        """A pass of the loop is over, and the sleep after it."""
