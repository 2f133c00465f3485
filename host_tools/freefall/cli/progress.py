"""Progress on standard error: a bar in a terminal, nothing at all where nobody looks."""

from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


@contextmanager
def progress_bar(what: str, total: float | None):
    """update(done) for a job of `total`; None shows that it moves, but not how far it is."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, text="": None
        return
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[text]}"), TimeElapsedColumn()
    if total is not None:
        columns += (TimeRemainingColumn(),)
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=total, text="")
        yield lambda done, text="": progress.update(task, completed=done, text=text)
