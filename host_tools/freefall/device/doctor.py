"""What on this computer keeps Freefall or a board from working, each with its remedy."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .system import System
from .udev import HOW_TO, RULE

OK, NOTE, PROBLEM = "ok", "note", "problem"

_BY_RULE = f"{HOW_TO}\n{RULE}"
_RULE_DOES = re.compile(r'ATTRS?\{idVendor\}=="2e8a".*(TAG\+="uaccess"|MODE:?="0?66[46]")')
_KEEPS_OFF = re.compile(r'ATTRS?\{idVendor\}=="2e8a".*ID_MM_DEVICE_IGNORE')

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*([^;]*)")
_EXTRA = re.compile(r"extra == ['\"]([A-Za-z0-9._-]+)['\"]")
_BOUND = re.compile(r"(>=|<=|==|<|>)\s*([0-9][0-9A-Za-z.]*)")
_HOLDS = {
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
}
_NOT_OFFERED = ("all", "test")  # what is in them is in others, or for who works on Freefall itself


@dataclass(frozen=True, slots=True)
class Finding:
    """One check. verdict: OK, NOTE (works, but) or PROBLEM; text: what is; remedy: what to do, lines, empty where nothing."""

    name: str
    verdict: str
    text: str
    remedy: str = ""


def examine(system: System) -> Iterator[Finding]:
    """Every check, in the order of what needs what. Takes a moment; asks no board and changes nothing."""
    yield Finding("python", OK, f"Python {system.python()}, freefall {system.version('freefall') or 'not installed'}")
    yield from _packages(system)
    yield _accelerator(system)
    yield _crcmod(system)
    yield from _sensors(system)
    yield _image(system)
    yield from _ports(system)
    if system.is_linux:
        yield from _services(system)


def _packages(system: System) -> Iterator[Finding]:
    """What freefall needs, and each extra as a whole."""
    requirements = system.requirements()
    if not requirements:
        yield Finding("packages", NOTE, "freefall runs uninstalled, so that nobody knows what it needs", "pip install freefall")
    wanted: dict[str, dict[str, str]] = {}
    for requirement in requirements:
        package, bounds = _REQUIREMENT.match(requirement).groups()
        extra = _EXTRA.search(requirement)
        wanted.setdefault(extra[1] if extra else "", {})[package] = bounds.strip()
    for extra, packages in sorted(wanted.items()):
        if extra not in _NOT_OFFERED:
            yield _extra(system, extra, packages)


def _extra(system: System, extra: str, packages: dict[str, str]) -> Finding:
    name, what = (f"extra {extra}", f"freefall[{extra}]") if extra else ("packages", "freefall")
    versions = {package: system.version(package) for package in packages}
    wrong = [
        f"{package} {version} is not {packages[package]}"
        for package, version in versions.items()
        if version and not _satisfies(version, packages[package])
    ]
    missing = [package for package, version in versions.items() if version is None]
    remedy = f'pip install "{what}"'
    if wrong:
        return Finding(name, PROBLEM, ", ".join(wrong), remedy)
    if missing and extra:
        # One that is half there may well be somebody else's half.
        return Finding(name, NOTE, f"not installed: {', '.join(missing)}", remedy)
    if missing:
        return Finding(name, PROBLEM, f"not installed: {', '.join(missing)}", remedy)
    return Finding(name, OK, ", ".join(f"{package} {version}" for package, version in versions.items()))


def _satisfies(version: str, bounds: str) -> bool:
    return all(_HOLDS[sign](*_same_length(version, bound)) for sign, bound in _BOUND.findall(bounds))


def _same_length(*versions: str) -> list[list[int]]:
    """The numbers in versions, filled up with zeros: 1.29 is 1.29.0."""
    numbers = [[int(number) for number in re.findall(r"\d+", version)] for version in versions]
    longest = max(map(len, numbers))
    return [found + [0] * (longest - len(found)) for found in numbers]


def _accelerator(system: System) -> Finding:
    name = "accelerator"
    match system.accelerator():
        case True:
            return Finding(name, OK, "frames are decoded in C")
        case None:
            return Finding(name, NOTE, "switched off: frames are decoded at a third of the speed", "unset FREEFALL_ACCELERATOR")
    return Finding(
        name, NOTE, "not built: frames are decoded at a third of the speed",
        "install a C compiler (apt install gcc libc6-dev), then python -m freefall.decode.native",
    )  # fmt: skip


def _crcmod(system: System) -> Finding:
    name = "crcmod"
    match system.crcmod_extension():
        case True:
            return Finding(name, OK, "computes in C")
        case None:
            return Finding(name, OK, "not installed; only Freefall's own tests use it")
    return Finding(
        name, NOTE, "computes in Python, 20 times slower: there was no C compiler when it was installed",
        "install one (apt install gcc python3-dev), then pip install --force-reinstall --no-cache-dir crcmod==1.7",
    )  # fmt: skip


def _sensors(system: System) -> Iterator[Finding]:
    broken = system.broken_sensors()
    for sensor, reason in broken.items():
        yield Finding(
            "sensors", PROBLEM, f'the sensor "{sensor}" is lost: {reason}', "update or uninstall the package that brings it"
        )
    if not broken:
        yield Finding("sensors", OK, "every sensor of every package was loaded")


def _image(system: System) -> Finding:
    name = "image"
    if named := system.named_image():
        if system.is_file(named):
            return Finding(name, OK, f"{named}, as FREEFALL_IMAGE says")
        return Finding(name, PROBLEM, f"FREEFALL_IMAGE names {named}, and there is no such file", "correct it, or unset it")
    if image := system.cached_image():
        return Finding(name, OK, str(image))
    folder, writable = system.cache_writable()
    if not writable:
        return Finding(
            name, PROBLEM, f"there is no MicroPython image, and none can be put into {folder}",
            "make that folder one that you may write to, or set FREEFALL_CACHE to another",
        )  # fmt: skip
    return Finding(
        name, NOTE, f"there is no MicroPython image in {folder} for the emulated board and freefall flash",
        "the first freefall sim --board emulated gets one: it is downloaded, or built in a minute or two",
    )  # fmt: skip


def _ports(system: System) -> Iterator[Finding]:
    ports = system.usb_ports()
    if not ports:
        yield Finding("ports", NOTE, "no serial port on USB", _beforehand(system))
    for port in ports:
        yield _port(system, port.device)


def _port(system: System, port: str) -> Finding:
    if not system.may_use(port):
        return Finding("ports", PROBLEM, f"this user may not use {port}", _leave(system, port))
    if held := system.holders(port):
        return Finding(
            "ports", NOTE, f"{port} is held by {' and '.join(map(str, held))}", "end that program before another needs the board"
        )
    return Finding("ports", OK, f"{port} is free, and this user may use it")


def _beforehand(system: System) -> str:
    """What can be done about a port before there is one."""
    plug = "plug a board in to have its port looked at"
    if not system.is_linux or _RULE_DOES.search(system.rules()):
        return plug
    return f"{plug}; its user needs leave: {_BY_RULE}"


def _leave(system: System, port: str) -> str:
    if not system.is_linux:
        return "give this user leave to read and write it"
    if _RULE_DOES.search(system.rules()):
        return "the udev rule is there: unplug the board and plug it in again; by ssh, only the group of the port helps"
    group = system.group_of(port)
    by_group = f"\nor, by ssh too: sudo usermod -aG {group} $USER, and log in anew" if group not in (None, "root") else ""
    return f"{_BY_RULE}{by_group}"


def _services(system: System) -> Iterator[Finding]:
    programs = system.programs()
    if "ModemManager" in programs:
        if _KEEPS_OFF.search(system.rules()):
            yield Finding("ModemManager", OK, "runs, and a udev rule keeps it off boards")
        else:
            yield Finding(
                "ModemManager", NOTE, "runs: it takes a new port for some seconds and sends it what is for modems",
                f"keep it off: {_BY_RULE}\nor sudo systemctl disable --now ModemManager",
            )  # fmt: skip
    if "brltty" in programs:
        yield Finding(
            "brltty", NOTE, "runs: it takes adapters with a CH340 (1a86:7523) for Braille displays, and their port is gone",
            "without a Braille display: sudo apt remove brltty",
        )  # fmt: skip
