"""Can the sensor see it: what a definition claims to measure, against the sensor's noise, band and range.

Models: README.md, "noise", "band", "full scale" and "ISS crossover".
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ...sensors.channels import Channel, Linear
from ..draft import Draft, Flow
from ..located import Path
from ..promises import ClaimTable
from .margin import Margin

# A band of a third of an octave is so wide, as a share of its centre.
THIRD_OCTAVE = 2 ** (1 / 6) - 2 ** (-1 / 6)
# The space station's vibration limits, rms in such bands: 18 ug times the centre's frequency in Hz from 0.1 to 100 Hz, then 1800
# ug up to 300 Hz (PIMS, "ISS Microgravity Control Plan").
ISS_UG_PER_HZ = 18.0
ISS_SLOPE_ENDS_HZ = 100.0
ISS_ENDS_HZ = 300.0

_UG = 1_000_000
_ACCELERATIONS = ("g", "mg", "ug", "ng", "m/s^2")  # as channels give them


@dataclass(frozen=True, slots=True)
class _Sight:
    """What a channel's sensor can see, in the unit of its engineering values; None where nobody knows.

    density: white noise per root hertz, as far as the stream's rate folds it into what it tells; step: of the raw value.
    """

    unit: str
    density: float | None
    step: float | None
    bandwidth_hz: float
    span: float | None


def claims(draft: Draft) -> Iterator[Margin]:
    """Of every claim the noise in its band against its amplitude, its band against the sensor's, its swing against the range."""
    by_path = {flow.path: flow for flow in draft.flows()}
    for path, claim in draft.claims():
        flow = by_path.get(path[:2])
        channel = flow and _channel(flow, path[-1])
        if channel is None:
            continue
        sight = _sight(flow, channel)
        yield from _band(path, claim, flow, sight)
        if (unit := claim.unit or sight.unit) and (seen := _factor(sight.unit, unit)) is not None:
            yield from _noise(path, claim, flow, sight, unit, seen)
            yield from _range(path, claim, sight, unit, seen)


def iss_crossovers(draft: Draft) -> Iterator[Margin]:
    """From which frequency on a third-octave band of an accelerometer's noise is within the space station's limit.

    For information of every stream, of its noisiest channel; against the band's low end where a claim names that standard.
    """
    claimed = {path: claim for path, claim in draft.claims() if claim.standard == "iss"}
    for flow in draft.flows():
        densities = {channel.name: _ug_per_rthz(flow, channel) for channel in _channels(flow)}
        if any(densities.values()):
            noisiest = max(densities, key=lambda name: densities[name] or 0.0)
            yield _crossover(flow.path, flow, noisiest, densities[noisiest], None)
        for path, claim in claimed.items():
            if path[:2] == flow.path and (density := densities.get(path[-1])):
                yield _crossover((*path, "low_hz"), flow, path[-1], density, claim.low_hz)


def crossover_hz(ug_per_rthz: float) -> float:
    """Where white noise meets the space station's limit; below it the sensor cannot show compliance. ISS_ENDS_HZ: nowhere."""
    meets_hz = THIRD_OCTAVE * (ug_per_rthz / ISS_UG_PER_HZ) ** 2
    return meets_hz if meets_hz <= ISS_SLOPE_ENDS_HZ else ISS_ENDS_HZ


def _ug_per_rthz(flow: Flow, channel: Channel) -> float | None:
    """The noise of an acceleration; None of anything else, and where nobody knows."""
    sight = _sight(flow, channel)
    if sight.density is None or sight.unit not in _ACCELERATIONS:
        return None
    return sight.density * _factor(sight.unit, "g") * _UG


def _crossover(path: Path, flow: Flow, name: str, density: float, low_hz: float | None) -> Margin:
    hz = crossover_hz(density)
    where = f"from {hz:.2g} Hz on" if hz < ISS_ENDS_HZ else f"nowhere up to {ISS_ENDS_HZ:g} Hz"
    claimed = "" if low_hz is None else f", and the band begins at {low_hz:g} Hz"
    return Margin(
        rule="ISS crossover",
        subject=f"[stream.{flow.path[1]}]" if low_hz is None else f"{flow.path[1]}.{name}",
        path=path,
        value=hz,
        limit=low_hz,
        unit="Hz",
        sentence=f"{density:.3g} ug/rtHz of {name} are below the space station's vibration limit, by thirds of an octave, {where}"
        f"{claimed}",
        complaint="is too low",
        remedy="raise it, or take a quieter sensor",
    )


def _band(path: Path, claim: ClaimTable, flow: Flow, sight: _Sight) -> Iterator[Margin]:
    half_hz = flow.packing.rate_hz / 2
    limit = min(half_hz, sight.bandwidth_hz)
    rate = f"{flow.packing.rate_hz:g} samples/s tell of up to {limit:g} Hz"
    what = f"the sensor passes up to {limit:g} Hz" if limit < half_hz else rate
    yield Margin(
        rule="band",
        subject=f"{path[1]}.{path[-1]}",
        path=(*path, "high_hz"),
        value=claim.high_hz,
        limit=limit,
        unit="Hz",
        sentence=f"{what} and the band ends at {claim.high_hz:g} Hz",
        complaint="is too high",
        remedy="lower it or raise the sensor's rate",
    )


def _noise(path: Path, claim: ClaimTable, flow: Flow, sight: _Sight, unit: str, factor: float) -> Iterator[Margin]:
    steps = (sight.step or 0.0) ** 2 / (6 * flow.packing.rate_hz)  # a step's even error, over all frequencies that are told of
    if sight.density is None and not steps:
        return
    density = factor * math.sqrt((sight.density or 0.0) ** 2 + steps)
    value = density * math.sqrt(claim.high_hz - claim.low_hz)
    source = "its steps alone, for no data sheet tells its noise" if sight.density is None else "noise"
    yield Margin(
        rule="noise",
        subject=f"{path[1]}.{path[-1]}",
        path=(*path, "amplitude"),
        value=value,
        limit=claim.amplitude,
        unit=unit,
        sentence=f"from {claim.low_hz:g} to {claim.high_hz:g} Hz {flow.sensor_name} adds {value:.3g} {unit} rms ({source}, "
        f"{density:.3g} {unit}/rtHz), and {claim.amplitude:g} {unit} are to be seen",
        complaint="is too small",
        remedy="raise it, narrow the band, or take a quieter sensor or setting",
    )


def _range(path: Path, claim: ClaimTable, sight: _Sight, unit: str, factor: float) -> Iterator[Margin]:
    if sight.span is None:
        return
    value, limit = 2 * math.sqrt(2) * claim.amplitude, factor * sight.span
    yield Margin(
        rule="full scale",
        subject=f"{path[1]}.{path[-1]}",
        path=(*path, "amplitude"),
        value=value,
        limit=limit,
        unit=unit,
        sentence=f"a sine of it swings by {value:.4g} {unit}, and the sensor's range is {limit:.4g} {unit} wide",
        complaint="is too large",
        remedy="lower it or widen the sensor's range",
    )


def _channels(flow: Flow) -> list[Channel]:
    own = [table.channel(name) for name, table in flow.stream.field.items()]
    return [*flow.sensor.channels(), *own]


def _channel(flow: Flow, name: str) -> Channel | None:
    return next((channel for channel in _channels(flow) if channel.name == name), None)


def _sight(flow: Flow, channel: Channel) -> _Sight:
    sensor, table = flow.sensor, flow.stream.calibration.get(channel.name)
    half_hz = flow.packing.rate_hz / 2
    bandwidth_hz = sensor.bandwidth_hz().get(channel.name, math.inf)
    unit = channel.unit if table is None or table.unit is None else table.unit
    calibration = channel.calibration if table is None else table.calibration()
    factor = _calibrated(channel, table is None, calibration, unit)
    density, span = sensor.noise().get(channel.name), sensor.full_scale().get(channel.name)
    if density is not None:
        # What the part passes beyond half the stream's rate is folded into what is below.
        passes_hz = min(bandwidth_hz, sensor.data_rate_hz() / 2)
        density *= math.sqrt(max(1.0, passes_hz / half_hz)) if math.isfinite(passes_hz) else 1.0
    return _Sight(
        unit=unit,
        density=None if density is None or factor is None else density * factor,
        step=abs(calibration.scale) if isinstance(calibration, Linear) else None,
        bandwidth_hz=bandwidth_hz,
        span=None if span is None or factor is None else (span[1] - span[0]) * factor,
    )


def _calibrated(channel: Channel, own: bool, calibration, unit: str) -> float | None:
    """What one of the data sheet's unit is in the engineering values' unit."""
    if own:
        return 1.0
    if isinstance(calibration, Linear) and isinstance(channel.calibration, Linear):
        return abs(calibration.scale / channel.calibration.scale)
    return _factor(channel.unit, unit)


def _factor(unit: str, to: str) -> float | None:
    if unit == to:
        return 1.0
    from .. import units  # only where a unit is to be understood

    return units.converted(1.0, unit, to) if units.compatible(unit, to) else None
