"""A virtual board in simulated time, for tests that want octets at once and always the same ones."""

from pathlib import Path

from ..board.scenario import Signals
from ..board.simulated import run
from ..board.virtual import VirtualBoard
from ..decode import Decoder, Item
from ..definition import Definition
from ..recording import Recorder
from ..sensors.part import Part

_NS = 1_000_000_000
# 2027-01-01, where recordings of simulated time begin.
START_NS = 1_798_761_600 * _NS


class BenchBoard:
    """A virtual board from its power-up on. Same definition, seed and scenario, same octets.

    sensors: its sensor models by name. `produced` is what each has measured, the truth to compare with; fail_next(n),
    power_cycle() and absent = True make it fail.
    """

    def __init__(self, definition: Definition, seed: int = 0, scenario: Signals | None = None):
        self.definition = definition
        self._board = VirtualBoard(definition, seed, scenario=scenario)
        self.sensors: dict[str, Part] = dict(zip((sensor.name for sensor in definition.sensors), self._board.models, strict=True))

    @property
    def seconds(self) -> float:
        """Since power-up."""
        return self._board.now_ns() / _NS

    def run(self, seconds: float) -> bytes:
        """What leaves the board in so many seconds of its time. Raises BoardError when it fails."""
        return self._board.advance(round(seconds * _NS))


def record_board(
    path: str | Path, definition: Definition, seconds: float, seed: int = 0, scenario: Signals | None = None
) -> Path:
    """A recording of a virtual board, up to the first housekeeping after so many seconds of its time, which closes the ledger.

    Host times are the board's, from START_NS on. Raises OutputExists, OutputUnwritable.
    """
    decoder = Decoder(definition)
    with Recorder(path, definition, f"sim:virtual seed {seed}", start_ns=START_NS) as recorder:

        def receive(octets: bytes, board_ns: int) -> list[Item]:
            recorder.write(octets, START_NS + board_ns)
            return decoder.feed(octets)

        run(VirtualBoard(definition, seed, scenario=scenario), definition, round(seconds * _NS), receive)
    return Path(path)
