"""Calibrations of an experimenter's own: [stream.NAME.calibration.CHANNEL], of one of three kinds."""

from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

from ..sensors.channels import Linear, Polynomial
from ..sensors.channels import Table as Points
from ..sensors.fields import Table, not_allowed, refused

HIGHEST_DEGREE = 9
KINDS = ("scale", "coefficients", "points")  # each is the key of one kind


def _scale(value: float) -> float:
    if value == 0:
        raise not_allowed("a number other than 0, which would make every sample the same")
    return value


def _coefficients(value: list[float]) -> list[float]:
    degree = len(value) - 1
    if degree < 1:
        raise refused("is no polynomial of degree 1 or more; give at least two: [value at raw 0, slope]")
    if degree > HIGHEST_DEGREE:
        raise refused(
            f"is a polynomial of degree {degree}; the highest is {HIGHEST_DEGREE}, {HIGHEST_DEGREE + 1} coefficients, for higher "
            "ones swing between their points; give a table of points instead"
        )
    if not any(value[1:]):
        raise refused("would make every sample the same: all coefficients but the first are 0")
    return value


def _pair(value: list[float]) -> list[float]:
    if len(value) != 2:
        raise not_allowed("a point of two numbers: [raw value, engineering value]")
    return value


def _points(value: list[list[float]]) -> list[list[float]]:
    if len(value) < 2:
        raise refused("is no table: it needs at least two points, [[raw value, engineering value], ...]")
    for (low, _), (high, _) in pairwise(value):
        if high == low:
            raise refused(f"gives two values for the raw value {low:g}; remove one")
        if high < low:
            raise refused(f"is out of order: raw values must rise, and {high:g} comes after {low:g}")
    if len({engineering for _, engineering in value}) == 1:
        raise refused("would make every sample the same: all its points have the same engineering value")
    return value


Scale = Annotated[float, AfterValidator(_scale), Field(json_schema_extra={"not": {"const": 0}})]
Coefficients = Annotated[
    list[float], AfterValidator(_coefficients), Field(json_schema_extra={"minItems": 2, "maxItems": HIGHEST_DEGREE + 1})
]
Point = Annotated[list[float], AfterValidator(_pair), Field(json_schema_extra={"minItems": 2, "maxItems": 2})]
PointList = Annotated[list[Point], AfterValidator(_points), Field(json_schema_extra={"minItems": 2})]
Unit = Annotated[str, Field(min_length=1)]


class CalibrationTable(Table):
    """[stream.NAME.calibration.CHANNEL]: from raw values to engineering values, by a line, a polynomial or a table of points.

    It takes the place of the data sheet's; where the sensor compensates by itself, it goes on from the compensated value.
    """

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [kind]} for kind in KINDS], "dependentRequired": {"offset": ["scale"]}}
    )

    scale: Annotated[Scale | None, Field(description="a line: engineering value = raw value * scale + offset")] = None
    offset: Annotated[float | None, Field(description="of the line, in the unit; 0 if not given")] = None
    coefficients: Annotated[
        Coefficients | None,
        Field(description="a polynomial: engineering value = c0 + c1 * raw + c2 * raw^2 + ..., as [c0, c1, c2, ...]"),
    ] = None
    points: Annotated[
        PointList | None,
        Field(
            description="a table: [[raw value, engineering value], ...] of rising raw values, with straight lines between them; "
            "outside it there is no value"
        ),
    ] = None
    unit: Annotated[
        Unit | None, Field(description='of the engineering value, as "m/s^2" or "degC"; the sensor\'s unit if not given')
    ] = None

    def calibration(self) -> Linear | Polynomial | Points:
        """The calibration, of the one kind whose key is given."""
        if self.coefficients is not None:
            return Polynomial(tuple(map(float, self.coefficients)))
        if self.points is not None:
            return Points(*(tuple(map(float, column)) for column in zip(*self.points, strict=True)))
        return Linear(self.scale, self.offset or 0.0)
