"""For tests of payloads, on the bench and without one: a pytest plugin, and the classes its fixtures are made of.

The plugin (plugin.py) is loaded by every run of pytest where Freefall is installed, so this package imports the rest when a name
is asked for. README.md beside this file is the guide.

LiveLink, open_link: what a port sends, decoded; waits by the board's time. DecodedStream: samples of a stream, as a table.
NotInTime: what was waited for did not come. FaultyLink, FakePort: ports for tests. BenchBoard: a virtual board in simulated time;
record_board: a recording of one. assert_closed, assert_nothing_missing, assert_rate: checks that say what is wrong.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .asserts import assert_closed, assert_nothing_missing, assert_rate
    from .board import BenchBoard, record_board
    from .goals import NotInTime
    from .link import LiveLink, open_link
    from .ports import FakePort, FaultyLink
    from .stream import DecodedStream

_MODULES = {
    "BenchBoard": "board",
    "DecodedStream": "stream",
    "FakePort": "ports",
    "FaultyLink": "ports",
    "LiveLink": "link",
    "NotInTime": "goals",
    "assert_closed": "asserts",
    "assert_nothing_missing": "asserts",
    "assert_rate": "asserts",
    "open_link": "link",
    "record_board": "board",
}

__all__ = [
    "BenchBoard",
    "DecodedStream",
    "FakePort",
    "FaultyLink",
    "LiveLink",
    "NotInTime",
    "assert_closed",
    "assert_nothing_missing",
    "assert_rate",
    "open_link",
    "record_board",
]


def __getattr__(name: str):
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)
