"""At which limit level a channel is: the worst of its last second, so that a peak shorter than a drawing is seen."""

from dataclasses import dataclass

import numpy as np

from ..decode import LEVELS
from ..definition import Channel

OK = "ok"
_NAMES = (OK, *LEVELS)
_HOLD_NS = 1_000_000_000
_NEVER = -(1 << 62)


@dataclass(frozen=True, slots=True)
class Crossing:
    """A channel went to another level; `value` went beyond it, None on the way back."""

    time_ns: int
    level: str
    before: str
    value: float | None


class ChannelLevel:
    """One channel with limits. level: "ok", or the outermost of its ranges that a sample of the last second was outside of.

    A sample without value is at no level. The crossings are the same however samples are split into batches.
    """

    def __init__(self, channel: Channel):
        ranges = ((code, getattr(channel.limits, name)) for code, name in enumerate(LEVELS, 1))
        self._ranges = [(code, limits) for code, limits in ranges if limits]
        self._code = 0
        self._seen_ns = [_NEVER] * len(_NAMES)  # when a sample was at this level or beyond

    @property
    def level(self) -> str:
        """As of the newest sample."""
        return _NAMES[self._code]

    def add(self, times_ns: np.ndarray, values: np.ndarray) -> list[Crossing]:
        """The crossings in samples: times int64 (n,), not falling, values float64 (n,)."""
        codes = np.zeros(len(values), np.int8)
        for code, (low, high) in self._ranges:
            codes[(values < low) | (values > high)] = code
        if not self._code and not codes.any():
            return []
        crossings: list[Crossing] = []
        # Runs of one level; between samples farther apart than it is held it is left.
        starts = [0, *(np.flatnonzero((np.diff(codes) != 0) | (np.diff(times_ns) >= _HOLD_NS)) + 1).tolist()]
        for start, stop in zip(starts, [*starts[1:], len(codes)], strict=True):
            code, first_ns, last_ns = int(codes[start]), int(times_ns[start]), int(times_ns[stop - 1])
            self._fall(first_ns, crossings)
            self._saw(code, first_ns)
            if code > self._code:
                crossings.append(Crossing(first_ns, _NAMES[code], self.level, float(values[start])))
                self._code = code
            self._saw(code, last_ns)
            self._fall(last_ns, crossings)
        return crossings

    def _saw(self, code: int, time_ns: int) -> None:
        self._seen_ns[1 : code + 1] = [time_ns] * code

    def _fall(self, now_ns: int, crossings: list[Crossing]) -> None:
        while self._code and (left_ns := self._seen_ns[self._code]) + _HOLD_NS <= now_ns:
            before = self.level
            self._code = next((code for code in range(self._code - 1, 0, -1) if self._seen_ns[code] > left_ns), 0)
            crossings.append(Crossing(left_ns + _HOLD_NS, self.level, before, None))
