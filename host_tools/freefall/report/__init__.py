"""A run as a page for people: one HTML file with plots, that needs no network and no script.

    report = RunReport("run.mcap", summary, metadata={}, problem=None)
    Path("run.html").write_text(page([report]), encoding="utf-8")

page.py puts it together of tables.py and plots.py; element.py writes HTML and SVG, axis.py places numbers. accounts.py and
numbers.py are what the terminal's report says in the same words.
"""

from .accounts import account
from .numbers import decimals, fixed, micros
from .page import RunReport, page

__all__ = ["RunReport", "account", "decimals", "fixed", "micros", "page"]
