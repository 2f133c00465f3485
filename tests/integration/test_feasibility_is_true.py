"""The feasibility report is true: ten per cent beyond a limit samples are lost, ten per cent within it none are.

Both on the virtual board, which is disturbed as the definition declares and as the report's own table of costs says.
"""

from pathlib import Path

import pytest

from freefall.board.stalls import StalledBoard, Stalls
from freefall.definition import load_definition, parse_definition
from freefall.errors import DefinitionError
from integration.feasibility_cases import CASES, lost_on

ROOT = Path(__file__).parents[2]
PAYLOADS = sorted(path.parent for path in (ROOT / "payload_defs").glob("*/payload.toml"))


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


def test_what_is_ten_per_cent_within_its_limit_passes_and_loses_nothing(case):
    definition = case.at(0.9)
    line = case.line(definition)
    assert line.value / line.limit == pytest.approx(0.9, abs=0.01)
    assert [line for line in definition.margins if not line.holds] == []
    assert parse_definition(definition.text, "case.toml") == definition
    assert case.lost(definition) == {}


def test_what_is_ten_per_cent_beyond_its_limit_is_refused_for_that_alone_and_loses_samples(case):
    definition = case.at(1.1)
    line = case.line(definition)
    assert line.value / line.limit == pytest.approx(1.1, abs=0.015)
    assert [line.rule for line in definition.margins if not line.holds] == [case.rule]
    with pytest.raises(DefinitionError, match=rf"\[{case.rule}\]$"):
        parse_definition(definition.text, "case.toml")
    assert case.lost(definition) != {}


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda path: path.name)
@pytest.mark.parametrize("clock", [1, -1], ids=["fast clocks", "slow clocks"])
def test_a_payload_of_the_catalogue_loses_nothing_however_it_is_disturbed(payload, clock):
    definition = load_definition(payload)
    assert lost_on(StalledBoard(definition, Stalls.declared(definition, clock)), definition, 4) == {}


def test_without_the_stalls_that_it_is_refused_for_a_definition_loses_nothing():
    case = CASES["FIFO, by interrupts off"]
    definition = case.at(1.1)
    undisturbed = Stalls(interrupts_off_ms=0.0, foreground_ms=0.0, clock=1)
    assert lost_on(StalledBoard(definition, undisturbed), definition, 4) == {}


def test_what_a_bus_cannot_carry_of_a_fifo_is_counted():
    """No edge tells, for the FIFO is never below its watermark: how old the samples would be does."""
    case = CASES["bus time"]
    lost = case.lost(case.at(1.4))
    assert lost["overruns"] > lost["never read"] / 2
