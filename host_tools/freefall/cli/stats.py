"""freefall stats: the ledger of a recording, closed or not."""

import json
import operator
import re

import rich_click as click

from .progress import progress_bar
from .sources import definition_option, open_source
from .summary import Summary, print_ledger, print_statistics

_OPERATORS = {
    ">=": operator.ge, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt,
}  # fmt: skip


def _metrics(summary: Summary) -> dict[str, int]:
    ledger = summary.decoder.ledger
    totals = [stream.totals for stream in ledger.streams]
    return {
        "lost": ledger.lost,
        "missing": sum(t.gaps + t.tail for t in totals),
        "bus_errors": sum(t.bus_errors for t in totals),
        "overruns": sum(t.overruns for t in totals),
        "dropped": sum(t.samples_dropped for t in totals),
        "rejected": ledger.counters.rejected,
        "duplicates": ledger.counters.duplicates,
        "samples": sum(own.samples for own in summary.statistics),
        "boots": ledger.board.boots,
        "unclosed": len(ledger.reasons),
    }


METRICS = ("lost", "missing", "bus_errors", "overruns", "dropped", "rejected", "duplicates", "samples", "boots", "unclosed")


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
@click.argument("src", metavar="FILE")
@definition_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option(
    "--fail-on", "conditions", metavar="CONDITIONS", callback=_conditions,
    help=f"Exit 1 if any holds, e.g. 'lost>0,rejected>0'. Counted: {', '.join(METRICS)}.",
)  # fmt: skip
def stats(src: str, definition: str | None, as_json: bool, conditions: list[Condition]) -> int:
    """What was sampled, what became of every sample, and whether the sums close."""
    with open_source(src, definition) as source:
        summary = Summary(source.definition)
        read = 0
        with progress_bar("reading", source.size) as update:
            for host_ns, octets in source.chunks:
                summary.feed(octets, host_ns)
                read += len(octets)
                update(read)
        problem = source.problem()
    metrics = _metrics(summary)
    failed = [condition for condition in conditions if condition.holds(metrics)]
    if as_json:
        click.echo(json.dumps({**summary.as_dict(), "metrics": metrics, "failed": [c.text for c in failed], "problem": problem}))
    else:
        print_statistics(summary.statistics)
        print_ledger(summary.decoder.ledger)
        if summary.decoder.counters.rejected:
            reasons = {reason: n for reason, n in summary.decoder.counters.frames_rejected.items() if n}
            click.echo("Rejected: " + ", ".join(f"{n} {reason}" for reason, n in reasons.items()))
    if problem:
        click.echo(problem, err=True)
    for condition in failed:
        click.echo(f"failed: {condition.text} ({condition.metric} is {metrics[condition.metric]})", err=True)
    return 1 if failed else 0
