"""What the port of the RP2040 promises about its ways in, and about its end: nothing waits, and nothing writes any more."""

import pytest

from emulated.script_bench import ScriptBench

pytestmark = pytest.mark.emulated

BAUD = 9600
LINE, EDGES = 15, 8
REPORTS, REPORT_LEN = 9, 74
USB_FIFO_LEN = 256
US, MS = 1000, 1_000_000
TELECOMMAND = bytes(range(1, 121))

SCRIPT = f"""
import sys
sys.path[:] = ("",)
import micropython
from freefall_board.ports.rp2 import Port
port = Port()

# Telecommands at the slowest pace; whether this is allocated for is told by a locked heap
port.link({{"transport": "uart0", "baud": {BAUD}, "tx": 0, "rx": 1}})
ways = port.uplinks()
receivers = [receive for receive, _, _ in ways]
buf = bytearray(64)
came = bytearray(256)

def listen(looks):
    at = longest = 0
    for _ in range(looks):
        begin = time.ticks_us()
        for receive in receivers:
            count = receive(buf)
            came[at:at + count] = buf[:count]
            at += count
        took = time.ticks_diff(time.ticks_us(), begin)
        if took > longest:
            longest = took
        time.sleep_ms(20)
    return at, longest

micropython.heap_lock()
for receive in receivers:
    receive(buf)
micropython.heap_unlock()
say("silence allocates nothing")
say("telecommand")
count, longest = listen(12)
say("came", count, longest, bytes(came[:count]))

# Reports to a host that does not read, which reads on when they are over
echo = [echo for _, _, echo in ways if echo][0]
say("stall")
time.sleep_ms(5)
took = []
for number in range({REPORTS}):
    begin = time.ticks_us()
    echo(bytes([0x30 + number]) * {REPORT_LEN})
    took.append(time.ticks_diff(time.ticks_us(), begin))
time.sleep_ms(100)
print()
say("wrote", *took)

# Edges of a line
calls = [0]
def on_edge(pin):
    calls[0] += 1
stamps = port.edge_stamps({LINE}, False)
port.on_edge({LINE}, on_edge, False)
say("edges")
time.sleep_ms(3)
say("before", calls[0], stamps.count())
memory = bytes(stamps._memory)
port.stop()
say("edges")
time.sleep_ms(3)
say("after", calls[0], stamps.count(), memory == bytes(stamps._memory), any(memory))

# The octet of Ctrl-C, after stop() and after close()
def wait_for_ctrl_c():
    say("ctrl-c")
    try:
        time.sleep_ms(5)
    except KeyboardInterrupt:
        return "interrupted"
    return "not noticed"

say("stopped", wait_for_ctrl_c())
port.close()
say("closed", wait_for_ctrl_c())
say("end")
"""


class Bench(ScriptBench):
    def __init__(self, image):
        from freefall.board.emulated.uart import fit_uart

        super().__init__(image, SCRIPT)
        self.uart = fit_uart(self.machine.mcu, 0)
        self.run(self._act)

    def _act(self, word):
        now_ns = self.clock.now_ns()
        if word == "telecommand":
            for number, octet in enumerate(TELECOMMAND, 1):
                self.clock.call_at(now_ns + number * 10 * 1_000_000_000 // BAUD, lambda octet=octet: self.uart.receive(octet))
        elif word == "stall":
            self.machine.stall_usb()
            self.clock.call_at(now_ns + 100 * MS, self.machine.resume_usb)
        elif word == "ctrl-c":
            self.machine.send_usb(b"\x03")
        elif word == "edges":
            pin = self.machine.pin(LINE)
            for number in range(EDGES):
                begin_ns = now_ns + MS + number * 100 * US
                self.clock.call_at(begin_ns, lambda: pin.set(True))
                self.clock.call_at(begin_ns + 50 * US, lambda: pin.set(False))


@pytest.fixture(scope="module")
def bench(micropython_image):
    return Bench(micropython_image)


def test_ways_in_allocate_nothing_while_nothing_comes(bench):
    assert ("silence allocates nothing",) in bench.said


def test_octets_that_come_slowly_up_the_link_are_all_fetched_and_never_waited_for(bench):
    ((count, longest_us, octets),) = bench.values("came")
    assert octets == TELECOMMAND
    assert count == len(TELECOMMAND)
    assert longest_us < 1000, "an octet takes 1042 us"


def test_reports_to_a_console_that_nobody_reads_wait_some_milliseconds_and_are_dropped(bench):
    ((*took_us,),) = bench.values("wrote")
    console = bytes(bench.machine.console)
    whole = [console.count(bytes([0x30 + number]) * REPORT_LEN) for number in range(REPORTS)]
    kept = USB_FIFO_LEN // REPORT_LEN
    assert whole[:kept] == [1] * kept
    assert whole[-kept:] == [0] * kept
    assert max(took_us) < 10_000


def test_stopped_port_calls_nobody_and_its_stamps_write_no_more(bench):
    assert bench.values("before") == [(EDGES, EDGES)]
    assert bench.values("after") == [(EDGES, 0, True, True)]


def test_stopped_port_leaves_ctrl_c_to_the_payload_and_a_closed_one_gives_it_back(bench):
    # Between the two a payload sends its last reports and keeps its settings, and a second telecommand may come.
    assert bench.values("stopped") == [("not noticed",)]
    assert bench.values("closed") == [("interrupted",)]
