"""What a Tab completes besides verbs and options: definitions, recordings, ports, streams, settings, drivers.

Each is a shell_complete of click. The item of type "dir" lets the shell complete folders as it does for any command.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from click import Context, Parameter
from click.shell_completion import CompletionItem

from ..errors import FreefallError

_DEFINITION = "payload.toml"
# Folders of payload definitions hold some dozens; a Tab in a folder of other things must not read it all.
_MOST = 1000


def definitions(_context: Context, _parameter: Parameter, incomplete: str) -> list[CompletionItem]:
    """DEF: folders with a payload.toml, also those one folder further in, and payload.toml itself; without any, folders."""
    return _plain(_definitions(incomplete)) or [_folders(incomplete)]


def recordings(_context: Context, _parameter: Parameter, incomplete: str) -> list[CompletionItem]:
    """Files called *.mcap."""
    return [*_plain(_recordings(incomplete)), _folders(incomplete)]


def ports(_context: Context, _parameter: Parameter, incomplete: str) -> list[CompletionItem]:
    """URL: serial ports, and boards that a definition or a recording stands for."""
    return _plain(_ports(incomplete))


def wires(_context: Context, _parameter: Parameter, incomplete: str) -> list[CompletionItem]:
    """URL of a port that is at the end of a wire."""
    return _plain(_wires(incomplete))


def sources(context: Context, parameter: Parameter, incomplete: str) -> list[CompletionItem]:
    """SRC: recordings, serial ports, and other ports when their names are begun."""
    urls = ports if incomplete else wires
    return recordings(context, parameter, incomplete) + urls(context, parameter, incomplete)


def streams(context: Context, _parameter: Parameter, incomplete: str) -> list[CompletionItem]:
    """STREAM: of the definition that the command line names so far."""
    return _plain(stream.name for stream in _of_definition(context, "streams") if stream.name.startswith(incomplete))


def settings(context: Context, _parameter: Parameter, incomplete: str) -> list[CompletionItem]:
    """NAME of a setting of that definition."""
    return _plain(setting.name for setting in _of_definition(context, "settings") if setting.name.startswith(incomplete))


def changes(context: Context, _parameter: Parameter, incomplete: str) -> list[CompletionItem]:
    """NAME=VALUE, with what a setting may be at the utmost and what it is in the definition."""
    texts = []
    for setting in _of_definition(context, "settings"):
        values = dict.fromkeys((setting.most, setting.value, setting.least))  # the longest period is the least rate
        texts += [f"{setting.name}={setting.text(value)}" for value in values]
    return _plain(text for text in texts if text.startswith(incomplete))


def drivers(_context: Context, _parameter: Parameter, incomplete: str) -> list[CompletionItem]:
    """[NAME=]DRIVER."""
    from ..sensors.registry import SENSORS

    name, sign, start = incomplete.rpartition("=")
    return _plain(f"{name}{sign}{driver}" for driver in sorted(SENSORS) if driver.startswith(start))


def _plain(values: Iterable[str]) -> list[CompletionItem]:
    return [CompletionItem(value) for value in values]


def _folders(incomplete: str) -> CompletionItem:
    return CompletionItem(incomplete, type="dir")


def _entries(folder: Path) -> list[Path]:
    """What is in a folder and does not hide, by name; nothing where it cannot be read."""
    try:
        with os.scandir(folder) as found:
            return sorted(folder / entry.name for entry in islice(found, _MOST) if not entry.name.startswith("."))
    except OSError:
        return []


def _beginning(incomplete: str) -> tuple[str, list[Path]]:
    """(what was typed up to the last slash, what may be meant by the rest)."""
    typed, slash, start = incomplete.rpartition("/")
    folder = Path(f"{typed}{slash}" or ".").expanduser()
    return f"{typed}{slash}", [entry for entry in _entries(folder) if entry.name.startswith(start)]


def _definitions(incomplete: str) -> Iterator[str]:
    typed, found = _beginning(incomplete)
    for entry in found:
        if entry.name == _DEFINITION or (entry / _DEFINITION).is_file():
            yield f"{typed}{entry.name}"
        elif entry.is_dir():
            yield from (f"{typed}{entry.name}/{inner.name}" for inner in _entries(entry) if (inner / _DEFINITION).is_file())


def _recordings(incomplete: str) -> Iterator[str]:
    typed, found = _beginning(incomplete)
    return (f"{typed}{entry.name}" for entry in found if entry.suffix == ".mcap" and entry.is_file())


def _ports(incomplete: str) -> Iterator[str]:
    yield from _wires(incomplete)
    yield from _urls("sim://", _definitions, incomplete)
    yield from _urls("replay:", _recordings, incomplete)


def _urls(scheme: str, paths: Callable[[str], Iterator[str]], incomplete: str) -> Iterator[str]:
    if incomplete.startswith(scheme) or scheme.startswith(incomplete):
        yield from (scheme + path for path in paths(incomplete.removeprefix(scheme) if len(incomplete) > len(scheme) else ""))


def _wires(incomplete: str) -> Iterator[str]:
    from serial.tools.list_ports import comports

    return (port.device for port in sorted(comports()) if port.device.startswith(incomplete))


def _of_definition(context: Context, what: str) -> tuple:
    from ..recording import open_recording
    from .sources import choose_definition

    given, source = context.params.get("definition"), context.params.get("src")
    if "src" in context.params:
        source = source or "".join(context.args[:1])  # while an option lacks its value, arguments are not parsed yet
    try:
        own = open_recording(source).definition if source and not given else None
        definition = choose_definition(given, own)
    except (FreefallError, OSError):
        return ()
    return getattr(definition, what, ())
