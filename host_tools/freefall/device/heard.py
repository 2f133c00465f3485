"""What came from a port while an answer was waited for, and so why there was none."""

import json
from collections.abc import Iterable

from ..decode import Item, Reject
from ..definition import Definition
from ..errors import BoardError, DeviceError, FreefallError, OtherPayload
from .enquiry import PASTE_MODE

_ONE_WAY_UART = "its link is wired one way, the board's rx pin is not connected; its USB console takes telecommands too"
_ONE_WAY_USB = "it is slow, which --wait allows for, or what is between takes nothing to it: give the board's own port with -p"


class Heard:
    """Octets and what they were, counted."""

    def __init__(self, url: str, definition: Definition):
        self._url = url
        self._definition = definition
        self._octets = self._own = self._foreign = 0
        self._tail = b""
        self._paste_mode = False

    def take(self, octets: bytes, items: Iterable[Item]) -> None:
        """Count octets and the items that ended in them."""
        self._octets += len(octets)
        self._tail = (self._tail + octets)[-4 * len(PASTE_MODE) :]
        self._paste_mode = self._paste_mode or PASTE_MODE in self._tail
        for item in items:
            if not isinstance(item, Reject):
                self._own += 1
            elif item.reason == "apid":
                self._foreign += 1

    @property
    def at_prompt(self) -> bool:
        """Whether MicroPython's prompt has answered in the payload's place."""
        return self._paste_mode and not self._own

    def silence(self, waited_s: float, trouble: str | None) -> FreefallError:
        """Why no answer came for so long, as far as that can be told. trouble: why the port is away; None while it is there."""
        url, name, waited = self._url, self._definition.name, f"{round(waited_s, 1):g}"
        if trouble:
            return DeviceError(f"{trouble}; it did not come back within {waited} s")
        if self.at_prompt:
            return BoardError(
                f"at {url} is a board at its prompt, which runs no payload: a reset starts one that is on it, freefall deploy "
                "puts one there"
            )
        if self._own:
            cause = _ONE_WAY_USB if json.loads(self._definition.plan)["link"]["transport"] == "usb" else _ONE_WAY_UART
            return BoardError(f"payload {name} sends telemetry to {url} and has answered no telecommand for {waited} s: {cause}")
        if self._foreign:
            return OtherPayload(name, self._foreign)
        if self._octets:
            return BoardError(
                f"{url} gives no telemetry, {self._octets} octets in {waited} s without a whole frame: check --baud, "
                "and that the port is a payload's"
            )
        return BoardError(
            f"nothing came from {url} within {waited} s: no payload runs there, it has no power, or the wires are off"
        )
