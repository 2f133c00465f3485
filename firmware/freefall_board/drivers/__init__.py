"""Sensor drivers by the name a payload definition uses.

A driver is a class, made with (device, config), with

    halt(sleep_ms)               optional, first of all: a part that still measures from an earlier boot is idle
    identify() -> bool           the right part answers
    configure(sleep_ms) -> bool  it took its configuration and, once started, gives valid samples; may take 1.1 s
    start()                      it measures from now on at the latest; no trigger is armed yet
    sample_register              where a read of samples begins; the board reads as many octets as the plan says
    SPI_SHIFT, SPI_READ          if it can be on SPI: its command octet is register << SPI_SHIFT, and | SPI_READ to read
    FIFO_SAMPLES                 what its FIFO holds, if it has one

The methods raise OSError when the part does not answer. device (ports/__init__.py) reads and writes registers until the bus is
armed; from then on it belongs to the interrupts.
"""


def driver_class(name):
    """The driver's class; imported only when named, so a board loads the drivers it needs. Raises ImportError if unknown."""
    module = __import__("freefall_board.drivers." + name, None, None, ("DRIVER",))
    return module.DRIVER
