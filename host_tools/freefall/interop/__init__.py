"""Definitions for other tools: the packets of a payload as XTCE, COSMOS, ICD, Wireshark dissector and C header. See FORMATS."""

from collections.abc import Callable

from ..definition import Definition
from .c_header import c_header
from .cosmos import cosmos
from .icd import icd_csv, icd_markdown
from .wireshark import wireshark
from .xtce import xtce

__all__ = ["FORMATS", "c_header", "cosmos", "icd_csv", "icd_markdown", "wireshark", "xtce"]

# The word for it on the command line -> a function of the definition that returns the text.
FORMATS: dict[str, Callable[[Definition], str]] = {
    "xtce": xtce,
    "cosmos": cosmos,
    "wireshark": wireshark,
    "icd-md": icd_markdown,
    "icd-csv": icd_csv,
    "c-header": c_header,
}
