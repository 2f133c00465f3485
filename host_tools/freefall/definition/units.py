"""Units of engineering values, as an experimenter writes them: "m/s^2", "m s-2", "degC", "ug", "%RH", "counts/s".

pint knows them. It takes half a second to load, so it is imported for the first unit that must be understood. A "g" is here what
it is in this field, the acceleration of 9.80665 m/s^2, also as mg, ug and ng; a gram is "gram", and the kilogram "kg".
"""

import re
from functools import cache
from typing import TYPE_CHECKING

from .diagnostics import closest

if TYPE_CHECKING:
    import pint

LONGEST = 40
_SHOWN = 'it is written like "m/s^2", "degC" or "counts/s"'

# A name may have a digit between its letters, as H2O; a power follows the name, with or without a mark.
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<name>[A-Za-z%°µμΩ_](?:[A-Za-z%°µμΩ_]|\d(?=[A-Za-z]))*) (?:(?:\^|\*\*)?(?P<power>-?\d(?:\.5)?))? (?![\w.^])
      | (?P<one>1)(?![\w.^]) | (?P<operator>[*/·⋅.]) | (?P<bracket>[()])
    )\s*""",
    re.VERBOSE,
)
_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_OURS = {
    **{f"{prefix}g": f"{prefix}g_0" for prefix in ("", "m", "u", "µ", "μ", "n")},
    **{f"{prefix}{gauss}": f"{prefix}field_gauss" for prefix in ("", "m", "u") for gauss in ("gauss", "G")},
    **{"%": "percent", "%RH": "percent"},
}
_DEFINITIONS = (
    "lsb = count = LSB",
    "ppb = 1e-9",
    "dps = degree / second",
    "cpm = count / minute",
    "sccm = centimeter ** 3 / minute",
    "strain = []",
    "OD = []",
    "NTU = []",
    "pH = []",
    "cell = count",
    "bpm = count / minute",
    "field_gauss = 1e-4 * tesla",  # pint's gauss is that of the CGS system, which no tesla can be given in
)
# What a misspelt name was probably meant to be, before all that pint knows.
_COMMON = (
    *("g", "mg", "ug", "gram", "kg", "m/s^2", "degC", "celsius", "K", "Pa", "hPa", "kPa", "mbar", "V", "mV", "uV", "A", "mA"),
    *("uA", "W", "mW", "ohm", "Hz", "s", "ms", "us", "m", "mm", "um", "%", "%RH", "ppm", "lux", "lx", "rad/s", "deg/s", "dps"),
    *("T", "uT", "nT", "gauss", "count", "counts", "cps", "cpm", "bpm", "cell", "Bq", "Gy", "Sv", "mol", "ml/min", "N", "strain"),
)
_TAKEN_FOR = {"C": "degC", "F": "degF"}  # units of something else that are written for these
_LIKENESS = 0.8  # of 1: among thousands of names, some are always a little alike
_KINDS = {
    "1": "a plain number",
    "degC": "a temperature",
    "g": "an acceleration",
    "Pa": "a pressure",
    "m": "a length",
    "kg": "a mass",
    "s": "a time",
    "Hz": "a rate",
    "A": "a current",
    "V": "a voltage",
    "ohm": "a resistance",
    "T": "a magnetic field",
    "lux": "an illuminance",
    "m^3/s": "a flow",
}


def fault(unit: str, like: str | None = None) -> str | None:
    """Why `unit` cannot be the unit of a value, or cannot stand for `like`; None if it can, or nobody knows what `like` is."""
    if unit == like:
        return None
    if len(unit) > LONGEST:
        return f"is too long for a unit; the most is {LONGEST} characters"
    try:
        parsed = _parse(unit)
    except _NotAUnit as error:
        return str(error)
    if like is None or (other := _parse_or_none(like)) is None or parsed.is_compatible_with(other):
        return None
    meant = _TAKEN_FOR.get(unit)
    hint = f'; did you mean "{meant}"?' if meant and compatible(meant, like) else ""
    return f"is {_kind(parsed)}, and what is measured here is {_kind(other)}, in {like}{hint}"


def compatible(unit: str, other: str) -> bool:
    """Whether values in `unit` can be given in `other`; False also where one of them is no unit."""
    if unit == other:
        return True
    first, second = _parse_or_none(unit), _parse_or_none(other)
    return first is not None and second is not None and first.is_compatible_with(second)


def converted(amount: float, unit: str, to: str) -> float:
    """An amount (a difference, an amplitude: 1 degC is 1 K) in the unit `to`. Raises ValueError if it cannot be given in that."""
    if unit == to:
        return amount
    if not compatible(unit, to):
        raise ValueError(f"{unit} cannot be given in {to}")
    quantity, first, second = _registry().Quantity, _parse(unit), _parse(to)
    none, one = (quantity(count, first).to(second).magnitude for count in (0.0, 1.0))
    return amount * (one - none)


def parsed(unit: str) -> "pint.Unit":
    """The unit as pint has it. Raises ValueError if it is none."""
    return _parse(unit)


class _NotAUnit(ValueError):
    """In words that go on after the unit."""


@cache
def _registry() -> "pint.UnitRegistry":
    import pint

    registry = pint.UnitRegistry()
    for definition in _DEFINITIONS:
        registry.define(definition)
    return registry


@cache
def _parse(unit: str) -> "pint.Unit":
    # pint evaluates what it is given, towers of powers too; only what is surely a unit gets there.
    written, at, pieces = unit.strip().translate(_SUPERSCRIPTS), 0, []
    while at < len(written):
        found = _TOKEN.match(written, at)
        goes_on = pieces and pieces[-1] not in ("*", "/", "(")
        if not found or found["operator"] and not goes_on:
            raise _NotAUnit(f"is not a unit; {_SHOWN}, and {written[at:].strip()!r} is not clear")
        at = found.end()
        if found["operator"]:
            pieces.append("/" if found["operator"] == "/" else "*")
            continue
        if goes_on and found["bracket"] != ")":
            pieces.append("*")
        pieces.append(found["bracket"] or ("dimensionless" if found["one"] else _name(found["name"]) + _power(found["power"])))
    if not pieces:
        raise _NotAUnit('is not a unit; write "1" for a plain number')
    try:
        return _registry().parse_units("".join(pieces))
    except Exception as error:  # of many kinds: unbalanced brackets, an operator at the end
        raise _NotAUnit(f"is not a unit; {_SHOWN}") from error


def _parse_or_none(unit: str) -> "pint.Unit | None":
    try:
        return _parse(unit)
    except _NotAUnit:
        return None


def _name(name: str) -> str:
    name = _OURS.get(name, name)
    try:
        _registry().parse_units(name)
    except Exception as error:  # of many kinds, by what the name is in Python
        raise _NotAUnit(f'is not a unit: nobody knows "{name}"{_meant(name)}') from error
    return name


@cache
def _names() -> list[str]:
    return list(filter(str.isalpha, dir(_registry())))


def _power(power: str | None) -> str:
    return f"**{power}" if power else ""


def _meant(name: str) -> str:
    by_case = {known.lower(): known for known in reversed(_COMMON)}
    close = by_case.get(name.lower()) or closest(name, _COMMON) or closest(name, _names(), _LIKENESS)
    return f'; did you mean "{close}"?' if close else ""


def _kind(unit: "pint.Unit") -> str:
    """What a unit measures, in words where there are some."""
    words = (what for like, what in _KINDS.items() if unit.is_compatible_with(_parse(like)))
    return next(words, f"of dimension {unit.dimensionality}")
