"""What is the matter with the wiring of each sensor: asked over its bus, and told with the likely fault."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from ...definition import Definition, Sensor
from .access import Access, BusHeld, Level, Lines, NoAnswer
from .addresses import address_pins, addresses_of, drivers_at, part_name
from .asking import PartDevice, Reply, ask, ask_by_reading, is_there

_NEIGHBOURS_ANSWER = ", while others on its bus do: look at its power, its ground and its wires"
_NOBODY_ANSWERS = ", nor anybody else on this bus: look at power and ground, and whether SCL and SDA are swapped"
_UART_FAULTS = ": look at its power, and whether TX and RX are swapped"
_HOLDERS = ": a short circuit to ground, a part without power, or one that hangs; unplug the parts one by one"
_WEAKLY = ", although the board alone pulls the lines up: give them resistors to 3.3 V (4.7 kOhm)"
_FLOATING = "nothing pulls the lines of {} up: resistors from SCL and SDA to 3.3 V (4.7 kOhm) are missing, or power is"
_ENDLESS = "no transfer on {} ends: a line is held low by a part or a short circuit, or the pull-ups are missing"


class Kind(Enum):
    """The verdicts there are."""

    OK = "ok"
    ABSENT = "absent"
    WRONG_ADDRESS = "wrong address"
    WRONG_BUS = "wrong bus"
    WRONG_PART = "wrong part"
    BUS_STUCK = "bus stuck"
    NO_PULL_UPS = "no pull-ups"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Verdict:
    """On one sensor: its name, its driver's, where it should be, and a sentence on what was found."""

    sensor: str
    driver: str
    place: str
    kind: Kind
    sentence: str

    @property
    def is_fault(self) -> bool:
        """Whether there is something to put right."""
        return self.kind not in (Kind.OK, Kind.NOT_ASKED)

    def as_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "schema": "freefall/1", "type": "verdict", "sensor": self.sensor, "driver": self.driver, "place": self.place,
            "verdict": self.kind.value, "fault": self.is_fault, "text": self.sentence,
        }  # fmt: skip


def probe(definition: Definition, accesses: Mapping[str, Access | str]) -> list[Verdict]:
    """A verdict on every sensor, in the definition's order.

    accesses: by the names of buses; in place of one that cannot be reached, why not. Raises what an access does when it is lost.
    """
    lines = {name: access.lines() for name, access in accesses.items() if not isinstance(access, str)}
    asked = [_Sensor(definition, sensor, accesses, lines) for sensor in definition.sensors]
    found = [(sensor, *sensor.asked()) for sensor in asked]
    answers = {sensor.bus for sensor, kind, _ in found if kind in (Kind.OK, Kind.WRONG_PART, Kind.WRONG_ADDRESS)}
    return [sensor.verdict(kind, sentence, sensor.bus in answers) for sensor, kind, sentence in found]


class _Sensor:
    """One sensor of a definition, and the buses that it may be found on."""

    def __init__(
        self, definition: Definition, sensor: Sensor, accesses: Mapping[str, Access | str], lines: Mapping[str, Lines | None]
    ):
        self.bus = sensor.bus
        self._sensor = sensor
        self._part = part_name(sensor.driver)
        self._accesses = {bus: access for bus, access in accesses.items() if not isinstance(access, str)}
        self._access = accesses.get(sensor.bus or "", f"bus {sensor.bus} cannot be reached")
        self._lines = lines
        # Who answers where another sensor should be is that other one.
        self._taken = {
            (self._accesses[other.bus].name, other.place["address"])
            for other in definition.sensors
            if other is not sensor and other.bus in self._accesses and "address" in other.place
        }

    def verdict(self, kind: Kind, sentence: str, others_answer: bool) -> Verdict:
        """others_answer: somebody does on its bus."""
        if kind is Kind.ABSENT and self._is_i2c:
            sentence += _NEIGHBOURS_ANSWER if others_answer else _NOBODY_ANSWERS
        return Verdict(self._sensor.name, self._sensor.driver, self._where(), kind, sentence)

    def asked(self) -> tuple[Kind, str]:
        """What came of asking, with the beginning of the sentence."""
        if self.bus is None:
            return Kind.NOT_ASKED, "it is part of the board and has no identity"
        access = self._access
        if isinstance(access, str):
            return Kind.NOT_ASKED, access
        lines = self._lines[self.bus]
        if lines and Level.LOW in lines:
            return Kind.BUS_STUCK, _held(access.name, lines)
        kind, sentence = self._answer(access)
        if lines and Level.FLOATING in lines:
            # The board's own resistors are some ten times too weak, which may do on short wires.
            return (kind, sentence + _WEAKLY) if kind is Kind.OK else (Kind.NO_PULL_UPS, _FLOATING.format(access.name))
        return kind, sentence

    def _answer(self, access: Access) -> tuple[Kind, str]:
        try:
            reply, device = ask(access, self._place, self._sensor.driver, self._sensor.config, self.bus.startswith("spi"))
        except BusHeld:
            return Kind.BUS_STUCK, _ENDLESS.format(access.name)
        except NoAnswer:
            return self._unanswered(access)
        if reply is Reply.RIGHT:
            return Kind.OK, f"the {self._part} answers"
        return self._other_part(access, device)

    def _unanswered(self, access: Access) -> tuple[Kind, str]:
        """Something was not acknowledged, or not answered."""
        if not self._is_i2c:
            return Kind.ABSENT, f"nobody answers on {access.name}{_UART_FAULTS}"
        with suppress(BusHeld):
            if is_there(access, self._place):
                sentence = f"somebody answers at 0x{self._place:02x}, but not as the {self._part} would"
                return Kind.WRONG_PART, f"{sentence}: it is another part, or a wire is loose"
        return self._elsewhere(access)

    def _elsewhere(self, access: Access) -> tuple[Kind, str]:
        """Nobody is at its address; whether it is at another, or on another bus."""
        address, name = self._place, self._sensor.name
        for other in addresses_of(self._sensor.driver):
            if other != address and (answers := self._at(access, other)):
                pins = address_pins(self._sensor.driver)
                look = f"look at {pins}, or " if pins else ""
                sentence = f"{answers} at 0x{other:02x}, not at 0x{address:02x}: {look}write address = 0x{other:02x}"
                return Kind.WRONG_ADDRESS, f"{sentence} in [sensor.{name}]"
        for bus, another in self._accesses.items():
            if bus.startswith("i2c") and another.name != access.name and (answers := self._at(another, address)):
                return Kind.WRONG_BUS, f"{answers} on {another.name}, not on {access.name}"
        return Kind.ABSENT, f"nobody answers at 0x{address:02x}"

    def _at(self, access: Access, address: int) -> str | None:
        """Who answers there, if it may be this part. What would have to be written into it to tell is not."""
        if (access.name, address) in self._taken:
            return None
        try:
            reply = ask_by_reading(access, address, self._sensor.driver, self._sensor.config)
            if reply is Reply.RIGHT:
                return f"the {self._part} answers"
            if reply is Reply.UNTOLD and is_there(access, address) and not self._candidates(access, address)[0]:
                return f"somebody, who may be the {self._part}, answers"
        except (NoAnswer, BusHeld):
            pass  # then it is not there
        return None

    def _other_part(self, access: Access, device: PartDevice) -> tuple[Kind, str]:
        if self.bus.startswith("spi") and device.octets in ({0x00}, {0xFF}):
            level = "low" if device.octets == {0x00} else "high"
            return Kind.ABSENT, f"nobody drives MISO, which stays {level}: look at the power, at MISO and at the chip select"
        sentence = f"who answers is no {self._part} ({device.heard})"
        if not self._is_i2c:
            return Kind.WRONG_PART, f"{sentence}: it is another part, or wires of the bus are swapped or loose"
        known, possible = self._candidates(access, self._place)
        if known:
            return Kind.WRONG_PART, f"{sentence}: by its identity it is the {known[0]}"
        if possible:
            return Kind.WRONG_PART, f"{sentence}; it may be the {' or the '.join(possible)}, whom only writing would tell"
        return Kind.WRONG_PART, f"{sentence}, nor any other part of the catalogue"

    def _candidates(self, access: Access, address: int) -> tuple[list[str], list[str]]:
        """Which other parts of the catalogue are there, and which may be."""
        found: dict[Reply, list[str]] = {reply: [] for reply in Reply}
        for driver in drivers_at(address):
            if driver != self._sensor.driver:
                # A driver that comes with another package's sensor may not be here; a part may answer some and not others.
                with suppress(NoAnswer, BusHeld, ImportError):
                    found[ask_by_reading(access, address, driver, {})].append(part_name(driver))
        return found[Reply.RIGHT], found[Reply.UNTOLD]

    @property
    def _is_i2c(self) -> bool:
        return "address" in self._sensor.place

    @property
    def _place(self) -> int:
        return self._sensor.place.get("address", self._sensor.place.get("cs", 0))

    def _where(self) -> str:
        place = self._sensor.place
        if "address" in place:
            return f"{self.bus} 0x{place['address']:02x}"
        return f"{self.bus} GP{place['cs']}" if "cs" in place else self.bus or "board"


def _held(name: str, lines: Lines) -> str:
    """Which lines of a bus are low before anything is asked."""
    low = [wire for wire, level in zip(("SCL", "SDA"), lines, strict=True) if level is Level.LOW]
    return f"{' and '.join(low)} of {name} {'is' if len(low) == 1 else 'are'} low before anything is asked{_HOLDERS}"
