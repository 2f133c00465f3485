"""Telecommands: sent to a payload over any port, with what became of each."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping

from freefall_wire import frame, packet, reports, telecommands

from ..decode import (
    BoardReport,
    BootEvent,
    Decoder,
    Item,
    NameReport,
    PlatformReport,
    Reboot,
    SettingsReport,
    Verification,
)
from ..definition import Definition
from ..definition.settings import Setting
from ..errors import BoardError, DeviceError
from ..port.reconnecting import Reconnecting
from ..recording import LinkBack, LinkEvent, LinkLost
from .enquiry import ENQUIRY, INTERRUPT
from .heard import Heard

PATIENCE_S = 5.0
# A payload that restarts is away for so many times the patience: it sets its sensors up, and USB finds it again.
_RESTART_PATIENCES = 4
# Who is there is asked again and again: a payload that starts does not listen yet.
_AGAIN_S = 1.0
# A report is asked for so often: a frame may be lost.
_TIMES = 3


class Refused(BoardError):
    """A telecommand was refused by the board, or could not be done; `verification` is its own report of that."""

    def __init__(self, verification: Verification, definition: Definition):
        self.verification = verification
        super().__init__(_refusal(verification, definition))


class Commands:
    """A payload that is told what to do.

    It is asked who it is before it is told anything: to another definition a setting's number means another setting, and to a
    prompt a telecommand means nothing good. What answers is a board's only if it runs `definition`.

    All methods raise DeviceError when the port goes away (and does not come back, where the board restarts), WrongDefinition and
    OtherPayload when something else runs there, Refused, and BoardError when no answer comes or a wrong one.
    """

    def __init__(
        self,
        link: Reconnecting,
        definition: Definition,
        patience_s: float = PATIENCE_S,
        now_s: Callable[[], float] = time.monotonic,
        first: int = 0,
    ):
        """link: open. patience_s: how long an answer is waited for, by the clock now_s; first: sequence count to begin with."""
        self.definition = definition
        self._link = link
        self._url = link.port.url
        self._patience_s = patience_s
        self._now_s = now_s
        self._sequence = first % packet.SEQUENCE_MODULO
        self._events = link.events()
        self._decoder = Decoder(definition)
        self._waiting: deque[Item | LinkEvent] = deque()
        self._heard = Heard(self._url, definition)
        self._met = self._known_once = False
        self._values: tuple[int, ...] | None = None
        self._platform: PlatformReport | None = None

    def identify(self, limit_s: float) -> PlatformReport:
        """What the payload says of where it runs. It may still be starting, and is waited for so long."""
        self._met, self._platform = False, None
        self._meet(limit_s)
        for _ in self._coming(self._patience_s):
            if self._platform is not None:
                return self._platform
        raise BoardError(f"the payload at {self._url} has said its name and not where it runs; ask again")

    def values(self) -> tuple[int, ...]:
        """The settings in effect, as the board has them, in the order of definition.settings."""
        self._values = None
        for _ in range(_TIMES):
            self.tell(telecommands.PARAMETERS, telecommands.REPORT_VALUES)
            if self._values is not None:
                return self._values
        raise BoardError(f"the board was asked for its settings {_TIMES} times, and none of its reports came; ask again")

    def set_values(self, changes: Mapping[Setting, int]) -> tuple[int, ...]:
        """Have the board take all of these values or none, and restart with them; the settings in effect afterwards."""
        pairs = [(setting.number, value) for setting, value in changes.items()]
        self._meet(self._patience_s)
        completed = self._told(telecommands.PARAMETERS, telecommands.SET_VALUES, telecommands.set_values(pairs))
        if completed:
            self._await_restart()
        self._met = False
        self._meet(_RESTART_PATIENCES * self._patience_s)
        values = self.values()
        for setting, value in changes.items():
            if (found := values[setting.number]) != value:
                told, has = setting.text(value), setting.text(found)
                raise BoardError(f"the board was told {setting.name} = {told} and has restarted with {has}; once more")
        return values

    def tell(self, service: int, subtype: int, data: bytes = b"") -> None:
        """Have a telecommand done; returns when the board reports that it is."""
        self._meet(self._patience_s)
        if not self._told(service, subtype, data):
            raise DeviceError(self._link.trouble or f"the board at {self._url} restarted before it was done; once more")

    def _told(self, service: int, subtype: int, data: bytes) -> bool:
        """Whether its completion was reported; False when the boot it was sent to is over, and what became of it is not known."""
        command = telecommands.telecommand(self.definition.apid, self._sequence, service, subtype, data)
        self._sequence = (self._sequence + 1) % packet.SEQUENCE_MODULO
        mine = telecommands.request_of(command)
        # A delimiter first ends whatever noise the board holds for a beginning.
        self._link.port.send(frame.DELIMITER + frame.encode(command) + frame.DELIMITER)
        accepted = False
        for item in self._coming(self._patience_s):
            match item:
                case Verification(request=request, kind=kind) if request == mine:
                    if kind == "completed":
                        return True
                    if kind != "accepted":
                        raise Refused(item, self.definition)
                    accepted = True
                case LinkLost() | BootEvent() | Reboot():
                    return False
        if accepted:
            raise BoardError(f"the board has accepted the telecommand and reports no completion within {self._patience_s:g} s")
        raise BoardError(
            f"the board at {self._url} is there and did not answer the telecommand within {self._patience_s:g} s: it was damaged "
            "on its way, or its answer was; once more"
        )

    def _await_restart(self) -> None:
        limit_s = _RESTART_PATIENCES * self._patience_s
        for item in self._coming(limit_s):
            # Over the console of a payload whose telemetry leaves elsewhere, the port tells by itself.
            if isinstance(item, BootEvent | Reboot | LinkLost | LinkBack):
                return
        raise BoardError(
            f"the board has kept the settings and not restarted within {limit_s:g} s; reset it, then ask it for them"
        )

    def _meet(self, limit_s: float) -> None:
        """Ask who is there until it has answered and said which definition it runs; at most so long."""
        if self._met:
            return
        answered = known = False
        ask_s = self._now_s()
        self._heard = Heard(self._url, self.definition)
        for item in self._coming(limit_s):
            answered = answered or isinstance(item, NameReport | PlatformReport)  # those come to who asks
            known = known or isinstance(item, BoardReport | BootEvent)
            if answered and known:
                self._met = self._known_once = True
                return
            if self._heard.at_prompt:
                self._link.port.send(INTERRUPT)  # the prompt is left as it was
                break
            if self._link.port and self._now_s() >= ask_s:
                ask_s = self._now_s() + _AGAIN_S
                self._ask()
        raise self._heard.silence(limit_s, self._link.trouble)

    def _ask(self) -> None:
        try:
            self._link.port.send(ENQUIRY)
        except DeviceError:
            if not self._known_once:
                raise
            # A board that restarts takes its port along, which the next read tells, too; it comes back.

    def _coming(self, limit_s: float) -> Iterator[Item | LinkEvent | None]:
        """What comes within so long, in order; None whenever nothing has come for a moment."""
        end_s = self._now_s() + limit_s
        while self._now_s() < end_s:
            if not self._waiting:
                self._read()
            yield self._waiting.popleft() if self._waiting else None

    def _read(self) -> None:
        event = next(self._events, None)
        if event is None:
            raise DeviceError(f"{self._url} has come to its end before an answer came")
        if not isinstance(event, tuple):
            self._waiting.append(event)
            return
        host_ns, octets = event
        items = self._decoder.feed(octets, host_ns)
        self._heard.take(octets, items)
        self._waiting += items
        for item in items:
            match item:
                case SettingsReport():
                    self._values = item.values
                case PlatformReport():
                    self._platform = item


def _refusal(verification: Verification, definition: Definition) -> str:
    number, code = verification.number, verification.code
    if code in (reports.BELOW_LEAST, reports.ABOVE_MOST) and number < len(definition.settings):
        setting = definition.settings[number]
        return f"the board refuses {setting.name} = {setting.text(verification.value)}: it takes {setting.limits}"
    if code == reports.NOT_KEPT:
        return "the board could not keep the settings, its flash is full or damaged; those before are in effect"
    return f"the board refuses the telecommand: {verification.reason}"
