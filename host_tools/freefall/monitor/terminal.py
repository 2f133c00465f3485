"""The monitor in a terminal: one board at a time, by keyboard, with textual."""

from collections.abc import Callable
from itertools import chain

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import Footer, Static
from textual_plotext import PlotextPlot

from . import words
from .choice import Choice
from .feed import Feed
from .plot import draw_plot
from .snapshot import BoardSnapshot
from .trace import BUCKETS

# Drawing costs the processor, a plot some hundredths of a second, and ssh its octets: figures every time, the plot every few.
_EVERY_S = 0.2
_PLOT_EVERY = 2
_MOST_PLOT_EVERY = 5
_UNWRAPPED = "header", "head", "rows"
_MOST_EVENTS = 50
_LEAST = 80, 24  # columns and lines that all of it needs
_HELP = """\
[b]up  down[/b]    previous, next stream (also k, j)
[b]b[/b]           next board
[b]1 - 9[/b]       show or hide a channel of the stream in the plot
[b]u[/b]           plot the channels of the stream's next unit
[b]+  -[/b]        a shorter, a longer time span
[b]space[/b]       pause what is shown; nothing is lost meanwhile
[b]?[/b]           this help        [b]q[/b]  end

A channel's colour is the worst level of its last second: ! watch,
!! warning, !!! critical. The plot shows least and greatest value of each
moment; where its line breaks, samples are missing."""


class MonitorApp(App[None]):
    """Draws what the feeds' models hold, five times a second. pressed(): whether somebody wants it to end."""

    CSS = """
    #small { display: none; }
    #header { height: 1; background: $panel; }
    #head { height: 1; }
    #streams { height: auto; max-height: 40%; scrollbar-size-vertical: 1; }
    #plot { height: 1fr; min-height: 6; }
    #below { height: 22%; min-height: 5; max-height: 14; border-top: solid $panel; }
    #below VerticalScroll { width: 1fr; scrollbar-size-vertical: 1; }
    #ledger { padding-right: 2; }
    HelpScreen { align: center middle; }
    HelpScreen Static { width: auto; height: auto; max-width: 100%; padding: 1 2; background: $panel; }
    """
    BINDINGS = [
        Binding("down,j", "stream(1)", "stream", key_display="↑↓"),
        Binding("up,k", "stream(-1)", "stream", show=False),
        Binding("b", "board", "board"),
        *(Binding(str(number), f"channel({number})", "channel", key_display="1-9", show=number == 1) for number in range(1, 10)),
        Binding("u", "unit", "unit"),
        Binding("plus,equals_sign", "zoom(-1)", "span", key_display="+-"),
        Binding("minus", "zoom(1)", "span", show=False),
        Binding("space", "pause", "pause"),
        Binding("question_mark", "help", "help", key_display="?"),
        Binding("q", "quit", "end"),
        Binding("ctrl+c", "quit", "end", show=False, priority=True),
    ]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, feeds: list[Feed], pressed: Callable[[], bool] = lambda: False):
        super().__init__()
        self._feeds = feeds
        self._pressed = pressed
        self._choice = Choice([feed.definition for feed in feeds])
        self._paused = False
        self._seen: BoardSnapshot | None = None
        self._ticks = 0
        self._written: dict[str, Text] = {}

    def compose(self) -> ComposeResult:
        """See textual."""
        yield Static(id="small")
        yield Static(id="header")
        yield Static(id="head")
        with VerticalScroll(id="streams", can_focus=False):
            yield Static(id="rows")
        yield PlotextPlot(id="plot")
        with Horizontal(id="below"):
            with VerticalScroll(can_focus=False):
                yield Static(id="ledger")
            with VerticalScroll(can_focus=False):
                yield Static(id="events")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """See textual."""
        self.set_interval(_EVERY_S, self.tick)
        self.tick()

    def on_resize(self, event: Resize) -> None:
        """See textual."""
        self._fit(*event.size)
        self.call_after_refresh(self._draw)

    def tick(self) -> None:
        """Look and draw."""
        if self._pressed():
            self.exit()
        elif not self._paused:
            self._ticks += 1
            # Nor more often than it moves by a column.
            column_s = self._choice.span_s / max(1, self.size.width)
            every = max(_PLOT_EVERY, min(round(column_s / _EVERY_S), _MOST_PLOT_EVERY))
            self._look(plot=self._ticks % every == 0)

    def action_stream(self, step: int) -> None:
        """The next stream of this board, or the one before."""
        self._choice.step_stream(step)
        self._look()

    def action_board(self) -> None:
        """The next board."""
        self._choice.next_board()
        self._look()

    def action_channel(self, number: int) -> None:
        """Show or hide the channel of that number, from 1."""
        self._choice.toggle(number - 1)
        self._draw()

    def action_unit(self) -> None:
        """Plot the channels of the next unit."""
        self._choice.next_unit()
        self._draw()

    def action_zoom(self, step: int) -> None:
        """A longer or shorter span of time."""
        self._choice.zoom(step)
        self._draw()

    def action_pause(self) -> None:
        """Hold what is shown, or go on."""
        self._paused = not self._paused
        self._look()

    def action_help(self) -> None:
        """Say what the keys do."""
        self.push_screen(HelpScreen())

    def _fit(self, columns: int, lines: int) -> None:
        """In a terminal that is too small, one line that says so in place of everything."""
        width, height = _LEAST
        small = columns < width or lines < height
        self.query_one("#small", Static).update(f"{columns}x{lines} is too small, {width}x{height} is needed; or use --plain")
        for part in self.screen_stack[0].children:
            part.display = (part.id == "small") == small

    @property
    def _feed(self) -> Feed:
        return self._feeds[self._choice.board]

    def _look(self, plot: bool = True) -> None:
        self._seen = self._feed.snapshot()
        self._draw(plot)

    def _draw(self, plot: bool = True) -> None:
        seen = self._seen
        if seen is None or len(self.screen_stack) > 1 or not self.is_running:
            return
        width = self.size.width - 1
        self._write("header", words.header(seen, self._choice.board, len(self._feeds), self._paused))
        self._write("head", words.table_head(width))
        self._table(seen, width)
        self._write("ledger", words.ledger(seen))
        self._write("events", words.events(seen.events, _MOST_EVENTS))
        if plot:
            self._plot(seen)

    def _table(self, seen: BoardSnapshot, width: int) -> None:
        chosen, shown = self._choice.stream_number, set(self._choice.channels)
        rows = [
            words.stream_rows(stream, self._feed.live, number == chosen, shown, width)
            for number, stream in enumerate(seen.streams)
        ]
        self._write("rows", words.joined(list(chain.from_iterable(rows))))
        # Keep the chosen stream in sight.
        box = self.query_one("#streams", VerticalScroll)
        top = sum(map(len, rows[:chosen]))
        if not box.scroll_y <= top <= top + len(rows[chosen]) <= box.scroll_y + box.size.height:
            box.scroll_to(y=top, animate=False)

    def _plot(self, seen: BoardSnapshot) -> None:
        widget, choice = self.query_one("#plot", PlotextPlot), self._choice
        with self._feed.look() as model:
            points = model.points(choice.stream_number, choice.span)
        # No more points than there are places for.
        points = points.merged(max(1, round(BUCKETS / max(20, widget.size.width))))
        draw_plot(widget.plt, seen, choice, points)
        widget.refresh()

    def _write(self, where: str, text: Text) -> None:
        """Lay the screen out again only when something needs more lines or fewer."""
        if self._written.get(where) != text:
            before = self._written.get(where)
            self._written[where] = text
            same = before is not None and before.plain.count("\n") == text.plain.count("\n") and where in _UNWRAPPED
            self.query_one(f"#{where}", Static).update(text, layout=not same)


class HelpScreen(ModalScreen[None]):
    """The keys."""

    BINDINGS = [Binding("escape,question_mark,q,enter,space", "dismiss", "close")]

    def compose(self) -> ComposeResult:
        """See textual."""
        yield Static(_HELP)
