"""A UART with a sensor model at the other end of its line, which answers requests."""

from collections import deque

from rp2040py.rp2040 import RP2040

from ...sensors.part import ModelError
from ...sensors.uart import UARTPart
from .uart import BITS_PER_OCTET, MOST_OFF, PacedUART, put_in_place

_PAUSE = 1.5  # octets


class WiredUART(PacedUART):
    """A PacedUART and its target. What leaves without a pause of half an octet is one request.

    With a `baud`, a target that is talked to at another is a ModelError.
    """

    def __init__(self, mcu: RP2040, name: str, irq: int, dreq, target: UARTPart):
        super().__init__(mcu, name, irq, dreq)
        self._target = target
        self._request_octets = bytearray()
        self._answer: deque[int] = deque()
        self._paused = mcu.clock.create_alarm(self._request_over)
        self._arrived = mcu.clock.create_alarm(self._octet_arrived)
        self.on_byte = self._octet_left

    @property
    def _octet_ns(self) -> float:
        return BITS_PER_OCTET * self.bit_ns

    def _octet_left(self, octet: int) -> None:
        self._request_octets.append(octet)
        self._paused.schedule(_PAUSE * self._octet_ns)

    def _request_over(self) -> None:
        octets, self._request_octets = bytes(self._request_octets), bytearray()
        baud = getattr(self._target, "baud", self.baud_rate)
        if abs(self.baud_rate / baud - 1) > MOST_OFF:
            raise ModelError(self.name, f"{self.baud_rate} baud, and the target listens at {baud}", "4.2.7")
        answer, delay_ns = self._target.request(octets) or (b"", 0)
        if answer and not self._answer:
            # The pause that ended the request is over already.
            self._arrived.schedule(max(0, delay_ns + (1 - _PAUSE) * self._octet_ns))
        self._answer.extend(answer)

    def _octet_arrived(self) -> None:
        octet = self._answer.popleft()
        if self._answer:
            self._arrived.schedule(self._octet_ns)
        self.receive(octet)


def fit_uart_target(mcu: RP2040, number: int, target: UARTPart) -> None:
    """Put a WiredUART with this target in the place of UART `number` (0 or 1)."""
    stock = mcu.uart[number]
    put_in_place(mcu, number, WiredUART(mcu, stock.name, stock.irq, stock.dreq, target))
