"""Units as UDUNITS reads them, which the CF conventions ask for: "m s-2", "count ms-1", "9.80665e-06 m s-2" for an ug."""

import math
from functools import cache
from typing import TYPE_CHECKING

from ..definition.units import parsed

if TYPE_CHECKING:
    import pint

# pint's name -> UDUNITS's symbol, where both mean the same. To UDUNITS a g is a gram and a cps 2 pi of ours; what is not here is
# told by units that are.
_SYMBOLS = {
    "meter": "m", "second": "s", "gram": "g", "kelvin": "K", "ampere": "A", "mole": "mol", "candela": "cd", "radian": "rad",
    "hertz": "Hz", "newton": "N", "pascal": "Pa", "bar": "bar", "joule": "J", "watt": "W", "volt": "V", "ohm": "ohm",
    "coulomb": "C", "farad": "F", "henry": "H", "siemens": "S", "tesla": "T", "weber": "Wb", "lux": "lx", "lumen": "lm",
    "becquerel": "Bq", "gray": "Gy", "sievert": "Sv", "liter": "L", "minute": "min", "hour": "h", "day": "d",
    "degree": "degree", "percent": "percent", "count": "count", "field_gauss": "gauss", "delta_degree_Celsius": "K",
}  # fmt: skip
_PREFIXES = {
    "": "", "femto": "f", "pico": "p", "nano": "n", "micro": "u", "milli": "m", "centi": "c", "deci": "d", "hecto": "h",
    "kilo": "k", "mega": "M", "giga": "G", "tera": "T",
}  # fmt: skip
_TEMPERATURES = {"degree_Celsius": "degC", "degree_Fahrenheit": "degF"}  # their zero is somewhere else: only by themselves


@cache
def udunits(unit: str) -> str | None:
    """The spelling of a unit of a definition; None if UDUNITS has none for it. Raises ValueError if it is no unit."""
    whole = parsed(unit)
    powers = _powers(whole)
    if len(powers) == 1 and (temperature := _TEMPERATURES.get(next(iter(powers)))):
        return temperature
    symbols = {_symbol(whole, name): power for name, power in powers.items()}
    factor = 1.0
    if None in symbols:
        one, two = (whole._REGISTRY.Quantity(count, whole).to_root_units() for count in (1.0, 2.0))
        if not math.isclose(two.magnitude, 2 * one.magnitude):
            return None  # decibels and the like
        factor = one.magnitude
        # What is left without a symbol has no dimension.
        symbols = {_symbol(whole, name): power for name, power in _powers(one.units).items()}
        symbols.pop(None, None)
    if any(power != int(power) for power in symbols.values()):
        return None
    words = [symbol if power == 1 else f"{symbol}{int(power)}" for symbol, power in symbols.items()]
    return " ".join(words if words and factor == 1 else [f"{factor:.15g}", *words])


def _powers(unit: "pint.Unit") -> dict[str, float]:
    """Positive ones first."""
    found = dict(unit._REGISTRY.Quantity(1, unit).unit_items())
    return dict(sorted(found.items(), key=lambda item: item[1] < 0))


def _symbol(unit: "pint.Unit", name: str) -> str | None:
    for prefix, base, _ in unit._REGISTRY.parse_unit_name(name):
        if prefix in _PREFIXES and base in _SYMBOLS:
            return _PREFIXES[prefix] + _SYMBOLS[base]
        break
    return None
