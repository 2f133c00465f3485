"""A port that goes away and comes back: what is told, when it is tried again, and that nothing stays open."""

import itertools

import pytest

from freefall.errors import DeviceError
from freefall.port.reconnecting import Reconnecting
from freefall.recording import LinkBack, LinkLost


class Time:
    """A clock that only sleeping moves; as strict as a calendar: every sleep is kept."""

    def __init__(self):
        self.now_ns = 1_000
        self.slept = []

    def clock(self):
        return self.now_ns

    def sleep(self, seconds):
        assert 0 < seconds <= 0.1, "a user's interrupt would wait"
        self.slept.append(seconds)
        self.now_ns += round(seconds * 1e9)


class Board:
    """Ports that open as the script says: a list of pieces, then lost; or a sentence on why it cannot be opened."""

    def __init__(self, time, *script, ends=False):
        self.time, self.script, self.ends = time, iter(script), ends
        self.open_ports = 0
        self.attempts_ns = []

    def open(self):
        self.attempts_ns.append(self.time.now_ns)
        assert self.open_ports == 0, "the port before was not closed"
        step = next(self.script)
        if isinstance(step, str):
            raise DeviceError(step)
        return Port(self, step)


class Port:
    def __init__(self, board, pieces):
        self.board, self.pieces = board, pieces

    def __enter__(self):
        self.board.open_ports += 1
        return self

    def __exit__(self, *_exc):
        self.board.open_ports -= 1

    def chunks(self):
        for octets in self.pieces:
            assert self.board.open_ports == 1, "read after it was closed"
            yield self.board.time.now_ns, octets
        if not self.board.ends:
            raise DeviceError("it went away")


@pytest.fixture
def time():
    return Time()


def linked(board, time):
    return Reconnecting(board.open, time.clock, time.sleep)


def test_octets_around_an_absence_come_in_order_with_its_times(time):
    board = Board(time, [b"ab", b"c"], [b"d", b""], "never again")
    with linked(board, time) as link:
        events = list(itertools.islice(link.events(), 9))
    assert events == [
        (1_000, b"ab"),
        (1_000, b"c"),
        LinkLost(1_000, "it went away"),
        (100_001_000, b""),  # a pause in which the caller has its turn
        LinkBack(100_001_000),
        (100_001_000, b"d"),
        (100_001_000, b""),
        LinkLost(100_001_000, "it went away"),
        (200_001_000, b""),
    ]
    assert board.open_ports == 0


def test_pauses_double_up_to_five_seconds_and_begin_anew_after_a_return(time):
    board = Board(time, [b"a"], *["no such port"] * 8, [b"b"], "no such port", [b"c"])
    with linked(board, time) as link:
        events = itertools.takewhile(lambda event: event != (time.now_ns, b"c"), link.events())
        told = [event for event in events if not isinstance(event, tuple)]
    assert [type(event) for event in told] == [LinkLost, LinkBack, LinkLost, LinkBack], "once each, whatever was tried between"
    pauses = [round((b - a) / 1e9, 3) for a, b in itertools.pairwise(board.attempts_ns)]
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0, 0.1, 0.2]


def test_caller_gets_a_turn_at_least_every_tenth_of_a_second_while_it_waits(time):
    board = Board(time, [b"a"], *["no such port"] * 20)
    with linked(board, time) as link:
        events = list(itertools.islice(link.events(), 302))[2:]
    assert {octets for _, octets in events} == {b""}
    times = [host_ns for host_ns, _ in events]
    assert {b - a for a, b in itertools.pairwise(times)} == {100_000_000}


def test_port_that_opens_and_fails_at_once_is_not_back(time):
    board = Board(time, [b"a"], [], [], [], [b"b"])
    with linked(board, time) as link:
        told = []
        for event in link.events():
            told.append(event)
            if event == (time.now_ns, b"b"):
                break
    assert [type(event) for event in told if not isinstance(event, tuple)] == [LinkLost, LinkBack]
    assert len(board.attempts_ns) == 5
    assert len(time.slept) == 1 + 2 + 4 + 8, "the pauses grew over the failures"


def test_port_that_is_back_and_silent_is_back(time):
    board = Board(time, [b"a"], [b"", b""], "gone")
    with linked(board, time) as link:
        events = list(itertools.islice(link.events(), 5))
    assert events[3] == LinkBack(time.now_ns) and events[4] == (time.now_ns, b"")


def test_trouble_is_told_while_it_lasts(time):
    board = Board(time, [b"a"], "it is held by pid 7", [b"b"], "x")
    seen = []
    with linked(board, time) as link:
        for event in link.events():
            seen.append(link.trouble)
            assert (link.port is None) == (link.trouble is not None)
            if event == (time.now_ns, b"b"):
                break
    assert seen == [None, "it went away", "it went away", "it is held by pid 7", "it is held by pid 7", None, None]


def test_no_port_at_the_start_is_an_error_at_once(time):
    board = Board(time, "no such port")
    with pytest.raises(DeviceError, match="no such port"), linked(board, time):
        pytest.fail("entered")
    assert time.slept == []


def test_port_with_an_end_of_its_own_is_not_opened_again(time):
    board = Board(time, [b"a", b"b"], ends=True)
    with linked(board, time) as link:
        assert [octets for _, octets in link.events()] == [b"a", b"b"]
    assert len(board.attempts_ns) == 1 and board.open_ports == 0


def test_other_errors_are_not_waited_out(time):
    class Broken(Board):
        def open(self):
            if self.attempts_ns:
                raise ValueError("no such rate")
            return super().open()

    board = Broken(time, [b"a"])
    with linked(board, time) as link, pytest.raises(ValueError, match="no such rate"):
        list(link.events())
    assert board.open_ports == 0


def test_leaving_while_it_waits_closes_nothing_twice(time):
    board = Board(time, [b"a"], "no such port")
    with linked(board, time) as link:
        for event in link.events():
            if isinstance(event, LinkLost):
                break
    assert board.open_ports == 0 and link.port is None
