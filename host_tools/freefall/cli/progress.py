"""Progress on standard error: a bar in a terminal, nothing at all where nobody looks."""

from collections.abc import Callable
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

# Between two drawings; whatever a caller does to describe its progress costs nothing in between.
_DRAW_EVERY_S = 0.1


@contextmanager
def progress_bar(what: str, total: float | None):
    """update(done, describe) for a job of `total`; None shows that it moves, but not how far it is.

    describe: gives a text to stand beside the bar; called only when it is drawn.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, describe=str: None
        return
    columns = TextColumn("{task.description}"), BarColumn(bar_width=20), TextColumn("{task.fields[text]}")
    columns += (TimeElapsedColumn(),) if total is None else (TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=total, text="")
        drawn_at = 0.0

        def update(done: float, describe: Callable[[], str] = str) -> None:
            nonlocal drawn_at
            if monotonic() - drawn_at >= _DRAW_EVERY_S or (total is not None and done >= total):
                drawn_at = monotonic()
                progress.update(task, completed=done, text=describe())

        yield update
