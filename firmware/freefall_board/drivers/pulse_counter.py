"""A pulse counter: the board counts the rising edges of a pin, whatever makes them."""


class PulseCounter:
    """Pulses since the board began to count, and pulses and microseconds since the last sample; see ports/__init__.py."""

    sample_reads = ((b"", 12),)

    @staticmethod
    def board_device(port, config):
        """See drivers/__init__.py; config: the pin."""
        return port.counter(config["pin"])

    def __init__(self, device, config):
        """See drivers/__init__.py."""

    def identify(self):
        """See drivers/__init__.py."""
        return True

    def configure(self, sleep_ms):
        """See drivers/__init__.py."""
        return True

    def start(self):
        """See drivers/__init__.py."""


DRIVER = PulseCounter
