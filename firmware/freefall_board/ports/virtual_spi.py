"""A simulated SPI bus. A model on it has select(), exchange(octet) and deselect()."""

from .virtual_bus import Bus, Device
from .virtual_transactions import SPIRegisters

_BITS_PER_OCTET = 8
_UNDRIVEN = 0xFF


class SPIBus(Bus):
    """targets: models by the pin of their chip select."""

    def __init__(self, clock, interrupts, plan, targets):
        super().__init__(clock, interrupts, plan["timeout_us"])
        self.octet_ns = _BITS_PER_OCTET * 1000000000 // plan["freq_hz"]
        self._mode = plan["mode"]
        self._targets = targets

    def device(self, sensor, driver):
        """The device behind the sensor's chip select. Raises ValueError for a part that another mode speaks to."""
        mode = getattr(driver, "SPI_MODE", 0)
        if mode != self._mode:
            raise ValueError("the part is in SPI mode %d, its bus in mode %d" % (mode, self._mode))
        return SPIDevice(self, self._targets.get(sensor["cs"]), driver)


class SPIDevice(SPIRegisters, Device):
    """One chip select of a bus; target: None when nobody is there, which no SPI controller can tell."""

    def __init__(self, bus, target, driver):
        super().__init__(bus, driver)
        self._target = target
        self._octet_ns = bus.octet_ns

    def _steps(self, phases):
        ((out, into),) = phases  # chip select goes high after each
        target = self._target
        if target:
            target.select()
        try:
            for octet in out or b"":
                if target:
                    target.exchange(octet)
                yield self._octet_ns
            for i in range(len(into or b"")):
                into[i] = target.exchange(0) if target else _UNDRIVEN
                yield self._octet_ns
        finally:
            if target:
                target.deselect()
