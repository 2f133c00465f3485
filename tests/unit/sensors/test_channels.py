"""Calibrations of whole columns against numbers worked out without numpy."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freefall.sensors.channels import Linear, Polynomial, RawWord, Table


def column(*raw):
    return np.array(raw, np.int64)


def test_linear_calibration_of_known_numbers():
    values = Linear(scale=2, offset=-3.5).apply(column(-1, 0, 4))
    assert values.dtype == np.float64 and values.tolist() == [-5.5, -3.5, 4.5]


@pytest.mark.parametrize(
    "coefficients, values",
    [
        ((1.5,), [1.5, 1.5, 1.5, 1.5]),
        ((0.0, 1.0), [-2.0, 0.0, 1.0, 10.0]),
        ((1.0, 2.0, 3.0), [9.0, 1.0, 6.0, 321.0]),
        ((0.0, 0.0, 0.0, 0.25), [-2.0, 0.0, 0.25, 250.0]),
    ],
)
def test_polynomial_calibration_of_known_numbers(coefficients, values):
    found = Polynomial(coefficients).apply(column(-2, 0, 1, 10))
    assert found.dtype == np.float64 and found.tolist() == values


@given(
    st.lists(st.integers(-1000, 1000).map(lambda n: n / 64), min_size=1, max_size=6),
    st.lists(st.integers(-(2**20), 2**20), min_size=1, max_size=20),
)
def test_polynomial_is_the_sum_of_its_terms(coefficients, raw):
    found = Polynomial(tuple(coefficients)).apply(column(*raw))
    for value, x in zip(found.tolist(), raw, strict=True):
        terms = [Fraction(c) * x**power for power, c in enumerate(coefficients)]
        assert abs(Fraction(value) - sum(terms)) <= sum(map(abs, terms)) * Fraction(1, 2**48)


def test_table_calibration_goes_straight_between_its_points_and_nowhere_outside():
    table = Table(raw=(-10.0, 0.0, 100.0), value=(5.0, 0.0, -25.0))
    found = table.apply(column(-11, -10, -5, 0, 10, 100, 101))
    assert found.dtype == np.float64
    assert found[1:-1].tolist() == [5.0, 2.5, 0.0, -2.5, -25.0]
    assert np.isnan(found[[0, -1]]).all()


coordinates = st.integers(-500, 500)


@given(st.lists(st.tuples(coordinates, coordinates), min_size=2, max_size=8, unique_by=lambda point: point[0]), st.data())
def test_table_agrees_with_the_line_through_the_two_points_around_a_value(points, data):
    points = sorted(points)
    table = Table(*(tuple(map(float, axis)) for axis in zip(*points, strict=True)))
    raw = data.draw(st.lists(st.integers(points[0][0], points[-1][0]), min_size=1, max_size=10))
    for value, x in zip(table.apply(column(*raw)).tolist(), raw, strict=True):
        (x0, y0), (x1, y1) = next((a, b) for a, b in zip(points, points[1:], strict=False) if a[0] <= x <= b[0])
        exact = Fraction(y0) + Fraction(y1 - y0) * (x - x0) / (x1 - x0)
        assert value == pytest.approx(float(exact), rel=1e-12, abs=1e-9)


def test_a_value_that_is_not_there_stays_so_through_a_calibration():
    gone = np.array([np.nan, 2.0])
    for calibration in (Linear(2.0, 1.0), Polynomial((1.0, 0.0, 1.0)), Table((0.0, 4.0), (1.0, 9.0))):
        found = calibration.apply(gone)
        assert np.isnan(found[0]) and found[1] == 5.0


WORDS = [
    RawWord(1, octets, order, shift, width, signed)
    for octets in (1, 2, 3, 4)
    for order in ("big", "little")
    for shift in range(8 * octets)
    for width in range(1, 8 * octets - shift + 1)
    for signed in (False, True)
]


def test_every_word_that_there_can_be_is_read_as_python_reads_it():
    samples = np.random.default_rng(1).integers(0, 256, (9, 6), dtype=np.uint8)
    samples[0], samples[1] = 0, 255
    for word in WORDS:
        values = word.values(samples)
        assert values.dtype == np.int64
        for sample, value in zip(samples, values.tolist(), strict=True):
            number = int.from_bytes(sample[1 : 1 + word.octets].tobytes(), word.order) >> word.shift & (1 << word.width) - 1
            assert value == (number - (1 << word.width) if word.signed and number >> word.width - 1 else number), word
    assert len(WORDS) == 4000
