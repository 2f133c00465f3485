"""Ctrl-C as a wish to stop, granted between two writes."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def held_interrupt() -> Iterator[Callable[[], bool]]:
    """pressed(): whether Ctrl-C was. The first only sets it, so that no file is left half written; a second interrupts as usual.

    Where Ctrl-C is ignored or handled by someone else already (nohup, an embedding program) it stays so.
    """
    pressed = False

    def press(_number, _frame) -> None:
        nonlocal pressed
        pressed = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield lambda: False
        return
    signal.signal(signal.SIGINT, press)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
