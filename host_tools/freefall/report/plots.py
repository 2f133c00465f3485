"""The plots of a page: SVG that says in words what it shows, and takes its colours from the page."""

from collections.abc import Iterator, Sequence
from math import floor, isnan, log2, log10

import numpy as np

from ..decode import LEVELS, ChannelStatistics, StreamStatistics
from .axis import Axis, time_axis, value_axis
from .element import Markup, element
from .numbers import micros, whole

_WIDTH = 760
_LEFT, _RIGHT = 74, 8  # of the frame
_COLUMNS = 640  # at most, of an envelope
_STRIP_COLUMNS = 320
_NEAR_PERIODS = 2.5  # samples farther apart are not joined by a line


def envelope(own: StreamStatistics, number: int, rate_hz: float, seconds: float, boots: Sequence[float]) -> Markup:
    """One channel over the run: between its least and greatest value of every moment, with its limits and the boots.

    rate_hz: the lowest at which its stream was to give samples; what is farther apart is not joined by a line.
    """
    known, timeline = own.channels[number], own.timeline
    height, top, bottom = 150, 8, 22
    times, unit_s, unit = time_axis(seconds, _LEFT, _WIDTH - _RIGHT)
    values = value_axis(known.least, known.greatest, height - bottom, top)
    factor = -(-timeline.used // _COLUMNS)
    width_s = timeline.width_ns * factor / 1e9
    low = _columns(timeline.least[number, : timeline.used], factor, np.fmin)
    high = _columns(timeline.greatest[number, : timeline.used], factor, np.fmax)
    at = np.flatnonzero(~np.isnan(low))
    x = times.at(np.minimum((at + 0.5) * width_s, seconds) / unit_s)
    near = max(width_s, 1 / rate_hz) * _NEAR_PERIODS / width_s
    name = f"{own.stream.name}.{known.name}"
    return _figure(
        f"{name} over time",
        f"{known.count} values from {known.least:g} to {known.greatest:g} {known.unit}, mean {known.mean:g}",
        height,
        [
            *_grid(times, unit, values, height - bottom, top),
            *_losses(own, times, unit_s, height - bottom),
            *_boots(boots, times, unit_s, top, height - bottom),
            *_limits(known, values),
            *_band(at, x, values.at(low[at]), values.at(high[at]), near),
        ],
    )


def losses(statistics: Sequence[StreamStatistics], seconds: float, boots: Sequence[float]) -> Markup:
    """Every stream as a strip: filled where samples were received, and red from below by the part that is missing."""
    row, top, bottom = 26, 4, 22
    height = top + row * len(statistics) + bottom
    left = max(_LEFT, 16 + 7 * max((len(own.stream.name) for own in statistics), default=0))
    times, unit_s, unit = time_axis(seconds, left, _WIDTH - _RIGHT)
    parts: list[Markup] = []
    for number, own in enumerate(statistics):
        y, tall = top + row * number + 3, row - 6
        parts.append(element("text", own.stream.name, x=left - 8, y=y + tall / 2 + 4, text_anchor="end", class_="label"))
        timeline = own.timeline
        factor = -(-timeline.used // _STRIP_COLUMNS) or 1
        received = _columns(timeline.received[: timeline.used], factor, np.add)
        missing = _columns(timeline.missing[: timeline.used], factor, np.add)
        width_s = timeline.width_ns * factor / 1e9
        expected = received + missing
        for first, last in _runs(expected > 1e-6):
            x = times.at(first * width_s / unit_s)
            wide = times.at(min(last * width_s, seconds) / unit_s) - x
            parts.append(element("rect", x=_n(x), y=y, width=_n(max(wide, 1)), height=tall, class_="received"))
        for column in np.flatnonzero(missing > 1e-6):
            part = missing[column] / expected[column]
            x, tall_part = times.at(column * width_s / unit_s), max(3.0, part * tall)
            text = f"{missing[column]:.0f} of {expected[column]:.0f} samples of {own.stream.name} missing"
            text += f" near {column * width_s:g} s"
            wide = max(1.5, times.at(width_s / unit_s) - times.at(0))
            box = {"x": _n(x), "y": _n(y + tall - tall_part), "width": _n(wide), "height": _n(tall_part)}
            parts.append(element("rect", element("title", text), **box, class_="missing"))
    gone = ", ".join(f"{own.stream.name} {own.losses.samples}" for own in statistics)
    frame = _time_ticks(times, unit, height - bottom)
    return _figure(
        "Samples received and missing over time",
        f"missing in gaps: {gone}",
        height,
        [*parts, *_boots(boots, times, unit_s, top, height - bottom), *frame],
    )


def jitter(own: StreamStatistics) -> Markup | None:
    """How many triggers were how early or late, both axes logarithmic; None where all are within a microsecond."""
    found = own.jitter.triggers
    bars: dict[int, tuple[int, str]] = {}
    for low, high, count in found.bins():
        number = _bar(low) if high > 0 else -_bar(-high)
        near, far = sorted((abs(low), abs(high)))
        text = f"{micros(near)} to {micros(far)} us {'late' if number > 0 else 'early'}" if number else "on time"
        bars[number] = bars.get(number, (0, ""))[0] + count, text
    if set(bars) <= {0}:
        return None
    reach = max(map(abs, bars)) + 1
    height, top, bottom = 150, 10, 22
    across = Axis(-reach - 0.5, reach + 0.5, _LEFT, _WIDTH - _RIGHT)
    most = max(count for count, _ in bars.values())
    up = Axis(0.0, log10(most) + 0.45, height - bottom, top)
    parts: list[Markup] = []
    for power in range(floor(log10(most)) + 1):
        y = up.at(power + 0.3)
        parts.append(element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=_n(y), y2=_n(y), class_="grid"))
        parts.append(element("text", whole(10**power), x=_LEFT - 8, y=_n(y + 4), text_anchor="end"))
    for ns, word in _deviations(reach):
        for sign, mark in ((-1, "-"), (1, "+")):
            x = across.at(sign * (_position(ns) + 0.5))
            parts.append(element("line", x1=_n(x), x2=_n(x), y1=top, y2=height - bottom, class_="grid"))
            if _LEFT + 20 < x < _WIDTH - 25:
                parts.append(element("text", mark + word, x=_n(x), y=height - 6, text_anchor="middle"))
    parts.append(element("text", "on time", x=_n(across.at(0)), y=height - 6, text_anchor="middle"))
    wide = across.at(1) - across.at(0)
    for number, (count, text) in sorted(bars.items()):
        y = up.at(log10(count) + 0.3)
        box = {"x": _n(across.at(number - 0.5) + 0.5), "y": _n(y), "width": _n(wide - 1), "height": _n(height - bottom - y)}
        parts.append(element("rect", element("title", f"{count} {text}"), **box, class_="bar"))
    half, nearly_all, everything = micros(found.quantile_ns(0.5)), micros(found.quantile_ns(0.99)), micros(found.max_ns)
    words = f"{found.count} intervals; half within {half} us, 99 % within {nearly_all} us, all within {everything} us"
    return _figure(f"Deviation of {own.stream.name}'s triggers from their period", words, height, parts)


def _figure(title: str, words: str, height: float, parts: Sequence[Markup]) -> Markup:
    inside = element("title", title), element("desc", words), *parts
    return element("svg", *inside, viewBox=f"0 0 {_WIDTH} {height}", role="img", aria_label=f"{title}: {words}")


def _grid(times: Axis, unit: str, values: Axis, bottom: float, top: float) -> Iterator[Markup]:
    for value, label in values.ticks(4):
        y = _n(values.at(value))
        yield element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, class_="grid")
        yield element("text", label, x=_LEFT - 8, y=_n(values.at(value) + 4), text_anchor="end")
    yield from _time_ticks(times, unit, bottom)


def _time_ticks(times: Axis, unit: str, bottom: float) -> Iterator[Markup]:
    yield element("line", x1=times.start, x2=times.stop, y1=bottom, y2=bottom, class_="axis")
    ticks = times.ticks(10)
    for value, label in ticks:
        x = _n(times.at(value))
        yield element("line", x1=x, x2=x, y1=bottom, y2=bottom + 4, class_="axis")
        anchor = "end" if times.at(value) > _WIDTH - 30 else "middle"
        yield element("text", f"{label} {unit}" if value == ticks[-1][0] else label, x=x, y=bottom + 16, text_anchor=anchor)


def _limits(known: ChannelStatistics, values: Axis) -> Iterator[Markup]:
    for level in LEVELS:
        for limit in getattr(known.limits, level, None) or ():
            if values.low < limit < values.high:
                y = _n(values.at(limit))
                line = {"x1": _LEFT, "x2": _WIDTH - _RIGHT, "y1": y, "y2": y}
                yield element("line", element("title", f"{level} {limit:g} {known.unit}"), **line, class_=f"limit {level}")


def _boots(boots: Sequence[float], times: Axis, unit_s: float, top: float, bottom: float) -> Iterator[Markup]:
    for seconds in boots:
        x = _n(times.at(seconds / unit_s))
        yield element("line", element("title", f"reboot at {seconds:g} s"), x1=x, x2=x, y1=top, y2=bottom, class_="boot")


def _losses(own: StreamStatistics, times: Axis, unit_s: float, bottom: float) -> Iterator[Markup]:
    """Red on the time axis where samples are missing."""
    timeline = own.timeline
    factor = -(-timeline.used // _COLUMNS) or 1
    missing = _columns(timeline.missing[: timeline.used], factor, np.add)
    width_s = timeline.width_ns * factor / 1e9
    for first, last in _runs(missing > 1e-6):
        x = times.at(first * width_s / unit_s)
        wide = max(2.0, times.at(last * width_s / unit_s) - x)
        yield element("rect", x=_n(x), y=bottom - 3, width=_n(wide), height=4, class_="missing")


def _band(at: np.ndarray, x: np.ndarray, low: np.ndarray, high: np.ndarray, near: float) -> Iterator[Markup]:
    """The filled shape between two lines, in pieces where there is nothing for a while."""
    starts = [0, *(np.flatnonzero(np.diff(at) > near) + 1).tolist(), len(at)]
    for start, stop in zip(starts, starts[1:], strict=False):
        if stop == start:
            continue
        part = slice(start, stop)
        there = " ".join(f"{_n(a)},{_n(b)}" for a, b in zip(x[part], high[part], strict=True))
        back = " ".join(f"{_n(a)},{_n(b)}" for a, b in zip(x[part][::-1], low[part][::-1], strict=True))
        if stop - start == 1:
            there, back = f"{_n(x[start] - 0.5)},{_n(high[start])}", f"{_n(x[start] + 0.5)},{_n(low[start])}"
        yield element("path", d=f"M{there} {back}z", class_="band")


def _columns(values: np.ndarray, factor: int, ufunc: np.ufunc) -> np.ndarray:
    """Of so many bins one."""
    return ufunc.reduceat(values, np.arange(0, len(values), factor)) if len(values) else values


def _runs(marked: np.ndarray) -> Iterator[tuple[int, int]]:
    """first, last + 1 of every stretch of marked ones."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], marked.astype(np.int8), [0])))).tolist()
    yield from zip(edges[::2], edges[1::2], strict=True)


def _position(ns: float) -> float:
    """Octaves above a microsecond (1024 ns) in fourths, straight within an octave as the bins of Jitter are."""
    octave = floor(log2(ns))
    return 4 * (octave - 10 + ns / 2**octave - 1)


def _bar(ns: float) -> int:
    """The bar of a deviation, 0 below a microsecond: the board's clock tells no less."""
    return max(0, 1 + floor(_position(ns))) if ns else 0


def _deviations(reach: int) -> Iterator[tuple[float, str]]:
    """Round deviations, in ns and in words, within so many bars."""
    for power in range(16):
        for first in (1, 2, 5) if reach < 24 else (1,):
            us = first * 10**power
            if us > 1 and _position(us * 1000.0) < reach:
                size, unit = next(unit for unit in ((10**6, "s"), (1000, "ms"), (1, "us")) if us >= unit[0])
                yield us * 1000.0, f"{us // size} {unit}"


def _n(value: float) -> str:
    """A coordinate."""
    assert not isnan(value)
    return f"{value:.1f}".removesuffix(".0")

