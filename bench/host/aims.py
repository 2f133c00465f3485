"""What decoding is meant to reach (issue 5), as ratios within one run, and whether the figures measured do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

Results = dict[str, dict[str, float]]  # case -> name -> figure

_CLEAN, _BAD = "248-octet packets, adc", "248-octet packets, adc, 0.1% of octets corrupted"
_LIVE = "live, pieces of 64 octets"


@dataclass(frozen=True, slots=True)
class Aim:
    """figure: of the results, KeyError where what it needs was not measured; wanted: at least, or at most."""

    name: str
    figure: Callable[[Results], float]
    wanted: float
    at_most: bool = False

    def verdict(self, results: Results) -> str:
        """One line: met or missed, or that it was not measured."""
        limit = f"wanted {'<=' if self.at_most else '>='} {self.wanted:g}"
        try:
            figure = self.figure(results)
        except KeyError:
            return f"absent            ({limit}): {self.name}"
        met = figure <= self.wanted if self.at_most else figure >= self.wanted
        return f"{'met' if met else 'MISSED':8} {figure:8.3g} ({limit}): {self.name}"


def _ratio(mine: str, other: str, case: str = _CLEAN) -> Callable[[Results], float]:
    return lambda results: results[case][mine] / results[case][other]


def _kept(mine: str) -> Callable[[Results], float]:
    return lambda results: 100 * results[_BAD][mine] / results[_CLEAN][mine]


AIMS = (
    Aim("in bulk, times cobs + crc32 -> ccsdspy", _ratio("ours, in bulk", "cobs + crc32 -> ccsdspy"), 4),
    Aim("in bulk, times cobs + crc32 + struct", _ratio("ours, in bulk", "cobs + crc32 + struct in a loop"), 12),
    Aim("in bulk, % of its clean speed with 0.1 % of octets corrupted", _kept("ours, in bulk"), 65),
    Aim("live, us per feed of 64 octets", lambda results: results[_LIVE]["ours, feed"], 1.6, at_most=True),
    Aim("in C, times cobs + crc32 -> ccsdspy", _ratio("ours, in bulk in C", "cobs + crc32 -> ccsdspy"), 18),
    Aim("in C, % of zlib.crc32", lambda results: 100 * _ratio("ours, in bulk in C", "zlib.crc32")(results), 25),
    Aim("in C, live, us per feed of 64 octets", lambda results: results[_LIVE]["ours, feed in C"], 0.2, at_most=True),
)


def judged(results: Results) -> Iterator[str]:
    """A line for every aim."""
    return (aim.verdict(results) for aim in AIMS)
