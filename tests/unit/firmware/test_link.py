"""The link queue against a list of frames: order, partial writes, the reserve, refusals."""

from collections import deque

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from freefall_board.core.link import LinkQueue
from freefall_wire import frame


def make_room(fill, size):
    """FRAME_ROOM octets, of which the first `size` are a frame; the rest must never leave."""
    return bytes([fill]) * size + b"\xff" * (frame.FRAME_ROOM - size)


class Link:
    """Takes as many octets as it is told to, and keeps them."""

    def __init__(self):
        self.takes = 0
        self.octets = bytearray()
        self.offered = []

    def write(self, buf, start, size):
        """See LinkQueue."""
        self.offered.append(size)
        if self.takes is None:
            return None
        took = min(size, self.takes)
        self.octets += buf[start : start + took]
        return took


class QueueAgainstList(RuleBasedStateMachine):
    """The model: frames not yet wholly taken, what left of the oldest one, and all that left."""

    @initialize(depth=st.integers(1, 6), data=st.data())
    def build(self, depth, data):
        self.depth = depth
        self.reserved = data.draw(st.integers(0, depth), label="reserved")
        self.link = Link()
        self.queue = LinkQueue(self.link.write, depth, self.reserved)
        self.waiting = deque()
        self.left = bytearray()
        self.most = 0
        self.count = 0

    @rule(is_report=st.booleans(), size=st.integers(1, frame.FRAME_ROOM))
    def put(self, is_report, size):
        self.count += 1
        room = make_room(self.count % 251, size)
        put = self.queue.put_report if is_report else self.queue.put_samples
        places = self.depth if is_report else self.depth - self.reserved
        accepted = put(room, size)
        assert accepted == (len(self.waiting) < places)
        if accepted:
            self.waiting.append(bytearray(room[:size]))
            self.most = max(self.most, len(self.waiting))

    @rule(takes=st.none() | st.sampled_from([0, 1, 7, frame.FRAME_ROOM]))
    def pump(self, takes):
        self.link.takes = takes
        self.link.offered.clear()
        took = self.queue.pump()
        expected = min(takes or 0, len(self.waiting[0])) if self.waiting else 0
        assert took == expected
        # One offer a pump, of one frame's rest: a pass of the loop is never held up by a whole queue.
        assert self.link.offered == [len(octets) for octets in list(self.waiting)[:1]]
        if self.waiting:
            self.left += self.waiting[0][:took]
            del self.waiting[0][:took]
            if not self.waiting[0]:
                self.waiting.popleft()

    @invariant()
    def agrees(self):
        assert self.queue.waiting() == len(self.waiting)
        assert self.queue.most_waiting == self.most
        assert self.link.octets == self.left


TestQueueAgainstList = QueueAgainstList.TestCase


@pytest.fixture
def link():
    return Link()


def test_queue_copies_a_frame_so_its_builder_may_go_on_in_the_same_buffer(link):
    queue = LinkQueue(link.write, 2, 0)
    room = bytearray(make_room(1, 30))
    queue.put_samples(room, 30)
    room[:] = make_room(2, frame.FRAME_ROOM)
    link.takes = 30
    queue.pump()
    assert link.octets == b"\1" * 30


def test_samples_leave_the_reserve_to_reports(link):
    queue = LinkQueue(link.write, 5, 2)
    assert [queue.put_samples(make_room(i, 20), 20) for i in range(5)] == [True, True, True, False, False]
    assert [queue.put_report(make_room(i, 20), 20) for i in range(3)] == [True, True, False]
    assert queue.most_waiting == queue.waiting() == 5


def test_refused_frame_leaves_nothing_behind(link):
    queue = LinkQueue(link.write, 1, 0)
    queue.put_samples(make_room(1, 40), 40)
    assert not queue.put_samples(make_room(2, 50), 50)
    link.takes = 15
    for _ in range(5):
        queue.pump()
    assert link.octets == b"\1" * 40


def test_frame_the_link_takes_in_pieces_is_not_mixed_with_one_put_meanwhile(link):
    queue = LinkQueue(link.write, 2, 0)
    link.takes = 7
    queue.put_samples(make_room(1, 20), 20)
    queue.pump()
    queue.put_report(make_room(2, 20), 20)
    while queue.waiting():
        queue.pump()
    assert link.octets == b"\1" * 20 + b"\2" * 20
