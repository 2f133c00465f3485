"""The ring against a deque."""

from collections import deque

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from freefall_board.core.ring import FULL, Ring

_SAMPLE_LEN = 3


class RingAgainstDeque(RuleBasedStateMachine):
    """Producer and consumer in any order; the model holds (number, stamp, octets)."""

    @initialize(depth=st.sampled_from([1, 2, 4, 8]))
    def build(self, depth):
        self.depth = depth
        self.ring = Ring(depth, _SAMPLE_LEN)
        self.model = deque()

    @rule(
        number=st.integers(0, 2**30 - 1),
        stamp=st.integers(0, 2**30 - 1),
        octets=st.binary(min_size=_SAMPLE_LEN, max_size=_SAMPLE_LEN),
        commits=st.booleans(),
    )
    def produce(self, number, stamp, octets, commits):
        slot = self.ring.reserve()
        if len(self.model) == self.depth:
            assert slot == FULL
            return
        # A reservation that is not committed gives the slot back, whatever was written there.
        self.ring.slots[slot][:] = octets
        self.ring.numbers[slot] = number
        self.ring.stamps[slot] = stamp
        if commits:
            self.ring.commit()
            self.model.append((number, stamp, octets))

    @precondition(lambda self: self.model)
    @rule()
    def consume(self):
        assert self.oldest() == self.model.popleft()
        self.ring.release()

    def oldest(self):
        slot = self.ring.oldest()
        return self.ring.numbers[slot], self.ring.stamps[slot], bytes(self.ring.slots[slot])

    @invariant()
    def agrees(self):
        assert self.ring.waiting() == len(self.model)
        if self.model:
            assert self.oldest() == self.model[0]


TestRingAgainstDeque = RingAgainstDeque.TestCase


@pytest.mark.parametrize("depth", [0, -1, 3, 6, 1023])
def test_ring_refuses_a_depth_that_is_no_power_of_two_and_names_it(depth):
    with pytest.raises(ValueError, match=f"power of two, not {depth}$"):
        Ring(depth, 2)


@pytest.mark.parametrize("depth", [1, 2, 1024])
def test_ring_holds_exactly_its_depth(depth):
    ring = Ring(depth, 1)
    for _ in range(depth):
        assert ring.reserve() != FULL
        ring.commit()
    assert (ring.reserve(), ring.waiting()) == (FULL, depth)
