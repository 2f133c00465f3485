"""The standard streams, whatever state they were handed over in; and the one style of an error."""

import contextlib
import os
import sys


def prepare() -> None:
    """Give streams that are closed a null device, and print a character that the encoding lacks as `?`."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            # Also keeps a file opened later from becoming descriptor 1 or 2.
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - open until the end
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def finish() -> None:
    """Write out what is left; raises OSError when it cannot be, which at exit would be too late to tell."""
    sys.stdout.flush()


def mute() -> None:
    """Send the rest of standard output nowhere: its reader has left or its disk is full."""
    with contextlib.suppress(OSError, ValueError):  # a stand-in without a descriptor, as tests have, fails no more at exit
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def complain(what: object, prefix: str = "error: ") -> None:
    """One message on standard error; when that cannot be written either, the exit code has to tell alone."""
    with contextlib.suppress(OSError):
        print(f"{prefix}{what}", file=sys.stderr, flush=True)
