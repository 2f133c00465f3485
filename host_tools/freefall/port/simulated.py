"""sim://DEF: a virtual board in real time, as if it were at the other end of a wire."""

from collections.abc import Iterator
from fractions import Fraction
from time import time_ns

from ..board.scenario import scenario_of
from ..board.simulated import CommandedBoard, patience_with
from ..decode import BoardReport, Decoder
from ..definition import Definition, load_definition
from ..errors import BoardError
from . import options
from .faults import Faults, FaultyStream
from .pace import Clock, paced
from .replayed import FAULT_OPTIONS, faults_of

# The board runs in pieces of this much of its time; without octets the caller has its turn after so many.
_PIECE_NS = 1_000_000
_QUIET_PIECES = 100
_OPTIONS = {
    "seed": options.parse_seed,
    "speed": options.parse_speed,
    "duration": options.parse_seconds,
    "scenario": str,
    **FAULT_OPTIONS,
}


class SimulatedPort:
    """A `Port` with a board that is powered up when chunks() begins; its octets come when they leave it, by the wall clock.

    speed: of its time to ours, None as fast as it runs. duration_ns: of its time; it ends with the housekeeping that closes the
    ledger then, as freefall sim does. None: never. A board slower than `speed` is late, and loses nothing.
    """

    def __init__(
        self,
        url: str,
        definition: Definition,
        board: CommandedBoard,
        speed: Fraction | None = Fraction(1),
        duration_ns: int | None = None,
        faults: Faults | None = None,
        clock: Clock | None = None,
    ):
        self.url = url
        self.definition = definition
        self.definition_problem = None
        self._board = board
        self._speed = speed
        self._duration_ns = duration_ns
        self._faults = faults or Faults()
        self._clock = clock or Clock()

    def __enter__(self) -> "SimulatedPort":
        return self

    def __exit__(self, *exc) -> None:
        pass

    def chunks(self) -> Iterator[tuple[int, bytes]]:
        """See Port; raises BoardError when the board failed."""
        line = FaultyStream(self._faults)
        for block in paced(self._blocks(), self._clock):
            yield time_ns(), line.feed(block[1]) if block else b""
        if rest := line.finish():
            yield time_ns(), rest

    def send(self, octets: bytes) -> None:
        """See Port; the board gets them when its chunks are read on."""
        self._board.send(octets)

    def _blocks(self) -> Iterator[tuple[int, bytes]]:
        board = self._board
        patience_ns = patience_with(self.definition)
        begin_ns = heard_ns = board.now_ns()
        quiet = 0
        ended = self._end()
        while True:
            octets = board.advance(_PIECE_NS)
            now_ns = board.now_ns()
            quiet = 0 if octets else quiet + 1
            if octets:
                heard_ns = now_ns
            elif now_ns - heard_ns > patience_ns:
                raise BoardError(f"the simulated board has sent nothing for {(now_ns - heard_ns) / 1e9:.1f} s of its time")
            if octets or quiet % _QUIET_PIECES == 0:
                yield self._due(now_ns - begin_ns), octets
            if ended(octets):
                return

    def _due(self, elapsed_ns: int) -> int:
        return 0 if self._speed is None else elapsed_ns * self._speed.denominator // self._speed.numerator

    def _end(self):
        """ended(octets): whether the run is over with these."""
        if self._duration_ns is None:
            return lambda octets: False
        decoder = Decoder(self.definition)
        return lambda octets: any(
            isinstance(item, BoardReport) and item.time_ns >= self._duration_ns for item in decoder.feed(octets)
        )


def open_simulated(url: str) -> SimulatedPort:
    """The port of sim://DEF[?seed=1&speed=2x&duration=10&scenario=FILE&drop=1%&...].

    Raises ValueError for the URL, DefinitionError, InputUnreadable. The seed is that of the board and of the faults.
    """
    path, query = options.split_url(url)
    if not path:
        raise ValueError(f"{url} names no payload definition; it is sim://DEF, DEF a payload.toml or its folder")
    found = options.parse_options(url, query, _OPTIONS)
    definition = load_definition(path)
    # Not before it is needed: it brings the firmware's files.
    from ..board.virtual import VirtualBoard

    board = VirtualBoard(definition, found.get("seed", 0), scenario=scenario_of(path, definition, found.get("scenario")))
    return SimulatedPort(
        url, definition, board, found.get("speed", Fraction(1)), found.get("duration"), faults_of(found)
    )  # fmt: skip
