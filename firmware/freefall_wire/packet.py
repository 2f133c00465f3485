"""Packet headers: CCSDS 133.0-B-2 primary, PUS-C telemetry header, stream header (SPEC 3, 5, 6). Offsets named once."""

import struct

from .const import const
from .native import micropython

MIN_LEN = const(20)
MAX_LEN = const(248)
IDLE_APID = const(2047)
SEQUENCE_MODULO = const(16384)

_LENGTH_AT = const(4)
_PRIMARY_LEN = const(6)
_TELEMETRY = const(0x0800)  # version 0, telemetry, secondary header present
_TELECOMMAND = const(0x1800)  # version 0, telecommand, secondary header present
_UNSEGMENTED = const(0xC000)
_PUS_VERSION_C = const(0x20)

# Service packets
_STATUS_AT = const(6)
SERVICE_TIME_AT = const(13)
SOURCE_DATA_AT = const(20)

# Stream packets
STREAM_TIME_AT = const(6)
COUNT_AT = const(13)
INDEX_AT = const(14)
SAMPLES_AT = const(18)
SAMPLE_TIME_LEN = const(4)  # before each sample of a stream with sample_times


def padded(length):
    """`length` rounded up to a multiple of 4."""
    return (length + 3) // 4 * 4


@micropython.native
def put_primary(buf, at, apid, sequence, packet_len):
    """Write the primary header of a telemetry packet of packet_len octets at buf[at:]. Allocates nothing."""
    struct.pack_into(">HHH", buf, at, _TELEMETRY | apid, _UNSEGMENTED | sequence, packet_len - _PRIMARY_LEN - 1)


def put_telecommand(buf, apid, sequence, packet_len):
    """Write the primary header of a telecommand packet of packet_len octets at the start of buf; what the host sends."""
    struct.pack_into(">HHH", buf, 0, _TELECOMMAND | apid, _UNSEGMENTED | sequence, packet_len - _PRIMARY_LEN - 1)


@micropython.native
def put_service(buf, at, service, subtype, type_count):
    """Write the PUS-C header but its time, status 0, of the packet that starts at buf[at]. Allocates nothing."""
    struct.pack_into(">BBBHH", buf, at + _STATUS_AT, _PUS_VERSION_C, service, subtype, type_count, 0)


@micropython.native
def put_stream(buf, at, count, wraps, number):
    """Write sample count and first index = (wraps * 2^30 + number) modulo 2^32 of a packet at buf[at]. Allocates nothing.

    The index comes in two parts because 32 bits do not fit a small integer of the board.
    """
    struct.pack_into(
        ">BBBH", buf, at + COUNT_AT, count, (wraps & 3) << 6 | number >> 24, number >> 16 & 0xFF, number & 0xFFFF
    )


def declared_len(packet):
    """The packet length in octets that its length field declares."""
    return struct.unpack_from(">H", packet, _LENGTH_AT)[0] + _PRIMARY_LEN + 1


def is_telemetry(packet):
    """Whether the primary header is that of an unsegmented telemetry packet with a secondary header, version 0."""
    first, second = struct.unpack_from(">HH", packet, 0)
    return first & 0xF800 == _TELEMETRY and second & 0xC000 == _UNSEGMENTED


def is_telecommand(packet):
    """As is_telemetry, of a telecommand packet."""
    first, second = struct.unpack_from(">HH", packet, 0)
    return first & 0xF800 == _TELECOMMAND and second & 0xC000 == _UNSEGMENTED


def apid_of(packet):
    """The APID of a packet."""
    return struct.unpack_from(">H", packet, 0)[0] & 0x7FF


def sequence_of(packet):
    """The sequence count of a packet, 0..16383."""
    return struct.unpack_from(">H", packet, 2)[0] & 0x3FFF


def service_of(packet):
    """(PUS version and time status octet, service type, message subtype, message type counter) of a service packet."""
    return struct.unpack_from(">BBBH", packet, _STATUS_AT)


def stream_of(packet):
    """(number of valid samples, index of the first sample) of a stream packet."""
    return struct.unpack_from(">BI", packet, COUNT_AT)
