"""RP2040: reads that interrupts begin and the DMA carries out; what buses of every kind have in common."""

from array import array

import machine
import micropython
import rp2
from micropython import const

# The bus's words, shared with its reads
_CURRENT = const(0)  # number of the read under way, _NOBODY while the bus recovers, -1 when it is free
_WAITING = const(1)  # bit n: read n waits for the bus
_BEGUN = const(2)  # tick at which the read under way began
_RELEASE = const(3)  # the pin of its chip select, as a bit; 0 on a bus without
_SIO = const(4)
_CONTROLLER = const(5)  # where its registers are
_TIMEOUT_US = const(6)
_CHANNELS = const(7)  # its DMA channels, as bits
_SPOILT = const(8)  # 1 when the sensor has a new sample before the read under way is over
_PHASE = const(9)  # of the read under way
_SETTLE_US = const(10)  # how long its part settles
_SLOTS = const(11)  # for each read the slot it is to fill
MOST_READS = 8
_NOBODY = const(8)

# Phases: of a read whose part needs time between command and answer all of them in turn, of any other the first alone
_READING = const(0)
_SENDING = const(1)
_SETTLING = const(2)
_SETTLED = const(3)

# RP2040 data sheet: 2.3.1.7 (SIO), 2.5.7 (DMA), 4.6.4 (timer)
_SIO_BASE = 0xD0000000 - (1 << 32)  # as a signed word
_OUT_SET = const(0x14 >> 2)
_DMA = const(0x50000000)
_INTR = const(0x400 >> 2)
_INTE0 = const(0x404 >> 2)
_CHAN_ABORT = const(0x444 >> 2)
_CTRL = const(0x10 >> 2)  # of channel 0
_CHANNEL_WORDS = const(0x40 >> 2)
_CHANNEL_BUSY = const(0x01000000)
_TIMERAWL = const(0x40054028)
_TICKS_MASK = const(0x3FFFFFFF)


class Bus:
    """A bus of the plan. One read at a time; others wait, the one of the earliest stream first. Nothing here waits for the wires.

    A subclass sets up the DMA channel `receive`, whose end is the end of a read, and any channel besides, which it names. It
    gives three functions: failed(words), whether the controller knows that the read under way has failed; recover(words, first),
    which frees the bus, or begins to when it is called first, and returns whether it is free; busy(words), whether anything is on
    the wires, if there are parts that need time between command and answer.
    """

    def __init__(self, plan, controller, failed, recover, busy=None, send=None):
        self.receive = rp2.DMA()
        self.send = send
        channels = 1 << self.receive.channel  # pyright: ignore[reportAttributeAccessIssue]: the stubs lack it
        if send:
            channels |= 1 << send.channel
        words = (-1, 0, 0, 0, _SIO_BASE, controller, plan["timeout_us"], channels, 0, 0, 0)
        self.words = words = array("i", words + (0,) * MOST_READS)
        self._starts = starts = []
        self._ended = ended = []
        self._overdue = overdue_handler(words, failed, busy)
        self.check = check_handler(words, starts, ended, self._overdue, recover)
        self._proceed = proceed_handler(words, starts, busy)
        self._pinned = []
        self._on_received = received_handler(words, starts, ended)

    def arm(self):
        """From now on only reads begun by interrupts."""
        self.receive.irq(self._on_received, hard=True)

    def next_number(self):
        """The number of the read that will be added next."""
        return len(self._starts)

    def add(self, start, ended, pinned):
        """Take on that read; returns start(slot) and its check(). pinned: what start knows by its address only."""
        check = read_check_handler(self.words, self.next_number(), ended, self.check)
        self._pinned.append(pinned)
        self._starts.append(start)
        self._ended.append(ended)
        return start, check

    @micropython.native
    def poll(self):
        """End a read that failed or takes too long, as not good, and go on with one whose part has settled.

        Foreground; then interrupts are off for about 50 us.
        """
        if self._overdue():
            state = machine.disable_irq()
            # It looks again: the read may have ended in the meantime.
            self.check()
            machine.enable_irq(state)
        elif self.words[_PHASE]:
            state = machine.disable_irq()
            self._proceed()
            machine.enable_irq(state)


def overdue_handler(words, failed, busy):
    """A function: 1 when the read under way has failed or the bus still recovers, 2 when it takes too long; else 0.

    Interrupt-safe.
    """

    @micropython.viper
    def overdue() -> int:
        w = ptr32(words)
        current = w[_CURRENT]
        if current < 0:
            return 0
        if current == _NOBODY or int(failed(words)):
            return 1
        if w[_PHASE] == _SETTLING:
            return 0
        if (ptr32(_TIMERAWL)[0] - w[_BEGUN]) & _TICKS_MASK > w[_TIMEOUT_US]:
            # A command that is over waits for poll() to see that.
            if w[_PHASE] == _SENDING and int(busy(words)) == 0:
                return 0
            return 2
        return 0

    return overdue


def check_handler(words, starts, ended, overdue, recover):
    """A function that ends, as not good, a read that is overdue. In interrupts, or with interrupts off.

    In viper, for at the highest rates the next sample's read has to fit in behind it. It captures five variables, and to call a
    closure of more MicroPython takes memory from the heap.
    """

    @micropython.viper
    def check():
        why = int(overdue())
        if why == 0:
            return
        w = ptr32(words)
        current = w[_CURRENT]
        first = 0
        if current != _NOBODY:
            first = 1
            _abort(w[_CHANNELS])
        free = int(recover(words, first))
        if first:
            w[_CURRENT] = _NOBODY
            w[_SPOILT] = 0
            w[_PHASE] = _READING
            ended[current](1 - why)
        if free:
            release(words, starts)
            return
        # A bus that somebody holds: reads fail, and nobody waits for it.
        waiting = w[_WAITING]
        w[_WAITING] = 0
        number = 0
        while waiting:
            if waiting & 1:
                ended[number](0)
            waiting >>= 1
            number += 1

    return check


def proceed_handler(words, starts, busy):
    """A function that takes a read whose command is over, and whose part has settled since, to its next phase.

    Of the read under way, with interrupts off. Each phase has the bus's timeout for itself.
    """

    @micropython.viper
    def proceed():
        w = ptr32(words)
        phase = w[_PHASE]
        if phase == _READING:
            return
        now = ptr32(_TIMERAWL)[0] & _TICKS_MASK
        if phase == _SENDING:
            if int(busy(words)):
                return
            w[_PHASE] = _SETTLING
            w[_BEGUN] = now
        if (now - w[_BEGUN]) & _TICKS_MASK < w[_SETTLE_US]:
            return
        number = w[_CURRENT]
        w[_PHASE] = _SETTLED
        w[_CURRENT] = -1
        starts[number](w[_SLOTS + number])

    return proceed


def read_check_handler(words, number, ended, check):
    """A function for the next trigger of a read's stream: ends the read, as not good, if it is overdue or has not begun.

    One that is under way goes on, but what it gets may be parts of two samples, so in its end it is not good either.
    """

    @micropython.viper
    def check_read():
        w = ptr32(words)
        bit = 1 << int(number)
        waiting = w[_WAITING]
        if waiting & bit:
            # Begun now it would get the sample of this trigger.
            w[_WAITING] = waiting & ~bit
            ended(0)
        check()
        if w[_CURRENT] == int(number):
            w[_SPOILT] = 1

    return check_read


def received_handler(words, starts, ended):
    """A handler of the receiving channel's interrupt: the read is over, the next one may have the bus."""

    @micropython.viper
    def on_received(channel):
        w = ptr32(words)
        number = w[_CURRENT]
        # An aborted channel may still end (erratum RP2040-E13).
        if number < 0 or number == _NOBODY:
            return
        good = 1 - w[_SPOILT]
        w[_SPOILT] = 0
        # First, for the wires are what everyone waits for.
        release(words, starts)
        ended[number](good)

    return on_received


@micropython.viper
def release(words, starts):
    """Free the bus and begin the read that waits for it. In interrupts, or with interrupts off."""
    w = ptr32(words)
    ptr32(w[_SIO])[_OUT_SET] = w[_RELEASE]
    w[_CURRENT] = -1
    waiting = w[_WAITING]
    if waiting == 0:
        return
    number = 0
    while (waiting >> number) & 1 == 0:
        number += 1
    w[_WAITING] = waiting & ~(1 << number)
    starts[number](w[_SLOTS + number])


@micropython.viper
def _abort(channels: int):
    dma = ptr32(_DMA)
    # An aborted channel may still raise its interrupt, and says that it is aborted before it is (erratum RP2040-E13).
    enabled = dma[_INTE0]
    dma[_INTE0] = enabled & ~channels
    dma[_CHAN_ABORT] = channels
    while dma[_CHAN_ABORT] & channels:
        pass
    rest = channels
    at = _CTRL
    while rest:
        if rest & 1:
            while dma[at] & _CHANNEL_BUSY:
                pass
        rest >>= 1
        at += _CHANNEL_WORDS
    dma[_INTR] = channels
    dma[_INTE0] = enabled
