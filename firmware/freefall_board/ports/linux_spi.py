"""SPI by Linux's spidev. Chip selects are the controller's own where their pin is one of those, else lines of the GPIO chip."""

import spidev

from .linux_bus import Bus, Device
from .virtual_transactions import SPIRegisters

# A Raspberry Pi's: the pins of the chip selects of each controller, in the order of its devices (dtoverlay spi0-2cs, spi1-3cs).
_CHIP_SELECTS = {0: (8, 7), 1: (18, 17, 16)}


class SPIBus(Bus):
    """See ports/__init__.py. select(pin) -> a function: the line of a chip select that is not the controller's, set to 1 or 0."""

    def __init__(self, interrupts, plan, path, select):
        """path: /dev/spidev0, of which the devices are /dev/spidev0.0 and on. Raises OSError when they are not to be had."""
        super().__init__(interrupts)
        self._plan = plan
        self._path = path
        self._select = select
        self._open = []

    def device(self, sensor, driver):
        """The device behind the sensor's chip select. Raises ValueError for a part that another mode speaks to."""
        mode = getattr(driver, "SPI_MODE", 0)
        if mode != self._plan["mode"]:
            raise ValueError("the part is in SPI mode %d, its bus in mode %d" % (mode, self._plan["mode"]))
        own = _CHIP_SELECTS.get(int(self._path[-1]), ())
        number = own.index(sensor["cs"]) if sensor["cs"] in own else 0
        spi = spidev.SpiDev()
        spi.open_path("%s.%d" % (self._path, number))
        self._open.append(spi)
        spi.mode = mode
        spi.max_speed_hz = self._plan["freq_hz"]
        # With a line of its own, the controller's select moves too: nothing may be wired to that.
        select = _nothing if sensor["cs"] in own else self._select(sensor["cs"])
        return SPIDevice(self, spi, select, driver)

    def close(self):
        """Let go of its devices."""
        for spi in self._open:
            spi.close()


def _nothing(level):
    pass


class SPIDevice(SPIRegisters, Device):
    """One chip select of a bus; whether anybody is there, no SPI controller can tell."""

    def __init__(self, bus, spi, select, driver):
        super().__init__(bus, driver)
        self._spi = spi
        self._set_select = select

    def _transfer(self, phases):
        ((out, into),) = phases  # chip select goes high after each
        out = bytes(out or b"")
        self._set_select(0)
        try:
            received = self._spi.xfer2(list(out) + [0] * len(into or b""))
        finally:
            self._set_select(1)
        if into is not None:
            into[:] = bytes(received[len(out) :])
