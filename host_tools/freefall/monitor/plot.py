"""The terminal's plot of one stream, in characters of braille dots, by plotext."""

from .choice import Choice
from .snapshot import BoardSnapshot, StreamView
from .trace import Points

_COLOURS = "blue+", "orange+", "green+", "magenta+", "cyan+", "red+"
# By level; as words.STYLES, in plotext's names or numbers of colours.
_LIMITS = {"watch": 220, "warning": 208, "critical": 160}


def draw_plot(plot, seen: BoardSnapshot, choice: Choice, points: Points) -> None:
    """On a plotext figure: the channels chosen, least and greatest of each moment, over their age in seconds."""
    view = seen.streams[choice.stream_number]
    newest = (seen.time_ns or 0) / 1e9
    plot.clear_data()
    plot.clear_color()
    names = ", ".join(view.channels[number].name for number in choice.channels) or "no channel"
    plot.title(f"{view.name}: {names} [{choice.unit}], last {_span_text(choice.span_s)}")
    plot.xlim(-choice.span_s, 0)
    drawn: list[float] = []
    for number in choice.channels:
        for times, values in points.lines(number, view.break_s):
            ages = [time - newest for time in times]
            plot.plot(ages, values, marker="braille", color=_COLOURS[number % len(_COLOURS)])
            drawn += min(values), max(values)
    if drawn:
        _limits(plot, view, choice, min(drawn), max(drawn))


def _limits(plot, view: StreamView, choice: Choice, least: float, most: float) -> None:
    """Those within what is drawn: the scale follows the data, not them."""
    for number in choice.channels:
        for level, *ends in view.channels[number].limits:
            for end in ends:
                if least < end < most:
                    plot.hline(end, _LIMITS[level])


def _span_text(span_s: int) -> str:
    return f"{span_s} s" if span_s < 60 else f"{span_s // 60} min"
