"""The reading thread: no octet waits for a drawing to be lost, no drawing waits for a fast source."""

import threading
import time
from itertools import count

import pytest

from freefall.errors import DeviceError, WrongDefinition
from freefall.monitor import BoardModel, Feed, PortNews
from unit.decode import packets
from unit.monitor.boards import START_NS, definition, octets_of, run

PATIENCE_S = 20


def feed_of(chunks, live=True):
    return Feed(BoardModel(definition(), "test"), chunks, live, lambda: START_NS + 10**10)


def finish(feed):
    feed.start()
    wait(lambda: feed.ended)
    return feed.snapshot()


def wait(condition):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.parametrize("live", [True, False])
def test_feed_takes_in_everything_and_has_ended_then(live):
    seen = finish(feed_of(run(3), live))
    assert (seen.state, seen.why, seen.octets) == ("ended", "", len(octets_of(run(3))))
    assert seen.metrics["missing"] == 0 and seen.metrics["samples"] > 2800
    # A file has no now: its ages are told as of its newest octets.
    assert (seen.streams[0].age_s > 5) == live


def test_no_octet_is_lost_while_somebody_looks():
    read = count()
    pieces = run(3)
    feed = feed_of((piece, next(read))[0] for piece in pieces)
    feed.start()
    while not feed.ended:
        with feed.look() as model:
            before = model.summary.samples
            time.sleep(0.03)
            assert model.summary.samples == before
    assert feed.snapshot().metrics["samples"] == finish(feed_of(pieces)).metrics["samples"]


def test_a_look_waits_for_one_piece_at_most():
    # Many milliseconds' work: more than a thread that stands still for a moment misses.
    octets = octets_of(run(3)) * 8
    taken = count()
    so_far = [0]

    def endless():
        while True:
            so_far[0] = next(taken)
            yield START_NS, octets

    feed = feed_of(endless())
    feed.start()
    try:
        for _ in range(20):
            before = so_far[0]
            with feed.look():
                # One that is taken in, one that is read meanwhile; and one between the two lines above.
                assert so_far[0] - before <= 3
    finally:
        feed.stop()
    assert feed.ended


@pytest.mark.parametrize(
    ("error", "state", "why"),
    [
        (DeviceError("socket://bench:5000 went away: connection closed"), "gone", "connection closed"),
        (DeviceError("cannot open /dev/ttyACM0: No such file. Is the board there?"), "gone", "No such file"),
        (DeviceError("it went away"), "gone", "it went away"),
        (RuntimeError("a bug"), "failed", "a bug"),
    ],
)
def test_an_error_of_the_source_is_kept_and_shown_in_short_and_told_in_full(error, state, why):
    def breaking():
        yield from run(1)
        raise error

    feed = feed_of(breaking())
    seen = finish(feed)
    assert feed.error is error
    assert (seen.state, seen.why) == (state, why)
    assert seen.events[-1].text == str(error) and seen.metrics["samples"] > 900


def test_another_boards_octets_end_the_feed_with_the_reason():
    feed = feed_of([(START_NS, packets.boot(definition(), definition_id=7))])
    seen = finish(feed)
    assert (seen.state, seen.why, seen.worst) == ("refused", "another definition", "critical")
    assert "00000007" in seen.events[-1].text
    assert isinstance(feed.error, WrongDefinition)


def test_news_of_the_port_are_states():
    first, rest = run(1)[:50], run(1)[50:]
    feed = feed_of([*first, PortNews(START_NS, "unplugged"), (START_NS, b""), PortNews(START_NS + 1, None), *rest])
    seen = finish(feed)
    told = [event.text for event in seen.events]
    assert told.index("unplugged") < told.index("the port is back")
    assert seen.metrics["missing"] == 0


def test_stop_does_not_wait_for_a_silent_source():
    silent = threading.Event()

    def waiting():
        silent.wait(PATIENCE_S)
        yield START_NS, b""

    feed = feed_of(waiting())
    feed.start()
    begin = time.monotonic()
    feed.stop(timeout_s=0.1)
    assert time.monotonic() - begin < 5 and not feed.ended
    silent.set()
    wait(lambda: feed.ended)
