"""Two runs beside each other: what one has and the other has not, and by how much their values differ.

    found = compare(Run("a", definition, a.chunks()), Run("b", definition, b.chunks()), Tolerances.parse(["x=0.05"]))
    found.same, found.streams[0].channels[0].greatest, found.as_dict()

Samples are matched by the ordinal of their boot in the run and their index within the boot; events in order. compare.py reads
both runs in step, side.py decodes one, stream.py matches samples, difference.py keeps what differs and where, events.py aligns
events.
"""

from .compare import Comparison, CounterDifference, Run, compare
from .difference import Difference, Place, Stretch
from .events import EventDifference
from .layout import DefinitionsDiffer
from .stream import StreamComparison
from .tolerance import Tolerances

__all__ = [
    "Comparison",
    "CounterDifference",
    "DefinitionsDiffer",
    "Difference",
    "EventDifference",
    "Place",
    "Run",
    "StreamComparison",
    "Stretch",
    "Tolerances",
    "compare",
]
