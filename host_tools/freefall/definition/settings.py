"""Settings: what a definition lets be changed while the payload runs, [stream.NAME.adjustable], and their values on the board."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field

from freefall_wire.telecommands import MAX_SETTINGS

from ..sensors.fields import Range, Table, refused

LEAST_HZ, MOST_HZ = 0.01, 1000.0
_US = 1_000_000


def _rates(value: list[float]) -> list[float]:
    if value[0] < LEAST_HZ or value[1] > MOST_HZ:
        raise refused(f"goes beyond the rates that a board's clock makes: {LEAST_HZ:g} to {MOST_HZ:g} samples/s")
    return value


class AdjustableTable(Table):
    """[stream.NAME.adjustable]: what of the stream can be changed while the payload runs."""

    on: Annotated[bool, Field(description="whether the stream may be switched off and on again")] = False


class AdjustableRateTable(AdjustableTable):
    """[stream.NAME.adjustable]: what of a periodic stream can be changed while the payload runs."""

    rate_hz: Annotated[
        Annotated[Range, AfterValidator(_rates)] | None,
        Field(description="[least, most]: between which rates, in samples per second, it may be set"),
    ] = None


@dataclass(frozen=True, slots=True)
class Setting:
    """One value that the board takes by telecommand. number: in the definition's order; stream: its number, and its name.

    what: "rate_hz" or "on", as people say it. least, most, value: as the board has them (microseconds of a period; 0 or 1), value
    being the definition's own.
    """

    number: int
    stream: int
    stream_name: str
    what: str
    least: int
    most: int
    value: int

    @property
    def name(self) -> str:
        """As it is asked for: "temperature.rate_hz"."""
        return f"{self.stream_name}.{self.what}"

    @property
    def key(self) -> str:
        """What it is in the board's plan of the stream."""
        return "period_us" if self.what == "rate_hz" else self.what

    def text(self, value: int) -> str:
        """A value of the board's as people write it: "10", "on". `parse` makes the same value of it."""
        if self.what == "on":
            return _SWITCH[value > 0]
        return _rate_text(value) if value else "more than the clock has"

    @property
    def limits(self) -> str:
        """What it takes, in words."""
        return f"{self.text(self.most)} to {self.text(self.least)} samples/s" if self.what == "rate_hz" else "on or off"

    def parse(self, text: str) -> int:
        """The board's value for what people write; it may be out of range, which the board says. Raises ValueError."""
        if self.what == "on":
            try:
                return _WORDS[text.lower()]
            except KeyError:
                raise ValueError(f"{self.name} is on or off, not {text}") from None
        try:
            rate_hz = float(text)
        except ValueError:
            rate_hz = math.nan
        if not 0 < rate_hz < math.inf:
            raise ValueError(f"{self.name} is a number of samples per second, {self.limits}, not {text}")
        return min(round(_US / rate_hz), 2**32 - 1)


def _rate_text(period_us: int) -> str:
    """The shortest number of samples per second that stands for this period and no other: what people have written."""
    rates = (float(f"{_US / period_us:.{digits}g}") for digits in range(1, _MOST_DIGITS + 1))
    return repr(next(rate for rate in rates if round(_US / rate) == period_us)).removesuffix(".0")


_MOST_DIGITS = 17  # tell any two floating point numbers apart
_SWITCH = ("off", "on")
_WORDS = {"on": 1, "off": 0, "true": 1, "false": 0, "1": 1, "0": 0}


def settings_of(streams: dict[str, Table]) -> Iterator[Setting]:
    """The settings of the streams of a sound document, in its order."""
    number = 0
    for stream, (name, table) in enumerate(streams.items()):
        if rates := getattr(table.adjustable, "rate_hz", None):
            least, most = rates
            yield Setting(number, stream, name, "rate_hz", round(_US / most), round(_US / least), round(_US / table.rate_hz))
            number += 1
        if table.adjustable.on:
            yield Setting(number, stream, name, "on", 0, 1, 1)
            number += 1


def settings_checked(draft) -> None:
    """Refuse a rate that is not within what it may be set to, and more settings than a board takes."""
    count = 0
    for path in draft.tables("stream"):
        given = draft.table((*path, "adjustable")) if draft.trigger(path) and draft.has((*path, "adjustable")) else None
        if given is None:
            continue
        rates, rate_hz = getattr(given, "rate_hz", None), draft.value((*path, "rate_hz"))
        if rates and rate_hz is not None and not rates[0] <= rate_hz <= rates[1]:
            draft.refuse((*path, "rate_hz"), f"is not within what it may be set to, {rates[0]:g} to {rates[1]:g}")
        count += bool(rates) + given.on
        if count > MAX_SETTINGS:
            message = f"this makes {count} settings; a payload has at most {MAX_SETTINGS}"
            draft.findings.add((*path, "adjustable"), message, at_key=True)
            return
