"""Octets of virtual boards, and models fed with them."""

from functools import cache
from pathlib import Path

from freefall.board.virtual import VirtualBoard
from freefall.definition import Definition, load_definition, parse_definition
from freefall.monitor import BoardModel

START_NS = 1_800_000_000_000_000_000
PIECE_NS = 10_000_000
NOISY = Path(__file__).parent.parent.parent.parent / "payload_defs" / "vibration" / "payload.toml"
# The accelerometer's noise, 1 mg at most in most samples, crosses the inner ones all the time.
LIMITS = """
[limits.vibration.x]
watch = [-0.0012, 0.0012]
warning = [-0.0016, 0.0016]
critical = [-0.0019, 0.0019]
[limits.temperature.temperature]
watch = [0.0, 60.0]
"""


@cache
def definition() -> Definition:
    """The demo's payload with limits: stream 0 vibration, 1 kHz, x y z; stream 1 temperature, 1 Hz."""
    return parse_definition(NOISY.read_text() + LIMITS, "payload.toml")


@cache
def run(seconds: int, seed: int = 1, boot_count: int = 1) -> list[tuple[int, bytes]]:
    """What a board sends in its first seconds, in pieces of 10 ms."""
    board = VirtualBoard(definition(), seed, boot_count)
    octets = (board.advance(PIECE_NS) for _ in range(seconds * 1_000_000_000 // PIECE_NS))
    return [(START_NS + (number + 1) * PIECE_NS, piece) for number, piece in enumerate(octets)]


@cache
def microgravity() -> tuple[Definition, list[tuple[int, bytes]]]:
    """Another payload, and what its board sends in three seconds: stream 0 vibration, 1 rotation with two units."""
    other = load_definition(NOISY.parent.parent / "microgravity")
    board = VirtualBoard(other, 3)
    return other, [(START_NS + number * PIECE_NS, board.advance(PIECE_NS)) for number in range(300)]


def octets_of(pieces) -> bytes:
    return b"".join(octets for _, octets in pieces)


def model_of(pieces, source="test") -> BoardModel:
    """A model that has been fed piece by piece."""
    model = BoardModel(definition(), source)
    for piece in pieces:
        model.feed([piece])
    return model
