"""The UART side of sensor models: a part that answers requests, alone on its line."""

from .part import ModelError, Part


class UARTPart(Part):
    """A part on a UART, driven by whole requests: the octets that came in one go.

    A model implements `_on_request`; this class keeps the fault hooks. A part that does not answer says nothing, and nobody is
    told.
    """

    part = "UART part"

    def request(self, octets: bytes) -> tuple[bytes, int] | None:
        """The last of these octets has come: (what it answers, nanoseconds until its first start bit), None for no answer.

        Raises ModelError for what the part does not define.
        """
        if not octets:
            raise ModelError(self.part, "a request has octets", "UART")
        return None if self._refuses() else self._on_request(bytes(octets))

    def _on_request(self, octets: bytes) -> tuple[bytes, int] | None:
        raise NotImplementedError
