"""Telecommands: numbers and layouts of SPEC 7, used by the host to write and by the board to read. Foreground; it allocates."""

import struct

from . import packet, reports

# Services, two of them those of reports, and their subtypes
PARAMETERS = reports.PARAMETERS
REPORT_VALUES, SET_VALUES = 1, 3
FUNCTIONS = 8
PERFORM = 1
TEST = reports.TEST
ARE_YOU_ALIVE = 1

# Functions
RESTART, LEAVE, IDENTIFY = 1, 2, 3

MAX_SETTINGS = reports.MAX_PARAMETER // 4

# On a console: the octet of Ctrl-C, and the one that asks twice who is there.
INTERRUPT = 0x03
ENQUIRY = 0x05

_HEADER_AT = 6
_HEADER = ">BBBHB"
_VERSION_C_ACKNOWLEDGED = 0x29  # acceptance and completion are to be reported
_DATA_AT = 12
_COUNT = ">BBH"
_SETTING = ">BBHI"
_SETTING_LEN = 8
_REQUEST_LEN = 4


class Malformed(Exception):
    """A telecommand whose length, or an octet that must be zero, is not as SPEC 7 has it."""


def telecommand(apid, sequence, service, subtype, data=b""):
    """The packet of a telecommand, bytes; `data`: application data."""
    size = max(packet.MIN_LEN, packet.padded(_DATA_AT + len(data)))
    buf = bytearray(size)
    packet.put_telecommand(buf, apid, sequence, size)
    struct.pack_into(_HEADER, buf, _HEADER_AT, _VERSION_C_ACKNOWLEDGED, service, subtype, 0, 0)
    buf[_DATA_AT : _DATA_AT + len(data)] = data
    return bytes(buf)


def set_values(values):
    """Application data that sets (setting number, value) pairs, 1 to MAX_SETTINGS of them."""
    return struct.pack(_COUNT, len(values), 0, 0) + b"".join([struct.pack(_SETTING, n, 0, 0, value) for n, value in values])


def perform(function):
    """Application data that asks for a function."""
    return bytes((function,))


def request_of(packet):
    """What reports name a telecommand by: the first four octets of its packet."""
    return bytes(packet[:_REQUEST_LEN])


def service_of(packet):
    """(service, subtype) of a telecommand packet. Raises Malformed."""
    version, service, subtype, _source, spare = struct.unpack_from(_HEADER, packet, _HEADER_AT)
    if version >> 4 != 2 or spare:
        raise Malformed
    return service, subtype


def no_data(data):
    """Raises Malformed unless a telecommand has no application data."""
    _end_of(data, _DATA_AT)


def values_of(data):
    """The (setting number, value) pairs of a telecommand that sets some. Raises Malformed."""
    if len(data) < _DATA_AT + _SETTING_LEN:
        raise Malformed
    count, *spare = struct.unpack_from(_COUNT, data, _DATA_AT)
    first = _DATA_AT + struct.calcsize(_COUNT)
    if any(spare) or not 0 < count <= MAX_SETTINGS or len(data) < first + count * _SETTING_LEN:
        raise Malformed
    values = []
    for at in range(first, first + count * _SETTING_LEN, _SETTING_LEN):
        number, spare, more, value = struct.unpack_from(_SETTING, data, at)
        if spare or more:
            raise Malformed
        values.append((number, value))
    _end_of(data, first + count * _SETTING_LEN)
    return values


def function_of(data):
    """The function that a telecommand asks for. Raises Malformed."""
    _end_of(data, _DATA_AT + 1)
    return data[_DATA_AT]


def _end_of(data, used):
    """Raises Malformed unless zeros alone follow, up to the least length or the next word."""
    if len(data) != max(packet.MIN_LEN, packet.padded(used)) or any(data[used:]):
        raise Malformed
