"""Asking a part who it is, with the question of its own driver of the firmware: there is no other list of identities."""

from enum import Enum

from freefall_board.drivers import driver_class

from .access import Access, NoAnswer


class Writes(Exception):
    """A driver that may only read wanted to write."""


class Reply(Enum):
    """What became of the question."""

    RIGHT = "right"  # the driver knows its part
    OTHER = "other"  # somebody answers, and is another part
    UNTOLD = "untold"  # to tell, the driver would have to write into whatever is there


class PartDevice:
    """The device (firmware/freefall_board/ports/__init__.py) of a driver that only asks; `heard` is what the part said last.

    driver: its class, for how it names registers on SPI. reads_only: nothing longer than the number of a register is sent.
    """

    def __init__(self, access: Access, place: int, driver: type, spi: bool = False, reads_only: bool = False):
        self.heard = ""
        self.octets: set[int] = set()  # all that were received
        self._access = access
        self._place = place
        self._driver = driver
        self._spi = spi
        self._reads_only = reads_only

    def read(self, register: int, buf: bytearray) -> None:
        """See ports/__init__.py."""
        self._receive(self._command(register, "SPI_READ"), buf, f"register 0x{register:02x}")

    def write(self, register: int, data) -> None:
        """See ports/__init__.py."""
        self.send(self._command(register, "SPI_WRITE") + bytes(data))

    def send(self, octets) -> None:
        """See ports/__init__.py."""
        if self._reads_only and len(octets) > 1:
            raise Writes
        self._access.transfer(self._place, bytes(octets), 0)

    def receive(self, buf: bytearray) -> None:
        """See ports/__init__.py."""
        self._receive(None, buf, "a read")

    def exchange(self, command, buf: bytearray) -> None:
        """See ports/__init__.py."""
        self._receive(bytes(command), buf, bytes(command).hex(" "))

    def _command(self, register: int, mark: str) -> bytes:
        if not self._spi:
            return bytes((register,))
        return bytes((register << getattr(self._driver, "SPI_SHIFT", 0) | getattr(self._driver, mark, 0),))

    def _receive(self, command: bytes | None, buf: bytearray, what: str) -> None:
        if self._reads_only and command and len(command) > 1:
            raise Writes
        octets = self._access.transfer(self._place, command, len(buf))
        buf[:] = octets
        self.octets.update(octets)
        self.heard = f"{what} reads {octets.hex(' ')}"


def ask(access: Access, place: int, driver_name: str, config: dict, spi: bool = False) -> tuple[Reply, PartDevice]:
    """Ask as a board does when it sets the part up, and no further. Raises NoAnswer and BusHeld."""
    driver_type = driver_class(driver_name)
    device = PartDevice(access, place, driver_type, spi)
    driver = driver_type(device, config)
    if halt := getattr(driver, "halt", None):
        halt(access.sleep_ms)
    return Reply.RIGHT if driver.identify() else Reply.OTHER, device


def ask_by_reading(access: Access, place: int, driver_name: str, config: dict) -> Reply:
    """Whether a part is there, on I2C and without writing into it. Raises NoAnswer, BusHeld; ImportError without its driver.

    config: the part's options; those that are not there count as 0.
    """
    driver_type = driver_class(driver_name)
    driver = driver_type(PartDevice(access, place, driver_type, reads_only=True), _Options(config))
    try:
        if halt := getattr(driver, "halt", None):
            halt(access.sleep_ms)
        return Reply.RIGHT if driver.identify() else Reply.OTHER
    except Writes:
        return Reply.UNTOLD


def is_there(access: Access, place: int) -> bool:
    """Whether anybody acknowledges the number of a register, after which nothing is read or written. Raises BusHeld."""
    try:
        access.transfer(place, b"\0", 0)
    except NoAnswer:
        return False
    return True


class _Options(dict):
    """Options of a part that nobody chose are 0; who it is depends on none of them."""

    def __missing__(self, key: str) -> int:
        return 0
