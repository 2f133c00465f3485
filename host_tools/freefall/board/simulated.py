"""What the virtual and the emulated board have in common: sensor models by plan, and running for a stretch of on-board time."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..decode import BoardReport, Item
from ..definition import Definition
from ..errors import BoardError
from ..sensors.analog import AnalogSource
from ..sensors.catalogue.pulse_counter import PulseSource
from ..sensors.i2c import I2CTarget
from ..sensors.part import Clock, Part, Pin, Wiring
from ..sensors.registry import SENSORS
from ..sensors.spi import SPITarget
from ..sensors.uart import UARTPart
from .scenario import Signals

# Octets are handed on in pieces of this much board time.
_PIECE_NS = 1_000_000
_PATIENCE_NS = 5_000_000_000


@dataclass(frozen=True, slots=True)
class Models:
    """The sensor models of a definition: all of them in its order, and by bus those on one. Lines they drive themselves.

    Buses are numbered as their controllers are; every I2C and SPI bus of the plan is there, with sensors or not.
    """

    all: list[Part | PulseSource]
    i2c: dict[int, list[I2CTarget]]
    spi: dict[int, dict[int, SPITarget]]  # by the pin of the chip select
    uart: dict[int, UARTPart]
    analog: dict[int, AnalogSource]  # by the pin


class SimulatedBoard(Protocol):
    """A board in simulated time. `models` holds its sensor models in the definition's order: the truth to compare with."""

    models: list[Part | PulseSource]

    def now_ns(self) -> int:
        """Time since power-up."""
        ...

    def advance(self, duration_ns: int) -> bytes:
        """Run for duration_ns; the octets that left by the link. Raises BoardError when the board failed."""
        ...


class CommandedBoard(SimulatedBoard, Protocol):
    """One that takes what comes up its link."""

    def send(self, octets: bytes) -> None:
        """Octets for the board; it gets them when it runs on."""
        ...


def attach_models(
    definition: Definition, clock: Clock, pin: Callable[[int], Pin], seed: int, scenario: Signals | None = None
) -> Models:
    """A model for every sensor of the definition, with its lines on the board's pins.

    scenario: what they feel, see scenario.py; what it does not say a model feels by itself.
    """
    plan = json.loads(definition.plan)
    i2c, spi = ([bus["id"] for bus in plan["buses"] if bus["kind"] == kind] for kind in ("i2c", "spi"))
    models = Models([], {number: [] for number in i2c}, {number: {} for number in spi}, {}, {})
    for number, sensor in enumerate(plan["sensors"]):
        kind = SENSORS[sensor["driver"]]
        lines = _lines(plan, number, pin)
        if "pin" in sensor["config"]:
            lines["pin"] = pin(sensor["config"]["pin"])
        compiled = definition.sensors[number]
        signals = {**kind.signals, **(scenario or {}).get(compiled.name, {})}
        model = kind.model(Wiring(clock, sensor.get("address"), lines, seed + number, signals, compiled.table))
        models.all.append(model)
        if sensor["bus"] is None:
            if isinstance(model, AnalogSource):
                models.analog[sensor["config"]["pin"]] = model
            continue
        bus = plan["buses"][sensor["bus"]]
        if bus["kind"] == "spi":
            models.spi[bus["id"]][sensor["cs"]] = model
        elif bus["kind"] == "uart":
            models.uart[bus["id"]] = model
        else:
            models.i2c[bus["id"]].append(model)
    return models


def _lines(plan: dict, sensor: int, pin: Callable[[int], Pin]) -> dict[str, Pin]:
    """The lines of a sensor that trigger streams, by the kind of trigger."""
    triggers = [stream["trigger"] for stream in plan["streams"] if stream["sensor"] == sensor]
    return {trigger["kind"]: pin(trigger["pin"]) for trigger in triggers if "pin" in trigger}


def patience_with(definition: Definition) -> int:
    """After how many ns without housekeeping a board has failed: two periods and more."""
    return _PATIENCE_NS + 2_000_000 * definition.housekeeping_ms


def run(
    board: SimulatedBoard,
    definition: Definition,
    duration_ns: int,
    receive: Callable[[bytes, int], list[Item]],
    on_progress: Callable[[int], None] = lambda reached_ns: None,
) -> None:
    """Run until the first set of housekeeping reports at or after duration_ns of on-board time: the set that closes the ledger.

    receive(octets, board time in ns) gets what left by the link, at most one piece beyond that set, and decodes it;
    on_progress(ns) gets the on-board time after each piece; what it raises ends the run there, with nothing half done.
    Raises BoardError if the board falls silent.
    """
    patience_ns = patience_with(definition)
    reached_ns, heard_ns = 0, board.now_ns()
    while reached_ns < duration_ns:
        if board.now_ns() - heard_ns > patience_ns:
            raise BoardError(
                f"the board has sent no housekeeping for {(board.now_ns() - heard_ns) / 1e9:.1f} s of its time; "
                "its link or its foreground loop stands still"
            )
        octets = board.advance(_PIECE_NS)
        for item in receive(octets, board.now_ns()) if octets else ():
            if isinstance(item, BoardReport):
                reached_ns, heard_ns = item.time_ns, board.now_ns()
        on_progress(board.now_ns())
