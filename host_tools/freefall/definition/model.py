"""The payload definition as pydantic models: every key with its type, limits and default."""

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from freefall_wire.packet import IDLE_APID

from ..sensors.fields import Name, Pin, Table, not_allowed, one_of
from .buses import BusesTable
from .diagnostics import table_name
from .drivers import DRIVERS, AnySensor
from .located import Path
from .promises import LimitsTable, StallsTable
from .streams import TRIGGERS, AnyStream

LAST_APID = IDLE_APID - 1

_WATCHDOG_MS = range(500, 8388 + 1)  # the RP2040's watchdog counts at most 2^24 half microseconds
_WATCHDOG_SCHEMA = {"anyOf": [{"const": 0}, {"minimum": _WATCHDOG_MS[0], "maximum": _WATCHDOG_MS[-1]}]}


def _watchdog(value: int) -> int:
    if value != 0 and value not in _WATCHDOG_MS:
        raise not_allowed(f"0 (off) or {_WATCHDOG_MS[0]}..{_WATCHDOG_MS[-1]}")
    return value


class PayloadTable(Table):
    """[payload]: what this is."""

    name: Annotated[Name, Field(description="of the payload: small letters, digits and underscores")]
    apid: Annotated[
        int, Field(ge=0, le=LAST_APID, description="the number of the payload's packets; its streams have the numbers after it")
    ]
    discipline: Annotated[str, Field(description="of the experiment, for people")] = ""
    description: Annotated[str, Field(description="of the experiment, for people")] = ""
    board: Annotated[one_of(str, ("pico",)), Field(description="the board that it runs on")] = "pico"


_TRANSPORT = 'how telemetry leaves the board: by "uart0", "uart1" or "usb"'


class UartLink(Table):
    """[link]: telemetry leaves the board by a UART."""

    transport: Annotated[Literal["uart0", "uart1"], Field(description=_TRANSPORT)]
    baud: Annotated[int, Field(ge=9600, le=3_000_000, description="bits per second")]
    tx: Annotated[Pin | None, Field(description="the pin that telemetry leaves by; the UART's first if not given")] = None
    rx: Annotated[Pin | None, Field(description="the pin that commands come in by; the UART's first if not given")] = None


class UsbLink(Table):
    """[link]: telemetry leaves the board by USB."""

    transport: Annotated[Literal["usb"], Field(description=_TRANSPORT)]


class HousekeepingTable(Table):
    """[housekeeping]: how often the board reports its ledgers and its own health."""

    period_ms: Annotated[int, Field(ge=100, le=60_000, description="from one set of reports to the next")] = 1000


class WatchdogTable(Table):
    """[watchdog]: when the board restarts itself."""

    timeout_ms: Annotated[
        int,
        AfterValidator(_watchdog),
        Field(json_schema_extra=_WATCHDOG_SCHEMA, description="after so long without progress the board restarts; 0 is never"),
    ] = 0


class Document(Table):
    """A payload definition: what a payload measures, how, and what becomes of it."""

    payload: Annotated[PayloadTable, Field(description="what this is")]
    link: Annotated[UartLink | UsbLink, Field(discriminator="transport", description="how telemetry leaves the board")]
    housekeeping: Annotated[HousekeepingTable, Field(description="how often the board reports on itself")] = HousekeepingTable()
    watchdog: Annotated[WatchdogTable, Field(description="when the board restarts itself")] = WatchdogTable()
    stalls: Annotated[StallsTable, Field(description="the longest pauses that others cause on the board")] = StallsTable()
    bus: Annotated[BusesTable, Field(description="the wires to the sensors")] = BusesTable()
    sensor: Annotated[dict[Name, AnySensor], Field(description="the sensors, by names of your own")] = {}
    stream: Annotated[dict[Name, AnyStream], Field(description="what is measured, by names of your own")] = {}
    limits: Annotated[
        dict[str, dict[str, LimitsTable]], Field(description="between which values a channel should stay, by stream and channel")
    ] = {}


@dataclass(frozen=True, slots=True)
class Choice:
    """A table that the value of its key `key` makes one of several kinds."""

    key: str
    kinds: dict[str, type[Table]]


_LINKS = Choice("transport", {"uart0": UartLink, "uart1": UartLink, "usb": UsbLink})
_CHOICES = {"sensor": Choice("driver", DRIVERS), "stream": Choice("trigger", TRIGGERS)}


def choice_at(path: Path) -> Choice | None:
    """What decides the kind of the table at `path`, if something does."""
    if path == ("link",):
        return _LINKS
    return _CHOICES.get(path[0]) if len(path) == 2 else None


def table_at(path: Path, data: dict) -> type[Table]:
    """The model of the table at `path`; KeyError where the value that decides its kind is not known."""
    kind = Document
    for depth, key in enumerate(path, 1):
        if choice := choice_at(path[:depth]):
            kind = choice.kinds[value_at((*path[:depth], choice.key), data)]
        elif isinstance(key, int):
            kind = get_args(kind)[0]
        elif isinstance(kind, type(Table)):
            kind = kind.model_fields[key].annotation
            if not isinstance(kind, type(Table)) and type(None) in get_args(kind):
                kind = get_args(kind)[0]
        else:
            kind = get_args(kind)[1]
    return kind


def needed(path: Path, data: dict, setting: str = "") -> str:
    """The sentence that the key of `path` is missing: with which setting it is needed, and what it is."""
    table, key = path[:-1], path[-1]
    choice = choice_at(table)
    if not setting and choice and key != choice.key:
        setting = f'{choice.key} = "{value_at((*table, choice.key), data)}"'
    sentence = f"{table_name(table)} needs {key}" + (f" with {setting}" if setting else "")
    if choice and key == choice.key:
        what = None if choice.kinds is DRIVERS else "one of " + ", ".join(f'"{kind}"' for kind in choice.kinds)
    else:
        what = table_at(table, data).model_fields[key].description
    return f"{sentence}: {what}" if what else sentence


def value_at(path: Path, data: dict):
    """The TOML value at `path`; None, which TOML does not have, if there is none."""
    for key in path:
        if isinstance(data, dict) and key in data or isinstance(data, list) and isinstance(key, int) and key < len(data):
            data = data[key]
        else:
            return None
    return data
