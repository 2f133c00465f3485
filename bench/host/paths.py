"""The ways in which Decoder.feed_many may take frames apart: by columns, and in C where the accelerator was built."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

from freefall.decode import accelerator, bulk, deframe
from freefall.definition import Definition

Deframe = Callable[[bytes, Definition], deframe.Deframed]

BY_COLUMNS: Deframe = deframe.deframe
IN_C: Deframe | None = accelerator.deframe_in_c if accelerator.active() else None
ALL: tuple[Deframe, ...] = (BY_COLUMNS, IN_C) if IN_C else (BY_COLUMNS,)


@contextmanager
def taken(way: Deframe) -> Iterator[None]:
    """feed_many goes this way, whichever a decoder would choose by itself."""
    with mock.patch.object(bulk, "deframe", way):
        yield
