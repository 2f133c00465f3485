"""Probing a payload's wiring: every sensor asked for its identity, and told with the likely fault."""

from .access import Access, BusHeld, Level, Lines, NoAnswer
from .verdicts import Kind, Verdict, probe

__all__ = ["Access", "BusHeld", "Kind", "Level", "Lines", "NoAnswer", "Verdict", "probe"]
