"""replay:FILE: a recording that plays as if it were a port."""

from collections.abc import Iterator
from pathlib import Path
from time import time_ns

from ..errors import DeviceError
from ..recording import open_recording
from . import options
from .faults import Faults, FaultyStream
from .pace import Clock, paced
from .timeline import Schedule, Timeline

FAULT_OPTIONS = {
    **dict.fromkeys(("drop", "flip", "duplicate", "cut"), options.parse_probability),
    "seed": options.parse_seed,
}
_OPTIONS = {
    "speed": options.parse_speed,
    "from": options.parse_moment,
    "to": options.parse_moment,
    "loop": options.parse_loop,
    "gap_limit": options.parse_seconds,
    **FAULT_OPTIONS,
}
# Option of the URL, by field of Schedule.
_FIELDS = {"speed": "speed", "start": "from", "stop": "to", "loop": "loop", "gap_limit_ns": "gap_limit"}


class ReplayPort:
    """A `Port` that plays a recording by schedule, over a line with these faults; it ends where the recording does.

    Octets come with the time they are handed on, as from any port. Raises InputUnreadable when the file is no recording.
    """

    def __init__(
        self,
        path: str | Path,
        schedule: Schedule | None = None,
        faults: Faults | None = None,
        *,
        url: str | None = None,
        clock: Clock | None = None,
    ):
        self.url = url or f"replay:{path}"
        self._recording = open_recording(path)
        self.definition = self._recording.definition
        self.definition_problem = self._recording.definition_problem
        self._schedule = schedule or Schedule()
        self._faults = faults or Faults()
        self._clock = clock or Clock()

    def __enter__(self) -> "ReplayPort":
        return self

    def __exit__(self, *exc) -> None:
        pass  # a recording keeps no file open between passes

    def chunks(self) -> Iterator[tuple[int, bytes]]:
        """See Port."""
        line = FaultyStream(self._faults)
        for block in paced(Timeline(self._recording.batches, self._schedule).blocks(), self._clock):
            yield time_ns(), line.feed(block[1]) if block else b""
        if rest := line.finish():
            yield time_ns(), rest

    def send(self, octets: bytes) -> None:
        """See Port."""
        raise DeviceError(f"{self.url} is a recording, which takes no telecommands; give the port of a board with -p")


def open_replay(url: str) -> ReplayPort:
    """The port of replay:FILE[?speed=2x&from=1&to=2&loop=3&gap_limit=1&drop=1%&...]. Raises ValueError, InputUnreadable."""
    path, query = options.split_url(url)
    if not path:
        raise ValueError(f"{url} names no recording; it is replay:FILE")
    found = options.parse_options(url, query, _OPTIONS)
    schedule = Schedule(**{field: found[name] for field, name in _FIELDS.items() if name in found})
    return ReplayPort(path, schedule, faults_of(found), url=url)


def faults_of(found: dict[str, object]) -> Faults:
    """The faults among the options of a URL."""
    return Faults(**{name: found[name] for name in FAULT_OPTIONS if name in found})
