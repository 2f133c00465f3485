"""Who holds a port that is busy, as far as this system tells (Linux: /proc)."""

import contextlib
import os
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_COMMAND_LIMIT = 120  # characters of a command line in a sentence


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has a port open; `command`: its command line as a shell would take it, cut where it is long."""

    pid: int
    command: str

    def __str__(self) -> str:
        return f"pid {self.pid} ({self.command})"


def holders(path: str | os.PathLike) -> list[Holder]:
    """The processes that keep others from the device at `path`, by pid; empty where none can be told.

    Those with a lock on it (flock, as pyserial takes one); where nobody has one, all that have it open. Processes of other users
    can be seen by root alone. Nothing is raised: what cannot be read is left out.
    """
    try:
        device = os.stat(path)
        pids = sorted(int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal())
    except OSError:  # no such device, or no /proc on this system
        return []
    opened, locking = [], []
    for pid in pids:
        locks = list(_locks_of(pid, device))
        if locks:
            holder = Holder(pid, _command(pid))
            opened.append(holder)
            if any(locks):
                locking.append(holder)
    return locking or opened


def busy_sentence(path: str) -> str:
    """Why a port cannot be had, naming who has it where that can be told."""
    known = holders(path)
    if known:
        return f"it is held by {' and '.join(map(str, known))}; end that program, or use another port"
    if sys.platform == "linux":
        return f"another program holds it, and this user may not see which; sudo fuser -v {shlex.quote(path)} shows it"
    return "another program holds it, and this system does not tell which; close what may use it"


def _locks_of(pid: int, device: os.stat_result) -> Iterator[bool]:
    """For each descriptor that the process has on the device, whether a lock comes with it."""
    with contextlib.suppress(OSError):  # the process has ended, or is another user's
        for entry in (_PROC / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                if os.path.samestat(entry.stat(), device):
                    yield "lock:" in (_PROC / str(pid) / "fdinfo" / entry.name).read_text()


def _command(pid: int) -> str:
    for name in ("cmdline", "comm"):  # a process may have emptied its command line
        with contextlib.suppress(OSError):
            arguments = (_PROC / str(pid) / name).read_text(errors="replace").rstrip("\0\n").split("\0")
            text = "".join(c if c.isprintable() else "?" for c in shlex.join(arguments))
            if text not in ("", "''"):
                return text if len(text) <= _COMMAND_LIMIT else f"{text[:_COMMAND_LIMIT]}..."
    return "it has ended meanwhile"
