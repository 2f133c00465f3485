"""The virtual board: the firmware's own files on CPython, in simulated time, with sensor models on its buses."""

import json

from freefall_board.app import Payload
from freefall_board.boot import Boot
from freefall_board.ports.virtual import Port
from freefall_board.ports.virtual_common import Left, Restarted, WatchdogExpired

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
        self.port = self._make_port(json.loads(definition.plan))
        models = attach_models(definition, self.clock, self.port.line, seed, scenario)
        self.models = models.all
        self.port.connect(models.i2c, models.spi, models.uart, models.analog)
        self._definition = definition
        self._boot_count = boot_count
        self._payload = self._boot()
        self._started = False

    def now_ns(self) -> int:
        """See SimulatedBoard."""
        return self.clock.now_ns()

    def advance(self, duration_ns: int) -> bytes:
        """See SimulatedBoard; a ModelError or an expired watchdog ends the run. A payload that restarts is another boot."""
        end_ns = self.clock.now_ns() + duration_ns
        try:
            while self.clock.now_ns() < end_ns:
                try:
                    self._run(end_ns)
                except Restarted:
                    self._boot_count += 1
                    self._payload = self._boot()
                    self._started = False
        except WatchdogExpired as expired:
            raise BoardError(f"{expired}, {self.clock.now_ns() / 1e9:.3f} s after power-up") from None
        except Left:
            raise BoardError(f"the payload was told to end, {self.clock.now_ns() / 1e9:.3f} s after power-up") from None
        octets = bytes(self._octets)
        self._octets.clear()
        return octets

    def send(self, octets: bytes) -> None:
        """Send octets up the link, to the board; it gets them when it runs on."""
        self.port.send(octets)

    def _boot(self) -> Payload:
        definition = self._definition
        definition_id = definition.definition_id.to_bytes(4, "big")
        return Payload(json.loads(definition.plan), definition_id, self.port, Boot(self._boot_count))

    def _run(self, end_ns: int) -> None:
        if not self._started:
            self._payload.start()
            self._started = True
            self._on_start()
        while self.clock.now_ns() < end_ns:
            if not self._payload.step():
                self.port.idle(_IDLE_US)
            self._on_pass()

    # For a board that is disturbed (stalls.py).

    def _make_port(self, plan: dict) -> Port:
        return Port(self.clock, self._octets.extend)

    def _on_start(self) -> None:
        """The payload samples."""

    def _on_pass(self) -> None:
        """A pass of the loop is over, and the sleep after it."""
