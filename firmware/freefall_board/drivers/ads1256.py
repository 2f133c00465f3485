"""Texas Instruments ADS1256: a voltage, 24 bits, SPI. Commands and registers: data sheet SBAS288K, tables 23 and 24."""

from freefall_wire.const import const

_RDATAC = const(0x03)  # conversions can be read without a command, one after another, until
_SDATAC = const(0x0F)
_RREG = const(0x10)  # | register, then how many more
_WREG = const(0x50)
_SELFCAL = const(0xF0)
_RESET = const(0xFE)

_STATUS = const(0x00)  # identity in bits 7..4, BUFEN in bit 1, the level of DRDY in bit 0
_IDENTITY = const(3)
_BUFFER_SHIFT = const(1)
_NOT_READY = const(0x01)
_SETTINGS = const(4)  # registers: STATUS, MUX, ADCON (PGA in bits 2..0, no clock output), DRATE

_SLOWEST_MS = const(210)  # a period at 5 Hz
_STOPS = const(3)
_STOP_MS = const(1)
_RESET_MS = const(3)  # it calibrates itself for 30 kHz, 0.9 ms at most


class Ads1256:
    """The newest conversion: 3 octets, big-endian, two's complement; no command precedes them, and zeros are sent meanwhile.

    Between a command to read registers and their octets the part needs 50 of its clocks, 6.5 us, with the chip select low (t6). A
    device's exchange() is two transfers under one chip select, and the interpreter takes so long between them: 9 us on an RP2040
    at 125 MHz, as a test on the emulated one holds. Nothing here waits for it: where an interpreter were faster, what is read
    would not be what was written, and identify() or configure() would say so.
    """

    SPI_MODE = 1
    ACTIVE_LOW = True
    sample_reads = ((b"", 3),)

    def __init__(self, device, config):
        """config: mux, gain_code, rate_code and buffer as the registers hold them; calibration_ms, how long SELFCAL takes."""
        self._send = device.send
        self._exchange = device.exchange
        self._settings = bytes((config["buffer"] << _BUFFER_SHIFT, config["mux"], config["gain_code"], config["rate_code"]))
        self._calibration_ms = config["calibration_ms"]

    def halt(self, sleep_ms):
        """See drivers/__init__.py: a part that gives conversions takes nothing but this, and only while DRDY is low; 0.2 s.

        It is, for nobody reads any more, but for a moment before each conversion: that may spoil two of three.
        """
        sleep_ms(_SLOWEST_MS)
        self._send(bytes((_SDATAC,)) * _STOPS)
        sleep_ms(_STOP_MS)

    def identify(self):
        """See drivers/__init__.py."""
        return self._registers(1)[0] >> 4 == _IDENTITY

    def configure(self, sleep_ms):
        """See drivers/__init__.py; takes up to 630 ms."""
        self._command(_RESET)
        sleep_ms(_RESET_MS)
        self._send(bytes((_WREG | _STATUS, _SETTINGS - 1)) + self._settings)
        taken = self._registers(_SETTINGS)
        taken[0] = taken[0] & 0x0F & ~_NOT_READY
        if taken != self._settings:
            return False
        # Needed whenever the rate changes; nothing may be sent until it is over.
        self._command(_SELFCAL)
        sleep_ms(self._calibration_ms)
        return True

    def start(self):
        """See drivers/__init__.py."""
        self._command(_RDATAC)

    def _command(self, command):
        self._send(bytes((command,)))

    def _registers(self, count):
        octets = bytearray(count)
        self._exchange(bytes((_RREG | _STATUS, count - 1)), octets)
        return octets


DRIVER = Ads1256
