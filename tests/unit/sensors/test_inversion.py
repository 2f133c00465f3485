"""Words found for values by halving."""

from hypothesis import given
from hypothesis import strategies as st

from freefall.sensors.inversion import nearest_word


@given(st.integers(-5000, 5000), st.floats(-0.49, 0.49), st.sampled_from([1, -1]))
def test_the_word_found_is_the_nearest_of_a_rising_or_falling_scale(word, off, direction):
    assert nearest_word(lambda word: direction * (3 * word + 7), direction * (3 * (word + off) + 7), range(-5000, 5001)) == word


@given(st.floats(-1e6, 1e6), st.integers(1, 9))
def test_a_value_beyond_every_word_gets_the_outermost(value, step):
    words = range(-100, 101, step)
    found = nearest_word(float, value, words)
    assert abs(found - value) == min(abs(word - value) for word in words)


def test_a_single_word_is_the_nearest_of_one():
    assert nearest_word(float, 99.0, range(5, 6)) == 5
