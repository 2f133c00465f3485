"""The RP2040's port, device by device: what its reads store, when they end, and how. One boot for all, and no payload."""

import pytest

from emulated.script_bench import ScriptBench
from unit.board.emulated.bus_targets import Memory, Meter, Shifter, Sluggish

pytestmark = pytest.mark.emulated

MS = 1_000_000
SETTLE_US = 7000
TIMEOUT_US = 3000  # of the I2C bus
LINE, PULSES = 15, 14

CONSTANTS = f"""
NEEDS_US, TIMEOUT_US, LINE, PULSES = {SETTLE_US}, {TIMEOUT_US}, {LINE}, {PULSES}
REQUEST = {Meter.REQUEST!r}
"""
SCRIPT = """
import sys
sys.path[:] = ("",)
import micropython
from array import array
from freefall_board.ports.rp2 import Port
from freefall_board.core.ring import Ring

port = Port()
outcome = array("i", (0, 0))  # reads that are over, and whether the last was good

@micropython.viper
def on_end(good: int):
    w = ptr32(outcome)
    w[0] = w[0] + 1
    w[1] = good

class Driver:
    def __init__(self, *reads):
        self.sample_reads = reads

class Slow(Driver):
    SETTLE_US = NEEDS_US

def room(reads, samples=1, head=0):
    sample_len = sum(count for _, count in reads.sample_reads) - head
    return Ring(4, sample_len, samples, 1000, head)

def over(bus, timeout_us=40000):
    # As the foreground loop does.
    was = outcome[0]
    start = looked = time.ticks_us()
    while outcome[0] == was and time.ticks_diff(time.ticks_us(), start) < timeout_us:
        if bus and time.ticks_diff(time.ticks_us(), looked) >= 1000:
            looked = time.ticks_us()
            bus.poll()
    return outcome[0] - was, outcome[1]

def read(name, bus, start, ring, slot=0, timeout_us=40000):
    for at in range(len(ring.octets)):
        ring.octets[at] = 0
    start(slot)
    said = over(bus, timeout_us)
    say(name, said, bytes(ring.octets[slot * ring.read_len : (slot + 1) * ring.read_len]))

def fails(name, what, *arguments):
    try:
        what(*arguments)
        say(name, "went well")
    except OSError as error:
        say(name, "OSError")

# I2C
bus = port.bus({"kind": "i2c", "id": 0, "scl": 5, "sda": 4, "freq_hz": 1000000, "timeout_us": TIMEOUT_US})
memory, slow, nobody = (bus.device({"address": address}, Driver) for address in (0x1d, 0x62, 0x55))
buf = bytearray(4)
memory.send(b"\\x05")
memory.receive(buf)
say("received", buf)
memory.exchange(b"\\x01\\x09", buf)
say("exchanged", buf)
memory.read(0x20, buf)
say("registers", buf)
fails("nobody sends", nobody.send, b"a")
fails("nobody receives", nobody.receive, buf)
fails("nobody exchanges", nobody.exchange, b"a", buf)

parts = Driver((b"\\x03", 2), (b"\\x10\\x20", 3), (b"", 2))
parts_ring = room(parts)
parts_start = memory.reads(parts, parts_ring, on_end)
fifo = Driver((b"\\x40", 1), (b"\\x50", 3))
fifo_ring = room(fifo, 20, 1)
fifo_start = memory.reads(fifo, fifo_ring, on_end)
patient = Slow((b"\\xec\\x05", 9))
slow_ring = room(patient)
slow_start = slow.reads(patient, slow_ring, on_end)
bus.arm()
say("armed")
for slot in (0, 3):
    read("parts", bus, parts_start, parts_ring, slot)
read("fifo", bus, fifo_start, fifo_ring, 1)
for slot in (2, 0):
    read("slow", bus, slow_start, slow_ring, slot)

before = outcome[0]
slow_start(1)
parts_start(1)
over(bus)
time.sleep_ms(1)
say("both", outcome[0] - before, outcome[1], bytes(slow_ring.octets[9:18]), bytes(parts_ring.octets[7:14]))

say("triggered again")
slow_start(1)
time.sleep_us(500)
slow.check()
say("spoilt", over(bus))
say("deaf")
time.sleep_ms(1)
read("slow, deaf", bus, slow_start, slow_ring, 1, 5000)
say("hears")
time.sleep_ms(1)
read("slow", bus, slow_start, slow_ring, 3)
say("hung")
time.sleep_ms(1)
begun = time.ticks_us()
slow_start(1)
said = over(bus)
say("slow, hung", said, time.ticks_diff(time.ticks_us(), begun))
parts_start(0)
say("neighbour of hung", over(bus, 5000))
say("let go")
time.sleep_ms(2)
bus.poll()
read("slow", bus, slow_start, slow_ring, 1)

# SPI, mode 1, no command
spi = port.bus({"kind": "spi", "id": 0, "sck": 18, "mosi": 19, "miso": 16, "freq_hz": 1000000, "timeout_us": 1000, "mode": 1})
shifter = spi.device({"cs": 17}, Driver)
three = bytearray(3)
shifter.receive(three)
say("shifted", three)
plain = Driver((b"", 3))
spi_ring = room(plain)
spi_start = shifter.reads(plain, spi_ring, on_end)
spi.arm()
for slot in (0, 2):
    read("spi", spi, spi_start, spi_ring, slot)

# UART
uart = port.bus({"kind": "uart", "id": 1, "tx": 8, "rx": 9, "baud": 9600, "timeout_us": 30000})
meter = uart.device({}, Driver)
asks = Driver((REQUEST, 5))
five = bytearray(5)
meter.exchange(REQUEST, five)
say("answered", five)
meter.send(REQUEST)
time.sleep_ms(20)
meter.exchange(REQUEST, five)
say("answered", five)
fails("too much", meter.receive, five)
uart_ring = room(asks)
uart_start = meter.reads(asks, uart_ring, on_end)
uart.arm()
for slot in (1, 3):
    read("uart", uart, uart_start, uart_ring, slot)
say("late")
begun = time.ticks_us()
uart_start(0)
say("uart, late", over(uart), time.ticks_diff(time.ticks_us(), begun))
time.sleep_ms(20)
say("in time")
read("uart", uart, uart_start, uart_ring, 2)
say("silent")
read("uart, silent", uart, uart_start, uart_ring, 2)
say("talks")
say("noisy")
read("uart, noisy", uart, uart_start, uart_ring, 2)
say("quiet")
read("uart", uart, uart_start, uart_ring, 2)

# ADC
volts = port.adc(27)
counts = Driver((b"", 2))
adc_ring = room(counts)
adc_start = volts.reads(counts, adc_ring, on_end)
for slot in range(4):
    adc_start(slot)
say("adc", outcome[1], bytes(adc_ring.octets))

# Pulses
counter = port.counter(PULSES)
pulses = Driver((b"", 12))
pulse_ring = room(pulses)
pulse_start = counter.reads(pulses, pulse_ring, on_end)
for slot in range(4):
    say("pulses", slot)
    time.sleep_ms(3)
    pulse_start(slot)
    say("read", time.ticks_us())
say("counted", bytes(pulse_ring.octets))

# A line that is active low
edges = array("i", (0, 0))
@micropython.viper
def on_line(pin):
    w = ptr32(edges)
    w[1] = int(stamps.newest())
    w[0] = w[0] + 1
stamps = port.edge_stamps(LINE, True)
level = port.level(LINE, True)
above = port.level(LINE, False)
say("pulled", level(), above())
port.on_edge(LINE, on_line, True)
say("line")
time.sleep_ms(4)
say("line", edges[0], edges[1], stamps.count(), level(), above())
say("release")
time.sleep_ms(4)
say("released", edges[0], edges[1], stamps.count(), level(), above())
say("end")
"""


class Bench(ScriptBench):
    def __init__(self, image):
        from freefall.board.emulated.adc import fit_adc
        from freefall.board.emulated.i2c import fit_i2c
        from freefall.board.emulated.spi import fit_spi
        from freefall.board.emulated.uart_target import fit_uart_target

        super().__init__(image, CONSTANTS + SCRIPT)
        mcu, clock = self.machine.mcu, self.clock
        self.memory, self.slow = Memory(0x1D, clock), Sluggish(0x62, clock, 1000 * SETTLE_US)
        self.shifter, self.meter = Shifter(), Meter(clock)
        self.conversions = [0x123, 0, 0xFFF, 0x800]
        fit_i2c(mcu, 0, [self.memory, self.slow])
        fit_spi(mcu, 0, {17: self.shifter})
        fit_uart_target(mcu, 1, self.meter)
        fit_adc(mcu, {27: iter(self.conversions).__next__})
        self.edges_ns = []
        self.run(self._act)

    def _act(self, word):
        if word in ("deaf", "hears"):
            self.slow.absent = word == "deaf"
        elif word in ("hung", "let go"):
            self.slow.hung = word == "hung"
        elif word in ("late", "in time"):
            self.meter.delay_ns = 27 * MS if word == "late" else 2 * MS
        elif word in ("silent", "talks"):
            self.meter.absent = word == "silent"
        elif word == "noisy":
            # Half of an octet's bits where the meter has not begun yet.
            uart = self.machine.mcu.uart[1]
            self.clock.call_at(self.clock.now_ns() + 5 * MS, lambda: uart.receive(0, framed=False))
        elif word == "pulses":
            self._pulse(self.said[-1][1])
        elif word in ("line", "release") and len(self.said[-1]) == 1:
            self.clock.call_at(self.clock.now_ns() + MS, lambda: self._drive(word == "release"))

    def _pulse(self, count):
        pin = self.machine.pin(PULSES)
        for number in range(count):
            begin_ns = self.clock.now_ns() + MS + 10_000 * number
            self.clock.call_at(begin_ns, lambda: pin.set(True))
            self.clock.call_at(begin_ns + 5000, lambda: pin.set(False))

    def _drive(self, high):
        self.edges_ns.append(self.clock.now_ns())
        self.machine.mcu.gpio[LINE].set_input_value(high)


@pytest.fixture(scope="module")
def bench(micropython_image):
    return Bench(micropython_image)


GOOD, BAD, TOO_LONG = (1, 1), (1, 0), (1, -1)


def memory(at, count):
    return bytes((7 * index + 1) & 0xFF for index in range(at, at + count))


def test_blocking_transfers_on_i2c_send_receive_and_exchange(bench):
    assert bench.values("received") == [(memory(5, 4),)]
    assert bench.values("exchanged") == [(memory(9, 4),)]
    assert bench.values("registers") == [(memory(0x20, 4),)]
    for name in ("nobody sends", "nobody receives", "nobody exchanges"):
        assert bench.values(name) == [("OSError",)]


def test_read_of_several_parts_is_one_transaction_with_repeated_starts(bench):
    octets = memory(3, 2) + memory(0x20, 5)
    assert bench.values("parts") == [(GOOD, octets)] * 2
    phases = "".join(what for _, what in bench.memory.log)
    # After the four blocking ones.
    assert phases.count("WRWRRP") >= 3 and "RP" in phases


def test_read_of_a_fifo_takes_its_head_once_and_its_last_part_for_every_sample(bench):
    assert bench.values("fifo") == [(GOOD, memory(0x40, 1) + memory(0x50, 60))]


def settles(bench):
    """When the command began and when the read, of every read of the slow part."""
    log = bench.slow.log
    steps = zip(log, log[1:], log[2:], strict=False)
    return [(start_ns, read_ns) for (start_ns, w), (_, p), (read_ns, r) in steps if w + p + r == "WPR"]


def test_part_that_settles_is_read_after_its_time_and_a_stop(bench):
    assert bench.values("slow") == [(GOOD, Sluggish.OCTETS)] * 4
    log = bench.slow.log
    # From the start of the command to that of the read: settled, and found by the next looks of a poll each millisecond.
    waits = [
        read[0] - start[0]
        for start, stop, read in zip(log, log[1:], log[2:], strict=False)
        if (start[1], stop[1], read[1]) == ("W", "P", "R")
    ]
    assert len(waits) >= 6
    assert all(1000 * SETTLE_US < wait_ns < 1000 * SETTLE_US + 3 * MS for wait_ns in waits)


def test_bus_belongs_to_a_part_that_settles_and_its_neighbour_reads_next(bench):
    assert bench.values("both") == [(2, 1, Sluggish.OCTETS, memory(3, 2) + memory(0x20, 5))]
    between = [ns for ns, _ in bench.memory.log if any(w < ns < r for w, r in settles(bench))]
    assert between == []


def test_trigger_while_a_part_settles_spoils_the_read(bench):
    assert bench.values("spoilt") == [(BAD,)]


def test_command_that_is_not_acknowledged_fails_and_the_next_succeeds(bench):
    assert [said for said, _ in bench.values("slow, deaf")] == [BAD]


def test_command_that_hangs_takes_its_timeout_and_the_bus_is_dead_until_it_is_let_go(bench):
    ((said, took_us),) = bench.values("slow, hung")
    assert said == TOO_LONG and TIMEOUT_US < took_us < TIMEOUT_US + 2000
    assert bench.values("neighbour of hung") == [(BAD,)]


def test_spi_in_mode_1_reads_without_a_command(bench):
    assert bench.values("shifted") == [(b"\1\2\3",)]
    assert bench.values("spi") == [(GOOD, b"\4\5\6"), (GOOD, b"\7\x08\x09")]
    assert bench.shifter.given == [3, 3, 3]


def answer(number):
    return bytes((number, 0xA5, 0x5A, 0x00, 0xFF))


def test_blocking_exchange_on_a_uart_forgets_what_came_before_and_waits_no_longer_than_its_timeout(bench):
    assert bench.values("answered") == [(answer(1),), (answer(3),)]
    assert bench.values("too much") == [("OSError",)]


def test_uart_answers_arrive_in_the_slot_without_the_processor(bench):
    assert bench.values("uart") == [(GOOD, answer(number)) for number in (4, 5, 7, 9)]


def test_uart_that_answers_too_late_or_not_at_all_fails_after_its_timeout(bench):
    ((said, took_us),) = bench.values("uart, late")
    assert said == TOO_LONG and 30_000 < took_us < 32_000
    assert [said for said, _ in bench.values("uart, silent")] == [TOO_LONG]


def test_uart_answer_with_a_broken_octet_in_it_is_not_good(bench):
    assert [said for said, _ in bench.values("uart, noisy")] == [BAD]


def test_adc_stores_twelve_bits_little_endian_each_in_its_slot(bench):
    assert bench.values("adc") == [(1, b"".join(count.to_bytes(2, "little") for count in bench.conversions))]


def test_counter_gives_count_pulses_since_and_microseconds_since_the_last_read(bench):
    ((octets,),) = bench.values("counted")
    words = [int.from_bytes(octets[at : at + 4], "little") for at in range(0, 48, 4)]
    assert words[0::3] == [0, 1, 3, 6]
    assert words[1::3] == [0, 1, 2, 3]
    read_us = [ticks for (ticks,) in bench.values("read")]
    for elapsed, before, after in zip(words[5::3], read_us, read_us[1:], strict=False):
        assert abs(elapsed - (after - before)) < 60


def test_active_low_line_is_pulled_up_and_active_from_its_falling_edge_on(bench):
    assert bench.values("pulled") == [(0, 1)]
    fall_ns, _ = bench.edges_ns
    assert bench.values("line")[1] == (1, fall_ns // 1000, 1, 1, 0)
    assert bench.values("released") == [(1, fall_ns // 1000, 0, 0, 1)]
