"""id:SERIAL as a port: the board with that USB serial number, wherever it is plugged in now."""

from collections.abc import Sequence
from typing import Protocol

from serial.tools import list_ports

from ..errors import DeviceError
from .options import scheme_of

_SCHEME = "id"


class UsbPort(Protocol):
    """A serial port as pyserial lists it; what USB does not tell is None."""

    device: str
    vid: int | None
    pid: int | None
    serial_number: str | None
    manufacturer: str | None
    product: str | None


def usb_ports() -> list[UsbPort]:
    """The serial ports on USB, by name. Nothing is opened."""
    return sorted((port for port in list_ports.comports() if port.vid is not None), key=lambda port: port.device)


def is_id(url: str) -> bool:
    """Whether it names a board by its serial number."""
    return scheme_of(url) == _SCHEME


def resolve(url: str) -> str:
    """The port of id:SERIAL at this moment; any other URL as it is.

    SERIAL: see `called`. Raises DeviceError.
    """
    if not is_id(url):
        return url
    ports = usb_ports()
    found = called(url.partition(":")[2], ports)
    if len(found) == 1:
        return found[0].device
    if found:
        raise DeviceError(f"{url} may be {_list(found)}; give more of its serial number")
    there = f"there is {_list(ports)}" if ports else "there is no board on USB at all; does its cable carry data?"
    raise DeviceError(f"{url}: no board on USB has that serial number; {there}")


def called(wanted: str, ports: Sequence[UsbPort]) -> list[UsbPort]:
    """The ports that `wanted` may mean: that with this USB serial number, else those it is the beginning or end of.

    In either case of letters; by its end, because boards of one make begin alike.
    """
    wanted = wanted.upper()
    numbered = [(port.serial_number.upper(), port) for port in ports if port.serial_number]
    exactly = [port for number, port in numbered if number == wanted]
    return exactly or [port for number, port in numbered if wanted and (number.startswith(wanted) or number.endswith(wanted))]


def _list(ports: Sequence[UsbPort]) -> str:
    return ", ".join(f"{port.serial_number or 'one without a number'} at {port.device}" for port in ports)
