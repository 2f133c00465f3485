"""Runs of a board on a link that is bad in one way, or in every way."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from freefall.definition import Definition

from .damage import Edits, Flips, Overwrites, cuts, drops, repeats, swaps
from .stream import Board, Sent
from .words import Words

CYCLES = 1000  # packets of each stream from one set of reports to the next, at most


@dataclass(frozen=True, slots=True)
class Scenario:
    """happens: what the board does after a set of reports, if anything; hiccups: see Board."""

    name: str
    damage: tuple[Flips | Overwrites | Edits, ...] = ()
    happens: Callable[[Board, np.random.Generator], list[Sent]] | None = None
    hiccups: float = 0.001

    @property
    def keeps_order(self) -> bool:
        """Whether what arrives arrives in the order in which it was sent."""
        return all(damage.keeps_order for damage in self.damage)

    def sent(self, definition: Definition, words: Words, frames: int, random: np.random.Generator) -> Sent:
        """At least so many frames, of several boots if boards reboot in it."""
        board = Board(definition, words, random, self.hiccups)
        parts = [board.boot()]
        while (sent := sum(len(part.frames) for part in parts)) < frames:
            left = -(-(frames - sent) // len(definition.streams))
            parts.append(board.run(min(left, int(random.integers(200, CYCLES)))))
            parts.append(board.report())
            if self.happens:
                parts += self.happens(board, random)
        return Sent.joined(parts)

    def arrives(self, octets: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """What comes out of the link."""
        for damage in self.damage:
            octets = damage.strike(octets, random)
        return octets


def _reboots(board: Board, random: np.random.Generator) -> list[Sent]:
    """In one of four cases, after some packets more that no report tells of."""
    return [board.run(int(random.integers(50, CYCLES))), board.boot()] if random.random() < 0.25 else []


def _jumps(board: Board, random: np.random.Generator) -> list[Sent]:
    """In one of four cases by 10 to 120 seconds, forward or back: nobody sees it go back by less than what is lost there."""
    if random.random() < 0.25:
        jump = int(random.integers(10_000_000, 120_000_000))
        board.jump(jump if random.random() < 0.5 else -min(jump, board.now_us // 2))
    return []


def _both(board: Board, random: np.random.Generator) -> list[Sent]:
    return _jumps(board, random) + _reboots(board, random)


SCENARIOS = (
    Scenario("clean"),
    Scenario("bit errors", (Flips(1e-4),)),
    Scenario("one octet in 1000 another", (Overwrites(1e-3),)),
    Scenario("drops", (drops(1e-4),)),
    Scenario("cuts", (cuts(1e-5),)),
    Scenario("duplicates", (repeats(1e-5),)),
    Scenario("reordering", (swaps(1e-5),)),
    Scenario("reboots", (Flips(1e-5), cuts(1e-6)), _reboots),
    Scenario("clock jumps", (Flips(1e-5), cuts(1e-6)), _jumps),
    Scenario("everything", (Flips(1e-5), drops(1e-5), cuts(1e-6), repeats(1e-6), swaps(1e-6)), _both, hiccups=0.01),
)
