"""A script on the emulated board that says what it found, and a host that acts on what it says."""

import ast

PIECE_NS = 100_000
_PATIENCE_NS = 2_000_000_000

# `say` is what the host reads; `wait` waits until something is so, or no longer.
PRELUDE = """
import time
from machine import mem32

def say(name, *values):
    print("=", (name,) + tuple(bytes(value) if isinstance(value, bytearray) else value for value in values))

def wait(done, timeout_us):
    start = time.ticks_us()
    while not done() and time.ticks_diff(time.ticks_us(), start) < timeout_us:
        pass
"""


class ScriptBench:
    """A machine with a script, run until that says "end"; `said` is (name, values...) of everything it said, in order.

    A test fits what is on the machine's pins and buses before it calls `run`.
    """

    def __init__(self, image, script):
        from freefall.board.emulated.dma import fit_dma
        from freefall.board.emulated.filesystem import build_image
        from freefall.board.emulated.machine import Machine

        self.machine = Machine(image, build_image({"main.py": (PRELUDE + script).encode()}))
        self.clock = self.machine.clock
        self.said = []
        fit_dma(self.machine.mcu)

    def run(self, act=lambda word: None):
        """act(name) is called once for everything the script says, at most a piece of time after it."""
        lines = 0
        while not self.said or self.said[-1] != ("end",):
            self.machine.run_for(PIECE_NS)
            console = self.machine.console.decode()
            assert self.clock.now_ns() < _PATIENCE_NS and "Traceback" not in console, console
            complete = console.split("\r\n")[:-1]
            for text in complete[lines:]:
                if text.startswith("= "):
                    self.said.append(ast.literal_eval(text[2:]))
                    act(self.said[-1][0])
            lines = len(complete)
        return self

    def values(self, name):
        """What was said under that name, each time."""
        return [entry[1:] for entry in self.said if entry[0] == name]
