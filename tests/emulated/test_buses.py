"""Real MicroPython moves octets by DMA over the bus models, by register writes as the firmware makes them. One boot for all."""

import pytest

from emulated.script_bench import ScriptBench
from unit.board.emulated.bus_targets import Counter, Memory

pytestmark = pytest.mark.emulated

DATA = bytes((index * 5 + (index >> 8)) & 0xFF for index in range(8192))

SCRIPT = """
import micropython, machine, rp2
from array import array
from machine import I2C, SPI, UART, Pin
from uctypes import addressof

ended = 0
def on_end(channel):
    global ended
    ended += 1

def abort(*channels):
    for channel in channels:
        mem32[0x50000444] = 1 << channel.channel
    while mem32[0x50000444]:
        pass

# I2C
IC = 0x40044000
i2c = I2C(0, scl=Pin(5), sda=Pin(4), freq=1000000, timeout=1000)
say("i2c blocking", i2c.readfrom_mem(0x1d, 3, 5))
mem32[IC + 0x88] = 3
mem32[IC + 0x8c] = 8
mem32[IC + 0x90] = 0
tx, rx = rp2.DMA(), rp2.DMA()
tx_ctrl = tx.pack_ctrl(size=2, inc_read=True, inc_write=False, treq_sel=32)
rx_ctrl = rx.pack_ctrl(size=0, inc_read=False, inc_write=True, treq_sel=33, irq_quiet=False)
rx.irq(on_end, hard=True)

def read(register, length):
    commands = array("I", [register | 0x400] + [0x100] * length)
    commands[1] |= 0x400
    commands[length] |= 0x200
    octets = bytearray(length + 1)
    was = ended
    rx.config(read=IC + 0x10, write=octets, count=length, ctrl=rx_ctrl, trigger=True)
    tx.config(read=commands, write=IC + 0x10, count=length + 1, ctrl=tx_ctrl, trigger=True)
    wait(lambda: ended > was, 12 * length + 500)
    time.sleep_us(20)
    return ended - was, octets

for length in (9, 225):
    say("i2c", length, *read(3, length))

say("unplugged")
time.sleep_ms(2)
say("i2c nak", *read(3, 9), mem32[IC + 0x34] >> 6 & 1, mem32[IC + 0x80] & 0xffff, tx.active(), rx.active())
abort(tx, rx)
mem32[IC + 0x54]
mem32[IC + 0x6c] = 0
mem32[IC + 0x6c] = 1
say("plugged")
time.sleep_ms(2)
say("i2c", 9, *read(3, 9))

say("hung")
time.sleep_ms(2)
got = read(3, 9)
abort(tx, rx)
mem32[IC + 0x6c] = 3
time.sleep_ms(2)
say("i2c hung", *got, mem32[IC + 0x6c])
say("let go")
time.sleep_ms(2)
say("i2c aborted", mem32[IC + 0x6c], mem32[IC + 0x80] & 0x1ffff)
mem32[IC + 0x54]
say("i2c", 9, *read(3, 9))
say("i2c blocking", i2c.readfrom_mem(0x1d, 3, 5))

# SPI
SSP = 0x4003c000
cs = Pin(17, Pin.OUT, value=1)
spi = SPI(0, baudrate=10000000, sck=Pin(18), mosi=Pin(19), miso=Pin(16))
for length in (6, 64):  # MicroPython takes the DMA for the longer ones
    octets, out = bytearray(length), bytes(range(length))
    cs(0); spi.write(out); cs(1)
    cs(0); spi.readinto(octets); cs(1)
    say("spi readinto", octets)
    cs(0); spi.write_readinto(out, octets); cs(1)
    say("spi write_readinto", octets)
mem32[SSP + 0x24] = 3
zero = bytearray(1)
tx_ctrl = tx.pack_ctrl(size=0, inc_read=False, inc_write=False, treq_sel=16)
rx_ctrl = rx.pack_ctrl(size=0, inc_read=False, inc_write=True, treq_sel=17, irq_quiet=False)

def on_spi_end(channel):
    global ended
    cs(1)
    ended += 1
rx.irq(on_spi_end, hard=True)

for length in (9, 225):
    octets = bytearray(length + 1)
    was = ended
    cs(0)
    mem32[SSP + 8] = 0xa5
    while mem32[SSP + 12] & 16:
        pass
    mem32[SSP + 8]
    rx.config(read=SSP + 8, write=octets, count=length, ctrl=rx_ctrl, trigger=True)
    tx.config(read=zero, write=SSP + 8, count=length, ctrl=tx_ctrl, trigger=True)
    wait(lambda: ended > was, 12 * length + 500)
    say("spi", length, ended - was, octets)

# UART
U = 0x40034000
data = bytearray(8192)
for index in range(8192):
    data[index] = (index * 5 + (index >> 8)) & 0xff
feed = rp2.DMA()
feed_ctrl = feed.pack_ctrl(size=0, inc_write=False, treq_sel=20)
for baud in (921600, 3000000):
    UART(0, baud, tx=Pin(0), rx=Pin(1), txbuf=32)
    mem32[U + 0x38] &= ~0x20
    mem32[U + 0x48] = 2
    feed.config(read=data, write=U, count=8192, ctrl=feed_ctrl, trigger=True)
    while feed.active() or mem32[U + 0x18] & 8:
        pass

# Hardware time stamps
@rp2.asm_pio()
def edges():
    wrap_target()
    wait(0, pin, 0)
    wait(1, pin, 0)
    push(noblock)
    wrap()

RING = const(256)
room = bytearray(2 * RING)
ring = (addressof(room) + RING - 1) & ~(RING - 1)
sink = bytearray(4)
machine_ = rp2.StateMachine(4, edges, in_base=Pin(15, Pin.IN, Pin.PULL_DOWN))
drain, stamp = rp2.DMA(), rp2.DMA()
drain.config(read=0x50300020, write=sink, count=1, ctrl=drain.pack_ctrl(
    size=2, inc_read=False, inc_write=False, treq_sel=12, chain_to=stamp.channel))
stamp.config(read=0x40054028, write=ring, count=1, ctrl=stamp.pack_ctrl(
    size=2, inc_read=False, inc_write=True, ring_size=8, ring_sel=True, chain_to=drain.channel))
drain.active(1)
machine_.active(1)
say("edges awake")
wait(lambda: False, 8000)
say("edges asleep")
time.sleep_ms(8)
stamps = [mem32[ring + 4 * index] for index in range((stamp.write - ring) // 4)]
say("stamps", *stamps)
say("end")
"""

# us after the word, when the script is done with saying it: three within 5 us, and others; none within 300 ns of the next.
EDGES_US = (5000.4, 5002.5, 5004.6, 6000.0, 6500.2, 6503.7)
_PULSE_US = 0.9


class Bench(ScriptBench):
    """The machine with one target each, run to the end of SCRIPT."""

    def __init__(self, image):
        from freefall.board.emulated.i2c import fit_i2c
        from freefall.board.emulated.spi import fit_spi
        from freefall.board.emulated.uart import fit_uart

        super().__init__(image, SCRIPT)
        clock = self.clock
        self.memory, self.counter = Memory(0x1D, clock), Counter(clock)
        self.line = []
        self.edges_ns = []
        self.asleep = []  # of the core, at each edge
        fit_i2c(self.machine.mcu, 0, [self.memory])
        fit_spi(self.machine.mcu, 0, {17: self.counter})
        fit_uart(self.machine.mcu, 0, lambda octet: self.line.append((clock.now_ns(), octet)))
        self.run(self._act)

    def _act(self, word):
        if word in ("unplugged", "plugged"):
            self.memory.absent = word == "unplugged"
        elif word in ("hung", "let go"):
            self.memory.hung = word == "hung"
        elif word.startswith("edges"):
            start_ns = self.machine.clock.now_ns() // 1000 * 1000
            pin, call_at = self.machine.pin(15), self.machine.clock.call_at
            for edge_us in EDGES_US:
                edge_ns = start_ns + round(edge_us * 1000)
                self.edges_ns.append(edge_ns)
                call_at(edge_ns, lambda: self._rise(pin))
                call_at(edge_ns + round(_PULSE_US * 1000), lambda: pin.set(False))

    def _rise(self, pin):
        self.asleep.append(self.machine.mcu.core.waiting)
        pin.set(True)


@pytest.fixture(scope="module")
def bench(micropython_image):
    return Bench(micropython_image)


def test_i2c_reads_by_dma_deliver_every_octet_and_one_interrupt(bench):
    octets = bench.memory.octets
    expected = [(length, 1, octets[3 : 3 + length] + b"\0") for length in (9, 225, 9, 9)]
    assert bench.values("i2c") == expected
    assert bench.values("i2c blocking") == [(octets[3:8],)] * 2


def test_i2c_reads_by_dma_take_nine_clock_periods_an_octet(bench):
    # From the end of the first start to the stop: three addresses and registers, a repeated start, the octets; 1 us a bit.
    reads = [entry for entry in bench.memory.log if entry[1] != "R"]
    durations = [stop[0] - start[0] for start, stop in zip(reads, reads[1:], strict=False) if (start[1], stop[1]) == ("W", "P")]
    assert [duration for duration in durations if duration in (109_000, 2_053_000)] == [109_000, 2_053_000, 109_000, 109_000]


def test_missing_acknowledge_is_found_as_an_abort_and_the_next_read_succeeds(bench):
    assert bench.values("i2c nak") == [(0, bytes(10), 1, 1, False, True)]


def test_hung_target_keeps_the_abort_pending_until_it_lets_go(bench):
    assert bench.values("i2c hung") == [(0, bytes(10), 3)]
    assert bench.values("i2c aborted") == [(1, 1 << 16)]


def test_spi_transfers_of_micropython_work_short_and_long(bench):
    expected = [(bytes(range(1, length + 1)),) for length in (6, 64)]
    assert bench.values("spi readinto") == expected
    assert bench.values("spi write_readinto") == expected
    assert [octet for _, octet in bench.counter.log[1:7]] == list(range(6))


def test_spi_reads_by_dma_deliver_every_octet_at_the_pace_of_the_wire(bench):
    assert bench.values("spi") == [
        (length, 1, bytes(count & 0xFF for count in range(2, length + 2)) + b"\0") for length in (9, 225)
    ]
    log = bench.counter.log
    for length, end in ((9, len(log) - 1 - 225 - 3), (225, len(log) - 1)):
        octets = log[end - length - 1 : end]
        assert (log[end - length - 2], log[end]) == ("select", "deselect")
        assert [octet for _, octet in octets] == [0xA5] + [0] * length
        # 8 MHz: 8 bits and the gap of 1.5 between frames.
        assert {later[0] - sooner[0] for sooner, later in zip(octets[2:], octets[3:], strict=False)} <= {1187, 1188}


@pytest.mark.parametrize(("first", "octet_ns"), [(0, 10 * 16 * 3.25 / 0.048), (8192, 10 / 0.003)])
def test_uart_fed_by_dma_leaves_no_gap_on_the_line(bench, first, octet_ns):
    sent = bench.line[first : first + 8192]
    assert bytes(octet for _, octet in sent) == DATA
    assert sent[-1][0] - sent[0][0] == pytest.approx(8191 * octet_ns, abs=1)
    assert max(later[0] - sooner[0] for sooner, later in zip(sent, sent[1:], strict=False)) <= octet_ns + 1
    assert len(bench.line) == 2 * 8192


def test_hardware_time_stamps_name_the_microsecond_of_every_edge(bench):
    assert bench.values("stamps") == [tuple(edge_ns // 1000 for edge_ns in bench.edges_ns)]
    assert bench.asleep == [False] * len(EDGES_US) + [True] * len(EDGES_US)
