"""The page in a real browser: what somebody sees who looks at it."""

import time
from itertools import count
from urllib.parse import urlsplit

import pytest

from freefall.board.virtual import VirtualBoard
from freefall.port.faults import Faults, FaultyStream
from unit.monitor.boards import PIECE_NS, START_NS, definition, microgravity, octets_of, run

# Pixels of a canvas in the colour of the theme's first series, or near it.
DRAWN = """
(() => {
  const wanted = getComputedStyle(document.documentElement).getPropertyValue("--COLOUR").trim().match(/\\w\\w/g)
    .map((part) => parseInt(part, 16));
  return [...document.querySelectorAll(".plot canvas")].map((canvas) => {
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let pixels = 0;
    for (let at = 0; at < data.length; at += 4)
      if (data[at + 3] > 200 && wanted.every((part, index) => Math.abs(part - data[at + index]) < 12)) pixels++;
    return pixels;
  });
})()
"""


def drawn(page, colour="c0"):
    return page.ask(DRAWN.replace("COLOUR", colour))


def text(page, selector):
    return " ".join(page.ask(f"document.querySelector({selector!r}).innerText").split())


@pytest.fixture
def live():
    """A board in real time that goes on for ever, 10 ms at a time."""

    def pieces(board, host_ns=START_NS):
        for number in count():
            time.sleep(PIECE_NS / 1e9)
            yield host_ns + number * PIECE_NS, board.advance(PIECE_NS)

    return pieces


@pytest.fixture
def two_boards(feed_of, serve):
    """The page of a board whose limits are crossed on a bad link, and of another payload's recording."""
    line = FaultyStream(Faults(drop=0.05, flip=1e-5, seed=1))
    wire = [(host_ns, line.feed(octets)) for host_ns, octets in run(8)]
    other, octets = microgravity()
    feeds = [feed_of(wire, source="bad link"), feed_of(octets, source="other.mcap", live=False, payload=other)]
    for feed in feeds:
        while not feed.ended:
            time.sleep(0.01)
    return serve(feeds)[0]


def test_page_shows_two_boards_with_plots_ledger_levels_and_events_and_asks_nobody_else(page, two_boards):
    page.open(two_boards)
    page.until("document.querySelectorAll('section.board').length === 2")
    # Of microgravity's rotation there is a plot for each unit, the second with the stream's channels from the fourth on.
    page.until(f"{DRAWN.replace('COLOUR', 'c0')}.filter((pixels) => pixels > 100).length === 4")
    assert [pixels > 100 for pixels in drawn(page, "c0")] == [True, True, True, True, False]
    assert [pixels > 100 for pixels in drawn(page, "c3")] == [False, False, False, False, True]
    assert text(page, "h2") == "vibration" and "bad link" in text(page, ".source")
    assert "LOST" in text(page, "#board-0 .verdict") and text(page, "#board-1 .verdict") == "OK"
    ledger = text(page, "#board-0 .ledger")
    assert ledger.startswith("Ledger closes") and " seen 7000 6 received " in ledger and "rejected (" in ledger
    assert text(page, "#board-1 .state") == "ended"
    level = "document.querySelector('#board-0 .level.critical')"
    assert page.ask(f"{level}.textContent") == "critical"
    assert page.ask(f"getComputedStyle({level}).backgroundColor") == "rgb(192, 24, 43)"
    assert page.ask("getComputedStyle(document.querySelector('#board-1 .level.ok')).color") == "rgb(26, 127, 55)"
    events = text(page, "#board-0 .events")
    assert "is outside critical" in events and "samples missing" in events and "boot count 1, firmware" in events
    assert page.ask("document.title").startswith("critical: ")
    assert {urlsplit(url).hostname for url in page.requests if not url.startswith("data:")} == {"127.0.0.1"}
    assert len(page.requests) >= 6 and page.complaints == []


def test_page_draws_limits_in_their_colours(page, two_boards):
    page.open(two_boards)
    page.until(f"{DRAWN.replace('COLOUR', 'critical')}[0] > 100")
    warning = drawn(page, "warning")
    assert warning[0] > 100 and warning[1] == 0, "the temperature is far from its limits, and its scale follows the data"


def test_page_follows_what_happens(page, serve, feed_of, live):
    page.open(serve([feed_of(live(VirtualBoard(definition(), 1)))])[0])
    page.until("document.querySelector('.counts')?.innerText.match(/^[0-9]{3,} samples/)")
    samples = [int(text(page, ".counts").split()[0])]
    for _ in range(3):
        page.until(f"parseInt(document.querySelector('.counts').innerText) > {samples[-1]}")
        samples.append(int(text(page, ".counts").split()[0]))
    before = drawn(page)[0]
    page.until(f"{DRAWN.replace('COLOUR', 'c0')}[0] > {before}")


def test_keys_choose_the_span_pause_and_help_and_channels_can_be_hidden(page, two_boards):
    page.open(two_boards)
    page.until(f"{DRAWN.replace('COLOUR', 'c2')}[0] > 1000")
    pressed = "[...document.querySelectorAll('#spans button')].findIndex((b) => b.getAttribute('aria-pressed') === 'true')"
    assert page.ask(pressed) == 1
    page.press("3")
    assert page.ask(pressed) == 2
    page.press("+")
    page.press("+")
    page.press("+")
    assert page.ask(pressed) == 0
    page.press(" ")
    assert page.ask("document.querySelector('#pause').getAttribute('aria-pressed')") == "true"
    page.press(" ")
    page.press("?")
    assert page.ask("document.querySelector('#keys').open")
    page.ask("document.querySelector('#keys').close()")
    page.ask("document.querySelectorAll('#board-0 .channel')[2].click()")
    page.until(f"{DRAWN.replace('COLOUR', 'c2')}[0] < 10")
    assert page.ask("document.querySelectorAll('#board-0 .channel')[2].getAttribute('aria-pressed')") == "false"
    assert page.complaints == []


def test_page_comes_back_when_the_server_does(page, serve, feed_of, live):
    url, end = serve([feed_of(live(VirtualBoard(definition(), 1)), source="first")])
    page.open(url)
    page.until("document.querySelector('#connection').innerText === 'connected'")
    end()
    page.until("document.querySelector('#connection').innerText.startsWith('no connection')")
    serve([feed_of(run(3), source="second", live=False)], int(url.rstrip("/").rpartition(":")[2]))
    page.until("document.querySelector('#connection').innerText === 'connected'")
    page.until("document.querySelector('.source').innerText === 'second'")
    assert page.ask("document.querySelectorAll('section.board').length") == 1
    page.until(f"{DRAWN.replace('COLOUR', 'c0')}[0] > 100")


def test_page_is_dark_where_dark_is_preferred(page, serve, feed_of):
    url, _ = serve([feed_of(run(2))])
    ground = "getComputedStyle(document.body).backgroundColor"
    page.open(url, scheme="dark")
    page.until("document.querySelectorAll('section.board').length === 1")
    assert page.ask(ground) == "rgb(14, 17, 22)"
    page.until(f"{DRAWN.replace('COLOUR', 'c0')}[0] > 100")
    page.prefer("light")
    assert page.ask(ground) == "rgb(244, 245, 247)"
    page.until(f"{DRAWN.replace('COLOUR', 'c0')}[0] > 100")


def test_page_fits_a_narrow_window(page, two_boards):
    page.open(two_boards, width=500)
    page.until("document.querySelectorAll('section.board').length === 2")
    assert page.ask("document.documentElement.scrollWidth <= innerWidth")


def test_octets_of_a_run_are_what_the_page_counts(page, serve, feed_of):
    page.open(serve([feed_of(run(2), live=False)])[0])
    page.until(f"document.querySelector('.link')?.innerText.includes('{len(octets_of(run(2)))} octets')")
