"""Exports of many recordings: a job each, done in turn, by processes, or by the workers of a Dask cluster."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..decode import Summary
from ..definition import Definition
from ..errors import EXIT_FAULT, ExportInterrupted, FreefallError
from .one import Exported, export_one
from .urls import is_url

if TYPE_CHECKING:
    import distributed

Tell = Callable[[Summary], Any]  # a function of a module, for it travels
Progress = Callable[[int], object]  # octets of all jobs read so far
Wish = Callable[[], bool]  # whether to stop: jobs under way leave no file, others are not begun

_LOOK_EVERY_S = 0.1


def never() -> bool:
    """The wish of somebody who waits for the end."""
    return False


@dataclass(frozen=True, slots=True)
class Job:
    """One recording, or the files of one run, and what to make of it; see export_one."""

    sources: tuple[str, ...]
    format: str
    out: str
    definition: Definition | None = None
    otherwise: str | None = None
    overwrite: bool = False

    def do(self, tell: Tell, progress: Progress, interrupted: Wish = never) -> Exported:
        """Do it. Raises as export_one, and ExportInterrupted."""

        def read(octets: int) -> None:
            if interrupted():
                raise ExportInterrupted(", ".join(self.sources))
            progress(octets)

        return export_one(
            self.sources, self.format, self.out, definition=self.definition, otherwise=self.otherwise,
            overwrite=self.overwrite, tell=tell, progress=read,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: exported, or the error in words and the exit code that stands for it."""

    job: Job
    exported: Exported | None
    error: str = ""
    exit_code: int = 0


def done(job: Job, tell: Tell, progress: Progress = lambda octets: None, interrupted: Wish = never) -> Outcome:
    """Do a job; what goes wrong is part of the outcome."""
    try:
        return Outcome(job, job.do(tell, progress, interrupted))
    except FreefallError as error:
        return Outcome(job, None, str(error), error.exit_code)


def in_turn(jobs: Sequence[Job], tell: Tell, progress: Progress, interrupted: Wish = never) -> Iterator[Outcome]:
    """One after the other, here; outcomes of those begun."""
    before = now = 0

    def read(octets: int) -> None:
        nonlocal now
        now = octets
        progress(before + octets)

    for job in jobs:
        if interrupted():
            return
        yield done(job, tell, read, interrupted)
        before, now = before + now, 0


def in_processes(
    jobs: Sequence[Job], processes: int, tell: Tell, progress: Progress, interrupted: Wish = never
) -> Iterator[Outcome]:
    """By so many processes; outcomes of those begun, as they come. However it ends, no process is left."""
    # Imported where they are needed: the command line begins without them.
    from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
    from multiprocessing import get_context

    # Spawned: a fork would take this process's threads for its own.
    context = get_context("spawn")
    read, stop = context.Array("q", len(jobs), lock=False), context.Value("b", lock=False)
    with ProcessPoolExecutor(min(processes, len(jobs)), context, _begin_process, (read, stop)) as pool:
        with _children_deaf_to_interrupts():
            futures = {pool.submit(_in_process, number, job, tell): job for number, job in enumerate(jobs)}
        waiting = set(futures)
        try:
            while waiting:
                ended, waiting = wait(waiting, _LOOK_EVERY_S, FIRST_COMPLETED)
                progress(sum(read))
                for future in ended:
                    if outcome := _outcome(futures[future], future):
                        yield outcome
                if interrupted():
                    stop.value = True
                    waiting = {future for future in waiting if not future.cancel()}
        except BaseException:
            stop.value = True
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextlib.contextmanager
def _children_deaf_to_interrupts() -> Iterator[None]:
    """Ctrl-C in a terminal goes to every process; those begun in this block leave it to their parent to stop them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows; see _Process
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def on_dask(jobs: Sequence[Job], client: "distributed.Client", tell: Tell, progress: Progress) -> Iterator[Outcome]:
    """By the workers of a cluster, which see the same files under the same absolute names; outcomes as they come.

    progress: given the number of jobs done.
    """
    from distributed import as_completed

    absolute = [replace(job, sources=tuple(map(_absolute, job.sources)), out=_absolute(job.out)) for job in jobs]
    futures = dict(zip(client.map(done, absolute, tell=tell, pure=False), jobs, strict=True))
    for count, future in enumerate(as_completed(futures), 1):
        progress(count)
        yield _outcome(futures[future], future)


def _absolute(name: str) -> str:
    """A worker may have begun in another folder."""
    return name if is_url(name) else os.path.abspath(name)


def _outcome(job: Job, future) -> Outcome | None:
    """None of a job that was not begun."""
    if error := future.exception():
        # No error of ours, which are outcomes: the process was killed, for want of memory perhaps, or freefall is at fault.
        return Outcome(job, None, f"{', '.join(job.sources)}: {type(error).__name__}: {error}", EXIT_FAULT)
    outcome = future.result()
    return outcome and replace(outcome, job=job)


class _Process:
    """Of a process that does jobs: what it shares with its parent, to whom it leaves interrupts.

    read: octets by the number of the job. stop: not 0 when jobs shall end early. It ends with its parent, which may be killed.
    """

    def __init__(self, read, stop):
        self._read, self._stop = read, stop
        self._at_work = threading.Lock()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=self._end_with_parent, daemon=True).start()

    def do(self, number: int, job: Job, tell: Tell) -> Outcome | None:
        def progress(octets: int) -> None:
            self._read[number] = octets

        def interrupted() -> bool:
            return bool(self._stop.value)

        with self._at_work:
            return None if interrupted() else done(job, tell, progress, interrupted)

    def _end_with_parent(self) -> None:
        from multiprocessing import parent_process

        parent_process().join()
        self._stop.value = True
        with self._at_work:
            os._exit(1)  # the pool's own thread waits for jobs, and nobody is there to give any


_process = None  # of this process, set where it begins, the only way into one


def _begin_process(read, stop) -> None:
    global _process
    _process = _Process(read, stop)


def _in_process(number: int, job: Job, tell: Tell) -> Outcome | None:
    return _process.do(number, job, tell)
