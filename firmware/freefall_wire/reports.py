"""Service reports: numbers, layouts and packet lengths of SPEC 5, used by the board to write and by the host to read."""

import struct

from . import packet

VERIFICATION = 1
ACCEPTED, REFUSED, COMPLETED, FAILED = 1, 2, 7, 8  # subtypes of VERIFICATION
EVENT = 5
INFORMATIVE, LOW, MEDIUM, HIGH = 1, 2, 3, 4  # subtypes of EVENT: severity
HOUSEKEEPING = 3
PARAMETER_REPORT = 25  # subtype of HOUSEKEEPING
PARAMETERS = 20
VALUE_REPORT = 2  # subtype of PARAMETERS
TEST = 17
ALIVE_REPORT = 2  # subtype of TEST

ALIVE_LEN = 20
VERIFICATION_LEN = 36
EVENT_LEN = 40
BOARD_LEN = 52
PARAMETER_LEN = 68
LEDGER_LEN = 72

# Structure ids
BOARD_SID = 1
LEDGER_SID = 256  # + stream number

# Parameter ids
COEFFICIENTS_ID = 512  # + sensor number
PLATFORM_ID = 768
NAME_ID = 769
SETTINGS_ID = 1024
MAX_PARAMETER = 44  # octets of any of them

# Event ids
BOOT = 1
SENSOR_ABSENT = 2
SENSOR_STOPPED = 3
SENSOR_BACK = 4
EVENT_SUBTYPE = {BOOT: INFORMATIVE, SENSOR_ABSENT: MEDIUM, SENSOR_STOPPED: MEDIUM, SENSOR_BACK: INFORMATIVE}

# Why a sensor is absent at start
NO_ANSWER, WRONG_IDENTITY, NOT_CONFIGURED = 1, 2, 3

# Why a telecommand is refused, or failed
NO_SUCH_SERVICE, WRONG_FORM, NO_SUCH_SETTING, BELOW_LEAST, ABOVE_MOST, NOT_KEPT, NO_SUCH_FUNCTION = 1, 2, 3, 4, 5, 6, 7

# Slots of the board's files
NO_SLOT, SLOT_A, SLOT_B = 0, 1, 2

# Reset causes
UNKNOWN, POWER_ON, WATCHDOG, SOFTWARE = 0, 1, 2, 3

# Layouts from source octet 0. The definition id is `4s`: 32 bits do not fit a small integer of the board.
BOOT_LAYOUT = ">HI4s4sBBB"
SENSOR_ABSENT_LAYOUT = ">HBB"
SENSOR_LAYOUT = ">HBBI"
BOARD_LAYOUT = ">HBBI4s4sIHHII"
LEDGER_LAYOUT = ">HHIIIIIIIIIIII"
PARAMETER_LAYOUT = ">HBB44s"
VERIFICATION_LAYOUT = ">4sHHII"
PLATFORM_LAYOUT = ">HHI"  # then ASCII

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
        return PARAMETER_LEN
    if service == VERIFICATION and subtype in (ACCEPTED, REFUSED, COMPLETED, FAILED):
        return VERIFICATION_LEN
    if service == TEST and subtype == ALIVE_REPORT:
        return ALIVE_LEN
    return None
