"""Numbers as they are shown."""

from math import floor, log10

from ..decode import ChannelStatistics
from ..definition import Channel, Linear

THIN = "\N{NARROW NO-BREAK SPACE}"


def decimals(known: ChannelStatistics, channel: Channel) -> int:
    """Those of one step of the raw value; where steps differ, six digits of the greatest value and two of the deviation."""
    if isinstance(channel.calibration, Linear):
        digits = [(abs(channel.calibration.scale), 1)]
    else:
        digits = [(max(abs(known.least), abs(known.greatest)), 6), (known.deviation, 2)]
    needed = [count - 1 - floor(log10(value)) for value, count in digits if value]
    return min(9, max(0, *needed)) if needed else 9


def fixed(value: float, places: int) -> str:
    """With so many decimals; never minus zero."""
    return f"{round(value, places) + 0.0:.{places}f}"


def whole(number: int) -> str:
    """With a narrow space between thousands."""
    return f"{number:,}".replace(",", THIN)


def count(number: int, what: str) -> str:
    """`1 place`, `2 places`."""
    return f"{whole(number)} {what}" if number == 1 else f"{whole(number)} {what}s"


def micros(ns: float) -> str:
    """Microseconds of nanoseconds: to a tenth below a hundred."""
    us = ns / 1000
    return f"{us:.0f}" if abs(us) >= 100 else fixed(us, 1)


def duration(seconds: float) -> str:
    """`12.3 s`, `2 min 5 s`, `3 h 20 min`, `2 d 4 h`."""
    for unit, size, below, smaller in (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if seconds >= 2 * size:
            high, rest = divmod(seconds, size)
            return f"{int(high)} {unit} {int(rest // smaller)} {below}"
    return f"{seconds:.1f} s"
