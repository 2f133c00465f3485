"""Feeds that go on as long as a test wants, and a page that shows them."""

import threading

import pytest

from freefall.monitor import BoardModel, Feed, uplot
from unit.monitor.boards import definition
from unit.monitor.browser import Browser, find_chromium


@pytest.fixture
def feed_of():
    """feed_of(chunks, ...): a Feed that has begun to read, stopped at the end."""
    feeds = []

    def start(chunks, source="test", live=True, clock=None, payload=None):
        own = payload or definition()
        newest = [0]

        def remembered():
            for piece in chunks:
                newest[0] = piece[0] if isinstance(piece, tuple) else newest[0]
                yield piece

        feed = Feed(BoardModel(own, source), remembered(), live, clock or (lambda: newest[0]))
        feeds.append(feed)
        feed.start()
        return feed

    yield start
    for feed in feeds:
        feed.stop()


@pytest.fixture
def serve(need):
    """serve(feeds, port): the URL of their page, and what ends it."""
    from freefall.monitor.web import serve as serve_page

    need(uplot.is_there(), "uPlot (python -m freefall.monitor.uplot)")
    ends = []

    def start(feeds, port=0):
        stopping, started, url = threading.Event(), threading.Event(), []

        def tell(where):
            url.append(where)
            started.set()

        thread = threading.Thread(target=serve_page, args=(feeds, "127.0.0.1", port, stopping.is_set, tell))
        thread.start()

        def end():
            stopping.set()
            thread.join(20)
            assert not thread.is_alive()

        ends.append(end)
        assert started.wait(20)
        return url[0], end

    yield start
    for end in ends:
        end()


@pytest.fixture(scope="module")
def page(need, tmp_path_factory):
    """A Browser."""
    program = find_chromium()
    need(program is not None, "Chromium")
    browser = Browser(program, tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()
