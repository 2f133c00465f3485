"""The language of Sensirion's parts: commands of 16 bits, and words of 16 bits that each carry a CRC-8."""

from .i2c import I2CTarget
from .part import Clock, ModelError, Produced

__all__ = ["CommandTarget", "crc8", "words"]

_POLYNOMIAL, _INITIAL = 0x31, 0xFF


def crc8(octets: bytes) -> int:
    """The CRC-8 of a word's octets: most significant bit first, no final inversion."""
    crc = _INITIAL
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = (crc << 1 ^ _POLYNOMIAL) & 0xFF if crc & 0x80 else crc << 1
    return crc


def words(*values: int) -> bytes:
    """Words of 16 bits (negative ones in two's complement) as they travel: 3 octets each."""
    octets = b""
    for value in values:
        word = (value & 0xFFFF).to_bytes(2, "big")
        octets += word + bytes((crc8(word),))
    return octets


class CommandTarget(I2CTarget):
    """A part that takes commands, with words as arguments or none, and gives words.

    A model implements `_on_command`, and `_answer` for reads: what it would give now, or None where the part does not acknowledge
    its address. A write that is no command, or whose words have a wrong CRC, and a read that goes on after the last octet are
    refused; a read may end before that.
    """

    section = "I2C"  # of the data sheet, for what is wrong with any command

    def __init__(self, address: int, clock: Clock):
        super().__init__(address, clock)
        self._written = bytearray()
        self._answering = b""
        self._given = 0

    def start(self, read: bool) -> bool:
        """See I2CTarget."""
        self._end_phase()
        answer = b""
        if read and not self._silent:
            answer = self._answer()
            if answer is None:
                return False
        acknowledged = super().start(read)
        if acknowledged and read:
            self._answering = answer
            self._on_answer()
        return acknowledged

    def write(self, octet: int) -> bool:
        """See I2CTarget; a command that the part refuses is not acknowledged at its second octet."""
        acknowledged = super().write(octet)
        if acknowledged and len(self._written) == 2 and not self._takes(self._command):
            self._written.clear()
            return False
        return acknowledged

    @property
    def _command(self) -> int:
        return int.from_bytes(self._written[:2], "big")

    def _takes(self, command: int) -> bool:
        """Whether the part acknowledges a command. Raises ModelError for one that it should not be sent."""
        raise NotImplementedError

    def _on_command(self, command: int, arguments: tuple[int, ...]) -> None:
        """A command that it takes has arrived whole."""
        raise NotImplementedError

    def _answer(self) -> bytes | None:
        """What a read that begins now would get; changes nothing. Raises ModelError where there is nothing to read."""
        raise NotImplementedError

    def _on_answer(self) -> None:
        """The part has acknowledged the read of `_answering`."""

    def _on_answered(self) -> None:
        """The whole answer was read."""

    def _on_write_phase(self) -> None:
        self._written = bytearray()

    def _on_write(self, octet: int) -> None:
        self._written.append(octet)

    def _on_write_end(self) -> None:
        written, self._written = bytes(self._written), bytearray()
        if not written:
            return  # an address alone, or a command that was refused
        arguments = written[2:]
        if len(written) < 2 or len(arguments) % 3:
            raise ModelError(self.part, f"{len(written)} octets are no command", self.section, value=written[0])
        values = tuple(int.from_bytes(arguments[at : at + 2], "big") for at in range(0, len(arguments), 3))
        command = int.from_bytes(written[:2], "big")
        if words(*values) != arguments:
            raise ModelError(self.part, "an argument's CRC is wrong", self.section, command, arguments[-1])
        self._on_command(command, values)

    def _on_read_phase(self) -> None:
        self._given = 0

    def _on_read(self) -> int:
        if self._given == len(self._answering):
            raise ModelError(self.part, f"an octet is read after the {self._given} that there are", self.section)
        self._given += 1
        if self._given == len(self._answering):
            self._on_answered()
        return self._answering[self._given - 1]

    def _read_out(self) -> None:
        self.read_out.append(Produced(self.clock.now_ns(), self._answering))

    def _cut_off(self) -> None:
        super()._cut_off()
        self._written = bytearray()
