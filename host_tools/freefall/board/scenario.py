"""Scenarios: what the sensors of a payload feel in a rehearsal, from a scenario.toml beside its definition.

    [signal.culture.temperature]          # sensor and quantity, in the unit of its channel
    base = 36.8
    ramp_per_s = 1e-4
    sine = [{ amplitude = 0.15, hz = 0.0017 }]
    step = [{ at_s = 20, by = -0.4, within_s = 3 }]
    pulse = [{ every_s = 0.86, amplitude = 0.02, width_s = 0.3 }]

A signal is the sum of its parts. Quantities without a signal keep what their model feels by itself.
"""

from collections.abc import Callable, Iterable, Mapping
from math import cos, exp, pi, sin
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from ..definition import Definition
from ..definition.diagnostics import Findings, listed, meant
from ..definition.reading import decode_text, read_toml
from ..errors import DefinitionError, InputUnreadable
from ..sensors.fields import Table
from ..sensors.registry import SENSORS

FILE_NAME = "scenario.toml"

Signals = Mapping[str, Mapping[str, Callable[[float], float]]]  # sensor -> quantity -> function of the time in seconds

_Positive = Annotated[float, Field(gt=0)]


class Sine(Table):
    """A wave; `phase` in turns."""

    amplitude: float
    hz: _Positive
    phase: float = 0.0

    def at(self, t_s: float) -> float:
        """Its share of the signal."""
        return self.amplitude * sin(2 * pi * (self.hz * t_s + self.phase))


class Step(Table):
    """From at_s on `by` more, approached exponentially: 63 % of it after within_s."""

    at_s: float
    by: float
    within_s: Annotated[float, Field(ge=0)] = 0.0

    def at(self, t_s: float) -> float:
        """Its share of the signal."""
        elapsed_s = t_s - self.at_s
        if elapsed_s < 0:
            return 0.0
        return self.by * (1 - exp(-elapsed_s / self.within_s)) if self.within_s else self.by


class Pulse(Table):
    """A smooth bump of width_s every every_s, the first at at_s."""

    every_s: _Positive
    amplitude: float
    width_s: _Positive
    at_s: float = 0.0

    def at(self, t_s: float) -> float:
        """Its share of the signal."""
        since_s = (t_s - self.at_s) % self.every_s
        if t_s < self.at_s or since_s >= self.width_s:
            return 0.0
        return self.amplitude * (1 - cos(2 * pi * since_s / self.width_s)) / 2


class SignalTable(Table):
    """[signal.SENSOR.QUANTITY]: the sum of its parts."""

    base: float = 0.0
    ramp_per_s: float = 0.0
    sine: list[Sine] = []
    step: list[Step] = []
    pulse: list[Pulse] = []

    def function(self) -> Callable[[float], float]:
        """The signal as a function of the time in seconds."""
        parts = (*self.sine, *self.step, *self.pulse)

        def signal(t_s: float) -> float:
            return self.base + self.ramp_per_s * t_s + sum(part.at(t_s) for part in parts)

        return signal


class Scenario(Table):
    """A whole scenario.toml."""

    signal: dict[str, dict[str, SignalTable]]


def scenario_of(definition_path: str | Path, definition: Definition, named: str | Path | None = None) -> Signals | None:
    """The signals of the scenario `named`, else of the one in the definition's folder, else None. Raises as load_scenario."""
    path = Path(definition_path)
    beside = (path if path.is_dir() else path.parent) / FILE_NAME
    if named is None and not beside.exists():
        return None
    return load_scenario(named or beside, definition)


def load_scenario(path: str | Path, definition: Definition) -> Signals:
    """The signals of a scenario.toml for the sensors of a definition.

    Raises InputUnreadable, and DefinitionError with every fault of it and where: also for a sensor the definition does not have
    or a quantity its model does not feel.
    """
    path = Path(path)
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise InputUnreadable(f"cannot read the scenario {path}: {error.strerror}") from error
    data, located = read_toml(decode_text(octets, str(path)), str(path))
    findings = Findings(str(path), located)
    _check_names(data, definition, findings)
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            findings.add(fault["loc"], f"{_subject(findings, fault['loc'])}: {fault['msg'].lower()}")
    if diagnostics := findings.sorted():
        raise DefinitionError(diagnostics)
    return {name: {key: table.function() for key, table in tables.items()} for name, tables in scenario.signal.items()}


def _check_names(data: dict, definition: Definition, findings: Findings) -> None:
    known = {sensor.name: SENSORS[sensor.driver].signals for sensor in definition.sensors}
    for name, quantities in _tables(data.get("signal")):
        if name not in known:
            end = meant(name, known, listed("its sensors", known))
            findings.add(("signal", name), f'{definition.name} has no sensor "{name}"{end}', at_key=True)
            continue
        for quantity, _ in _tables(quantities):
            if quantity not in known[name]:
                end = meant(quantity, known[name], listed("it feels", known[name]))
                findings.add(("signal", name, quantity), f'{name} does not feel "{quantity}"{end}', at_key=True)


def _tables(value) -> Iterable[tuple[str, object]]:
    return value.items() if isinstance(value, dict) else ()


def _subject(findings: Findings, path: tuple) -> str:
    try:
        return findings.quote(path)
    except KeyError:  # what is missing is written nowhere
        return ".".join(map(str, path))
