"""The two cables of an emulated device, each an end for one program: the USB console, and the UART that is the payload's link."""

from collections import deque
from typing import Protocol

from .machine import Machine
from .uart import BITS_PER_OCTET, MOST_OFF, PacedUART

_NS = 1_000_000_000
# As a tty keeps them for a program that does not read. A USB board must wait then; from a UART, the rest is lost.
_KEPT_LEN = 65536


class Runner(Protocol):
    """What cables need of the device they belong to: board time over all power-ups, and running on."""

    def now_ns(self) -> int:
        """Its time."""
        ...

    def run_for(self, duration_ns: int) -> None:
        """Run until so much more has passed, or the machine has been paused."""
        ...


class Cable:
    """A cable with a program at its end, or nobody (`opened`).

    present: whether the other end is there. plugged: changes whenever it has gone away; who opened the port before has lost it.
    received: octets that came, the oldest first, while somebody had it open. unsent: octets not yet taken by the board.
    """

    present = False
    unsent = 0

    def __init__(self, device: Runner):
        self.received = bytearray()
        self.opened = False
        self.plugged = 0
        self._device = device
        self._machine: Machine | None = None
        self._wanted: int | None = None  # how many octets end the run

    def now_ns(self) -> int:
        """The board's time."""
        return self._device.now_ns()

    def run(self, duration_ns: int, until: int = 1) -> None:
        """Let the board run until so many octets are received, at most duration_ns; until it goes away."""
        self._wanted = until
        try:
            self._device.run_for(duration_ns)
        finally:
            self._wanted = None

    def take(self, size: int) -> bytes:
        """The oldest octets, at most size."""
        octets = bytes(self.received[:size])
        del self.received[:size]
        return octets

    def open(self, baud: int) -> None:
        """A program takes the port."""
        self.received.clear()
        self.opened = True
        self.set_baud(baud)

    def close(self) -> None:
        """It lets go of the port."""
        self.opened = False

    def send(self, octets: bytes) -> None:
        """Octets for the board."""
        raise NotImplementedError

    def set_baud(self, baud: int) -> None:
        """The pace of this end, where there is one."""

    def set_ready(self, ready: bool) -> None:
        """The line DTR, where there is one."""

    def lose(self) -> None:
        """The other end has gone away."""
        self.plugged += 1
        self.opened = False
        if self._wanted is not None and self._machine:
            self._machine.pause()

    def _arrived(self, octets: bytes) -> None:
        if self.opened:
            self.received += octets
            if self._wanted is not None and len(self.received) >= self._wanted:
                self._machine.pause()


class UsbCable(Cable):
    """The USB console: it comes and goes with the board's firmware, which sees whether somebody has it open."""

    def power_up(self, machine: Machine) -> None:
        """The board at its other end gets power."""
        self._machine = machine
        machine.usb.set_opened(False)
        machine.usb.on_gone = self.lose
        machine.on_usb = self._arrived

    def power_down(self) -> None:
        """The cable is pulled, or the power goes."""
        self._machine = None
        self.lose()

    @property
    def present(self) -> bool:
        """Whether the board is on the bus."""
        return self._machine is not None and self._machine.usb.present

    @property
    def unsent(self) -> int:
        """See Cable."""
        return self._machine.usb.unsent if self._machine else 0

    def open(self, baud: int) -> None:
        """See Cable."""
        super().open(baud)
        self.set_ready(True)

    def close(self) -> None:
        """See Cable."""
        super().close()
        self.received.clear()
        self._machine.resume_usb()
        self.set_ready(False)

    def set_ready(self, ready: bool) -> None:
        """See Cable."""
        self._machine.usb.set_opened(ready)

    def send(self, octets: bytes) -> None:
        """See Cable."""
        self._machine.send_usb(octets)

    def take(self, size: int) -> bytes:
        """See Cable."""
        octets = super().take(size)
        if self._machine and len(self.received) < _KEPT_LEN:
            self._machine.resume_usb()
        return octets

    def _arrived(self, octets: bytes) -> None:
        super()._arrived(octets)
        if len(self.received) >= _KEPT_LEN:
            self._machine.stall_usb()


class UartCable(Cable):
    """The link's UART behind an adapter, which stays when the board resets. At another pace than the board's, all is garbled."""

    def __init__(self, device: Runner):
        super().__init__(device)
        self._uart: PacedUART | None = None
        self._baud = 0
        self._waiting: deque[int] = deque()

    def power_up(self, machine: Machine, uart: PacedUART) -> None:
        """The board at its other end gets power."""
        self._machine, self._uart = machine, uart
        self._next = machine.mcu.clock.create_alarm(self._octet_arrives)
        uart.on_byte = self._octet_left

    def power_down(self) -> None:
        """The cable is pulled, or the power goes."""
        self._machine = self._uart = None
        self._waiting.clear()
        self.lose()

    @property
    def present(self) -> bool:
        """Whether board and adapter are there."""
        return self._uart is not None

    @property
    def unsent(self) -> int:
        """See Cable."""
        return len(self._waiting)

    def set_baud(self, baud: int) -> None:
        """See Cable."""
        self._baud = baud

    def send(self, octets: bytes) -> None:
        """See Cable."""
        if not self._waiting:
            self._next.schedule(self._octet_ns)
        self._waiting.extend(octets)

    @property
    def _octet_ns(self) -> float:
        return BITS_PER_OCTET * _NS / self._baud

    def _octet_arrives(self) -> None:
        octet = self._waiting.popleft()
        if self._waiting:
            self._next.schedule(self._octet_ns)
        if self._uart.enabled:  # before that it has no pace, and hears nothing
            self._uart.receive(self._as_read(octet))

    def _octet_left(self, octet: int) -> None:
        # At no pace yet, before somebody has opened it, an adapter hears nothing.
        if self._baud and len(self.received) < _KEPT_LEN:
            self._arrived(bytes((self._as_read(octet),)))

    def _as_read(self, octet: int) -> int:
        return octet if abs(self._uart.baud_rate / self._baud - 1) <= MOST_OFF else octet << 1 & 0xFF
