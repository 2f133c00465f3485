"""A snapshot as coloured text, 80 columns and more: what the terminal shows beside its plot."""

from datetime import datetime

from rich.text import Text

from . import plain
from .events import Event
from .snapshot import TROUBLE, BoardSnapshot, StreamView

STYLES = {
    "ok": "green3",
    "info": "default",
    "watch": "gold1",
    "warning": "dark_orange",
    "critical": "bold white on red3",
}
_BALANCE = {"closed": "ok", "open": "watch", "wrong": "critical"}
_FAINT = "grey62"
# Beside the colour, for who cannot tell it.
_MARKS = {"watch": "!", "warning": "!!", "critical": "!!!"}
# The table's columns: heading, characters, and whether it is words, which have more room where there is more.
_COLUMNS = (
    ("stream", 11, True),
    ("rate/of Hz", 12, False),
    ("samples", 8, False),
    ("miss", 5, False),
    ("age", 4, False),
    ("   channel", 14, True),
    ("value", 9, False),
    ("unit", 6, True),
    ("", 3, False),
)
_LEAST = sum(width for _, width, _ in _COLUMNS) + len(_COLUMNS) - 2  # spaces between them, none before the last
_MOST_ADDED = 14


def header(seen: BoardSnapshot, number: int, boards: int, paused: bool) -> Text:
    """The board in one line."""
    state_style = "ok" if seen.state == "live" else "critical" if seen.state in TROUBLE else "info"
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append("● ", STYLES[seen.worst] if seen.octets and seen.worst != "critical" else "red" if seen.octets else _FAINT)
    text.append(seen.payload, "bold")
    text.append(f" {number + 1}/{boards}" if boards > 1 else "", _FAINT)
    text.append("  PAUSED" if paused else "", "bold reverse")
    text.append(f"  {plain.state(seen)}", STYLES[state_style])
    verdict = plain.verdict(seen)
    text.append(f"  {verdict}" if verdict else "", "bold red" if seen.octets and verdict != "OK" else "bold")
    text.append(f"  {seen.seconds:.1f} s  {plain.link(seen)}  {seen.source}", _FAINT)
    return text


def table_head(width: int) -> Text:
    """Over the columns of stream_rows."""
    return _row([head for head, _, _ in _COLUMNS], ["bold"] * len(_COLUMNS), width)


def stream_rows(stream: StreamView, live: bool, selected: bool, shown: set[int], width: int) -> list[Text]:
    """A line for each channel, the stream's own figures in the first. shown: channels in the plot, by number."""
    rows = []
    for number, channel in enumerate(stream.channels):
        cells, styles = _stream_cells(stream, live) if not number else ([""] * 5, [""] * 5)
        mark = "■" if selected and number in shown else " "
        cells += [f"{mark}{number + 1} {channel.name}", channel.text, channel.unit, _MARKS.get(channel.level, "")]
        style = STYLES[channel.level or "info"]
        row = _row(cells, [*styles, "", style, "", style], width)
        if selected:
            row.stylize_before("on grey23")
        rows.append(row)
    return rows


def ledger(seen: BoardSnapshot) -> Text:
    """Whether it closes, what became of each stream's samples, and of the link's octets."""
    text = Text()
    text.append(plain.ledger(seen).capitalize(), STYLES[_BALANCE[seen.balance] if seen.octets else "info"])
    for stream in seen.streams:
        text.append(f"\n{stream.name}: {stream.seen} seen", "default")
        text.append("" if stream.lost is None else f", {stream.lost} lost", "bold red" if stream.lost else "default")
        for name in "bus_errors", "overruns", "dropped", "invalid":
            if number := getattr(stream, name):
                text.append(f", {number} {name.replace('_', ' ')}", "bold red")
    text.append(f"\n{seen.octets} octets, {plain.rejects(seen)}", _FAINT if not seen.metrics["rejected"] else STYLES["watch"])
    return text


def events(seen: tuple[Event, ...], most: int) -> Text:
    """The last `most`, newest first, in local time."""
    text = Text()
    for event in reversed(seen[-most:]):
        text.append(f"{datetime.fromtimestamp(event.host_ns // 1_000_000_000):%H:%M:%S} ", _FAINT)
        text.append(event.text, STYLES[event.level])
        text.append("\n")
    text.rstrip()
    return text


def _stream_cells(stream: StreamView, live: bool) -> tuple[list[str], list[str]]:
    rate = "-" if stream.rate_hz is None else f"{stream.rate_hz:.{2 if stream.rate_hz < 9999 else 0}f}"
    age = "-" if stream.age_s is None or not live else f"{stream.age_s:.{1 if stream.age_s < 99 else 0}f}"
    counts = [_short(number, room) for number, (_, room, _) in zip((stream.samples, stream.missing), _COLUMNS[2:4], strict=True)]
    cells = [stream.name, f"{rate}/{stream.nominal_hz:g}" if stream.nominal_hz else "off", *counts, age]
    quiet = "bold red" if stream.quiet and live else "default"
    return cells, ["bold", quiet, "", "bold red" if stream.missing else "default", quiet]


def _row(cells: list[str], styles: list[str], width: int) -> Text:
    text = Text(no_wrap=True, overflow="crop")
    added = max(0, min((width - _LEAST) // 3, _MOST_ADDED))
    for at, (cell, style, (_, room, words)) in enumerate(zip(cells, styles, _COLUMNS, strict=True)):
        room += added * words
        cell = cell if len(cell) <= room else cell[: room - 1] + "…"
        padding = " " * (room - len(cell))
        text.append("" if at in (0, len(_COLUMNS) - 1) else " ")
        text.append("" if words else padding).append(cell, style).append(padding if words else "")
    return text


def _short(number: int, room: int) -> str:
    """A count; in thousands or millions where it would not fit."""
    for unit, divisor in ("", 1), ("k", 1000), ("M", 1_000_000), ("G", 1_000_000_000):
        text = f"{number // divisor}{unit}"
        if len(text) <= room:
            break
    return text


def joined(rows: list[Text]) -> Text:
    """One under the other."""
    text = Text("\n").join(rows)
    text.no_wrap = True
    return text
