"""Sensor drivers by the name a payload definition uses.

A driver is a class, made with (bus, address, config), with

    identify() -> bool           the part at this address is the right one
    configure(sleep_ms) -> bool  it took its configuration and, once started, gives valid samples; may take 1.1 s
    start()                      it measures from now on at the latest; no trigger is armed yet
    read_into(buf)               one sample into buf, which has the plan's sample_len; interrupt-safe, allocates nothing

all of which raise OSError when the part does not answer. The bus belongs to read_into once a stream runs.
"""


def driver_class(name):
    """The driver's class; imported only when named, so a board loads the drivers it needs. Raises ImportError if unknown."""
    module = __import__("freefall_board.drivers." + name, None, None, ("DRIVER",))
    return module.DRIVER
