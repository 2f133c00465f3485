"""Which devices of this computer a payload's buses and pins are and, before anything starts, whether they are there."""

import getpass
import importlib
import os
from collections.abc import Iterator, Mapping
from glob import glob
from types import ModuleType

from ..definition import Definition
from ..errors import DeviceError, MissingExtra

Devices = Mapping[str, str]  # paths by the names of buses in a definition; that of the chip of all pins by "gpio"

GPIO = "gpio"
# A Raspberry Pi calls the port on its header so, whatever it is.
_PATHS = {"i2c": "/dev/i2c-{}", "spi": "/dev/spidev{}", "uart": "/dev/serial{}", GPIO: "/dev/gpiochip{}"}
_HEADER_CHIP = "0"  # the one whose lines are the pins of a Raspberry Pi's header
_GROUPS = {"i2c": "i2c", "spi": "spi", "uart": "dialout", GPIO: "gpio"}
_RASPI_CONFIG = {"i2c": "sudo raspi-config nonint do_i2c 0", "spi": "sudo raspi-config nonint do_spi 0",
                 "uart": "sudo raspi-config nonint do_serial_hw 0"}  # fmt: skip


def devices_of(plan: dict, named: Mapping[str, str]) -> Devices:
    """The devices of a plan's buses, each the one of its own number unless `named` says another, and GPIO's chip: number or path.

    Raises ValueError for the name of a bus that the plan does not have.
    """
    kinds = {f"{bus['kind']}{bus['id']}": bus["kind"] for bus in plan["buses"]}
    for name in named:
        if name not in kinds and name != GPIO:
            raise ValueError(f"the payload has no bus {name}: it has {', '.join(kinds) or 'none'}")
    devices = {name: device_path(kind, named.get(name, name[len(kind) :])) for name, kind in kinds.items()}
    return {**devices, GPIO: device_path(GPIO, named.get(GPIO, _HEADER_CHIP))}


def device_path(kind: str, named: str) -> str:
    """The path of a bus of that kind that is named by its number or its path."""
    return _PATHS[kind].format(named) if named.isdecimal() else named


def check_devices(definition: Definition, plan: dict, devices: Devices) -> None:
    """Raises DeviceError for what the payload needs and this computer does not have; MissingExtra without smbus2."""
    for sensor in definition.sensors:
        if sensor.driver == "adc":
            raise DeviceError(
                f"this computer has no analog inputs, which sensor {sensor.name} needs: give it a converter on a bus, an ADS1115"
            )
    for bus in plan["buses"]:
        name = f"{bus['kind']}{bus['id']}"
        if bus["kind"] == "i2c":
            open_i2c(devices[name], name, bus["timeout_us"]).close()
        elif bus["kind"] == "spi":
            _import("spidev", f"bus {name}")
            _check_access(f"{devices[name]}.0", "spi", name)
        else:
            _check_access(devices[name], "uart", name)
    for what in _users_of_lines(definition, plan):
        if not hasattr(_import("gpiod", what), "request_lines"):
            raise DeviceError(f"{what} needs gpiod 2, and an older one is installed: pip install gpiod")
        _check_access(devices[GPIO], GPIO, what)


def open_i2c(path: str, name: str, timeout_us: int):
    """The kernel's adapter there (freefall_board.ports.linux_i2c.Adapter), for a bus of that name. Raises as check_devices."""
    try:
        from freefall_board.ports.linux_i2c import Adapter
    except ImportError:
        raise MissingExtra("I2C on this computer", "linux") from None
    try:
        return Adapter(path, timeout_us)
    except OSError as error:
        raise DeviceError(_why_not(path, "i2c", name, error)) from error


def _users_of_lines(definition: Definition, plan: dict) -> Iterator[str]:
    for sensor in definition.sensors:
        if sensor.driver == "pulse_counter":
            yield f"sensor {sensor.name}"
    for number, stream in enumerate(plan["streams"]):
        if "pin" in stream["trigger"]:
            yield f"stream {definition.streams[number].name}"


def _import(module: str, what: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise DeviceError(f"{what} needs {module}, which is not installed: pip install {module}") from None


def _check_access(path: str, kind: str, what: str) -> None:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY))
    except OSError as error:
        raise DeviceError(_why_not(path, kind, what, error)) from error


def _why_not(path: str, kind: str, what: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        there = ", ".join(sorted(glob(_PATHS[kind].format("*"))))
        others = f"; there is {there}: name another with --{kind}" if there else ""
        remedy = f"; on a Raspberry Pi switch it on with {_RASPI_CONFIG[kind]}" if kind in _RASPI_CONFIG and not there else ""
        return f"there is no {path}, which {what} needs{others}{remedy}"
    if isinstance(error, PermissionError):
        group = _GROUPS[kind]
        return f"you may not use {path}, which {what} needs: sudo usermod -aG {group} {getpass.getuser()}, then log in again"
    return f"{path}, which {what} needs, cannot be used: {error.strerror or error}"
