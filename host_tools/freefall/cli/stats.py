"""freefall stats: the ledger of a recording, closed or not."""

import json
import operator
import re

import rich_click as click

from ..decode import METRICS, Summary
from .options import definition_option
from .progress import progress_bar
from .report import origin_of, print_report
from .sources import open_source

_OPERATORS = {
    ">=": operator.ge, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt,
}  # fmt: skip


class Condition:
    """One `metric op number` of --fail-on."""

    def __init__(self, text: str):
        match = re.fullmatch(r"\s*(\w+)\s*(>=|<=|==|!=|>|<)\s*(-?\d+(?:\.\d+)?)\s*", text)
        if not match:
            raise click.BadParameter(f'"{text}" is no condition like lost>0.')
        self.metric, self._symbol, number = match.groups()
        if self.metric not in METRICS:
            raise click.BadParameter(f'"{self.metric}" is not counted; there is {", ".join(METRICS)}.')
        self._limit = float(number)
        self.text = text.strip()

    def holds(self, metrics: dict[str, int]) -> bool:
        """Whether it is true of these metrics."""
        return _OPERATORS[self._symbol](metrics[self.metric], self._limit)


def _conditions(_context, _parameter, text: str | None) -> list[Condition]:
    return [Condition(part) for part in text.split(",")] if text else []


@click.command()
@click.argument("src", metavar="SRC")
@definition_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option(
    "--fail-on", "conditions", metavar="CONDITIONS", callback=_conditions,
    help=f"Exit 1 if any holds, e.g. 'missing>0,rejected>0'. Counted: {', '.join(METRICS)}.",
)  # fmt: skip
@click.pass_obj
def stats(settings, src: str, definition: str | None, as_json: bool, conditions: list[Condition]) -> int:
    """What was sampled, what became of every sample, and whether the sums close."""
    with open_source(src, definition) as source:
        summary = Summary(source.definition)
        with progress_bar("reading", source.size) as update:

            def take(octets: bytes, host_ns: int) -> None:
                summary.feed(octets, host_ns)
                update(source.position())

            gone = source.read(take)
            update(source.position())
        problem = source.problem()
    metrics = summary.metrics()
    failed = [condition for condition in conditions if condition.holds(metrics)]
    if as_json:
        facts = {"recording": source.metadata, "failed": [c.text for c in failed], "problem": problem}
        click.echo(json.dumps(summary.as_dict() | facts))
    else:
        print_report(summary, origin_of(source.metadata), details=settings.verbosity > 0)
    if problem:
        click.echo(problem, err=True)
    for condition in failed:
        click.echo(f"failed: {condition.text} ({condition.metric} is {metrics[condition.metric]})", err=True)
    if gone:
        raise gone
    return 1 if failed else 0
