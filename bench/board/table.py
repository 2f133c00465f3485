"""The bench's result: figures, printed as one table and kept as JSON."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One number: what was measured (name, unit), in which case; column: whose work it is, or what is counted."""

    name: str
    unit: str
    case: str
    column: str
    value: float


def as_json(figures: Iterable[Figure]) -> str:
    """One figure a line, in the order measured; nothing in it changes from run to run."""
    return "[\n" + ",\n".join(json.dumps(asdict(figure)) for figure in figures) + "\n]\n"


def as_text(figures: Iterable[Figure]) -> str:
    """A section for every name: cases down, columns across."""
    names: dict[tuple[str, str], list[Figure]] = {}
    for figure in figures:
        names.setdefault((figure.name, figure.unit), []).append(figure)
    return "\n\n".join(_section(f"{name} [{unit}]", rows) for (name, unit), rows in names.items()) + "\n"


def _section(title: str, figures: list[Figure]) -> str:
    titles = list(dict.fromkeys(figure.column for figure in figures))
    cases = list(dict.fromkeys(figure.case for figure in figures))
    cells = {(figure.case, figure.column): f"{figure.value:.10g}" for figure in figures}
    columns = [[column, *(cells.get((case, column), "") for case in cases)] for column in titles]
    widths = [max(map(len, column)) for column in columns]
    first = [title, *(f"  {case}" for case in cases)]
    width = max(map(len, first))
    lines = (
        f"{first[i]:{width}}  " + "  ".join(f"{column[i]:>{size}}" for column, size in zip(columns, widths, strict=True))
        for i in range(len(first))
    )
    return "\n".join(line.rstrip() for line in lines)
