"""The thread that takes a source's octets into a model, and lets others look at it in between."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..errors import DeviceError, WrongDefinition
from .model import BoardModel
from .snapshot import BoardSnapshot

# Pieces of a file are taken in together up to so many octets, some milliseconds' work; those of a port as they come.
_TOGETHER = 1 << 17


@dataclass(frozen=True, slots=True)
class PortNews:
    """The port went away, or, with `why` None, is read again."""

    host_ns: int
    why: str | None


class Feed:
    """Reads (host ns, octets) and PortNews into `model` until they end; whoever draws looks at it by `snapshot` and `look`.

    Octets are decoded as they are read and wait for no drawing longer than a look takes; a look waits for one piece at most.
    live: the source has no end of its own, and ages are counted to `clock` (ns).
    """

    def __init__(self, model: BoardModel, chunks: Iterable[tuple[int, bytes] | PortNews], live: bool, clock: Callable[[], int]):
        self.definition = model.definition
        self.live = live
        self.error: Exception | None = None
        self._model = model
        self._chunks = chunks
        self._clock = clock
        self._stopping = threading.Event()
        self._turn, self._lock = threading.Lock(), threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"reading {model.source}", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self, timeout_s: float = 1.0) -> None:
        """Read no further. A source that is silent for longer than timeout_s is left to itself."""
        self._stopping.set()
        self._thread.join(timeout_s)

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return not self._thread.is_alive()

    @contextmanager
    def look(self) -> Iterator[BoardModel]:
        """The model, which stands still meanwhile."""
        # Who waits holds the turn: a lock alone would let a fast reader take it again and again.
        with self._turn:
            self._lock.acquire()
        try:
            yield self._model
        finally:
            self._lock.release()

    def snapshot(self) -> BoardSnapshot:
        """As of now; of a file, as of its newest octets."""
        now_ns = self._clock() if self.live else None
        with self.look() as model:
            return model.snapshot(now_ns)

    def _run(self) -> None:
        ending = "ended", "", ""
        try:
            for pieces in self._together():
                with self.look() as model:
                    if isinstance(pieces, PortNews):
                        self._tell(model, pieces)
                    else:
                        model.feed(pieces)
        except Exception as error:  # whatever it is, it is told by who started the thread
            self.error, ending = error, _ending(error)
        with self.look() as model:
            state, why, sentence = ending
            model.say(state, why, self._clock(), sentence)

    @staticmethod
    def _tell(model: BoardModel, news: PortNews) -> None:
        if news.why is None:
            model.say("live", "", news.host_ns)
        else:
            model.say("gone", _short(news.why), news.host_ns, news.why)

    def _together(self) -> Iterator[list[tuple[int, bytes]] | PortNews]:
        pieces, octets = [], 0
        for piece in self._chunks:
            if self._stopping.is_set():
                return
            if isinstance(piece, PortNews):
                yield piece
                continue
            pieces.append(piece)
            octets += len(piece[1])
            if self.live or octets >= _TOGETHER:
                yield pieces
                pieces, octets = [], 0
        if pieces:
            yield pieces


def _ending(error: Exception) -> tuple[str, str, str]:
    """State, reason in a few words, and the whole sentence."""
    sentence = str(error) or type(error).__name__
    if isinstance(error, WrongDefinition):
        return "refused", "another definition", sentence
    return "gone" if isinstance(error, DeviceError) else "failed", _short(sentence), sentence


def _short(sentence: str) -> str:
    """The reason at the end of `what happened: the reason. What to do.`"""
    return (sentence.partition(": ")[2] or sentence).partition(". ")[0]
