"""What somebody at the keyboard has chosen to see."""

from collections.abc import Sequence

from ..definition import Definition, Stream
from .trace import SPANS_S

_SPAN = 1


class Choice:
    """A board, a stream of each board, a unit of each stream, channels of each unit, and a span of time for all plots.

    Channels of one unit share a plot. board, stream_number: from 0. span: of SPANS_S, by number.
    """

    def __init__(self, boards: Sequence[Definition]):
        self._boards = boards
        self.board = 0
        self.span = _SPAN
        self._streams = [0] * len(boards)
        self._units: dict[tuple[int, int], str] = {}
        self._hidden: set[tuple[int, int, int]] = set()

    @property
    def stream_number(self) -> int:
        """Of the board chosen."""
        return self._streams[self.board]

    @property
    def stream(self) -> Stream:
        """Of the board chosen."""
        return self._boards[self.board].streams[self.stream_number]

    @property
    def unit(self) -> str:
        """Of the stream chosen; at first that of its first channel."""
        return self._units.get(self._key, self.stream.channels[0].unit)

    @property
    def channels(self) -> list[int]:
        """Those of the stream and unit chosen that are not hidden, by number."""
        return [
            number
            for number, channel in enumerate(self.stream.channels)
            if channel.unit == self.unit and (*self._key, number) not in self._hidden
        ]

    @property
    def span_s(self) -> int:
        """Seconds."""
        return SPANS_S[self.span]

    def next_board(self) -> None:
        """The next one, after the last the first."""
        self.board = (self.board + 1) % len(self._boards)

    def step_stream(self, step: int) -> None:
        """So many streams on or back, in a circle."""
        self._streams[self.board] = (self.stream_number + step) % len(self._boards[self.board].streams)

    def next_unit(self) -> None:
        """The stream's next unit, in a circle."""
        units = list(dict.fromkeys(channel.unit for channel in self.stream.channels))
        self._units[self._key] = units[(units.index(self.unit) + 1) % len(units)]

    def toggle(self, number: int) -> None:
        """Show or hide a channel; one of another unit is shown with that. Nothing where there is none of that number."""
        if number >= len(self.stream.channels):
            return
        key, unit = (*self._key, number), self.stream.channels[number].unit
        if unit == self.unit:
            self._hidden ^= {key}
        else:
            self._units[self._key] = unit
            self._hidden.discard(key)

    def zoom(self, step: int) -> None:
        """A longer or shorter span, as far as there is one."""
        self.span = max(0, min(self.span + step, len(SPANS_S) - 1))

    @property
    def _key(self) -> tuple[int, int]:
        return self.board, self.stream_number
