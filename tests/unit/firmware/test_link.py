"""The link queue against a line of octets: order, links that take piecewise, the reserve, refusals, the ring's end."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from freefall_board.core.link import LinkQueue


class Link:
    """Is done with at most `takes` octets a call, of those it was offered the time before: as a DMA that reads in place.

    Strict: an octet that it was offered must stay what it is until the link says it is done with it.
    """

    def __init__(self):
        self.takes = 0
        self.octets = bytearray()
        self._offered = b""

    def take(self, octets, start, size, waiting):
        """See ports/__init__.py."""
        assert 0 < size <= waiting <= len(octets)
        assert start + size <= len(octets)
        assert size == waiting or start + size == len(octets), "all that waits, as far as the ring goes"
        ring_on = bytes(octets[start:] + octets[:start])
        assert ring_on[: len(self._offered)] == self._offered, "changed under the link's hands"
        took = min(self.takes, size, len(self._offered))
        self.octets += octets[start : start + took]
        self._offered = ring_on[took:waiting]
        return took


class QueueAgainstLine(RuleBasedStateMachine):
    """The model: the octets that wait, and all that left."""

    @initialize(size=st.sampled_from([64, 256]), data=st.data())
    def build(self, size, data):
        self.size = size
        self.reserved = data.draw(st.integers(0, size), label="reserved")
        self.link = Link()
        self.queue = LinkQueue(self.link.take, size, self.reserved)
        self.waiting = b""
        self.left = b""
        self.most = 0
        self.count = 0

    @rule(is_report=st.booleans(), size=st.integers(1, 90), start=st.integers(0, 5))
    def put(self, is_report, size, start):
        self.count += 1
        octets = bytes((self.count * 31 + i) % 256 for i in range(size))
        buf = bytearray(b"\xff" * start + octets + b"\xff" * 7)
        room = self.size if is_report else self.size - self.reserved
        accepted = (self.queue.put_report if is_report else self.queue.put_samples)(buf, start, size)
        assert accepted == (len(self.waiting) + size <= room)
        if accepted:
            self.waiting += octets
            self.most = max(self.most, len(self.waiting))
        buf[:] = bytes(len(buf))  # its builder goes on in the same buffer

    @rule(takes=st.sampled_from([0, 1, 7, 100, 1000]))
    def pump(self, takes):
        self.link.takes = takes
        took = self.queue.pump()
        assert 0 <= took <= takes
        self.left += self.waiting[:took]
        self.waiting = self.waiting[took:]

    @invariant()
    def agrees(self):
        assert self.queue.waiting() == len(self.waiting)
        assert self.queue.most_waiting == self.most
        assert self.link.octets == self.left


TestQueueAgainstLine = QueueAgainstLine.TestCase


@pytest.fixture
def link():
    return Link()


def pump_all(queue, link, takes=1000):
    """Pump until nothing waits; returns what each pump said."""
    link.takes = takes
    took = []
    while queue.waiting():
        took.append(queue.pump())
        assert len(took) < 100
    return took


def test_samples_leave_the_reserve_to_reports(link):
    queue = LinkQueue(link.take, 128, 50)
    frame = bytearray(20)
    assert [queue.put_samples(frame, 0, 20) for _ in range(5)] == [True, True, True, False, False]
    assert queue.put_samples(frame, 0, 18)
    assert [queue.put_report(frame, 0, 20) for _ in range(4)] == [True, True, False, False]
    assert queue.put_report(frame, 0, 10)
    assert queue.most_waiting == queue.waiting() == queue.size == 128


def test_reserve_grows_for_those_who_ask_for_more(link):
    queue = LinkQueue(link.take, 128, 50)
    queue.reserve(30)
    frame = bytearray(20)
    assert [queue.put_samples(frame, 0, 20) for _ in range(3)] == [True, True, False]
    assert queue.put_samples(frame, 0, 8)
    assert [queue.put_report(frame, 0, 20) for _ in range(5)] == [True] * 4 + [False]


def test_refused_frame_leaves_nothing_behind(link):
    queue = LinkQueue(link.take, 64, 0)
    assert queue.put_samples(b"\1" * 40, 0, 40)
    assert not queue.put_samples(b"\2" * 25, 0, 25)
    assert queue.most_waiting == 40
    pump_all(queue, link, takes=15)
    assert link.octets == b"\1" * 40


def test_frame_across_the_rings_end_leaves_in_two_pieces(link):
    queue = LinkQueue(link.take, 64, 0)
    queue.put_report(b"\1" * 50, 0, 50)
    pump_all(queue, link)
    queue.put_report(bytes(range(40)), 0, 40)
    assert [took for took in pump_all(queue, link) if took] == [14, 26]
    assert link.octets == b"\1" * 50 + bytes(range(40))


def test_frame_the_link_takes_in_pieces_is_not_mixed_with_one_put_meanwhile(link):
    queue = LinkQueue(link.take, 64, 0)
    queue.put_samples(b"\1" * 20, 0, 20)
    link.takes = 7
    assert [queue.pump(), queue.pump()] == [0, 7], "the link has sent what it was offered before"
    queue.put_report(b"\2" * 20, 0, 20)
    pump_all(queue, link, takes=7)
    assert link.octets == b"\1" * 20 + b"\2" * 20


def test_room_is_free_when_the_link_is_done_with_it_and_not_before(link):
    queue = LinkQueue(link.take, 64, 0)
    assert queue.put_samples(b"\1" * 60, 0, 60)
    assert queue.pump() == 0
    assert not queue.put_samples(b"\2" * 10, 0, 10)
    link.takes = 5
    assert queue.pump() == 5
    assert not queue.put_samples(b"\2" * 10, 0, 10)
    assert queue.put_samples(b"\3" * 9, 0, 9)


def test_link_is_not_asked_when_nothing_waits():
    queue = LinkQueue(None, 64, 0)
    assert queue.pump() == 0
