"""From power-up to the first frame, and what the firmware does with memory once it samples: the demo's payload definition."""

from collections.abc import Iterator
from pathlib import Path

from freefall.board.emulated.allocations import AllocationWatch, heap_in_use
from freefall.board.emulated.board import EmulatedBoard
from freefall.board.emulated.image import symbols_of
from freefall.definition import load_definition
from freefall_wire import frame, packet

from .jig import Jig
from .machines import BenchFailed, python_machine, run_until
from .table import Figure

PAYLOAD = Path(__file__).parents[2] / "payload_defs" / "vibration"

_START, _FIRMWARE = "start", "firmware"
_STEP_NS = 100_000
_LIMIT_NS = 2_000_000_000
_MS = 1e6


def measure(programs: Path, image: Path, seconds: float) -> Iterator[Figure]:
    """Times to the first frame and the first samples; the heap; calls of the allocator in `seconds` after the first samples."""
    empty = python_machine(image, "nothing")
    jig = Jig(empty.mcu)
    run_until(empty, lambda: bool(jig.marks), limit_ms=1000)
    main_at_ns = jig.marks[0].time_ns
    yield Figure(_START, "ms", "power-up to main.py", _FIRMWARE, round(main_at_ns / _MS, 1))

    definition = load_definition(PAYLOAD)
    board = EmulatedBoard(definition, image)
    symbols = symbols_of(image)
    service_at_ns = _first_packet(board, {definition.apid})
    samples_at_ns = _first_packet(board, {stream.apid for stream in definition.streams})
    yield Figure(_START, "ms", "main.py to the first frame", _FIRMWARE, round((service_at_ns - main_at_ns) / _MS, 1))
    yield Figure(_START, "ms", "main.py to the first frame of samples", _FIRMWARE, round((samples_at_ns - main_at_ns) / _MS, 1))

    in_use, size = heap_in_use(board.machine, symbols)
    yield Figure("heap", "octets", "in use, garbage included", _FIRMWARE, in_use)
    yield Figure("heap", "octets", "of", _FIRMWARE, size)
    watch = AllocationWatch(board.machine, symbols)
    watch.start()
    board.advance(round(seconds * 1e9))
    name = f"allocator, {seconds:g} s from the first samples on"
    yield Figure(name, "calls", "gc_alloc and gc_realloc", _FIRMWARE, len(watch.calls))


def _first_packet(board: EmulatedBoard, apids: set[int]) -> int:
    """Emulated time in ns at which the first packet of one of these APIDs has left by the link."""
    decoder = frame.FrameDecoder()
    while board.now_ns() < _LIMIT_NS:
        for stretch in decoder.feed(board.advance(_STEP_NS)):
            if stretch.packet and packet.apid_of(stretch.packet) in apids:
                return board.now_ns()
    raise BenchFailed(f"no packet of APID {sorted(apids)} in {_LIMIT_NS / 1e9:g} s")
