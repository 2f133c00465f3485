"""A payload at the end of a wire, in a time of its own, that speaks by the oracle; as strict as a board is deaf.

What no board could be sent in the state it is in fails the test: a telecommand before the payload listens may stop the loader.
"""

from freefall.definition import Definition, parse_definition
from freefall.errors import DeviceError
from freefall.port.reconnecting import Reconnecting
from oracle import codec
from unit.decode import packets
from unit.definition.sample import SOUND

ADJUSTABLE = "[stream.temperature.adjustable]\nrate_hz = [0.1, 10]\non = true\n"
ENQUIRY, INTERRUPT = b"\0\5\5", b"\0\3"
NO_SUCH_SERVICE, BELOW, ABOVE, NOT_KEPT = 1, 4, 5, 6
URL = "/dev/ttyFAKE"
_TURN_S = 0.1
_LISTENS_AFTER_S = 1.3


def definition_of(*sections: str) -> Definition:
    """The sound definition, its temperature adjustable."""
    return parse_definition(SOUND + "\n".join([ADJUSTABLE, *sections]), "payload.toml")


class FakePayload:
    """told: (service, subtype, application data) of every telecommand. values: the settings in effect.

    What a test may change: `wiring`, how the port and its telemetry fare when the board restarts ("usb": both go away; "uart":
    both stay; "console": the port goes away, telemetry is elsewhere); `lost`, kinds of reports that do not arrive, `lose_once`,
    those of which the next does not; `noise`, before every frame; `refusal`, (code, limit) for what is set; `keeps`, whether it
    can keep it; `forgets`; `restarts`; `absence_s`, None for ever; `swallows`, how many telecommands vanish; `answers_another`,
    the kind of report to another program that comes before each answer.
    """

    wiring = "usb"
    noise = b""
    refusal = None
    keeps = restarts = True
    forgets = False
    answers_another = None
    absence_s = 0.7
    swallows = 0
    housekeeping_s = 1.0

    def __init__(self, definition: Definition):
        self.definition = definition
        self.values = [setting.value for setting in definition.settings]
        self.now_s = 0.0
        self.told: list[tuple[int, int, bytes]] = []
        self.enquiries = 0
        self.sequences: list[int] = []
        self.lost: set[str] = set()
        self.lose_once: list[str] = []
        self.opened = 0
        self._kept = list(self.values)
        self._boots = 1
        self._here = b""
        self._sequence = 0
        self._boot_s = -10.0  # when this boot began
        self._away_until: float | None = -1.0
        self._restarting = False
        self._next_report_s = 0.0

    # The computer's side ------------------------------------------------------------------------------------

    def linked(self) -> Reconnecting:
        """Its link, which is opened again in its time."""
        return Reconnecting(self._open, lambda: round(self.now_s * 1e9), self._pass)

    def _open(self) -> "FakeWire":
        if self.away:
            raise DeviceError(f"cannot open {URL}: No such file or directory. Is the board there?")
        self.opened += 1
        return FakeWire(self)

    def _pass(self, seconds: float) -> None:
        self.now_s += seconds
        if self._restarting and not self.away:
            self._begin_boot()
        if self.now_s >= self._next_report_s:
            self._next_report_s = self.now_s + self.housekeeping_s
            if self.listening and self.wiring != "console":
                self._report_settings()
                self._say("board", packets.board(self.definition, self._boots, *self._stamp()))

    @property
    def away(self) -> bool:
        return self._away_until is None or self.now_s < self._away_until

    @property
    def listening(self) -> bool:
        return not self.away and self.now_s - self._boot_s >= _LISTENS_AFTER_S

    def unplug(self) -> None:
        """For ever."""
        self._away_until = None

    def take(self, octets: bytes) -> None:
        """What the computer sends."""
        if octets == ENQUIRY:
            self.enquiries += 1
            if self.listening and "name" not in self.lost:
                self._identify()
            return
        assert octets[:1] == octets[-1:] == b"\0", octets
        assert self.listening, "a telecommand for a board that does not listen yet may stop its loader"
        packet = codec.cobs_decode(octets[1:-1])
        packet, check = packet[:-4], packet[-4:]
        assert codec.crc32(packet).to_bytes(4, "big") == check
        header = codec.parse_primary_header(packet)
        assert header["type"] == header["secondary_header_flag"] == 1 and header["apid"] == self.definition.apid
        assert packet[6] == 0x29 and not any(packet[9:12]) and len(packet) == header["length_field"] + 7 >= 20
        self.told.append((packet[7], packet[8], packet[12:]))
        self.sequences.append(header["sequence_count"])
        if self.swallows:
            self.swallows -= 1
        else:
            self._execute(packet)

    # The board's side ---------------------------------------------------------------------------------------

    def _execute(self, packet: bytes) -> None:
        request = codec.integer(packet[:4])
        if self.answers_another:
            self._verify(self.answers_another, request + 1)
        match packet[7], packet[8]:
            case 20, 1:
                self._verify("accepted", request)
                self._report_settings()
                self._verify("completed", request)
            case 20, 3:
                self._set(packet[12:], request)
            case _:
                self._verify("refused", request, code=NO_SUCH_SERVICE)

    def _set(self, data: bytes, request: int) -> None:
        settings = [data[at : at + 8] for at in range(4, 4 + 8 * data[0], 8)]
        changes = [(setting[0], codec.integer(setting[4:])) for setting in settings]
        assert data == b"".join([bytes([len(changes), 0, 0, 0]), *(codec.setting(*change) for change in changes)])
        if self.refusal:
            (number, value), (code, limit) = changes[0], self.refusal
            self._verify("refused", request, code=code, number=number, value=value, limit=limit)
            return
        self._verify("accepted", request)
        if self.keeps:
            for number, value in changes:
                self._kept[number] = value
            self._verify("completed", request)
        else:
            self._verify("failed", request, code=NOT_KEPT)
        if self.forgets:
            self._kept = list(self.values)
        self._restarting = self.restarts
        if not self.restarts:
            return
        if self.wiring == "uart":
            self._begin_boot()
        elif self.absence_s is None:
            self.unplug()
        else:
            self._away_until = self.now_s + self.absence_s

    def _begin_boot(self) -> None:
        self._restarting = False
        self._boot_s = self.now_s
        self._boots += 1
        self._sequence = 0
        self.values = list(self._kept)
        if self.wiring != "console":
            self._say("boot", packets.boot(self.definition, self._boots))

    def _identify(self) -> None:
        self._say("name", packets.parameter(self.definition, 769, b"name", *self._stamp()))
        self._say("board", packets.board(self.definition, self._boots, *self._stamp()))

    def _report_settings(self) -> None:
        self._say("settings", packets.settings(self.definition, self.values, *self._stamp()))

    def _verify(self, kind: str, request: int, **values: int) -> None:
        self._say(kind, packets.verification(self.definition, kind, *self._stamp(), request=request, **values))

    def _stamp(self) -> tuple[int, int]:
        """Sequence count and time, in us, of the next report."""
        self._sequence += 1
        return self._sequence, round((self.now_s - self._boot_s) * 1e6)

    def _say(self, kind: str, octets: bytes) -> None:
        if kind in self.lose_once:
            self.lose_once.remove(kind)
        elif kind not in self.lost:
            self._here += self.noise + b"\0" + octets

    def give(self) -> bytes:
        """What has come since the last time; nothing takes a moment."""
        if not self._here:
            self._pass(_TURN_S)
        octets, self._here = self._here, b""
        return octets


class FakeWire:
    """One opening of its port."""

    url = URL
    definition = definition_problem = None

    def __init__(self, payload: FakePayload):
        self._payload = payload

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self._payload.opened -= 1

    def chunks(self):
        while True:
            octets = self._payload.give()
            if octets or not self._payload.away:
                yield round(self._payload.now_s * 1e9), octets
            else:
                raise DeviceError(f"{URL} went away: device disconnected")

    def send(self, octets):
        if self._payload.away:
            raise DeviceError(f"{URL} went away: Input/output error")
        self._payload.take(octets)
