"""`RunReport`: what a page is made of."""

from dataclasses import dataclass, field

from ..decode import Summary
from ..recording import LinkGap


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run that was read to its end: all that is known of it, a recording's metadata, and what is wrong with the file."""

    name: str
    summary: Summary
    metadata: dict[str, str] = field(default_factory=dict)
    problem: str | None = None
    link_gaps: tuple[LinkGap, ...] = ()
