"""Exports of many recordings: a job each, done in turn, by processes, or by the workers of a Dask cluster."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..decode import Summary
from ..definition import Definition
from ..errors import FreefallError
from .one import Exported, export_one
from .urls import is_url

if TYPE_CHECKING:
    import distributed

Tell = Callable[[Summary], Any]  # a function of a module, for it travels
Progress = Callable[[int], object]  # octets of all jobs read so far

_LOOK_EVERY_S = 0.1
EXIT_FAULT = 70


@dataclass(frozen=True, slots=True)
class Job:
    """One recording, or the files of one run, and what to make of it; see export_one."""

    sources: tuple[str, ...]
    format: str
    out: str
    definition: Definition | None = None
    otherwise: str | None = None
    overwrite: bool = False

    def do(self, tell: Tell, progress: Progress) -> Exported:
        """Do it. Raises as export_one."""
        return export_one(
            self.sources, self.format, self.out, definition=self.definition, otherwise=self.otherwise,
            overwrite=self.overwrite, tell=tell, progress=progress,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: exported, or the error in words and the exit code that stands for it."""

    job: Job
    exported: Exported | None
    error: str = ""
    exit_code: int = 0


def done(job: Job, tell: Tell, progress: Progress = lambda octets: None) -> Outcome:
    """Do a job; what goes wrong is part of the outcome."""
    try:
        return Outcome(job, job.do(tell, progress))
    except FreefallError as error:
        return Outcome(job, None, str(error), error.exit_code)


def in_turn(jobs: Sequence[Job], tell: Tell, progress: Progress) -> Iterator[Outcome]:
    """One after the other, here."""
    before = now = 0

    def read(octets: int) -> None:
        nonlocal now
        now = octets
        progress(before + octets)

    for job in jobs:
        yield done(job, tell, read)
        before, now = before + now, 0


def in_processes(jobs: Sequence[Job], processes: int, tell: Tell, progress: Progress) -> Iterator[Outcome]:
    """By so many processes; outcomes as they come."""
    # Imported where they are needed: the command line begins without them.
    from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
    from multiprocessing import get_context

    # Spawned: a fork would take this process's threads for its own.
    context = get_context("spawn")
    read = context.Array("q", len(jobs), lock=False)
    with ProcessPoolExecutor(min(processes, len(jobs)), context, _begin_process, (read,)) as pool:
        futures = {pool.submit(_in_process, number, job, tell): job for number, job in enumerate(jobs)}
        waiting = set(futures)
        try:
            while waiting:
                ended, waiting = wait(waiting, _LOOK_EVERY_S, FIRST_COMPLETED)
                progress(sum(read))
                for future in ended:
                    yield _outcome(futures[future], future)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


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


def _outcome(job: Job, future) -> Outcome:
    if error := future.exception():
        # No error of ours, which are outcomes: the process was killed, for want of memory perhaps, or freefall is at fault.
        return Outcome(job, None, f"{', '.join(job.sources)}: {type(error).__name__}: {error}", EXIT_FAULT)
    return replace(future.result(), job=job)


_read = None  # of this process, octets by the number of the job; set where processes begin, the only way into one


def _begin_process(read) -> None:
    global _read
    _read = read


def _in_process(number: int, job: Job, tell: Tell) -> Outcome:
    def progress(octets: int) -> None:
        _read[number] = octets

    return done(job, tell, progress)
