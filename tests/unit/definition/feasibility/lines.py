"""Lines of the report of a text, feasible or not, and which rules refuse it."""

import re

from freefall.definition import Margin, parse_definition
from unit.definition.sample import findings


def lines(text: str, rule: str) -> dict[str, Margin]:
    """The lines of a rule, by their subjects."""
    return {line.subject: line for line in parse_definition(text, "payload.toml", infeasible=True).margins if line.rule == rule}


def line(text: str, rule: str, subject: str) -> Margin:
    """One of them."""
    return lines(text, rule)[subject]


def refusals(text: str, rule: str) -> list[str]:
    """The findings of a rule, without its name; they must be all there are."""
    told = [re.fullmatch(r"(.*) \[([A-Za-z ]+)\]", finding) for finding in findings(text)]
    assert all(told), findings(text)
    assert {found[2] for found in told} <= {rule}
    return [found[1] for found in told]
