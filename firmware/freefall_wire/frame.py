"""Frames: the board seals a packet in place, a receiver takes octets in and gives judged stretches out (SPEC 2 and 8)."""

import struct
from collections import namedtuple

from . import cobs, packet
from .const import const
from .crc import crc32, put_crc32

DELIMITER = b"\x00"
CRC_LEN = const(4)
MAX_ENCODED = const(253)  # 1 code octet + 248 of packet + 4 of CRC

# A board builds each packet inside the buffer that will leave as the frame: PACKET_AT keeps the packet on a word boundary
# with room for the code octet before it; after the packet come the CRC and the delimiter.
PACKET_AT = const(4)
FRAME_AT = const(3)
FRAME_OVERHEAD = const(6)  # code octet, CRC, delimiter
FRAME_ROOM = const(256)  # any frame, on a word boundary

# Why a stretch of octets was rejected, in the order of the checks; the last two need the definition (host side).
REASONS = ("fragment", "oversize", "cobs", "crc", "length", "header", "apid", "size")

# offset: of its first octet in everything fed; size: in octets, its delimiter included; encoded: without the delimiter
# (empty when oversize); packet: bytes, or None with a reason.
Stretch = namedtuple("Stretch", ("offset", "size", "encoded", "packet", "reason"))


def frame_buffer():
    """A zeroed buffer for `seal_in_place`, long enough for any packet."""
    return bytearray(FRAME_AT + FRAME_ROOM)


def seal_in_place(buf, packet_len):
    """Make a frame of the packet at buf[PACKET_AT:]: CRC appended, COBS done, delimiter set. Allocates nothing.

    The frame is buf[FRAME_AT:FRAME_AT + packet_len + FRAME_OVERHEAD], its delimiter included. The packet is destroyed by it.
    """
    stop = PACKET_AT + packet_len
    put_crc32(buf, PACKET_AT, stop)
    cobs.encode_in_place(buf, FRAME_AT, stop + CRC_LEN)
    buf[stop + CRC_LEN] = 0


def encode(data):
    """The frame (bytes, no delimiters) that carries the packet `data`; allocates. Raises ValueError on an illegal length."""
    if not packet.MIN_LEN <= len(data) <= packet.MAX_LEN or len(data) % 4:
        raise ValueError(
            "a packet has %d to %d octets in steps of 4, not %d" % (packet.MIN_LEN, packet.MAX_LEN, len(data))
        )
    buf = frame_buffer()
    buf[PACKET_AT : PACKET_AT + len(data)] = data
    seal_in_place(buf, len(data))
    return bytes(buf[FRAME_AT : FRAME_AT + len(data) + FRAME_OVERHEAD - 1])


def judge(encoded, is_wanted=packet.is_telemetry):
    """(packet, None) for the octets between two delimiters, or (None, reason) as SPEC 8; apid and size are left to the host.

    is_wanted: what packets are not rejected as `header`; a board has packet.is_telecommand.
    """
    if len(encoded) > MAX_ENCODED:
        return None, "oversize"
    data = cobs.decode(encoded)
    if data is None:
        return None, "cobs"
    length = len(data) - CRC_LEN
    found = bytes(data[:length])
    if length < packet.MIN_LEN or crc32(found) != struct.unpack_from(">I", data, length)[0]:
        return None, "crc"
    if length % 4 or packet.declared_len(found) != length:
        return None, "length"
    if not is_wanted(found):
        return None, "header"
    return found, None


class FrameDecoder:
    """Octets in, judged stretches out. Never raises on input, holds at most MAX_ENCODED octets, counts every octet once.

    accepted, rejected[reason]: stretches; accepted_bytes, idle_bytes, rejected_bytes[reason], pending_bytes: octets, which
    add up to fed_bytes. Pending octets are those not yet ended by a delimiter; ended_bytes: all others. in_step: a delimiter has
    been seen.
    """

    def __init__(self, judge=judge):
        """judge: as the function of that name, which the host may have in C."""
        self._judge = judge
        self.accepted = 0
        self.accepted_bytes = 0
        self.idle_bytes = 0
        self.rejected = dict.fromkeys(REASONS, 0)
        self.rejected_bytes = dict.fromkeys(REASONS, 0)
        self.ended_bytes = 0
        self.in_step = False
        self._held = b""
        self._lost = 0  # octets before those held, of a stretch that is oversize already

    @property
    def pending_bytes(self):
        """Octets not yet ended by a delimiter."""
        return self._lost + len(self._held)

    @property
    def fed_bytes(self):
        """All octets that came."""
        return self.ended_bytes + self.pending_bytes

    def feed(self, data):
        """The stretches that end in `data` (bytes or bytearray, any length), as a list of Stretch, in order."""
        stretches = []
        if data.find(DELIMITER) >= 0:  # most reads of a live link end nothing
            *parts, data = data.split(DELIMITER)
            for part in parts:
                encoded = self._held + part
                size = self._lost + len(encoded) + 1
                if size > 1:
                    stretches.append(self.judged(self.ended_bytes, size, encoded))
                else:
                    self.in_step = True
                    self.idle_bytes += 1
                self.ended_bytes += size
                self._held, self._lost = b"", 0
        # What no delimiter ends is held; an oversize stretch is counted, not kept.
        held = self._held + data
        if len(held) <= MAX_ENCODED:
            self._held = held
        else:
            self._held, self._lost = b"", self._lost + len(held)
        return stretches

    def reject(self, stretch, reason):
        """Count an accepted stretch as rejected after all: the host's checks (apid, size) come after these."""
        self.count_accepted(-1, -stretch.size)
        self.count_reject(stretch.size, reason)
        return Stretch(stretch.offset, stretch.size, stretch.encoded, None, reason)

    def judged(self, offset, size, encoded):
        """Judge and count the octets before a delimiter, at least one; `encoded` may be anything when size is too large."""
        if size > MAX_ENCODED + 1:
            encoded = b""
            found, reason = None, "oversize"
        else:
            found, reason = self._judge(encoded)
        if reason is None:
            self.accepted += 1
            self.accepted_bytes += size
        else:
            if not self.in_step and reason in ("oversize", "cobs", "crc"):
                reason = "fragment"
            self.count_reject(size, reason)
        self.in_step = True
        return Stretch(offset, size, encoded, found, reason)

    def count_accepted(self, stretches, size):
        """Count stretches of `size` octets together, judged elsewhere (the host judges thousands at once)."""
        self.accepted += stretches
        self.accepted_bytes += size

    def count_reject(self, size, reason, stretches=1):
        """Count stretches of `size` octets together, judged elsewhere."""
        self.rejected[reason] += stretches
        self.rejected_bytes[reason] += size
