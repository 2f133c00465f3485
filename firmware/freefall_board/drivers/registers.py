"""A part of one-octet registers on I2C, as a payload definition describes it: instead of a data sheet there is the plan."""


class Registers:
    """A sample is what is read from one register on, however many octets the plan says."""

    def __init__(self, device, config):
        """config: identity, [register, octet, ...] or empty; setup, a list of [register, verify, octet, ...]; read, [register,
        count of octets]; active_low and line_holds of its data-ready line.
        """
        self._read = device.read
        self._write = device.write
        self._identity = config["identity"]
        self._setup = config["setup"]
        self._sample_register, self._sample_len = config["read"]
        self.sample_reads = ((bytes((self._sample_register,)), self._sample_len),)
        # Other drivers know their part, and have these in their class.
        self.ACTIVE_LOW = bool(config["active_low"])
        self.LINE_HOLDS = bool(config["line_holds"])

    def identify(self):
        """See drivers/__init__.py; without an identity, whoever answers is the right part."""
        if not self._identity:
            self.start()
            return True
        return self._reads_back(self._identity[0], bytes(self._identity[1:]))

    def configure(self, sleep_ms):
        """See drivers/__init__.py."""
        for write in self._setup:
            register, verify, octets = write[0], write[1], bytes(write[2:])
            self._write(register, octets)
            if verify and not self._reads_back(register, octets):
                return False
        return True

    def start(self):
        """See drivers/__init__.py: reads a sample, so that a line that waits for that makes an edge for the next."""
        self._read(self._sample_register, bytearray(self._sample_len))

    def _reads_back(self, register, octets):
        found = bytearray(len(octets))
        self._read(register, found)
        return found == octets


DRIVER = Registers
