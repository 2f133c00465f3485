"""A payload on the emulated board with all it sent, decoded, and the truth beside it: what the sensor models made, and when."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest
from rp2040py.peripherals.peripheral import BasePeripheral

from freefall.board.emulated import board as emulated_board
from freefall.board.emulated.allocations import AllocationWatch, AllocatorCall
from freefall.board.emulated.machine import Machine
from freefall.board.simulated import run
from freefall.decode import BoardReport, Collector, Decoder, SamplePacket, SensorEvent, Totals
from freefall.definition import Definition, parse_definition
from freefall.sensors.part import Produced
from freefall_board.core import words as at

MS = 1_000_000
_PIECE_NS = MS
_FINE_NS = 100_000  # until the first frame
_TICKS = 2**30
_RAM_AT = 0x20000000
_DESK_AT = 0x40070000  # nothing is there on an RP2040

# From a pin's edge to the DMA's look at the timer: a few cycles of PIO and DMA.
_HARDWARE_STAMP_NS = 40

# A word written to `desk` is noted by the bench; what is read there is the bench's wish.
_START = """\
import sys
sys.path[:] = ("",)
import gc, micropython
from machine import mem32
from time import ticks_diff, ticks_us
from uctypes import addressof
from micropython import const
from freefall_board.app import build
from freefall_board.boot import Boot
from freefall_board.ports.rp2 import Port

desk = const(0x40070000)
port = Port()
payload = build(port, Boot(1))
step, idle = payload.step, port.idle
mem32[desk] = payload._clock.now  # the tick at which on-board time begins
payload.start()
for stream in payload._streams:
    mem32[desk] = addressof(stream.sampler._words)
"""

# Whatever allocates ends the run with a MemoryError.
LOCKED = (
    _START
    + """
micropython.heap_lock()
try:
    payload.run()
finally:
    micropython.heap_unlock()
"""
)

# Collects garbage every 100 ms and notes how long that took; stands still while the bench wishes it.
COLLECTING = (
    _START
    + """
def run(step, idle):
    collected = ticks_us()
    while True:
        now = ticks_us()
        if ticks_diff(now, collected) >= 100000:
            collected = now
            gc.collect()
            mem32[desk] = ticks_diff(ticks_us(), now)
        elif mem32[desk] or not step():
            idle(1000)

run(step, idle)
"""
)


def edited(definition: Path, *changes: tuple[str, str]) -> Definition:
    """A payload definition of this repository with some of its text changed: (old, new), where old is there once."""
    text = Path(definition, "payload.toml").read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return parse_definition(text, "edited.toml")


class _Desk(BasePeripheral):
    """`notes`: every word the program wrote, in order; what it reads is `hold`."""

    def __init__(self, mcu):
        super().__init__(mcu, "DESK")
        self.notes: list[int] = []
        self.hold = 0
        mcu.peripherals[_DESK_AT >> 12] = self

    def read_uint32(self, offset: int) -> int:
        return self.hold

    def write_uint32(self, offset: int, value: int) -> None:
        self.notes.append(value)


class PayloadBench:
    """One power-up. Times are on-board microseconds where they are named `us`, and emulated ns since power-up otherwise."""

    def __init__(
        self,
        definition: Definition,
        image: Path,
        main: str = LOCKED,
        timer_us: int = 0,
        symbols: Mapping[str, int] | None = None,
        rate_errors_ppm: Mapping[str, float] | None = None,
    ):
        """main: the program; timer_us: as Machine has it; symbols: of the image, to watch its allocator from start() on.

        rate_errors_ppm: by sensor; with one, its edges come at every place within a microsecond.
        """
        self.definition = definition
        self._timer_us = timer_us
        with ExitStack() as stack:
            stack.enter_context(patch.object(emulated_board, "MAIN", main))
            stack.enter_context(patch.object(emulated_board, "Machine", partial(Machine, timer_us=timer_us)))
            self.board = emulated_board.EmulatedBoard(definition, image, seed=7)
        self.machine = self.board.machine
        self.desk = _Desk(self.machine.mcu)
        self.models = dict(zip((sensor.name for sensor in definition.sensors), self.board.models, strict=True))
        for sensor, error in (rate_errors_ppm or {}).items():
            self.models[sensor].rate_error_ppm = error
        self.watch = AllocationWatch(self.machine, symbols) if symbols else None
        self.decoder = Decoder(definition)
        self.collector = Collector(definition)
        self.items = []
        self._stamps: list[dict[int, int]] = [{} for _ in definition.streams]
        self._heads = [0 for _ in definition.streams]

    # Running ------------------------------------------------------------------------------------------------

    def start(self):
        """Run to the first set of reports: triggers are armed. items[0].host_ns is when the first frame had come, to 0.1 ms."""
        while not self.items:
            self._step(_FINE_NS)
        while not isinstance(self.items[-1], BoardReport):
            self._step(_PIECE_NS)
        if self.watch:
            self.watch.start()
        return self

    def run_to(self, on_board_ms: int):
        """Run to the first set of reports at or after that on-board time."""
        run(self.board, self.definition, on_board_ms * MS, self._receive, self._look)
        return self

    def advance(self, duration_ms: int):
        """Run for so long."""
        for _ in range(duration_ms):
            self._step(_PIECE_NS)
        return self

    def advance_us(self, duration_us: int):
        """As advance, in one step; to be called again before a ring is full."""
        self._step(1000 * duration_us)

    def _step(self, duration_ns):
        self._receive(self.board.advance(duration_ns), self.board.now_ns())
        self._look(self.board.now_ns())

    def _receive(self, octets, board_ns):
        items = self.decoder.feed(octets, board_ns)
        self.collector.add(items)
        self.items += items
        return items

    def _look(self, _now_ns):
        """Note the stamps of what was put into the rings since the last look; soon enough for none to be overwritten."""
        for number, address in enumerate(self.desk.notes[1 : 1 + len(self._heads)]):
            depth, head = self._word(address, at.DEPTH), self._word(address, at.HEAD)
            while self._heads[number] != head:
                slot = at.SLOTS + 2 * (self._heads[number] % depth)
                self._stamps[number][self._word(address, slot)] = self._word(address, slot + 1)
                self._heads[number] = (self._heads[number] + 1) % (2 * depth)

    def _word(self, address, index):
        start = address - _RAM_AT + 4 * index
        return int.from_bytes(self.machine.mcu.sram[start : start + 4], "little", signed=True)

    # What the board said ------------------------------------------------------------------------------------

    def packets(self, stream: str) -> list[SamplePacket]:
        """As decoded, in order."""
        return [item for item in self.items if isinstance(item, SamplePacket) and item.stream.name == stream]

    def samples(self, stream: str) -> dict[int, bytes]:
        """Sample octets by index, as decoded."""
        return {packet.index + n: row.tobytes() for packet in self.packets(stream) for n, row in enumerate(packet.raw)}

    def totals(self, stream: str) -> Totals:
        """Of the ledger."""
        return self.decoder.ledger.stream(stream).totals

    def events(self) -> list[tuple[str, str]]:
        """(kind, sensor or stream) of every event about a sensor."""
        return [(item.kind, (item.sensor or item.stream).name) for item in self.items if isinstance(item, SensorEvent)]

    def missing(self, stream: str) -> list[int]:
        """Indexes of the samples that did not arrive, though later ones did."""
        samples = self.samples(stream)
        return [index for index in range(max(samples)) if index not in samples]

    def allocator_calls(self) -> list[AllocatorCall]:
        """Since start(). Skips the test if the image has no symbols."""
        if self.watch is None:
            pytest.skip("no watch on the allocator: the image has no symbols")
        return self.watch.calls

    def stamps_us(self, stream: str) -> dict[int, int]:
        """The time of every trigger that was read, by index of its (first) sample, as the board's interrupts noted it."""
        ticks = self._stamps[self.definition.stream(stream).number]
        return {index: (tick - self.desk.notes[0]) % _TICKS for index, tick in ticks.items()}

    # What is true -------------------------------------------------------------------------------------------

    def us(self, time_ns: int) -> int:
        """The on-board microsecond in which an instant lies."""
        return (time_ns // 1000 + self._timer_us - self.desk.notes[0]) % _TICKS

    def ns(self, us: int) -> int:
        """The instant at which an on-board microsecond begins; less than 2^30 us from power-up."""
        return (us - self._timer_us + self.desk.notes[0]) % _TICKS * 1000

    def made(self, stream: str) -> list[Produced]:
        """What the accelerometer of a stream made, from the sample with index 0 on: found by the first sample that arrived."""
        index, raw = next(iter(self.samples(stream).items()))
        made = self.models[self.definition.stream(stream).sensor].produced
        first = [sample.raw for sample in made].index(unmarked(raw)) - index
        assert first >= 0, f"{stream}: the board counts {-first} samples more than there were"
        return made[first:]

    def stamps_off_hardware(self, stream: str, made: Sequence[Produced]) -> dict[int, int]:
        """Stamps, by index, that do not name the microsecond in which hardware saw the edge of made[index]; by how much."""
        off = {}
        for index, stamp in self.stamps_us(stream).items():
            edge_ns = made[index].time_ns
            if stamp not in (self.us(edge_ns), self.us(edge_ns + _HARDWARE_STAMP_NS)):
                off[index] = stamp - self.us(edge_ns)
        return off


def unmarked(raw: bytes) -> bytes:
    """A sample of an ADXL355 without the marks its FIFO puts into the four lowest bits of each axis."""
    return bytes(octet & 0xF0 if at % 3 == 2 else octet for at, octet in enumerate(raw))
