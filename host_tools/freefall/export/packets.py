"""Frames as they came, to files of packets: raw CCSDS space packets, and pcap for Wireshark."""

import struct
from abc import abstractmethod
from collections.abc import Iterable, Sequence

from freefall_wire.frame import FrameDecoder, Stretch

from ..decode import Reject
from .staged import StagedFile


class PacketWriter(StagedFile):
    """The packets of a run into one file, in the order they came; see StagedFile.

    Given what a decoder was fed and what it rejected of that. Packets that came twice are there twice, other than in tables: the
    decoder's counters say how many.
    """

    def __init__(self, path, *, overwrite=False):
        self._frames = FrameDecoder()
        super().__init__(path, overwrite=overwrite)

    def write(self, pieces: Iterable[tuple[int, bytes]], rejects: Sequence[Reject]) -> None:
        """pieces: (host ns since 1970, octets), as fed to the decoder; rejects: all that ended in them."""
        self._refuse_closed()
        rejected = {reject.offset for reject in rejects}
        with self._discarding():
            for host_ns, octets in pieces:
                for stretch in self._frames.feed(octets):
                    self._put(stretch, host_ns, good=stretch.packet is not None and stretch.offset not in rejected)

    @abstractmethod
    def _put(self, stretch: Stretch, host_ns: int, good: bool) -> None:
        """Writes a stretch of octets between delimiters; good: it is a frame with a packet of this payload."""


class CcsdsWriter(PacketWriter):
    """CCSDS space packets (133.0-B-2) one after another and nothing else: those of all good frames, without COBS and CRC-32."""

    suffix = ".ccsds"

    def _begin(self) -> None:
        pass

    def _put(self, stretch: Stretch, host_ns: int, good: bool) -> None:
        if good:
            self._file.write(stretch.packet)


class PcapWriter(PacketWriter):
    """Nanosecond pcap of link type USER0 (147): every stretch of octets between delimiters, good or not, without its delimiter.

    The time is the host's, of the read that ended the stretch. Of what is too long for a frame only the length is kept.
    """

    suffix = ".pcap"

    def _begin(self) -> None:
        self._file.write(_FILE_HEAD.pack(_NANOSECONDS, 2, 4, 0, 0, _SNAP_LEN, _USER0))

    def _put(self, stretch: Stretch, host_ns: int, good: bool) -> None:
        seconds, ns = divmod(host_ns, 1_000_000_000)
        self._file.write(_RECORD_HEAD.pack(seconds & _U32, ns, len(stretch.encoded), min(stretch.size - 1, _U32)))
        self._file.write(stretch.encoded)


_FILE_HEAD = struct.Struct("<IHHiIII")
_RECORD_HEAD = struct.Struct("<IIII")
_NANOSECONDS = 0xA1B23C4D
_SNAP_LEN = 1 << 16
_USER0 = 147
_U32 = 0xFFFFFFFF
