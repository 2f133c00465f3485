"""The board's own analog input: a pin's voltage."""


class Adc:
    """A conversion, 12 bits in 2 octets, little-endian; see ports/__init__.py."""

    sample_reads = ((b"", 2),)

    @staticmethod
    def board_device(port, config):
        """See drivers/__init__.py; config: the pin."""
        return port.adc(config["pin"])

    def __init__(self, device, config):
        """See drivers/__init__.py."""

    def identify(self):
        """See drivers/__init__.py: nothing tells what the pin is wired to."""
        return True

    def configure(self, sleep_ms):
        """See drivers/__init__.py."""
        return True

    def start(self):
        """See drivers/__init__.py."""


DRIVER = Adc
