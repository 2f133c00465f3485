"""The buses of a board at its prompt: a few lines of MicroPython each, in place of the firmware that was stopped."""

import errno
from collections.abc import Mapping

from ..repl import Repl
from .access import TIMEOUT_US, Access, BusHeld, Level, Lines, NoAnswer

_COMMON = """
import machine, time
from machine import Pin
def _level(n):
 found = []
 for pull in (Pin.PULL_DOWN, Pin.PULL_UP):
  p = Pin(n, Pin.IN, pull)
  time.sleep_us(100)
  found.append(p.value())
 return tuple(found)
def _free(scl, sda):
 # A part that was broken off in a read lets go of SDA within nine clocks.
 if _level(sda)[1] or not _level(scl)[1]: return
 p = Pin(scl, Pin.OPEN_DRAIN, value=1)
 for _ in range(9):
  p(0); time.sleep_us(10); p(1); time.sleep_us(10)
 Pin(scl, Pin.IN, Pin.PULL_UP)
"""
_I2C = """
def _open_{name}():
 global _{name}
 _{name} = machine.I2C({id}, scl=Pin({scl}), sda=Pin({sda}), freq={freq_hz}, timeout={timeout_us})
def _do_{name}(place, out, count):
 try:
  if out is not None: _{name}.writeto(place, out, not count)
  return _{name}.readfrom(place, count) if count else b''
 except OSError as e: return e.errno
"""
_SPI = """
_pins = dict(sck=Pin({sck}), mosi=Pin({mosi}), miso=Pin({miso}))
_{name} = machine.SPI({id}, baudrate={freq_hz}, polarity={polarity}, phase={phase}, **_pins)
for _n in {selects}: Pin(_n, Pin.OUT, value=1)
def _do_{name}(place, out, count):
 select = Pin(place)
 select(0)
 try:
  if out: _{name}.write(out)
  return _{name}.read(count) if count else b''
 finally: select(1)
"""
_UART = """
_pins = dict(tx=Pin({tx}), rx=Pin({rx}, Pin.IN, Pin.PULL_UP))
_{name} = machine.UART({id}, {baud}, timeout={timeout_ms}, timeout_char={timeout_ms}, **_pins)
def _do_{name}(place, out, count):
 if out:
  while _{name}.any(): _{name}.read(_{name}.any())
  _{name}.write(out)
  _{name}.flush()
 got = _{name}.read(count) if count else b''
 return got if got is not None and len(got) == count else 110
"""

_LEVELS = {(1, 1): Level.HIGH, (0, 1): Level.FLOATING, (0, 0): Level.LOW, (1, 0): Level.LOW}


def board_buses(repl: Repl, plan: dict) -> Mapping[str, Access]:
    """The buses of a plan on the board at that prompt, whose interpreter starts afresh. Raises what Repl does, as they do."""
    repl.soft_reset()  # what ran has left interrupts and DMA behind
    repl.exec(_COMMON)
    return {f"{bus['kind']}{bus['id']}": _Bus(repl, bus, plan["sensors"]) for bus in plan["buses"]}


class _Bus:
    """One bus of the plan."""

    def __init__(self, repl: Repl, bus: dict, sensors: list[dict]):
        self._repl = repl
        self._bus = bus
        self._call = f"{bus['kind']}{bus['id']}"
        self.name = self._call
        if bus["kind"] == "i2c":
            self.name += f" (SCL GP{bus['scl']}, SDA GP{bus['sda']})"
            repl.exec(_I2C.format(**bus | {"name": self._call, "timeout_us": TIMEOUT_US}))
        elif bus["kind"] == "spi":
            selects = tuple(sensor["cs"] for sensor in sensors if "cs" in sensor)
            more = {"name": self._call, "selects": selects, "polarity": bus["mode"] >> 1, "phase": bus["mode"] & 1}
            repl.exec(_SPI.format(**bus | more))
        else:
            repl.exec(_UART.format(**bus | {"name": self._call, "timeout_ms": -(-bus["timeout_us"] // 1000)}))

    def sleep_ms(self, duration_ms: int) -> None:
        """See Access."""
        self._repl.exec(f"time.sleep_ms({duration_ms + 1})")

    def transfer(self, place: int, out: bytes | None, count: int) -> bytes:
        """See Access."""
        answer = self._repl.eval(f"_do_{self._call}({place}, {out!r}, {count})")
        if isinstance(answer, bytes):
            return answer
        # A UART without an answer is nobody; an I2C bus that runs out of time is held by somebody.
        held = answer == errno.ETIMEDOUT and self._bus["kind"] == "i2c"
        raise (BusHeld if held else NoAnswer)(answer, f"{self.name} says {errno.errorcode.get(answer, answer)}")

    def lines(self) -> Lines | None:
        """See Access; then the bus is opened."""
        if self._bus["kind"] != "i2c":
            return None
        scl, sda = self._bus["scl"], self._bus["sda"]
        self._repl.exec(f"_free({scl}, {sda})")
        levels = self._repl.eval(f"(_level({scl}), _level({sda}))")
        self._repl.exec(f"_open_{self._call}()")
        return Lines(*(_LEVELS[level] for level in levels))
