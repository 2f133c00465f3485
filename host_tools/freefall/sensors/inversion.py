"""From an engineering value back to the word that a part would deliver for it."""

from collections.abc import Callable

__all__ = ["nearest_word"]


def nearest_word(value_of: Callable[[int], float], value: float, words: range) -> int:
    """The word among `words` (rising) whose value_of, rising or falling throughout, is nearest to `value`."""
    first, last = 0, len(words) - 1
    rising = value_of(words[last]) > value_of(words[first])
    while last - first > 1:
        middle = (first + last) // 2
        if (value_of(words[middle]) < value) == rising:
            first = middle
        else:
            last = middle
    return min(words[first], words[last], key=lambda word: abs(value_of(word) - value))
