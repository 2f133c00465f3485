"""A pulse counter: the board counts the rising edges of a pin, whatever makes them."""


class PulseCounter:
    """Pulses since the board began to count, modulo 2^32: 4 octets, little-endian."""

    sample_register = 0

    def __init__(self, device, config):
        """device: a port's counter; config: the pin, which the port has used."""

    def identify(self):
        """See drivers/__init__.py."""
        return True

    def configure(self, sleep_ms):
        """See drivers/__init__.py."""
        return True

    def start(self):
        """See drivers/__init__.py."""


DRIVER = PulseCounter
