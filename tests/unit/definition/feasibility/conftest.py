"""Costs of which sums are easy, in place of the measured ones."""

import pytest

from freefall.definition.feasibility import costs
from freefall.definition.feasibility.costs import ReadCost

KINDS = {
    "transfer": ReadCost(30, 20),
    "stamped": ReadCost(40, 20),
    "fifo": ReadCost(100, 100),
    "uart": ReadCost(40, 20),
    "immediate": ReadCost(30, 0),
}


@pytest.fixture
def easy(monkeypatch):
    """10 us until a read begins, 20 us between two; 1 ms a packet, 100 us a sample, 1 ms a report; no looks, no slow edges."""
    for name, value in (("BEGIN_US", 10), ("NEXT_US", 20), ("READ_COSTS", KINDS), ("REPORT_US", 1000)):
        monkeypatch.setattr(costs, name, value)
    monkeypatch.setattr(costs, "STRETCH", dict.fromkeys(costs.STRETCH, 1.0))
    monkeypatch.setattr(costs, "packet_us", lambda samples, octets: 1000 + 100 * samples)
    monkeypatch.setattr(costs, "look_us", lambda streams: 0)
