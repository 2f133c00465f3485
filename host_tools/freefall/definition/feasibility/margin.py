"""A line of a feasibility report: a number, its limit, and the rule that holds the one against the other."""

from dataclasses import dataclass

from ..located import Path


@dataclass(frozen=True, slots=True)
class Margin:
    """`value` is to be at most `limit`, both in `unit`; without a limit it is there to be known.

    rule: the rule's name, as README.md lists its model; subject: what the line is about, as an experimenter calls it; sentence:
    where the numbers come from, with both of them in it. path: what in the definition decides it; complaint and remedy: what is
    wrong with the value there when the line does not hold, and what to do; default: that value where the definition gives none.
    """

    rule: str
    subject: str
    path: Path
    value: float
    limit: float | None
    unit: str
    sentence: str
    complaint: str = ""
    remedy: str = ""
    default: object = None

    @property
    def holds(self) -> bool:
        """Whether the value is within its limit."""
        return self.limit is None or self.value <= self.limit

    @property
    def spare(self) -> float | None:
        """The share of the limit that is left, negative where it does not hold; None without a limit."""
        if self.limit is None:
            return None
        return (self.limit - self.value) / self.limit if self.limit else -float(self.value > 0)

    @property
    def finding(self) -> str:
        """What is wrong with the value at `path`, to stand after it."""
        return f"{self.complaint}: {self.sentence}; {self.remedy} [{self.rule}]"
