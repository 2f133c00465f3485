"""The ways in which a Decoder may take frames apart: as it is everywhere, and in C where the accelerator was built."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from unittest import mock

from freefall.decode import accelerator, bulk, decoder, deframe
from freefall_wire import frame


@dataclass(frozen=True, slots=True)
class Way:
    """How frames are taken apart by the thousand, and how one by one."""

    deframe: Callable
    judge: Callable

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Decoders made and fed meanwhile go this way, whichever they would go by themselves."""
        with ExitStack() as replaced:
            replaced.enter_context(mock.patch.object(bulk, "deframe", self.deframe))
            for module in (bulk, decoder):
                replaced.enter_context(mock.patch.object(module, "judge", self.judge))
            yield


PLAIN = Way(deframe.deframe, frame.judge)
IN_C = Way(accelerator.deframe_in_c, accelerator.judge) if accelerator.active() else None
ALL = (PLAIN, IN_C) if IN_C else (PLAIN,)
