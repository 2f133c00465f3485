"""A definition as far as it is sound, for the checks: what already has a finding is not judged again."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..sensors.fields import Table
from ..sensors.pico import CONTROLLERS
from ..sensors.table import SensorTable
from .buses import BusTable
from .diagnostics import Findings, listed, meant, table_name
from .drivers import DRIVERS
from .located import Path
from .model import needed, table_at, value_at
from .packing import Packing, pack
from .promises import ClaimTable, StallsTable
from .streams import TRIGGERS, PeriodicStream, PulseStream, StreamTable

_SECTIONS = ("bus", "sensor", "stream")
_PLURALS = {"bus": "buses"}


@dataclass(frozen=True, slots=True)
class Flow:
    """The samples of one stream from its sensor."""

    path: Path
    stream: StreamTable
    sensor: SensorTable
    packing: Packing
    bus_name: str | None  # None for a sensor without a bus
    bus: BusTable | None  # None also if it is in doubt

    @property
    def sensor_name(self) -> str:
        """Its sensor, as messages name it."""
        return table_name(("sensor", self.stream.sensor))

    @property
    def rate_path(self) -> Path:
        """Where its rate is given."""
        if isinstance(self.stream, PeriodicStream):
            return (*self.path, "adjustable", "rate_hz") if self.stream.adjustable.rate_hz else (*self.path, "rate_hz")
        if isinstance(self.stream, PulseStream):
            return *self.path, "max_rate_hz"
        return "sensor", self.stream.sensor, self.sensor.RATE_KEY


@dataclass(frozen=True, slots=True)
class Draft:
    """The data of a payload.toml, and findings that already hold the faults inside single tables."""

    data: dict
    findings: Findings

    def names(self, section: str) -> list[str]:
        """The tables of a section, sound or not: what a reference may name."""
        tables = self.data.get(section)
        return list(tables) if isinstance(tables, dict) else []

    def tables(self, section: str) -> Iterator[Path]:
        """The paths of the tables of a section."""
        return ((section, name) for name in self.names(section))

    def has(self, path: Path) -> bool:
        """Whether the text gives `path`, sound or not."""
        return value_at(path, self.data) is not None

    def value(self, path: Path):
        """The value at `path`; None if there is none or it is in doubt."""
        return None if self.findings.doubtful(path) else value_at(path, self.data)

    def setting(self, path: Path):
        """The value at `path`, or its default if the text gives none; None if it is in doubt."""
        if self.has(path) or self.findings.doubtful(path):
            return self.value(path)
        return table_at(path[:-1], self.data).model_fields[path[-1]].default

    def table(self, path: Path) -> Table | None:
        """The table at `path` with its defaults; None if any of it is in doubt."""
        if self.findings.doubtful(path):
            return None
        return table_at(path, self.data).model_validate(value_at(path, self.data) or {})

    def driver(self, sensor: str) -> type[SensorTable] | None:
        """The catalogue entry of a sensor, whatever else is wrong with it."""
        driver = value_at(("sensor", sensor, "driver"), self.data)
        return DRIVERS.get(driver) if isinstance(driver, str) else None

    def trigger(self, stream: Path) -> str | None:
        """The trigger of a stream, whatever else is wrong with it; None if there is no such trigger."""
        trigger = value_at((*stream, "trigger"), self.data)
        return trigger if isinstance(trigger, str) and trigger in TRIGGERS else None

    def bus(self, name: str) -> BusTable | None:
        """The bus of that name; None if there is none, or it is in doubt."""
        return self.table(("bus", name)) if name in CONTROLLERS and self.has(("bus", name)) else None

    def flows(self) -> Iterator[Flow]:
        """Every stream that is sound together with its sensor."""
        stalls = self.stalls() or StallsTable()
        for path in self.tables("stream"):
            stream = self.table(path)
            sensor = stream and self.table(("sensor", stream.sensor))
            if sensor:
                name = getattr(sensor, "bus", None)
                if name is not None and name not in CONTROLLERS:  # which is told elsewhere; nobody knows what kind it is
                    continue
                yield Flow(path, stream, sensor, pack(stream, sensor, stalls), name, self.bus(name) if name else None)

    def stalls(self) -> StallsTable | None:
        """The pauses that others cause; None if they are in doubt."""
        return self.table(("stalls",))

    def claims(self) -> Iterator[tuple[Path, ClaimTable]]:
        """Every sound claim, and where it stands: ("stream", name, "claim", channel)."""
        for stream in self.tables("stream"):
            claims = value_at((*stream, "claim"), self.data) if self.trigger(stream) else None
            for channel in claims if isinstance(claims, dict) else ():
                path = (*stream, "claim", channel)
                if claim := self.table(path):
                    yield path, claim

    def reference(self, path: Path, section: str):
        """Report the name at `path` if no table of `section` has it."""
        name, known = self.value(path), self.names(section)
        if name is None or name in known or self.findings.doubtful((section, name)):
            return
        if self.findings.doubtful_name((section,)):  # which may be about to become this one
            self.findings.doubt(path)
            return
        other = next((other for other in _SECTIONS if other != section and name in self.names(other)), None)
        what = "is not defined" if other is None else f"is a {other}, not a {section}"
        hint = listed(f"defined {_PLURALS.get(section, f'{section}s')}", known)
        if section == "bus" and name in CONTROLLERS:
            hint = f"; add a section [bus.{name}]"
        self.refuse(path, what + (meant(name, known, hint) if other is None else hint))

    def require(self, table: Path, key: str, setting: str):
        """Report that `setting` needs `key` in `table`, if it is not there."""
        path = (*table, key)
        if not self.has(path) and not self.findings.doubtful(path):
            self.findings.add(path, needed(path, self.data, setting))

    def forbid(self, table: Path, key: str, setting: str, why: str):
        """Report that `key` in `table` does not go with `setting`, if it is there."""
        path = (*table, key)
        if self.value(path) is not None:
            self.findings.misplaced(path, setting, why)

    def refuse(self, path: Path, why: str, default=None):
        """Report the value at `path`, or its default (the model's, or `default`): quoted, then `why`."""
        default = self.setting(path) if default is None else default
        subject = self.findings.quote(path) if self.has(path) else f"{path[-1]} (by default {default})"
        self.findings.add(path, f"{subject} {why}")
