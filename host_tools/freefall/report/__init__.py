"""A run as a page for people: one HTML file with plots, that needs no network and no script.

    report = RunReport("run.mcap", summary, metadata={}, problem=None)
    Path("run.html").write_text(page([report]), encoding="utf-8")

document.py puts it together of tables.py and plots.py; element.py writes HTML and SVG, axis.py places numbers. accounts.py and
numbers.py are what the terminal's report says in the same words.
"""

from .accounts import account
from .numbers import decimals, fixed, micros
from .run import RunReport

__all__ = ["RunReport", "account", "decimals", "fixed", "micros", "page"]


def __getattr__(name: str):
    # A report in the terminal has no need of what draws.
    if name == "page":
        from .document import page

        return page
    raise AttributeError(f"module {__name__} has no attribute {name}")
