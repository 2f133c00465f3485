"""Units as experimenters write them: understood, told apart, converted; whatever else is written is refused, at once."""

import os
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freefall.definition import units
from freefall.sensors.registry import SENSORS

# Units that mean the same kind of thing, written in every way there is.
ALIKE = [
    ["g", "mg", "ug", "µg", "μg", "ng", "m/s^2", "m/s**2", "m/s2", "m s-2", "m s^-2", "m·s⁻²", "m/s²", "cm/s^2"],
    ["degC", "°C", "celsius", "K", "degF", "mK"],
    ["Pa", "hPa", "kPa", "mbar", "bar", "atm", "mmHg", "cmH2O", "N/m2"],
    ["kg", "gram", "lb"],
    ["V", "mV", "uV", "volts"],
    ["%", "%RH", "ppm", "ppb", "percent", "1", "count", "counts", "lsb", "LSB", "strain", "OD", "NTU", "pH"],
    ["Hz", "1/s", "s^-1", "cps", "cpm", "bpm", "counts/s", "Bq"],
    ["dps", "deg/s", "rad/s", "degree/second"],
    ["T", "uT", "nT", "gauss", "G", "mG"],
    ["lux", "lx", "lm/m^2"],
    ["ml/min", "sccm", "uL/s", "l/h", "m^3/s"],
    ["uW/cm2", "W/m^2", "mW/(cm^2)", "J/(m^2 s)"],
    ["g/Hz^0.5", "ug/Hz^0.5", "m s^-1.5"],
    ["uSv/h", "Sv/s", "mGy/h"],
    ["cells/ml", "cell/l", "1/m^3"],
]


@pytest.mark.parametrize("same", ALIKE, ids=lambda same: same[0])
def test_units_of_one_kind_go_together(same):
    for unit in same:
        assert units.fault(unit) is None
        assert units.fault(unit, like=same[0]) is None, unit


@pytest.mark.parametrize(("index", "same"), list(enumerate(ALIKE)), ids=lambda value: value[0] if isinstance(value, list) else "")
def test_units_of_another_kind_do_not(index, same):
    rates = ("Hz", "dps")  # an angle is no dimension
    for other in (other for at, other in enumerate(ALIKE) if at != index):
        if not (same[0] in rates and other[0] in rates):
            assert units.fault(same[1], like=other[0]), (same[1], other[0])
            assert not units.compatible(same[1], other[0])


@pytest.mark.parametrize(
    ("unit", "like", "why"),
    [
        ("celcius", None, 'is not a unit: nobody knows "celcius"; did you mean "celsius"?'),
        ("hpa", None, 'is not a unit: nobody knows "hpa"; did you mean "hPa"?'),
        ("Degc", None, 'is not a unit: nobody knows "Degc"; did you mean "degC"?'),
        ("lumens/m2/qqq", None, 'is not a unit: nobody knows "qqq"'),
        (
            "C",
            "degC",
            'is of dimension [current] * [time], and what is measured here is a temperature, in degC; did you mean "degC"?',
        ),
        (" ", None, 'is not a unit; write "1" for a plain number'),
        ("2 m", None, 'is not a unit; it is written like "m/s^2", "degC" or "counts/s", and \'2 m\' is not clear'),
        ("m//s", None, 'is not a unit; it is written like "m/s^2", "degC" or "counts/s", and \'/s\' is not clear'),
        ("(m/s", None, 'is not a unit; it is written like "m/s^2", "degC" or "counts/s"'),
        ("m*" * 21, None, "is too long for a unit; the most is 40 characters"),
        ("degC", "g", "is a temperature, and what is measured here is an acceleration, in g"),
        ("kg", "g", "is a mass, and what is measured here is an acceleration, in g"),
        ("mol", "hPa", "is of dimension [substance], and what is measured here is a pressure, in hPa"),
    ],
)
def test_what_is_no_unit_or_not_the_right_one_is_told_why(unit, like, why):
    assert units.fault(unit, like) == why


def test_nobody_is_told_off_for_a_sensors_unit_that_pint_does_not_know():
    assert units.fault("degC", like="wiggles") is None
    assert units.fault("wiggles", like="wiggles") is None
    assert not units.compatible("wiggles", "degC")


@pytest.mark.parametrize("unit", ["m**9**9**9**9", "m^999999999", "9**9**9**9", "m**(9**9**9)", "__import__('os')", "m;m", "m+1"])
def test_what_pint_would_evaluate_does_not_get_to_it(unit):
    began = time.monotonic()
    assert units.fault(unit)
    assert time.monotonic() - began < 5


@given(st.text(max_size=20) | st.text("mgsVK/*^-()1290. %°", max_size=12))
def test_any_text_is_a_unit_or_told_why_not(unit):
    why = units.fault(unit)
    assert why is None or why.startswith("is ")


@pytest.mark.parametrize(
    ("amount", "unit", "to", "expected"),
    [
        (50, "ug", "g", 50e-6),
        (9.80665, "m/s^2", "g", 1.0),
        (2, "K", "degC", 2.0),
        (0.5, "degC", "degF", 0.9),
        (1, "hPa", "Pa", 100.0),
        (1, "%", "1", 0.01),
        (1, "gauss", "uT", 100.0),
        (3, "wiggles", "wiggles", 3),
    ],
)
def test_amplitudes_are_given_in_another_unit(amount, unit, to, expected):
    assert units.converted(amount, unit, to) == pytest.approx(expected, rel=1e-9)


def test_an_amplitude_cannot_be_given_in_a_unit_of_another_kind():
    with pytest.raises(ValueError, match="degC cannot be given in g"):
        units.converted(1, "degC", "g")


@pytest.mark.parametrize(("given", "needs"), [("", False), ('\nunit = "g"', False), ('\nunit = "mg"', True)])
def test_pint_is_imported_only_for_a_unit_that_must_be_understood(given, needs):
    code = (
        "import sys; from unit.definition.sample import SOUND, changed\n"
        f"changed(('rate_hz = 1.0', 'rate_hz = 1.0\\n[stream.vibration.calibration.x]\\nscale = 1' + {given!r}))\n"
        "print('pint' in sys.modules)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == str(needs)


def test_the_units_of_the_catalogue_are_units():
    known = {}
    for name, sensor in SENSORS.items():
        for unit in _units(sensor.table):
            known.setdefault(unit, name)
    assert {"g", "degC"} <= set(known)
    assert {(name, unit): why for unit, name in known.items() if (why := units.fault(unit))} == {}


def _units(table):
    """The units of a sensor's channels, at options that it allows: the first of each."""
    options = {}
    for key, field in table.model_json_schema()["properties"].items():
        for kind in (field, *field.get("anyOf", ())):
            if "const" in kind or "enum" in kind:
                options[key] = kind.get("const", (kind.get("enum") or [None])[0])
                break
        else:
            if key in table.model_json_schema().get("required", ()):
                options[key] = {"string": "i2c0", "integer": field.get("minimum", 1), "number": field.get("minimum", 1.0)}.get(
                    field.get("type")
                )
    return {channel.unit for channel in table.model_construct(**options).channels()}
