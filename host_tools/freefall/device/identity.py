"""Who is at a port: found out without stopping anything that runs there.

A payload is heard by its housekeeping, or asked by the enquiry (SPEC 7.2), which it answers and goes on. The same octets put
MicroPython's prompt into its paste mode, which says so and is left again: nothing runs at a prompt, so it may be asked more. Any
other program gets a few octets that it did not ask for.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from freefall_wire import frame, packet, reports

from ..decode.reports import BoardReport, BootEvent, NameReport, PlatformReport, parse_report
from ..errors import BoardError, DeviceError
from ..port.serial import DEFAULT_BAUD
from .enquiry import ENQUIRY, INTERRUPT, PASTE_LINE, PASTE_MODE, PROMPT
from .repl import Repl
from .slots import MARK, SLOTS, SWITCH
from .wire import Wire

# Housekeeping comes each second unless a definition says otherwise; then the enquiry is answered.
_LISTEN_S = 1.2
_ANSWER_S = 1.0
# A raw prompt, as a program leaves it that ended in the middle, takes everything in silence but this.
_LEAVE_RAW = b"\x02"
_LEFT_S = 0.5

# Reports that say the same of every payload, so that no definition is needed to read them.
_OF_THE_BOARD = {
    (reports.EVENT, reports.BOOT),
    (reports.HOUSEKEEPING, reports.BOARD_SID),
    (reports.PARAMETERS, reports.PLATFORM_ID),
    (reports.PARAMETERS, reports.NAME_ID),
}

# What a prompt is asked; of its slots, the one that freefall_loader.py would start. JSON, so that every version of MicroPython
# writes it alike.
_QUESTION = f"""
import os, sys, json
def _f(p):
 try:
  with open(p) as f:return f.read(300)
 except OSError:return ''
try:
 import machine, binascii
 _u=binascii.hexlify(machine.unique_id()).decode()
except Exception:_u=''
for _s in (_f('{SWITCH}').split(' ')[0],)+{SLOTS}:
 _m=_s in {SLOTS} and _f('/'+_s+'/{MARK}')
 if _m:break
print(json.dumps([os.uname().machine,os.uname().release,_u,_s,_m]))
del _f,_u,_s,_m
"""


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known of a board; None where it was not told.

    state: "payload" (it runs one), "prompt" (MicroPython's, and nothing runs), "unknown" (something talks), "silent", "busy",
    "unusable" (it cannot be opened) or "bootloader". chip: "RP2040", of a payload what its MicroPython calls it, "rp2".
    micropython: "1.26.1". payload, definition_id (8 hex digits), firmware, slot ("a", "b"): what it runs, at a prompt what a
    reset would start. serial: its own number, as the port's USB serial number is on an RP2. note: a sentence, where there is
    something to say.
    """

    state: str
    chip: str | None = None
    micropython: str | None = None
    payload: str | None = None
    definition_id: str | None = None
    firmware: str | None = None
    slot: str | None = None
    serial: str | None = None
    note: str | None = None


class Reports:
    """What a payload says of itself, gathered from its octets without its definition."""

    def __init__(self):
        self._decoder = frame.FrameDecoder()
        self._name: NameReport | None = None
        self._platform: PlatformReport | None = None
        self._board: BoardReport | None = None
        self._boot: BootEvent | None = None

    def feed(self, octets: bytes) -> None:
        """Take what came."""
        for stretch in self._decoder.feed(octets):
            if stretch.packet:
                match _report(stretch.packet):
                    case NameReport() as report:
                        self._name = report
                    case PlatformReport() as report:
                        self._platform = report
                    case BoardReport() as report:
                        self._board = report
                    case BootEvent() as report:
                        self._boot = report

    @property
    def definition_known(self) -> bool:
        """Whether the board has said which definition it runs."""
        return bool(self._board or self._boot)

    @property
    def complete(self) -> bool:
        """Whether an enquiry has been answered in full: the report of the board is the last."""
        return bool(self._name and self._platform and self._board)

    @property
    def frames(self) -> int:
        """Whole frames that came, of whatever kind."""
        return self._decoder.accepted

    def identity(self) -> Identity | None:
        """What they say; None without a frame."""
        if not self.frames:
            return None
        told = Identity("payload")
        if either := self._board or self._boot:
            told = replace(told, definition_id=f"{either.definition_id:08x}", firmware=either.firmware)
        if self._boot:
            told = replace(told, slot=self._boot.slot)
        if self._name:
            told = replace(told, payload=self._name.name)
        match self._platform.text.split() if self._platform else ():
            case ["micropython", version, chip]:
                told = replace(told, micropython=version, chip=chip)
        return told


def identify(port, name: str, bauds: Iterable[int] = (DEFAULT_BAUD,)) -> Identity:
    """Who is at a port: as pyserial's, open. It is closed in the end; takes up to 3 s, and 1 s for each more of bauds.

    Raises nothing: a port that fails meanwhile is "unusable", a board that answers wrongly "unknown".
    """
    wire = Wire(port, name)
    try:
        return _identify(wire, port, bauds)
    except DeviceError as error:
        return Identity("unusable", note=str(error))
    except (BoardError, ValueError) as error:
        return Identity("unknown", note=f"its prompt answers wrongly: {error}")
    finally:
        wire.close()


def _identify(wire: Wire, port, bauds: Iterable[int]) -> Identity:
    heard = Reports()
    text = _listen(wire, heard, _LISTEN_S, lambda: heard.definition_known)
    for baud in bauds:
        if not heard.frames:
            port.baudrate = baud
        wire.write(ENQUIRY)
        text += _listen(wire, heard, _ANSWER_S, lambda: heard.complete)
        if PASTE_MODE in text:
            wire.write(INTERRUPT)
            return _at_the_prompt(port, wire.name)
        if heard.frames:
            return heard.identity()
    wire.write(_LEAVE_RAW)
    text += _listen(wire, heard, _LEFT_S, lambda: False)
    if text.endswith(PROMPT):
        return _at_the_prompt(port, wire.name)
    if said := text.strip(b"\0\r\n\xff"):
        return Identity("unknown", note=f"something talks there, and it is no payload of Freefall's: {said[-30:]!r}")
    return Identity("silent", note="it does not answer: it runs a program of its own, or has none")


def _listen(wire: Wire, heard: Reports, limit_s: float, enough: Callable[[], bool]) -> bytes:
    """The octets that came within limit_s, until it was enough, or until a prompt was found."""
    octets = bytearray()
    end_s = wire.now_s() + limit_s
    while wire.now_s() < end_s:
        came = wire.some()
        octets += came
        heard.feed(came)
        if octets.endswith((PASTE_MODE, PASTE_LINE, PROMPT)) or (came and enough()):
            break
    return bytes(octets)


def _at_the_prompt(port, name: str) -> Identity:
    with Repl(port, name) as repl:
        machine, release, number, slot, mark = json.loads(repl.exec(_QUESTION))
    told = Identity("prompt", machine.rpartition("with ")[2], release, serial=number.upper() or None)
    try:
        mark = json.loads(mark)
        return replace(told, payload=mark["payload"], definition_id=mark["definition_id"], firmware=mark["firmware"], slot=slot)
    except (ValueError, KeyError, TypeError):  # none, or one that was cut off
        return told


def _report(data: bytes):
    """The report in a packet, of those that need no definition; None for any other packet."""
    if reports.report_len(data) != len(data):
        return None
    _, service, _, _ = packet.service_of(data)
    number = int.from_bytes(data[packet.SOURCE_DATA_AT : packet.SOURCE_DATA_AT + 2], "big")
    return parse_report(data, None) if (service, number) in _OF_THE_BOARD else None
