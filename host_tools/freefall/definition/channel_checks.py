"""What a definition says of channels: own fields, calibrations, claims and limits, and whether the sensor has such."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from ..sensors.channels import Channel
from ..sensors.table import SensorTable
from . import units
from .calibrations import KINDS
from .diagnostics import listed, meant, table_name
from .draft import Draft
from .located import Path
from .model import value_at

_RANGES = ("watch", "warning", "critical")  # each within the next


@dataclass(frozen=True, slots=True)
class _Channels:
    """The channels of a stream: those that the driver makes, and the definition's own fields."""

    driver: tuple[str, ...]
    fields: tuple[str, ...]
    sensor: str
    known: dict[str, Channel]  # those that are sound

    @property
    def names(self) -> tuple[str, ...]:
        return self.driver + self.fields


def channels(draft: Draft):
    """Refuse what is said of channels that are not there, and what cannot be true of those that are."""
    by_stream = {path[1]: _channels(draft, path) for path in draft.tables("stream")}
    rates_hz = {flow.path: flow.packing.rate_hz for flow in draft.flows()}
    for name, known in by_stream.items():
        if known is None:
            continue
        stream = ("stream", name)
        _fields(draft, stream, known)
        for path in _named(draft, (*stream, "calibration"), "calibration", known):
            _calibration(draft, path, known)
        for path in _named(draft, (*stream, "claim"), "claim", known):
            _claim(draft, path, known, rates_hz.get(stream))
    _limits(draft, by_stream)


def _channels(draft: Draft, stream: Path) -> _Channels | None:
    """None if nobody knows which there are."""
    name = draft.value((*stream, "sensor"))
    driver = draft.driver(name) if draft.trigger(stream) and name is not None else None
    if driver is None:
        return None
    fields = _tables(draft, (*stream, "field"))
    sensor = draft.table(("sensor", name))
    known = {channel.name: channel for channel in sensor.channels()} if sensor else {}
    known |= {path[-1]: table.channel(path[-1]) for path in fields if (table := draft.table(path))}
    return _Channels(driver.CHANNELS, tuple(path[-1] for path in fields), name, known)


def _tables(draft: Draft, path: Path) -> list[Path]:
    """The paths of the tables inside a table."""
    given = value_at(path, draft.data)
    return [(*path, name) for name in given] if isinstance(given, dict) else []


def _named(draft: Draft, tables: Path, what: str, channels: _Channels) -> Iterator[Path]:
    """The tables that are named after channels; the others are refused."""
    for path in _tables(draft, tables):
        if path[-1] in channels.names:
            yield path
        elif not draft.findings.doubtful_name((*tables[:2], "field")):
            hint = meant(path[-1], channels.names, listed("its channels", channels.names))
            message = f'{what} for "{path[-1]}", which is not a channel of the sensor{hint}'
            draft.findings.add(path, message, at_key=True)


def _fields(draft: Draft, stream: Path, channels: _Channels):
    sensor = draft.table(("sensor", channels.sensor))
    for path in _tables(draft, (*stream, "field")):
        if path[-1] in channels.driver:
            why = f"{table_name(('sensor', channels.sensor))} has a channel of this name already; give it another"
            draft.findings.add(path, f'field "{path[-1]}" is not possible: {why}', at_key=True)
        elif sensor and (table := draft.table(path)):
            _word(draft, path, table, sensor)
        for key in ("scale", "offset"):
            calibration = (*stream, "calibration", path[-1])
            if draft.has((*path, key)) and draft.has(calibration):
                draft.findings.misplaced((*path, key), table_name(calibration), "that takes its place")
    if not channels.names and not draft.findings.doubtful((*stream, "field")):
        driver = draft.data["sensor"][channels.sensor]["driver"]
        draft.findings.add(
            stream,
            f"{table_name(stream)} has no channel: {driver} makes none by itself; say what its octets mean in "
            f"[stream.{stream[1]}.field.NAME]",
        )


def _word(draft: Draft, path: Path, table, sensor: SensorTable):
    """A field's word within the sample, and its bits within the word."""
    octets, bits = sensor.sample_len(), 8 * table.octets
    where = f"a sample of [sensor.{value_at((*path[:2], 'sensor'), draft.data)}] has {octets} octets"
    if table.octet + table.octets > octets:
        taken = f"octet {table.octet}" if table.octets == 1 else f"octets {table.octet} to {table.octet + table.octets - 1}"
        draft.refuse((*path, "octet"), f"is outside: the field is in {taken}, counted from 0, and {where}")
    if table.shift >= bits:
        draft.refuse((*path, "shift"), f"leaves nothing: the word has {bits} bits; the most is {bits - 1}")
    elif table.shift + table.bits() > bits:
        draft.refuse((*path, "width"), f"is too wide: shifted by {table.shift}, the word of {bits} bits has {bits - table.shift}")
    if why := units.fault(table.unit) if draft.has((*path, "unit")) else None:
        draft.refuse((*path, "unit"), why)


def _calibration(draft: Draft, path: Path, channels: _Channels):
    if not isinstance(value_at(path, draft.data), dict):
        return
    given = [kind for kind in KINDS if draft.has((*path, kind))]
    for kind in given[1:]:
        draft.findings.misplaced((*path, kind), given[0], "a channel has one calibration, a line, a polynomial or a table")
    if given and given[0] != "scale":
        draft.forbid(path, "offset", given[0], "it is for scale")
    elif not given and draft.has((*path, "offset")):
        draft.require(path, "scale", "offset")
    elif not given and not draft.findings.doubtful(path):
        draft.findings.add(path, f"{table_name(path)} needs scale, coefficients or points")
    channel = channels.known.get(path[-1])
    _unit(draft, path, channel.unit if channel and not channel.transducer else None)


def _unit(draft: Draft, table: Path, like: str | None):
    """Refuse a unit that is none, or measures something else than the unit `like`."""
    unit = draft.value((*table, "unit"))
    if unit is not None and (why := units.fault(unit, like)):
        draft.refuse((*table, "unit"), why)


def channel_unit(draft: Draft, stream: Path, channel: Channel) -> str | None:
    """The unit of a channel's engineering values; None if it is in doubt."""
    path = (*stream, "calibration", channel.name, "unit")
    return draft.value(path) if draft.has(path) else channel.unit


def _claim(draft: Draft, path: Path, channels: _Channels, rate_hz: float | None):
    low, high = draft.value((*path, "low_hz")), draft.value((*path, "high_hz"))
    if low is not None and high is not None and low >= high:
        draft.refuse((*path, "low_hz"), f"is not below high_hz, {high:g}; a band goes from low to high")
    stream = path[:2]
    if rate_hz is not None and high is not None and high > (most := rate_hz / 2):
        draft.refuse(
            (*path, "high_hz"),
            f"is too high: [stream.{stream[1]}] has {rate_hz:g} samples/s, which tell of frequencies up to half of "
            f"that, {most:g} Hz; lower it or raise the rate",
        )
    channel = channels.known.get(path[-1])
    unit = channel and channel_unit(draft, stream, channel)
    if unit is None:
        return
    _unit(draft, path, unit)
    if draft.value((*path, "standard")) == "iss" and not units.compatible(unit, "g"):
        draft.refuse((*path, "standard"), f"is for accelerations, and {path[-1]} is in {unit}; remove it")


def _limits(draft: Draft, by_stream: dict[str, _Channels | None]):
    for stream in _tables(draft, ("limits",)):
        name = stream[-1]
        if name not in by_stream:
            if not draft.findings.doubtful_name(("stream",)) and not draft.findings.doubtful(("stream", name)):
                hint = meant(name, by_stream, listed("defined streams", by_stream))
                draft.findings.add(stream, f'limits for "{name}", which is not a stream{hint}', at_key=True)
        elif channels := by_stream[name]:
            for path in _named(draft, stream, "limits", channels):
                _nested(draft, path)


def _nested(draft: Draft, path: Path):
    ranges = {key: draft.value((*path, key)) for key in _RANGES if draft.has((*path, key))}
    if not ranges and not draft.findings.doubtful(path):
        draft.findings.add(path, f"{table_name(path)} gives no limit; give {', '.join(_RANGES[:-1])} or {_RANGES[-1]}")
    for (inner, within), (outer, around) in combinations(ranges.items(), 2):
        if within and around and not (around[0] <= within[0] and within[1] <= around[1]):
            draft.refuse(
                (*path, outer),
                f"does not hold {inner}, [{within[0]:g}, {within[1]:g}]: watch must lie within warning, and warning within "
                "critical",
            )
            return
