"""Watching boards while they run: one model of what a board does, and three ways to look at it.

    model = BoardModel(definition, "socket://bench:5000")
    model.feed([(host_ns, octets)])             # as they come
    seen = model.snapshot(now_ns)               # frozen: rates, counts, ledger, newest values, events
    model.points(stream, span)                  # for plots: least and greatest of each bucket, peaks of any rate kept

BoardModel takes in octets and has no clock, thread or screen of its own. Feed is the thread that fills one from a source. plain,
terminal (textual) and web (starlette, uPlot) draw snapshots, none of them more than ten times a second.
"""

from .events import Event
from .feed import Feed, PortNews
from .model import BoardModel
from .snapshot import BoardSnapshot, ChannelView, StreamView
from .trace import SPANS_S, Points

__all__ = ["SPANS_S", "BoardModel", "BoardSnapshot", "ChannelView", "Event", "Feed", "Points", "PortNews", "StreamView"]
