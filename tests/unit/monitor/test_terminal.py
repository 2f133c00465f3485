"""The terminal, by keyboard and without a screen."""

import asyncio
import re
import time
from dataclasses import replace

import pytest
from textual.widgets import Static
from textual_plotext import PlotextPlot

from freefall.monitor import words
from freefall.monitor.terminal import HelpScreen, MonitorApp
from freefall.port.faults import Faults, FaultyStream
from unit.monitor.boards import START_NS, microgravity, model_of, run

SMALL, LARGE = (80, 24), (140, 45)


def drive(feeds, keys=(), size=SMALL, pressed=lambda: False, then=lambda app: None):
    """The app after these keys, one drawing after each; then(app) is called while it runs."""

    async def session():
        app = MonitorApp(feeds, pressed)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            for key in keys:
                await pilot.press(key)
                await pilot.pause()
            app.tick()
            await pilot.pause()
            return app, then(app)

    return asyncio.run(session())


def shown(app) -> dict[str, str]:
    """What stands in each part of the screen."""
    return {part: str(app.query_one(f"#{part}", Static).content) for part in ("header", "head", "rows", "ledger", "events")}


def title(app) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", app.query_one("#plot", PlotextPlot).plt.build().splitlines()[0]).strip()


@pytest.fixture
def bad_link(feed_of):
    line = FaultyStream(Faults(drop=0.05, flip=1e-5, seed=1))
    feed = feed_of([(host_ns, line.feed(octets)) for host_ns, octets in run(8)], source="bad link")
    while not feed.ended:
        time.sleep(0.01)
    return feed


@pytest.fixture
def other(feed_of):
    payload, pieces = microgravity()
    feed = feed_of(pieces, source="other.mcap", live=False, payload=payload)
    while not feed.ended:
        time.sleep(0.01)
    return feed


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_screen_tells_streams_ledger_events_and_plots(bad_link, size):
    app, (parts, plot) = drive([bad_link], size=size, then=lambda app: (shown(app), title(app)))
    assert "vibration" in parts["header"] and "LOST" in parts["header"] and "ended" in parts["header"]
    rows = parts["rows"].splitlines()
    assert len(rows) == 4 and rows[0].startswith("vibration ") and rows[3].startswith("temperature ")
    assert "/1000" in rows[0] and rows[0].rstrip().endswith(("!", "!!", "!!!"))
    assert parts["ledger"].startswith("Ledger closes") and "rejected (" in parts["ledger"]
    assert "samples missing" in parts["events"] and "is outside" in parts["events"]
    assert plot == "vibration: x, y, z [g], last 10 s"


def test_every_line_of_the_table_fits_80_columns(bad_link, other):
    for feed in bad_link, other:
        seen = feed.snapshot()
        lines = [words.table_head(79)]
        for stream in seen.streams:
            lines += words.stream_rows(stream, True, True, {0}, 79)
        assert {line.cell_len for line in lines} == {79}
        wide = [words.table_head(200), *words.stream_rows(seen.streams[0], True, False, set(), 200)]
        assert len({line.cell_len for line in wide}) == 1 and wide[0].cell_len > 100


def test_keys_choose_stream_unit_channel_span_and_board(bad_link, other):
    steps = [
        ("2", "vibration: x, z [g], last 10 s"),
        ("9", "vibration: x, z [g], last 10 s"),
        ("1", "vibration: z [g], last 10 s"),
        ("3", "vibration: no channel [g], last 10 s"),
        ("1", "vibration: x [g], last 10 s"),
        ("plus", "vibration: x [g], last 2 s"),
        ("plus", "vibration: x [g], last 2 s"),
        ("minus", "vibration: x [g], last 10 s"),
        ("minus", "vibration: x [g], last 1 min"),
        ("minus", "vibration: x [g], last 10 min"),
        ("minus", "vibration: x [g], last 60 min"),
        ("minus", "vibration: x [g], last 60 min"),
        ("down", "temperature: temperature [degC], last 60 min"),
        ("u", "temperature: temperature [degC], last 60 min"),
        ("down", "vibration: x [g], last 60 min"),
        ("up", "temperature: temperature [degC], last 60 min"),
        ("b", "vibration: x, y, z [g], last 60 min"),
        ("j", "rotation: gx, gy, gz [deg/s], last 60 min"),
        ("u", "rotation: x, y, z [g], last 60 min"),
        ("1", "rotation: gx, gy, gz [deg/s], last 60 min"),
        ("5", "rotation: x, y, z [g], last 60 min"),
        ("5", "rotation: x, z [g], last 60 min"),
        ("k", "vibration: x, y, z [g], last 60 min"),
        ("b", "temperature: temperature [degC], last 60 min"),
    ]

    async def session():
        app = MonitorApp([bad_link, other])
        async with app.run_test(size=SMALL) as pilot:
            await pilot.pause()
            titles = []
            for key, _ in steps:
                await pilot.press(key)
                titles.append((key, title(app)))
            return titles

    assert asyncio.run(session()) == steps


def test_header_names_the_board_and_how_many_there_are(bad_link, other):
    assert " 2/2" in drive([bad_link, other], ["b"], then=shown)[1]["header"]
    assert "1/1" not in drive([bad_link], then=shown)[1]["header"]


def test_pause_holds_the_screen_and_loses_nothing(feed_of):
    going, pieces = [], iter(run(4))

    def chunks():
        yield from (next(pieces) for _ in range(100))
        while not going:
            time.sleep(0.005)
            yield START_NS, b""
        yield from pieces

    feed = feed_of(chunks())

    async def session():
        app = MonitorApp([feed])
        async with app.run_test(size=SMALL) as pilot:
            await pilot.press("space")
            held = shown(app)
            assert "PAUSED" in held["header"]
            going.append(True)
            while not feed.ended:
                await asyncio.sleep(0.01)
            app.tick()
            await pilot.pause()
            assert shown(app)["rows"] == held["rows"]
            await pilot.press("space")
            await pilot.pause()
            return shown(app)

    after = asyncio.run(session())
    assert "PAUSED" not in after["header"]
    assert str(feed.snapshot().streams[0].samples) in after["rows"]
    assert feed.snapshot().metrics == model_of(run(4)).snapshot().metrics


@pytest.mark.parametrize("key", ["escape", "question_mark", "q"])
def test_help_is_shown_and_put_away(bad_link, key):
    async def session():
        app = MonitorApp([bad_link])
        async with app.run_test(size=SMALL) as pilot:
            await pilot.press("question_mark")
            assert isinstance(app.screen, HelpScreen)
            await pilot.press(key)
            await pilot.pause()
            return isinstance(app.screen, HelpScreen), app.return_code

    assert asyncio.run(session()) == (False, None)


def test_plot_shows_the_limits_within_the_data_in_their_colours(bad_link):
    def lines(app):
        monitor = app.query_one("#plot", PlotextPlot).plt.monitor
        return sorted(value for value in monitor.hcoord[0] + monitor.hcoord[1])

    # Those of x; the temperature is far from its own.
    assert drive([bad_link], then=lines)[1] == [-0.0019, -0.0016, -0.0012, 0.0012, 0.0016, 0.0019]
    assert drive([bad_link], ["1"], then=lines)[1] == []
    assert drive([bad_link], ["down"], then=lines)[1] == []


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
def test_q_and_ctrl_c_end(bad_link, key):
    async def session():
        app = MonitorApp([bad_link])
        async with app.run_test(size=SMALL) as pilot:
            await pilot.press(key)
            await pilot.pause()
            return app.is_running, app.return_code

    running, code = asyncio.run(session())
    assert not running and code == 0


def test_an_interrupt_from_outside_ends(bad_link):
    async def session():
        app = MonitorApp([bad_link], lambda: True)
        async with app.run_test(size=SMALL):
            await asyncio.sleep(0.5)
        return app.return_code

    assert asyncio.run(session()) == 0


def test_a_lost_port_is_shown_with_its_reason(feed_of):
    from freefall.errors import DeviceError

    def breaking():
        yield from run(1)
        raise DeviceError("/dev/ttyACM0 went away: Input/output error")

    feed = feed_of(breaking())
    while not feed.ended:
        time.sleep(0.01)
    found = drive([feed], then=shown)[1]
    assert "port gone: Input/output error" in found["header"] and "/dev/ttyACM0 went away" in found["events"]


@pytest.mark.parametrize("size", [(79, 24), (80, 23), (30, 5)])
def test_a_terminal_too_small_is_told_so_until_it_is_large_enough(bad_link, size):
    async def session():
        app = MonitorApp([bad_link])
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            small = app.query_one("#small", Static)
            told = str(small.content), {part.id for part in app.screen.children if part.display}
            await pilot.resize_terminal(*SMALL)
            await pilot.pause()
            return told, small.display, app.query_one("#header", Static).display

    told, small, header = asyncio.run(session())
    assert told == (f"{size[0]}x{size[1]} is too small, 80x24 is needed; or use --plain", {"small"})
    assert header and not small


@pytest.mark.parametrize(
    ("level", "style", "mark"),
    [("watch", "gold1", "!"), ("warning", "dark_orange", "!!"), ("critical", "bold white on red3", "!!!"), ("ok", "green3", "")],
)
def test_levels_have_their_colours_and_marks(level, style, mark):
    stream = model_of(run(1)).snapshot().streams[0]
    x = replace(stream.channels[0], level=level)
    row, *_ = words.stream_rows(replace(stream, channels=(x, *stream.channels[1:])), True, False, set(), 79)
    assert row.plain.rstrip("!").rstrip().endswith(" g") and row.plain.count("!") == len(mark)
    assert style in {str(span.style) for span in row.spans if x.text in row.plain[span.start : span.end]}


def test_counts_too_long_for_their_column_are_told_in_thousands_and_millions():
    stream = replace(model_of(run(1)).snapshot().streams[0], samples=1_234_567_890, missing=98_765)
    (row, *_) = words.stream_rows(stream, True, False, set(), 79)
    assert " 1234567k 98765 " in row.plain and row.cell_len == 79
    (row, *_) = words.stream_rows(replace(stream, missing=9_876_543), True, False, set(), 79)
    assert " 9876k " in row.plain


def test_drawing_is_no_more_often_than_ten_times_a_second(bad_link):
    drawings = []

    async def session():
        app = MonitorApp([bad_link])
        draw = app._draw
        app._draw = lambda *arguments: (drawings.append(1), draw(*arguments))[1]
        async with app.run_test(size=SMALL):
            await asyncio.sleep(1.5)

    asyncio.run(session())
    assert 2 <= len(drawings) <= 16
