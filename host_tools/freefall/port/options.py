"""What is said about playing, as text: in a port URL after the question mark, and on the command line."""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path
from urllib.parse import parse_qsl

from .timeline import Moment

_NS = 1_000_000_000
_TIME = re.compile(r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)")
_SPEEDS = Fraction(1, 1000), Fraction(1_000_000)


def scheme_of(url: str) -> str:
    """What is before the first colon, empty without one. A single letter is a drive of Windows, not a scheme."""
    scheme, colon, _ = url.partition(":")
    return scheme.lower() if colon and len(scheme) > 1 else ""


def split_url(url: str) -> tuple[str, str]:
    """(path, text of the options) of `scheme:path?options`, also written `scheme://path`; the path relative or absolute.

    A file whose own name holds a question mark is taken for what it is.
    """
    rest = url.partition(":")[2].removeprefix("//")
    if "?" not in rest or Path(rest).exists():
        return rest, ""
    path, _, query = rest.rpartition("?")
    return path, query


def parse_options(url: str, query: str, parsers: dict[str, Callable[[str], object]]) -> dict[str, object]:
    """The options of a port URL by name, parsed. Raises ValueError with a sentence."""
    options = {}
    for name, text in parse_qsl(query.replace("+", "%2B"), keep_blank_values=True):
        if name not in parsers:
            near = get_close_matches(name, parsers, 1)
            hint = f'did you mean "{near[0]}"?' if near else f"there is {', '.join(parsers)}"
            raise ValueError(f'{url} has an unknown option "{name}"; {hint}')
        try:
            options[name] = parsers[name](text)
        except ValueError as error:
            raise ValueError(f"{url}: {name}: {error}") from error
    return options


def parse_speed(text: str) -> Fraction | None:
    """2x, 0.5, 1/3; max is None. Raises ValueError."""
    if text == "max":
        return None
    try:
        speed = Fraction(text.removesuffix("x"))
    except (ValueError, ZeroDivisionError):
        raise ValueError(f'"{text}" is no speed; it is a factor like 2x or 0.5, or max') from None
    if not _SPEEDS[0] <= speed <= _SPEEDS[1]:
        raise ValueError(f"a speed is from {float(_SPEEDS[0])} to {int(_SPEEDS[1])}, or max, not {text}")
    return speed


def parse_loop(text: str) -> int | None:
    """A number of times from 1 on; inf is None. Raises ValueError."""
    if text == "inf":
        return None
    if not text.isdecimal() or not int(text):
        raise ValueError(f'"{text}" is no number of times from 1 on, and not inf')
    return int(text)


def parse_probability(text: str) -> float:
    """0.01 or 1%. Raises ValueError."""
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise ValueError(f'"{text}" is no probability from 0 to 1, or 0% to 100%')
    return value


def parse_seed(text: str) -> int:
    """A whole number. Raises ValueError."""
    try:
        return int(text)
    except ValueError:
        raise ValueError(f'"{text}" is no whole number') from None


def parse_seconds(text: str) -> int:
    """Seconds from 0 on, as ns. Raises ValueError."""
    try:
        return _ns(text)
    except ValueError:
        raise ValueError(f'"{text}" is no number of seconds from 0 on') from None


def parse_moment(text: str) -> Moment:
    """Seconds from the beginning, or a time of RFC 3339 with its offset. Raises ValueError."""
    if match := _TIME.fullmatch(text):
        date, fraction, offset = match.groups()
        try:
            whole = datetime.fromisoformat(date + offset.upper())
        except ValueError as error:
            raise ValueError(f'"{text}" is no time: {error}') from None
        seconds = round((whole - datetime.fromtimestamp(0, UTC)).total_seconds())
        return Moment(seconds * _NS + int((fraction or "").ljust(9, "0")), absolute=True)
    try:
        return Moment(_ns(text))
    except ValueError:
        raise ValueError(
            f'"{text}" is neither a number of seconds from 0 on nor a time like 2026-11-21T04:47:21Z, with Z or an offset'
        ) from None


def _ns(text: str) -> int:
    seconds = Fraction(text)
    if not 0 <= seconds <= 10**9 or "/" in text:
        raise ValueError(text)
    return round(seconds * _NS)
