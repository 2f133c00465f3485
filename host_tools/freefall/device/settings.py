"""Settings by their names, and files of them: TOML, a section for each stream.

[temperature]
rate_hz = 2
on = true
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path

from ..definition import Definition
from ..definition.settings import Setting
from ..errors import InputUnreadable

Values = Mapping[Setting, int]


def find_setting(definition: Definition, name: str) -> Setting:
    """The setting called "STREAM.WHAT". Raises ValueError with what may be meant."""
    by_name = {setting.name: setting for setting in definition.settings}
    if name in by_name:
        return by_name[name]
    near = get_close_matches(name, by_name, 1)
    hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(by_name)}"
    raise ValueError(f"payload {definition.name} has no setting {name}; {hint}")


def parse_changes(definition: Definition, texts: Iterable[str]) -> dict[Setting, int]:
    """What "NAME=VALUE" texts say, in their order. Ranges are the board's to judge. Raises ValueError."""
    changes: dict[Setting, int] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            one = definition.settings[0]
            raise ValueError(f'"{text}" is no NAME=VALUE, for example {one.name}={one.text(one.value)}')
        setting = find_setting(definition, name)
        if setting in changes:
            raise ValueError(f"{name} is given twice")
        changes[setting] = setting.parse(value)
    return changes


def own_values(definition: Definition) -> dict[Setting, int]:
    """Every setting as the definition has it."""
    return {setting: setting.value for setting in definition.settings}


def values_of(definition: Definition, reported: Sequence[int]) -> dict[Setting, int]:
    """Every setting as a board reports it."""
    return dict(zip(definition.settings, reported, strict=True))


def differing(values: Values, wanted: Values) -> dict[Setting, int]:
    """Those that are wanted and are not so."""
    return {setting: value for setting, value in wanted.items() if values[setting] != value}


def plain(setting: Setting, value: int) -> float | bool:
    """A value as JSON and TOML have it: samples per second; true or false."""
    return bool(value) if setting.what == "on" else float(setting.text(value))


def file_text(definition: Definition, values: Values) -> str:
    """A file of these settings."""
    lines = [f"# Settings of payload {definition.name}: freefall config apply sets them, freefall config diff compares them."]
    for stream, settings in groupby(sorted(values, key=lambda s: s.number), lambda s: s.stream_name):
        lines.append(f"\n[{stream}]")
        lines += [f"{setting.what} = {_toml(setting, values[setting])}" for setting in settings]
    return "\n".join(lines) + "\n"


def _toml(setting: Setting, value: int) -> str:
    return ("false", "true")[value] if setting.what == "on" else setting.text(value)


def read_file(path: Path, definition: Definition) -> dict[Setting, int]:
    """What a file says, some of the settings or all. Raises InputUnreadable."""
    try:
        text = path.read_bytes().decode()
        sections = tomllib.loads(text)
    except OSError as error:
        raise InputUnreadable(f"cannot read {path}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputUnreadable(f"{path} is no TOML: {error}") from error
    values: dict[Setting, int] = {}
    try:
        for stream, section in sections.items():
            for what, value in section.items() if isinstance(section, dict) else [("", section)]:
                setting = find_setting(definition, f"{stream}.{what}".rstrip("."))
                values[setting] = setting.parse(str(value))
    except ValueError as error:
        raise InputUnreadable(f"{path}: {error}") from error
    if not values:
        raise InputUnreadable(f"{path} holds no settings; freefall config get -o FILE writes a file of them")
    return values
