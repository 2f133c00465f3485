"""The payload definition as pydantic models: every key with its type, limits and default."""

from typing import Annotated, get_args

from pydantic import AfterValidator, Field

from freefall_wire.packet import IDLE_APID

from .fields import Name, Table, not_allowed, one_of
from .located import Path
from .pico import HEADER_PINS, I2C_PINS, UART_PINS
from .sensors import DRIVERS, AnySensor

LAST_APID = IDLE_APID - 1
FASTEST_I2C_HZ = 1_000_000

Pin = one_of(int, HEADER_PINS, allowed="a pin on the pico's header: 0..22, 26, 27 or 28")

_WATCHDOG_MS = range(500, 8388 + 1)  # the RP2040's watchdog counts at most 2^24 half microseconds
_WATCHDOG_SCHEMA = {"anyOf": [{"const": 0}, {"minimum": _WATCHDOG_MS[0], "maximum": _WATCHDOG_MS[-1]}]}


def _watchdog(value: int) -> int:
    if value != 0 and value not in _WATCHDOG_MS:
        raise not_allowed(f"0 (off) or {_WATCHDOG_MS[0]}..{_WATCHDOG_MS[-1]}")
    return value


def _scale(value: float) -> float:
    if value == 0:
        raise not_allowed("a number other than 0, which would make every sample the same")
    return value


class PayloadTable(Table):
    """[payload]: what this is."""

    name: Name
    apid: Annotated[int, Field(ge=0, le=LAST_APID)]
    discipline: str = ""
    description: str = ""
    board: one_of(str, ("pico",)) = "pico"


class LinkTable(Table):
    """[link]: how telemetry leaves the board. baud, tx and rx are a UART's only."""

    transport: one_of(str, (*UART_PINS, "usb"))
    baud: Annotated[int, Field(ge=9600, le=3_000_000)] | None = None
    tx: Pin | None = None
    rx: Pin | None = None


class HousekeepingTable(Table):
    """[housekeeping]: how often the board reports its ledgers and its own health."""

    period_ms: Annotated[int, Field(ge=100, le=60_000)] = 1000


class WatchdogTable(Table):
    """[watchdog]: after how long without progress the board restarts itself; 0 is never."""

    timeout_ms: Annotated[int, AfterValidator(_watchdog), Field(json_schema_extra=_WATCHDOG_SCHEMA)] = 0


class BusTable(Table):
    """[bus.NAME]: wires that sensors share."""

    kind: one_of(str, ("i2c",))
    scl: Pin
    sda: Pin
    freq_hz: Annotated[int, Field(ge=10_000, le=FASTEST_I2C_HZ)]
    timeout_us: Annotated[int, Field(ge=100, le=100_000)] = 1000


class CalibrationTable(Table):
    """[stream.NAME.calibration.CHANNEL]: engineering value = raw value * scale + offset."""

    scale: Annotated[float, AfterValidator(_scale), Field(json_schema_extra={"not": {"const": 0}})]
    offset: float = 0.0
    unit: Annotated[str, Field(min_length=1)] | None = None


class StreamTable(Table):
    """[stream.NAME]: samples of one sensor, taken at one trigger."""

    sensor: str
    trigger: one_of(str, ("data_ready", "periodic"))
    pin: Pin | None = None
    rate_hz: Annotated[float, Field(ge=0.01, le=1000)] | None = None
    max_latency_ms: Annotated[int, Field(ge=10, le=60_000)] = 1000
    ring_depth: one_of(int, [1 << bits for bits in range(2, 11)]) | None = None
    calibration: dict[str, CalibrationTable] = {}


class Document(Table):
    """A whole payload.toml."""

    payload: PayloadTable
    link: LinkTable
    housekeeping: HousekeepingTable = HousekeepingTable()
    watchdog: WatchdogTable = WatchdogTable()
    bus: dict[one_of(str, tuple(I2C_PINS)), BusTable] = {}
    sensor: dict[Name, AnySensor] = {}
    stream: dict[Name, StreamTable] = {}


def table_at(path: Path, data: dict) -> type[Table]:
    """The model of the table at `path`; KeyError for a sensor without a known driver."""
    if path[:1] == ("sensor",) and len(path) == 2:
        return DRIVERS[value_at(path + ("driver",), data)]
    kind = Document
    for key in path:
        kind = kind.model_fields[key].annotation if isinstance(kind, type(Table)) else get_args(kind)[1]
    return kind


def value_at(path: Path, data: dict):
    """The TOML value at `path`; None, which TOML does not have, if there is none."""
    for key in path:
        if not isinstance(data, dict) or key not in data:
            return None
        data = data[key]
    return data
