"""What the virtual and the emulated board have in common: sensor models by plan, and running for a stretch of on-board time."""

import json
from collections.abc import Callable
from typing import Protocol

from ..decode import BoardReport, Item
from ..definition import Definition
from ..errors import BoardError
from .clock import Clock
from .sensors import MODELS, I2CTarget, Pin

# Octets are handed on in pieces of this much board time.
_PIECE_NS = 1_000_000
# A board that sends no housekeeping for this long beyond two periods has failed.
_PATIENCE_NS = 5_000_000_000


class SimulatedBoard(Protocol):
    """A board in simulated time. `models` holds its sensor models in the definition's order: the truth to compare with."""

    models: list[I2CTarget]

    def now_ns(self) -> int:
        """Time since power-up."""
        ...

    def advance(self, duration_ns: int) -> bytes:
        """Run for duration_ns; the octets that left by the link. Raises BoardError when the board failed."""
        ...


def attach_models(
    definition: Definition, clock: Clock, pin: Callable[[int], Pin], seed: int
) -> tuple[list[I2CTarget], dict[int, list[I2CTarget]]]:
    """A model for every sensor of the definition, as one list in its order, and by the id of the bus it is on."""
    plan = json.loads(definition.plan)
    pins = {stream["sensor"]: stream["trigger"]["pin"] for stream in plan["streams"] if stream["trigger"]["kind"] == "data_ready"}
    models = []
    buses: dict[int, list[I2CTarget]] = {bus["id"]: [] for bus in plan["buses"]}
    for number, sensor in enumerate(plan["sensors"]):
        line = pin(pins[number]) if number in pins else None
        model = MODELS[sensor["driver"]](sensor["address"], clock, line, seed + number)
        models.append(model)
        buses[plan["buses"][sensor["bus"]]["id"]].append(model)
    return models, buses


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
    patience_ns = _PATIENCE_NS + 2_000_000 * definition.housekeeping_ms
    reached_ns = heard_ns = 0
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
