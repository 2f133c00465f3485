"""`DecodedStream`: samples of one stream as a test looks at them."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..decode import Table
from ..definition import Stream

_ROWS = "index", "time_ns", "boot"


@dataclass(frozen=True, repr=False)
class DecodedStream:
    """Samples of one stream, in order of arrival; `table` holds them with their times and raw words."""

    table: Table

    def __repr__(self) -> str:
        rate = "no rate" if self.rate_hz is None else f"{self.rate_hz:.3f} Hz"
        return f"<{self.stream.name}: {len(self)} samples, {self.lost} lost, {rate}>"

    def __len__(self) -> int:
        return len(self.table)

    @property
    def stream(self) -> Stream:
        """As the definition has it."""
        return self.table.stream

    @property
    def values(self) -> dict[str, np.ndarray]:
        """By channel name: float64, shape (samples,), in the channel's unit; nan where there is no value."""
        return self.table.values

    @cached_property
    def lost(self) -> int:
        """Samples missing between the first and the last one here, by their indexes, wherever they were lost (the ledger tells).

        Across a reboot nobody can count them.
        """
        return int((self._steps - 1).sum())

    @cached_property
    def rate_hz(self) -> float | None:
        """Samples a second by the board's clock, lost ones counted; None for fewer than two of one boot."""
        span_ns = int(self._span_ns.sum())
        return int(self._steps.sum()) * 1e9 / span_ns if span_ns else None

    def first(self, samples: int) -> "DecodedStream":
        """The first so many."""
        return self._cut(slice(samples))

    def first_seconds(self, seconds: float) -> "DecodedStream":
        """Those less than so many seconds after the first one, by the board's clock; what passed in reboots is not counted."""
        since_ns = np.where(self._same_boot, np.diff(self.table.time_ns), 0).cumsum()
        later = np.flatnonzero(since_ns >= round(seconds * 1e9))
        return self._cut(slice(1 + int(later[0]) if len(later) else None))

    @cached_property
    def _same_boot(self) -> np.ndarray:
        """Of each sample but the first, whether it is of the boot of the one before."""
        return np.diff(self.table.boot) == 0

    @property
    def _steps(self) -> np.ndarray:
        return np.diff(self.table.index)[self._same_boot]

    @property
    def _span_ns(self) -> np.ndarray:
        return np.diff(self.table.time_ns)[self._same_boot]

    def _cut(self, rows: slice) -> "DecodedStream":
        table = self.table
        columns = {name: {key: column[rows] for key, column in getattr(table, name).items()} for name in ("raw", "values")}
        return DecodedStream(replace(table, **{name: getattr(table, name)[rows] for name in _ROWS}, **columns))
