"""Service reports: numbers, layouts and packet lengths of SPEC 5, used by the board to write and by the host to read."""

import struct

from . import packet

EVENT = 5
INFORMATIVE, LOW, MEDIUM, HIGH = 1, 2, 3, 4  # subtypes of EVENT: severity
HOUSEKEEPING = 3
PARAMETER_REPORT = 25  # subtype of HOUSEKEEPING
PARAMETERS = 20
VALUE_REPORT = 2  # subtype of PARAMETERS

EVENT_LEN = 40
BOARD_LEN = 52
COEFFICIENTS_LEN = 68
LEDGER_LEN = 72

# Structure ids
BOARD_SID = 1
LEDGER_SID = 256  # + stream number

# Parameter ids
COEFFICIENTS_ID = 512  # + sensor number
MAX_COEFFICIENTS = 44  # octets

# Event ids
BOOT = 1
SENSOR_ABSENT = 2
SENSOR_STOPPED = 3
SENSOR_BACK = 4
EVENT_SUBTYPE = {BOOT: INFORMATIVE, SENSOR_ABSENT: MEDIUM, SENSOR_STOPPED: MEDIUM, SENSOR_BACK: INFORMATIVE}

# Why a sensor is absent at start
NO_ANSWER, WRONG_IDENTITY, NOT_CONFIGURED = 1, 2, 3

# Reset causes
UNKNOWN, POWER_ON, WATCHDOG, SOFTWARE = 0, 1, 2, 3

# Layouts from source octet 0. The definition id is `4s`: 32 bits do not fit a small integer of the board.
BOOT_LAYOUT = ">HI4s4sB"
SENSOR_ABSENT_LAYOUT = ">HBB"
SENSOR_LAYOUT = ">HBBI"
BOARD_LAYOUT = ">HBBI4s4sIHHII"
LEDGER_LAYOUT = ">HHIIIIIIIIIIII"
COEFFICIENTS_LAYOUT = ">HBB44s"

# Counters wrap here: the largest power of two whose values are small integers on a 32-bit MicroPython.
COUNTER_MODULO = 1 << 30
COUNTER_MASK = COUNTER_MODULO - 1

MAX_STREAMS = 8
MAX_SENSORS = 8


def report_len(data):
    """The length that a service packet must have by its service, subtype and structure id; None if SPEC 5 does not list it."""
    _, service, subtype, _ = packet.service_of(data)
    if service == EVENT and INFORMATIVE <= subtype <= HIGH:
        return EVENT_LEN
    if service == HOUSEKEEPING and subtype == PARAMETER_REPORT and len(data) >= packet.SOURCE_DATA_AT + 2:
        sid = struct.unpack_from(">H", data, packet.SOURCE_DATA_AT)[0]
        if sid == BOARD_SID:
            return BOARD_LEN
        if LEDGER_SID <= sid < LEDGER_SID + MAX_STREAMS:
            return LEDGER_LEN
    if service == PARAMETERS and subtype == VALUE_REPORT:
        return COEFFICIENTS_LEN
    return None
