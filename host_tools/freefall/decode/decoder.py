"""Octets in, items out. No input, no clock, no thread of its own."""

from collections.abc import Sequence

from freefall_wire.frame import FrameDecoder

from ..definition import Definition
from .accelerator import judge
from .batch import SampleBatch
from .bulk import take_many
from .counters import Counters
from .intake import Intake
from .items import Item
from .ledger import Ledger


class Decoder:
    """Decodes what one payload board sends. Any octets may be fed, split anywhere: what comes out is the same.

    feed is for octets as they come: a few microseconds a packet, and items in the order of the wire. feed_many is for recordings:
    a good part of a millisecond however little there is, and then a fraction of a microsecond a packet. Both may be used in turn.

    A packet that repeats one of the last 64 of its APID octet for octet is a duplicate: counted, not delivered. A reboot is
    seen by a boot event, by a board report with another boot count, or by an index or time that goes back; all per-boot state
    begins anew. A boot event is a duplicate right after itself only: elsewhere the same octets begin another boot. A stream
    whose boot was not seen begins with its first packet (joined late): what came before is no gap.
    """

    def __init__(self, definition: Definition):
        self.definition = definition
        self._frames = FrameDecoder(judge)
        self._intake = Intake(definition, self._frames)

    def feed(self, data: bytes, host_ns: int | None = None) -> list[Item]:
        """The items that end in `data` (bytes or bytearray), in order; host_ns is copied into them.

        Raises WrongDefinition when the board says it runs another definition, and from then on always; nothing else on any input.
        """
        if self._intake.foreign_id is not None:
            self._intake.refuse_foreign()
        items: list[Item] = []
        if stretches := self._frames.feed(data):
            for stretch in stretches:
                self._intake.take(stretch, host_ns, items)
        return items

    def feed_many(self, pieces: Sequence[tuple[int | None, bytes]]) -> list[Item | SampleBatch]:
        """What ends in these pieces, each (host_ns, bytes), with samples in batches: see `batched` for the order.

        Host times are kept if every piece has one. Best given what Pieces gathers; memory: a few times the octets, and half a
        kilobyte for every reject. Raises as feed: what the pieces held before that place is then not given.
        """
        self._intake.refuse_foreign()
        return take_many(pieces, self._frames, self._intake)

    @property
    def boots(self) -> int:
        """Boots of the board seen so far, at least 1."""
        return self._intake.boot.ordinal + 1

    @property
    def rates_hz(self) -> tuple[float, ...]:
        """The nominal rate of each stream in the boot under way, 0.0 of one that is off; the definition's until it is told."""
        return self._intake.boot.rates_hz

    @property
    def duplicates(self) -> int:
        """Packets that came again and were not delivered again."""
        return self._intake.duplicates

    @property
    def counters(self) -> Counters:
        """Where every octet fed so far went."""
        return Counters.of(self._frames, self._intake.duplicates)

    @property
    def ledger(self) -> Ledger:
        """What became of every sample, as of now."""
        return self._intake.ledger
