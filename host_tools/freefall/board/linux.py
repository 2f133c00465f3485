"""This computer as the board: the firmware's own files on CPython, in real time, on the kernel's buses and lines.

Any definition runs here, whatever its `board` says: that names the pins and controllers which a definition is checked against,
and a computer that takes the same numbers for its own needs no other plan. So a payload is the same, definition id included, on
the bench's Raspberry Pi and on the Pico that flies. What the computer lacks is told before anything starts.
"""

import contextlib
import json
import os
from pathlib import Path

from freefall_board.app import Payload
from freefall_board.boot import Boot
from freefall_board.ports.linux import Port, System
from freefall_board.ports.virtual_common import Left, Restarted, WatchdogExpired
from freefall_wire import frame, telecommands

from ..definition import Definition
from ..errors import BoardError
from .linux_devices import Devices, check_devices
from .own_drivers import load_drivers

_IDLE_US = 1000
# A payload that is told to end does so within this, its last octets included.
_FAREWELL_NS = 3_000_000_000


class LinuxBoard:
    """A payload that runs as long as advance() is called. `running` until it has ended, as it was told to.

    devices: see linux_devices.py. state: a folder for what outlives a boot: their number, and the settings. Raises DeviceError
    for what this computer does not have, and as load_drivers.
    """

    def __init__(self, definition: Definition, devices: Devices, state: Path, system: System | None = None):
        load_drivers(definition)
        check_devices(definition, json.loads(definition.plan), devices)
        self.running = True
        self._definition = definition
        self._devices = devices
        self._state = state
        self._system = system or System()
        self._octets = bytearray()
        self._begun_ns = self._system.now_ns()
        self._port = None
        self._payload = None

    def __enter__(self) -> "LinuxBoard":
        return self

    def __exit__(self, *_exception) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the computer's devices."""
        if self._port:
            self._port.close()
            self._port = None

    def now_ns(self) -> int:
        """Time since it was made."""
        return self._system.now_ns() - self._begun_ns

    def advance(self, duration_ns: int) -> bytes:
        """Run for about so long; the octets that left by the link. A payload that restarts is another boot.

        Raises BoardError when nothing fed its watchdog.
        """
        until_ns = self.now_ns() + duration_ns
        try:
            while self.now_ns() < until_ns and self.running:
                self._run(until_ns)
        except WatchdogExpired as expired:
            raise BoardError(f"{expired}, {self.now_ns() / 1e9:.3f} s after the start") from None
        octets = bytes(self._octets)
        self._octets.clear()
        return octets

    def send(self, octets: bytes) -> None:
        """Send octets up the link, to the payload."""
        if self._port:
            self._port.send(octets)

    def leave(self) -> bytes:
        """Let the payload end its sampling and send what it has, the ledger that closes included; the octets.

        Raises BoardError when it does not within 3 s.
        """
        packet = telecommands.telecommand(
            self._definition.apid, 0, telecommands.FUNCTIONS, telecommands.PERFORM, telecommands.perform(telecommands.LEAVE)
        )
        self.send(b"\0" + frame.encode(packet) + b"\0")
        octets = self.advance(_FAREWELL_NS)
        if self.running:
            raise BoardError(f"the payload did not end within {_FAREWELL_NS / 1e9:.0f} s of being told to; its ledger is open")
        return octets

    def _run(self, until_ns: int) -> None:
        try:
            if not self._payload:
                self._boot().start()
            while self.now_ns() < until_ns:
                # Also after a pass that found something to do: interrupts have no other place.
                self._port.idle(0 if self._payload.step() else _IDLE_US)
        except Restarted:
            self.close()
            self._payload = None
        except Left:
            self.close()
            self.running = False

    def _boot(self) -> Payload:
        boot = Boot(_next_boot(self._state))
        self._port = Port(self._devices, self._state / "settings", self._octets.extend, self._system)
        definition_id = self._definition.definition_id.to_bytes(4, "big")
        self._payload = Payload(json.loads(self._definition.plan), definition_id, self._port, boot)
        return self._payload


def _next_boot(state: Path) -> int:
    """This boot's number, from 1, kept in a file; where nothing can be kept the next boot has the same number."""
    path = state / "boot_count"
    try:
        count = int(path.read_text()) + 1
    except (OSError, ValueError):
        count = 1
    with contextlib.suppress(OSError):
        state.mkdir(parents=True, exist_ok=True)
        new = state / "boot_count.new"
        new.write_text(str(count))
        os.replace(new, path)
    return count
