"""Whether the samples of two definitions mean the same."""

from ..definition import Definition, Stream
from ..errors import FreefallError


class DefinitionsDiffer(FreefallError):
    """Two runs cannot be compared field by field: their definitions give samples another layout."""

    exit_code = 3


def require_same_layout(a: Definition, b: Definition, names: tuple[str, str]) -> None:
    """Raises DefinitionsDiffer unless both have streams of the same names, in any order, whose samples are laid out alike.

    The ids may differ: other pins or rates do not hinder a comparison, nor does another calibration, whose values are compared.
    """
    layouts = [{stream.name: _layout(stream) for stream in definition.streams} for definition in (a, b)]
    if layouts[0] == layouts[1]:
        return
    ids = f"{names[0]} was made with definition {a.definition_id:08x}, {names[1]} with {b.definition_id:08x}"
    for name in layouts[0] | layouts[1]:
        if name not in layouts[0] or name not in layouts[1]:
            why = f"only {names[0] if name in layouts[0] else names[1]} has a stream {name}"
            break
        if layouts[0][name] != layouts[1][name]:
            why = f"samples of {name} are {_words(a.stream(name))} in the one, {_words(b.stream(name))} in the other"
            break
    raise DefinitionsDiffer(f"{ids}: {why}; only runs of like samples can be compared")


def _layout(stream: Stream) -> tuple:
    return stream.sensor_len, stream.times, tuple((channel.name, channel.unit, channel.raw) for channel in stream.channels)


def _words(stream: Stream) -> str:
    channels = ", ".join(f"{channel.name} ({channel.unit}, {channel.raw.width} bits)" for channel in stream.channels)
    return f"{stream.sensor_len} octets with {channels}{' and times' if stream.times else ''}"
