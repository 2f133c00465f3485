"""The words of one stream that its interrupts and the foreground share: an array of signed 32-bit words, and what each is.

Words are read and written whole, each is written by one side only (or with interrupts off), and the one that makes others valid
is written last. MicroPython puts a constant into its machine code only where it is defined in the same module, so modules of this
folder define those they use again, under the same name; a test holds them equal.
"""

from freefall_wire.native import micropython

# Written in interrupts
SEEN = 0  # samples announced by triggers; all counters are modulo 2^30
TAKEN = 1
BUS_ERRORS = 2
OVERRUNS = 3
ERRORS_IN_ROW = 4
LONGEST_US = 5
CHANGES = 6  # counts interrupts
READING = 7  # samples of the read under way, 0 when there is none
STAMP = 8  # of the read under way, or of the last
DUE = 9  # above 0 when a read is due that cannot be begun yet; core/held.py says what else
DUE_STAMP = 10
GOOD_STAMP = 11  # of the last good read; -1 before the first
HEAD = 12  # the ring's, over twice its depth, which tells a full ring from an empty one

# Written by the foreground
TAIL = 13  # as HEAD
SNAPSHOT_LEN = 14  # the words so far are what a ledger is made of
LAST = 14  # number of the read taken from the ring last; -1 before the first
LAST_STAMP = 15
LATE = 16  # reads that came later than their number and period say
INTERVAL = 17  # smoothed time between two reads that follow each other, in 1/8 us

# Fixed
STEP = 18  # samples in a read
PERIOD_US = 19  # of reads
MOST_STEPS = 20  # reads between two of which the time can be told
DEPTH = 21
READ_LEN = 22
LATENCY_US = 23  # from a trigger to the first line of its handler
HEAD_LEN = 24  # octets at the start of a read that belong to no sample
BACKLOG_US = 25  # how much older than now the newest sample of a read from a FIFO can be

# Written in interrupts
JUDGE = 26  # not 0 when the next edge of a FIFO is to be judged; core/watermark.py says by what
QUICKEST_US = 27  # read so far, from its stamp on

# Two words for every slot of the ring: number and stamp
SLOTS = 28

# Values of DUE of a FIFO's read, besides 1: not at once, a new one or the last one again. An odd one has its stamp in DUE_STAMP.
LATER = 2
LATER_AGAIN = 3
# Bits of JUDGE: as what samples that are missing are counted (BUS_ERRORS, OVERRUNS; 0: nothing could have cost a few); the rest
KIND = 3
LOOK = 4

COUNTER_MASK = 0x3FFFFFFF
TICKS_MASK = 0x3FFFFFFF
STOPPED = 3  # one failed read may be a glitch; this many in a row are a sensor that does not answer
MOST_JUDGED_US = 0x10000000  # longer than this, a difference of ticks does not tell the time that has passed
MOST_OFFSET_US = 0x03FFFFFF  # 67 s; the longest that samples may wait for their packet is 60 s


@micropython.native
def plus(word, more):
    """word + more modulo 2^30, of a counter or a tick; more may be negative. Outside of viper a larger sum would allocate."""
    return (word - (-more & TICKS_MASK)) & TICKS_MASK
