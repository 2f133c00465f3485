"""The SPI side of sensor models: what a bus does with a part, and a part that does not answer."""

from typing import Protocol

from .part import ModelError, Part

_UNDRIVEN = 0xFF  # what the controller reads when nobody drives its input


class SPITarget(Protocol):
    """A part on an SPI bus, driven by octets while its chip select is low."""

    def select(self) -> None:
        """Chip select goes low: a transfer begins."""
        ...

    def exchange(self, octet: int) -> int:
        """Eight clocks: the part takes an octet and gives one. Raises ModelError for what the part does not define."""
        ...

    def deselect(self) -> None:
        """Chip select goes high: the transfer ends; harmless if it is high. Raises ModelError if it ends in the middle."""
        ...


class SPIPart(Part):
    """An `SPITarget`. A model implements the `_on_*` hooks; this class keeps the order and the fault hooks.

    A part that does not answer gives 0xFF and takes nothing: on this bus, nobody is told.
    """

    part = "SPI part"
    _selected = False
    _listens = False  # selected, and it answers

    def select(self) -> None:
        """See SPITarget."""
        if self._selected:
            raise ModelError(self.part, "it is selected already", "SPI")
        self._selected = True
        self._listens = not self._refuses()
        if self._listens:
            self._on_select()

    def exchange(self, octet: int) -> int:
        """See SPITarget."""
        if not self._selected:
            raise ModelError(self.part, "an octet comes while it is not selected", "SPI", value=octet)
        if not 0 <= octet <= 0xFF:
            raise ModelError(self.part, "an octet is 0 to 255", "SPI", value=octet)
        if self._silent or not self._listens:
            self._listens = False  # who has missed an octet has missed the rest
            return _UNDRIVEN
        return self._on_exchange(octet)

    def deselect(self) -> None:
        """See SPITarget."""
        listened, self._listens = self._listens, False
        self._selected = False
        if listened and not self.absent:
            self._on_deselect()

    def _cut_off(self) -> None:
        super()._cut_off()
        self._listens = False

    def _on_select(self) -> None: ...
    def _on_exchange(self, octet: int) -> int:
        raise NotImplementedError

    def _on_deselect(self) -> None: ...
