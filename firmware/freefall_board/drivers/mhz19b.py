"""Winsen MH-Z19B: CO2, UART at 9600 baud. Commands: user's manual, version 1.6 (chapter 8)."""

from freefall_wire.const import const

_START = const(0xFF)
_READ = const(0x86)
_SELF_CALIBRATION = const(0x79)
_LEN = const(9)  # of every command and answer
_TAKES_MS = const(100)  # a command that is not answered


def _command(code, argument):
    octets = bytearray((_START, 0x01, code, argument, 0, 0, 0, 0, 0))
    octets[_LEN - 1] = -(0x01 + code + argument) & 0xFF
    return bytes(octets)


class Mhz19b:
    """The part's answer as it comes: start octet, command, CO2 big-endian, 4 octets without a meaning, checksum."""

    sample_reads = ((_command(_READ, 0), _LEN),)

    def __init__(self, device, config):
        """config: self_calibration_code, the argument of its command."""
        self._send = device.send
        self._exchange = device.exchange
        self._self_calibration = _command(_SELF_CALIBRATION, config["self_calibration_code"])

    def identify(self):
        """See drivers/__init__.py: it has no identity, but a way to answer."""
        answer = bytearray(_LEN)
        self._exchange(self.sample_reads[0][0], answer)
        return answer[0] == _START and answer[1] == _READ and sum(answer[1:]) & 0xFF == 0

    def configure(self, sleep_ms):
        """See drivers/__init__.py; takes 0.2 s."""
        self._send(self._self_calibration)
        sleep_ms(_TAKES_MS)
        return self.identify()

    def start(self):
        """See drivers/__init__.py: it measures from power-up, and well from 3 minutes later on."""


DRIVER = Mhz19b
