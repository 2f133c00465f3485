"""What settings mean for the streams."""

from collections.abc import Sequence

from ..definition import Definition


def rates_hz(definition: Definition, values: Sequence[int] = ()) -> tuple[float, ...]:
    """The nominal rate of each stream, in the definition's order; 0.0 of one that is switched off.

    values: of all settings, as a board reports them, or of none. Where one is what the definition says, or what it does not
    allow, the definition's own rate holds.
    """
    rates = [stream.rate_hz for stream in definition.streams]
    off = set()
    for setting, value in zip(definition.settings, values, strict=False):
        if value == setting.value or not setting.least <= value <= setting.most:
            continue
        if setting.what == "rate_hz":
            rates[setting.stream] = 1e6 / value
        else:
            off.add(setting.stream)
    return tuple(0.0 if number in off else rate for number, rate in enumerate(rates))
