"""RP2040: what the programmable state machines do: periodic ticks, time stamps of edges, counting."""

from array import array

import machine
import micropython
import rp2
from micropython import const
from uctypes import addressof

from .rp2_dma import channel_registers

_TICK_HZ = 1000000
# Cycles of one round of _tick besides the delay loop's own count.
_TICK_OVERHEAD = 3

_PIO = (0x50200000, 0x50300000)
_RXF = const(0x20)
_INSTR = const(0xD8)  # of state machine 0; the next is 0x18 further
_INSTR_STEP = const(0x18)
_MOV_ISR_NOT_X = const(0xA0C9)
_PUSH = const(0x8000)
_TIMERAWL = const(0x40054028)
_GPIO_IN = 0xD0000004 - (1 << 32)  # as a signed word
_TICKS_MASK = const(0x3FFFFFFF)

# The words of a counter's read, and the octets of its sample
_INSTRUCTION = const(0)
_FIFO = const(1)
_OCTETS = const(2)
_LAST_COUNT = const(3)
_LAST_TIME = const(4)
_SAMPLE_LEN = const(12)

# A ring of stamps: 64 words, which a DMA channel can wrap around in when they lie on their own size.
_STAMPS = const(64)
_STAMPS_RING_BITS = const(8)
_WRITE_ADDR = const(1)
_WRITES_RING = True  # DMA: it is the write address that wraps

# What programs are written in, for the type checker alone: to it, this is true (pyrightconfig.json).
_CHECKS_TYPES = const(0)
if _CHECKS_TYPES:
    from rp2.asm_pio import irq, jmp, label, mov, noblock, osr, pin, pull, push, rel, wait, wrap, wrap_target, x, x_dec


# Programs are assembled when they are first needed, which takes 4 ms each.


def _tick():
    """Raise the state machine's interrupt every (word from the FIFO + _TICK_OVERHEAD) cycles."""
    pull()
    wrap_target()
    mov(x, osr)
    label("delay")
    jmp(x_dec, "delay")
    irq(rel(0))
    wrap()


def _rises():
    """Push a word at every rising edge of the pin."""
    wrap_target()
    wait(0, pin, 0)
    wait(1, pin, 0)
    push(noblock)
    wrap()


def _falls():
    """Push a word at every falling edge of the pin."""
    wrap_target()
    wait(1, pin, 0)
    wait(0, pin, 0)
    push(noblock)
    wrap()


def _pulses():
    """Count X down at every rising edge of the pin."""
    wrap_target()
    label("again")
    wait(0, pin, 0)
    wait(1, pin, 0)
    jmp(x_dec, "again")
    wrap()


def input_line(pin, active_low=False):
    """The Pin of a line that the board's resistor pulls to where it is not active: without power a sensor leaves it floating."""
    return machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP if active_low else machine.Pin.PULL_DOWN)


_assembled = {}  # one block of instructions serves all state machines that run it


def _program(source):
    if source not in _assembled:
        _assembled[source] = rp2.asm_pio()(source)
    return _assembled[source]


def start_tick(number, period_us, handler):
    """Call handler, a hard interrupt, every period_us; state machine `number` counts, which no software delays."""
    machine_ = rp2.StateMachine(number, _program(_tick), freq=_TICK_HZ)
    machine_.irq(handler, hard=True)
    machine_.put(period_us - _TICK_OVERHEAD)
    machine_.active(1)
    return machine_


class EdgeStamps:
    """Time stamps of a pin's edges, rising or falling, that no software delays: state machine -> DMA -> memory.

    The machine pushes a word at an edge; that lets one channel read it and start another, which copies the timer into a ring of
    64 stamps and starts the first again. Up to 63 edges may wait to be counted. `count()`, `newest()`: see core/sampler.py.
    `active(0)` ends it, and must before this is collected: the DMA would go on writing where it was.
    """

    def __init__(self, number, pin, active_low):
        program = _program(_falls if active_low else _rises)
        self._machine = rp2.StateMachine(number, program, in_base=input_line(pin, active_low))
        block, index = divmod(number, 4)
        self._memory = bytearray(8 * _STAMPS)
        start = addressof(self._memory) + 4 * _STAMPS - 1 & ~(4 * _STAMPS - 1)
        self._unused = bytearray(4)
        self._edge = edge = rp2.DMA()
        self._stamp = stamp = rp2.DMA()
        self._words = array("i", (start, channel_registers(stamp), 0))
        stamp.config(
            read=_TIMERAWL,
            write=start,
            count=1,
            ctrl=stamp.pack_ctrl(
                inc_read=False,
                ring_sel=_WRITES_RING,
                ring_size=_STAMPS_RING_BITS,
                chain_to=edge.channel,  # pyright: ignore[reportAttributeAccessIssue]: the stubs lack it
            ),
            trigger=False,
        )
        edge.config(
            read=_PIO[block] + _RXF + 4 * index,
            write=self._unused,
            count=1,
            ctrl=edge.pack_ctrl(
                inc_read=False,
                inc_write=False,
                treq_sel=8 * block + 4 + index,
                chain_to=stamp.channel,  # pyright: ignore[reportAttributeAccessIssue]: the stubs lack it
            ),
            trigger=True,
        )
        self._machine.active(1)

        self.active = self._machine.active
        self.count = edge_counter(self._words)
        self.newest = newest_stamp(self._words)


def level_reader(pin, active_low):
    """A function: 1 while the line is active, else 0. Interrupt-safe."""
    words = array("i", (_GPIO_IN, pin, 1 if active_low else 0))

    @micropython.viper
    def level() -> int:
        w = ptr32(words)
        return ptr32(w[0])[0] >> w[1] & 1 ^ w[2]

    return level


def edge_counter(words):
    """A function: edges since its last call. Interrupt-safe."""

    @micropython.viper
    def count() -> int:
        w = ptr32(words)
        at = (ptr32(w[1])[_WRITE_ADDR] - w[0]) >> 2
        edges = (at - w[2]) & (_STAMPS - 1)
        w[2] = at
        return edges

    return count


def newest_stamp(words):
    """A function: the tick of the newest edge. Interrupt-safe."""

    @micropython.viper
    def newest() -> int:
        w = ptr32(words)
        at = (ptr32(w[1])[_WRITE_ADDR] - w[0]) >> 2
        return ptr32(w[0])[(at - 1) & (_STAMPS - 1)] & _TICKS_MASK

    return newest


class Counter:
    """A device that counts a pin's rising edges (ports/__init__.py). Pulses and pauses of at least 3 clock cycles."""

    def __init__(self, number, pin):
        self._machine = machine_ = rp2.StateMachine(number, _program(_pulses), in_base=machine.Pin(pin, machine.Pin.IN))
        block, index = divmod(number, 4)
        self._registers = (_PIO[block] + _INSTR + _INSTR_STEP * index, _PIO[block] + _RXF + 4 * index)
        machine_.exec("set(x, 0)")
        machine_.exec("mov(x, invert(x))")
        self._pinned = []
        self._begin = array("i", (0,))
        _note_time(self._begin)
        machine_.active(1)

    def check(self):
        """Nothing: a read is over at once."""

    def reads(self, driver, ring, ended):
        """See ports/__init__.py; the read is over at once."""
        self._pinned.append(ring)
        return start_handler(array("i", self._registers + (addressof(ring.octets), 0, self._begin[0])), ended)


@micropython.viper
def _note_time(words):
    ptr32(words)[0] = ptr32(_TIMERAWL)[0]


def start_handler(words, ended):
    """A handler that reads the count. Interrupt-safe."""

    @micropython.viper
    def start(slot: int):
        w = ptr32(words)
        instruction = ptr32(w[_INSTRUCTION])
        instruction[0] = _MOV_ISR_NOT_X
        instruction[0] = _PUSH
        count = ptr32(w[_FIFO])[0]
        now = ptr32(_TIMERAWL)[0]
        sample = ptr32(w[_OCTETS] + _SAMPLE_LEN * slot)
        sample[0] = count
        sample[1] = count - w[_LAST_COUNT]
        sample[2] = now - w[_LAST_TIME]
        w[_LAST_COUNT] = count
        w[_LAST_TIME] = now
        ended(1)

    return start
