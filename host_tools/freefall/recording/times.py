"""Wall-clock times as text: RFC 3339, UTC, nine digits after the second."""

import datetime
import re

from .profile import TIME_LIMIT

_NS_PER_S = 1_000_000_000
_EPOCH = datetime.datetime.fromtimestamp(0, datetime.UTC)
_FORM = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z")


def rfc3339(time_ns: int) -> str:
    """UTC text of a wall-clock time in ns since 1970, all nine digits kept."""
    seconds, ns = divmod(time_ns, _NS_PER_S)
    date = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return f"{date:%Y-%m-%dT%H:%M:%S}.{ns:09d}Z"


def from_rfc3339(text: str) -> int | None:
    """The time in ns since 1970 of what rfc3339() made; None for any other text, and for a time that no recording holds."""
    found = _FORM.fullmatch(text)
    if not found:
        return None
    try:
        date = datetime.datetime.fromisoformat(found[1]).replace(tzinfo=datetime.UTC)
    except ValueError:  # a thirteenth month
        return None
    time_ns = (date - _EPOCH) // datetime.timedelta(seconds=1) * _NS_PER_S + int(found[2])
    return time_ns if 0 <= time_ns < TIME_LIMIT else None
