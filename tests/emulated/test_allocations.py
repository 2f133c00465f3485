"""The watch on the allocator, against a script whose allocations are known one by one, and against what the board says itself."""

import pytest

from freefall.board.emulated.image import ImageUnavailable, get_image_with_symbols, symbols_of

pytestmark = pytest.mark.emulated

# An allocation of a size that nothing else has divides the phases, so no clock has to.
MARKS = (1003, 1013, 1033, 1051, 1063, 1087)
PHASES = ("object() 25 times", "no allocation", "11 words of state", "12 words of state", "list grown once")

# It starts when USB is up: gc.mem_alloc() holds MicroPython for milliseconds, in which the frames of a new connection would fill
# TinyUSB's queue of 16 events, and what is printed then would never leave.
SCRIPT = """
import gc
from micropython import heap_lock, heap_unlock
from time import sleep_ms

def make(times):
    for _ in range(times):
        object()

def work(buf, times):
    for i in range(times):
        buf[i & 7] = i & 0xFF

def eleven(a):
    b = c = d = e = f = g = h = i = a
    return a

def twelve(a):
    b = c = d = e = f = g = h = i = j = a
    return a

def call_locked(function, times):
    heap_lock()
    for _ in range(times):
        function(1)
    heap_unlock()

def grow(some):
    some.append(None)

def idle(used, total):
    print(used, total)
    while True:
        pass

sleep_ms(80)
gc.collect()
gc.disable()
buf = bytearray(8)
four = [None, None, None, None]
bytearray(1003)
make(25)
bytearray(1013)
work(buf, 1000)
bytearray(1033)
call_locked(eleven, 3)
bytearray(1051)
call_locked(twelve, 3)
bytearray(1063)
grow(four)
bytearray(1087)
gc.collect()
idle(gc.mem_alloc(), gc.mem_alloc() + gc.mem_free())
"""

STEP_NS = 20_000_000
MOST_STEPS = 30


@pytest.fixture(scope="module")
def image():
    try:
        return get_image_with_symbols()
    except ImageUnavailable as error:
        pytest.skip(f"no watch on the allocator: {error}")


@pytest.fixture(scope="module")
def machines(image):
    """Two machines that ran the same script for the same time, and the watch on the first of them."""
    from freefall.board.emulated.allocations import AllocationWatch
    from freefall.board.emulated.filesystem import build_image
    from freefall.board.emulated.machine import Machine

    watched, alone = (Machine(image, build_image({"main.py": SCRIPT.encode()})) for _ in range(2))
    watch = AllocationWatch(watched, symbols_of(image))
    watch.start()
    for _ in range(MOST_STEPS):
        for machine in (watched, alone):
            machine.run_for(STEP_NS)
        if b"\n" in watched.console:
            break
    return watched, alone, watch


def phases(watch):
    """The calls between two marks, for each phase; a mark is the octets of a bytearray, and its object comes before them."""
    sizes = [call.octets for call in watch.calls]
    at = [sizes.index(mark) for mark in MARKS]
    return dict(zip(PHASES, (watch.calls[start + 1 : stop - 1] for start, stop in zip(at, at[1:], strict=False)), strict=True))


def test_watch_counts_every_allocation_of_a_script_and_none_where_there_is_none(machines):
    watched, _, watch = machines
    assert b"Traceback" not in watched.console, watched.console.decode()
    found = phases(watch)
    assert [(call.function, call.running) for call in found["object() 25 times"]] == [("gc_alloc", "make")] * 25
    assert found["no allocation"] == []
    assert [(call.function, call.running) for call in found["list grown once"]][0] == ("gc_realloc", "grow")
    times = [call.time_ns for call in watch.calls]
    assert times == sorted(times) and times[0] > 0 and times[-1] < watched.clock.now_ns()


def test_watch_sees_the_frames_that_heap_lock_lets_pass(machines):
    found = phases(machines[2])
    assert found["11 words of state"] == []
    assert [(call.function, call.running) for call in found["12 words of state"]] == [("gc_alloc", "twelve")] * 3


def test_watch_changes_nothing_on_the_board_not_even_a_cycle(machines):
    watched, alone, _ = machines
    assert watched.console == alone.console != b""
    assert watched.mcu.core.cycles == alone.mcu.core.cycles
    assert list(watched.mcu.core.registers) == list(alone.mcu.core.registers)
    assert bytes(watched.mcu.sram) == bytes(alone.mcu.sram)


def test_heap_in_use_is_what_the_board_says(machines, image):
    from freefall.board.emulated.allocations import heap_in_use

    watched = machines[0]
    assert " ".join(map(str, heap_in_use(watched, symbols_of(image)))).encode() in watched.console


def test_stopped_watch_records_nothing_and_a_started_one_outlives_a_reset(machines):
    watched, alone, watch = machines
    watch.stop()
    recorded = len(watch.calls)
    watched.reset()
    watched.run_for(2 * STEP_NS)
    assert len(watch.calls) == recorded
    watch.start()
    watched.reset()
    watched.run_for(2 * STEP_NS)
    assert len(watch.calls) > recorded + 20
