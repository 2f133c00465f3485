"""What the emulated machine promises, asked of real MicroPython: idle time, PIO ticks, the timer, a USB host that stalls."""

import json
import re
from itertools import pairwise

import pytest

pytestmark = pytest.mark.emulated

_US, _MS, _S = 1_000, 1_000_000, 1_000_000_000
PIO0_IRQ_0 = 7


@pytest.fixture
def boot(micropython_image):
    """boot(script, **options): a Machine whose board runs the script after power-up."""
    from freefall.board.emulated.filesystem import build_image
    from freefall.board.emulated.machine import Machine

    return lambda script, **options: Machine(micropython_image, build_image({"main.py": script.encode()}), **options)


def run_until(machine, text: bytes, limit_ns: int = 10 * _S) -> str:
    """What the board printed after the text, to the end of that line."""
    end_ns = machine.clock.now_ns() + limit_ns
    line = re.compile(re.escape(text) + rb"([^\r]*)\r")
    while not (found := line.search(machine.console)):
        assert machine.clock.now_ns() < end_ns, machine.console.decode()
        machine.run_for(_MS)
    return found[1].decode()


def test_idle_board_executes_nothing_and_wakes_for_what_is_typed(boot):
    machine = boot("")
    run_until(machine, b"more information.")
    machine.run_for(100 * _MS)
    executed = machine.mcu.core.cycles
    machine.run_for(3600 * _S)
    assert machine.mcu.core.cycles == executed
    machine.send_usb(b"6*7\r")
    assert run_until(machine, b"6*7\r\n") == "42"


TICKS = """
import machine, rp2

@rp2.asm_pio()
def tick():
    pull()
    wrap_target()
    mov(x, osr)
    label("delay")
    jmp(x_dec, "delay")
    irq(rel(0))
    wrap()

ticker = rp2.StateMachine(0, tick, freq=1000000)
ticker.irq(lambda _: None, hard=True)
ticker.put(5000 - 3)
ticker.active(1)
print("TICKING")
while True:
    machine.idle()
"""


def test_pio_ticks_interrupt_a_sleeping_board_in_their_exact_cycle(boot):
    machine = boot(TICKS)
    raised = []
    set_interrupt = machine.mcu.set_interrupt

    def watched(irq, level):
        if irq == PIO0_IRQ_0 and level:
            raised.append(machine.clock.now_ns())
        set_interrupt(irq, level)

    machine.mcu.set_interrupt = watched
    run_until(machine, b"TICKING")
    machine.run_for(_S)
    assert [later - earlier for earlier, later in pairwise(raised)] == [5 * _MS] * (len(raised) - 1)
    assert len(raised) >= 199


RAW = """
import time
from machine import mem32
print("RAW", mem32[0x40054028] & 0xFFFFFFFF, "TICKS", time.ticks_us())
before = time.ticks_us()
passed = wraps = 0
while passed < 1000000:
    time.sleep_ms(20)
    now = time.ticks_us()
    wraps += now < before
    passed += time.ticks_diff(now, before)
    before = now
print("WRAPS", wraps, "RAW", mem32[0x40054028] & 0xFFFFFFFF)
"""


@pytest.mark.parametrize("wrap_us", [2**30, 2**31, 2**32])
def test_timer_that_starts_late_wraps_within_a_second(boot, wrap_us):
    machine = boot(RAW, timer_us=wrap_us - 500_000)
    raw, _, ticks = run_until(machine, b"RAW ").split()
    assert wrap_us - 500_000 < int(raw) < wrap_us - 400_000
    assert 0 < int(ticks) - int(raw) % 2**30 < 1000
    assert machine.clock.now_ns() < 100 * _MS
    wraps, _, raw = run_until(machine, b"WRAPS ").split()
    assert wraps == "1"
    assert machine.clock.now_ns() // 1000 == pytest.approx((int(raw) - wrap_us + 500_000) % 2**32, abs=2000)


def test_level_set_twice_is_one_edge_and_watch_dates_the_answer(boot):
    machine = boot(
        "from machine import Pin\nout = Pin(2, Pin.OUT, value=0)\n"
        "def handler(_):\n    out.value(1)\n    out.value(0)\n"
        "Pin(3, Pin.IN).irq(handler, Pin.IRQ_RISING, hard=True)\nprint('ARMED')\n"
    )
    changes = machine.watch(2)
    run_until(machine, b"ARMED")
    machine.run_for(_MS)
    changes.clear()
    line = machine.pin(3)
    edge_ns = machine.clock.now_ns()
    line.set(True)
    machine.run_for(_MS)
    line.set(True)
    machine.run_for(_MS)
    line.set(False)
    machine.run_for(_MS)
    assert [level for _, level in changes] == [True, False]
    assert 1 * _US < changes[0][0] - edge_ns < 30 * _US


WRITER = """
import sys, time, machine, micropython
from select import POLLOUT, poll
micropython.kbd_intr(-1)
out = sys.stdout.buffer
ready = poll()
ready.register(out, POLLOUT)
block = bytearray(64)
for at in range(64):
    block[at] = 0xA0 + at // 4

def has_room():
    for _ in ready.ipoll(0):
        return True

def write(octets):
    start = time.ticks_us()
    written = out.write(octets)
    return written, time.ticks_diff(time.ticks_us(), start)
"""

STREAM = (
    WRITER
    + """
print("BEGIN")
time.sleep_ms(20)
longest = short = 0
for number in range(400):
    block[0] = number >> 8
    block[1] = number & 0xFF
    while not has_room():
        machine.idle()
    written, took = write(block)
    longest = max(longest, took)
    short += written != 64
time.sleep_ms(20)
print("LONGEST", longest, short)
"""
)


def test_host_that_stalls_at_any_moment_blocks_no_whole_packet_and_loses_none(boot):
    machine = boot(STREAM)
    run_until(machine, b"BEGIN")
    machine.run_for(25 * _MS)
    stall_ns = [1, 3 * _MS + 17 * _US, 100 * _MS, 700 * _US, 600 * _MS, 40 * _US, 100 * _MS]
    for read_ns, stall in zip([300_123, 2_000_321, 5_010_777, 40_003, 999_999, 3_333_333, 777_777], stall_ns, strict=True):
        machine.run_for(read_ns)
        machine.stall_usb()
        machine.run_for(stall)
        machine.resume_usb()
    longest, short = run_until(machine, b"LONGEST ").split()
    stream = bytes(machine.console).partition(b"BEGIN\r\n")[2].partition(b"LONGEST")[0]
    assert stream == b"".join(number.to_bytes(2, "big") + bytes(0xA0 + at // 4 for at in range(2, 64)) for number in range(400))
    assert int(longest) < 300
    assert short == "0"


TEXT_BETWEEN = (
    WRITER
    + """
print("BEGIN")
time.sleep_ms(100)
results = [write(block), write(b"0123456789")]
while has_room():
    results.append(write(block))
time.sleep_ms(3000)
for _ in range(20):
    while not has_room():
        machine.idle()
    results.append(write(block))
time.sleep_ms(20)
print("RESULTS", [list(result) for result in results])
"""
)


def test_text_before_a_stall_costs_one_blocked_write_and_the_next_is_in_step_again(boot):
    machine = boot(TEXT_BETWEEN)
    run_until(machine, b"BEGIN")
    machine.run_for(50 * _MS)
    machine.stall_usb()
    machine.run_for(4 * _S)
    machine.resume_usb()
    results = json.loads(run_until(machine, b"RESULTS "))
    # One block is with the controller; the text, three blocks, and what still had room fill the FIFO of 256.
    assert [written for written, _ in results] == [64, 10, 64, 64, 64, 54] + 20 * [64]
    assert [took > 300 for _, took in results] == 5 * [False] + [True] + 20 * [False]
    assert 1_490_000 < results[5][1] < 1_510_000  # three times MicroPython's timeout
