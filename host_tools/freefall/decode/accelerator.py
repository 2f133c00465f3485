"""deframe and judge in C where the accelerator was built (see native/), else those of deframe.py and freefall_wire.frame.

Both give the same.
"""

import os
from types import ModuleType

import numpy as np

from freefall_wire import frame

from ..definition import Definition
from . import deframe as by_columns
from .deframe import Deframed, Packets
from .native.build import SWITCH, digest

# Of so many octets or more the first of 32 parts is counted. What that makes of all, a 16th more and some packets more are enough
# for a stream that keeps its pace.
_MANY, _PARTS, _SPARE = 1 << 20, 32, 128


def _built() -> ModuleType | None:
    if os.environ.get(SWITCH) == "0":
        return None
    try:
        from . import _native
    except ImportError:
        return None
    # One that was left from other sources may count columns otherwise.
    return _native if digest() == _native.SOURCE else None


_NATIVE = _built()


def active() -> bool:
    """Whether the accelerator is there, and not switched off by FREEFALL_ACCELERATOR=0."""
    return _NATIVE is not None


def deframe_in_c(octets: bytes | memoryview, definition: Definition) -> Deframed:
    """As deframe.deframe, in the same words; only where active(). The interpreter is not held meanwhile.

    Memory: that of the samples, and 40 octets a packet; a little more of many octets.
    """
    layouts = [(stream.packet_len, stream.sample_len, stream.samples_per_packet) for stream in definition.streams]
    if len(octets) >= _MANY:
        part = _NATIVE.count(octets[: len(octets) // _PARTS], definition.apid, layouts)
        found = _deframed(octets, definition, layouts, [_PARTS * room * 17 // 16 + _SPARE for room in part])
        if found is not None:
            return found
    return _deframed(octets, definition, layouts, _NATIVE.count(octets, definition.apid, layouts))


def _deframed(
    octets: bytes | memoryview, definition: Definition, layouts: list[tuple[int, int, int]], rooms: list[int]
) -> Deframed | None:
    """With room for so many packets of each stream; None where there are more."""
    outputs = [
        (room, np.empty((len(Packets.__slots__) - 1, room), np.int64), np.empty((room * places, sample_len), np.uint8))
        for room, (_, sample_len, places) in zip(rooms, layouts, strict=True)
    ]
    found = _NATIVE.deframe(octets, definition.apid, layouts, outputs)
    if found is None:
        return None
    taken, rejects, others, idle = found
    streams = [
        Packets(*columns[:, :packets], samples[:count])
        for (_, columns, samples), (packets, count) in zip(outputs, taken, strict=True)
    ]
    return Deframed(streams, rejects, others, idle)


deframe = deframe_in_c if active() else by_columns.deframe
judge = _NATIVE.judge if active() else frame.judge
