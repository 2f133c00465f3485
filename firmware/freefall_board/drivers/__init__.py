"""Sensor drivers by the name a payload definition uses.

A driver is a class, made with (device, config), with

    halt(sleep_ms)               if it has one, first of all: a part that still measures from an earlier boot is idle
    identify() -> bool           the right part answers
    configure(sleep_ms) -> bool  it took its configuration and, once started, gives valid samples; may take 1.1 s
    start()                      it measures from now on at the latest; no trigger is armed yet
    sample_reads                 what one trigger reads for one sample: ((octets to send, count of octets to receive), ...)
    coefficients                 if the part has any: up to 44 octets, read in configure(), for the host

and what follows where it is not as said in brackets, in its class:

    SETTLE_US    (0) from the octets sent until the part answers; then sample_reads has one entry
    READ_HEAD    (0) octets at the start of a read that belong to no sample, a status register for example; they are dropped
    FIFO_SAMPLES (0) what its FIFO holds; by its watermark the last count of sample_reads is asked for once a sample
    ACTIVE_LOW   (False) its data-ready or watermark line is active low
    LINE_HOLDS   (False) its data-ready line stays active until its data are read: after a failed read no edge comes by itself
    RISES_ONCE   (False) its lines tell of samples in its FIFO once, and are released by READ_HEAD, however many it still holds
    SPI_SHIFT, SPI_READ, SPI_WRITE (0)  the octet of a register on SPI is register << SPI_SHIFT, | SPI_READ or | SPI_WRITE
    SPI_MODE     (0) clock polarity and phase

On I2C an entry of sample_reads is octets written, a repeated start and octets read, or a plain read without any to send, all in
one transaction. SPI: one entry; one octet is a register, none sends nothing. UART: one entry, request and answer.

The methods raise OSError when the part does not answer. device (ports/__init__.py) sends and receives until its bus is armed;
from then on it belongs to the interrupts. A sensor that is part of the board has no bus: its class makes the device, as a
static method board_device(port, config).
"""


def driver_class(name):
    """The driver's class; imported only when named, so a board loads the drivers it needs. Raises ImportError if unknown."""
    module = __import__("freefall_board.drivers." + name, None, None, ("DRIVER",))
    return module.DRIVER
