"""What the firmware's work takes of an RP2040's time: the one table that the rules and the virtual board's stalls go by.

Microseconds at 125 MHz, bus transfers not among them, for they are the DMA's. Measured by `python -m bench.board costs` on the
emulated board, which prints them beside this table, and rounded up. What the emulator does not model (flash cache,
contention) is not in them.
"""

from dataclasses import dataclass

# From a trigger on a processor with nothing else to do until its read has begun on a free bus.
BEGIN_US = 20
# From the end of a read's last bit until the read that waits for its bus has begun.
NEXT_US = 21


@dataclass(frozen=True, slots=True)
class ReadCost:
    """The interrupts of one read: of its trigger, and of its end. A read that is over at once has only the first."""

    trigger_us: float
    end_us: float

    @property
    def total_us(self) -> float:
        """Of both."""
        return self.trigger_us + self.end_us


# By kind of read.
READ_COSTS = {
    "transfer": ReadCost(24, 25),  # DMA, I2C or SPI
    "stamped": ReadCost(36, 25),  # the same with hardware time stamps, which the handler counts
    "fifo": ReadCost(145, 80),  # native handlers that look at levels and paces; however many samples
    "uart": ReadCost(26, 32),  # the request goes into the UART in the interrupt
    "immediate": ReadCost(28, 0),  # a counter or a converter of the chip's own
}


def read_cost(bus: str | None, trigger: str, timestamps: str | None) -> ReadCost:
    """Of a stream's reads: the kind of its bus, None without one; its trigger; who takes its time stamps."""
    if bus is None:
        return READ_COSTS["immediate"]
    if trigger == "fifo_watermark":
        return READ_COSTS["fifo"]
    if bus == "uart":
        return READ_COSTS["uart"]
    return READ_COSTS["stamped" if timestamps == "hardware" else "transfer"]


# How much longer than its octets a transaction may be on a bus of each kind. I2C: the clock waits for its line to rise, up to
# 120 ns of every microsecond at 1 MHz, 300 ns of 2.5 us, or 1 us of 10 us (UM10204, table 10), and starts and stops take about
# three bits. SPI: its pauses are in the pace that buses.py takes it to have.
STRETCH = {"i2c": 1.2, "spi": 1.0, "uart": 1.0}

# The foreground's.
_PACKET_US = 650  # making a packet of samples: headers, time, CRC, framing, the queue, and its pass of the loop
_SAMPLE_US = 4  # for each of them
_OCTET_US = 1.1  # and each of its octets, from the ring to the link's queue
REPORT_US = 900  # a service packet
PASS_US = 105  # a pass of the loop with nothing to do
_LOOK_US = 280  # a look after clock, watchdog and, every fourth time, what comes up the link
_LOOK_AT_STREAM_US = 70  # and each stream
USB_BLOCK_US = 100  # handing a block to USB
USB_BLOCK_OCTETS = 64

# What the firmware's loop does beside that: firmware/freefall_board/app.py, a test holds them equal.
LOOK_PERIOD_US = 5000  # how often it looks after buses, sensors and the watchdog
# One look finds that the command of a part that settles is over, another that the part has settled.
SETTLING_US = 2 * LOOK_PERIOD_US
QUEUE_OCTETS = 8192  # of frames that wait for the link
EVENTS_RESERVED = 2  # of that, places for events, besides those for a set of reports


def packet_us(samples: int, octets: int) -> float:
    """Of a packet of so many samples of so many octets."""
    return _PACKET_US + samples * (_SAMPLE_US + octets * _OCTET_US)


def look_us(streams: int) -> float:
    """Of a look after everything, which comes every LOOK_PERIOD_US."""
    return _LOOK_US + streams * _LOOK_AT_STREAM_US
