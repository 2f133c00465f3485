"""A definition as far as it is sound, for the checks: what already has a finding is not judged again."""

from collections.abc import Iterator
from dataclasses import dataclass

from .diagnostics import Findings, table_name
from .fields import Table
from .located import Path
from .model import table_at, value_at
from .packing import Packing, pack
from .sensors import DRIVERS, SensorTable


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

    def packings(self) -> Iterator[tuple[Path, SensorTable, Packing]]:
        """(path, sensor, packing) of every stream that is sound together with its sensor."""
        for path in self.tables("stream"):
            stream = self.table(path)
            sensor = stream and self.table(("sensor", stream.sensor))
            if sensor:
                yield path, sensor, pack(stream, sensor)

    def require(self, table: Path, key: str, setting: str, what: str):
        """Report that `setting` needs `key` in `table`, if it is not there."""
        path = (*table, key)
        if not self.has(path) and not self.findings.doubtful(path):
            self.findings.add(path, f"{table_name(table)} needs {key} with {setting}: {what}")

    def forbid(self, table: Path, key: str, setting: str, why: str):
        """Report that `key` in `table` does not go with `setting`, if it is there."""
        path = (*table, key)
        if self.value(path) is not None:
            quote = self.findings.quote(path)
            self.findings.add(path, f"{quote} does not go with {setting}: {why}; remove it", at_key=True)

    def refuse(self, path: Path, why: str):
        """Report the value at `path`, or its default: quoted, then `why`."""
        subject = self.findings.quote(path) if self.has(path) else f"{path[-1]} (by default {self.setting(path)})"
        self.findings.add(path, f"{subject} {why}")
