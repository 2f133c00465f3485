"""The boards of this computer: every serial port on USB, ports that are named, and bootloaders, each with who it is."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from ..errors import DeviceError
from ..port.by_id import UsbPort, usb_ports
from ..port.serial import DEFAULT_BAUD, PortBusy, open_pyserial
from .identity import Identity, identify
from .repl import REPL_BAUD
from .volumes import Volume, find_volumes

# A chip between USB and a UART has a pace, and which one is not known before: FTDI, Silicon Labs, Prolific, WCH.
_ADAPTERS = {0x0403, 0x10C4, 0x067B, 0x1A86}


@dataclass(frozen=True, slots=True)
class Device:
    """A board, or what may be one.

    id: its serial number, None where nobody tells; place: its port, or where its volume is. on_usb: its port is one on USB.
    """

    id: str | None
    place: str
    identity: Identity
    on_usb: bool = False

    @property
    def usable(self) -> bool:
        """Whether its port could be opened, or its volume is there to be written."""
        return self.identity.state not in ("busy", "unusable")

    def as_dict(self) -> dict[str, str | None]:
        """Flat, for JSON."""
        return {"id": self.id, "port": self.place} | asdict(self.identity)


def find_devices(urls: Iterable[str] = (), ports: Sequence[UsbPort] | None = None) -> list[Device]:
    """The boards at ports on USB (those, else all there are), and at urls. All are asked at once, which takes 1 to 5 s."""
    listed = usb_ports() if ports is None else ports
    named = [url for url in urls if url not in {port.device for port in listed}]
    with ThreadPoolExecutor(max(1, len(listed) + len(named))) as asked:
        return [*asked.map(_of_usb, listed), *asked.map(_of_url, named)]


def volume_devices() -> list[Device]:
    """Every bootloader volume, as a device."""
    return [_of_volume(volume) for volume in find_volumes()]


def _of_usb(port: UsbPort) -> Device:
    bauds = (DEFAULT_BAUD, REPL_BAUD) if port.vid in _ADAPTERS else (DEFAULT_BAUD,)
    return Device(port.serial_number, port.device, _asked(port.device, bauds), on_usb=True)


def _of_url(url: str) -> Device:
    identity = _asked(url, (DEFAULT_BAUD,))
    return Device(identity.serial, url, identity)


def _asked(url: str, bauds: Sequence[int]) -> Identity:
    try:
        port = open_pyserial(url, bauds[0])
    except PortBusy as error:
        return Identity("busy", note=str(error))
    except (DeviceError, ValueError) as error:
        return Identity("unusable", note=str(error))
    return identify(port, url, bauds)


def _of_volume(volume: Volume) -> Device:
    note = None if volume.path else f"it is not mounted: {volume.how_to_mount}"
    return Device(None, volume.name, Identity("bootloader", volume.chip or volume.board_id, note=note))


class Watch:
    """What comes and goes, seen by looking again and again."""

    def __init__(self, found: Iterable[Device]):
        """found: what is there now."""
        self._known = {device.place: device for device in found}

    def changes(self) -> Iterator[tuple[str, Device]]:
        """("gone" or "came", the device) of every board and volume since the last look."""
        ports = {port.device: port for port in usb_ports()}
        volumes = {device.place: device for device in volume_devices()}
        for place, device in list(self._known.items()):
            enumerated = device.on_usb or device.identity.state == "bootloader"
            if enumerated and place not in ports and place not in volumes:
                yield "gone", self._known.pop(place)
        came = [port for place, port in ports.items() if place not in self._known]
        came_volumes = [device for place, device in volumes.items() if place not in self._known]
        for device in [*find_devices(ports=came), *came_volumes]:
            self._known[device.place] = device
            yield "came", device
