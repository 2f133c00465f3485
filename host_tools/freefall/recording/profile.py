"""What makes an MCAP file a Freefall recording: names, numbers and limits; SPEC.md says why."""

import struct

RECORDING_FORMAT = 1  # of the file, not of the software; see SPEC.md

PROFILE = "freefall"
SUFFIX = ".mcap"
RAW_TOPIC = "raw"
RAW_CHANNEL = 1
METADATA = "freefall"
LINK_LOST = "link.lost"
LINK_BACK = "link.back"
DEFINITION_FILE = "payload.toml"
DEFINITION_TYPE = "application/toml"

MAGIC = b"\x89MCAP0\r\n"
HEAD = struct.Struct("<BQ")  # of every record: opcode, octets that follow
MESSAGE = struct.Struct("<HIQQ")  # channel, sequence, log time, publish time; then the octets

BLOCK_LIMIT = 1 << 16  # octets in one message; longer reads are split
CHUNK_OCTETS = 1 << 16
RECORD_LIMIT = 1 << 24  # a reader refuses longer records
# With the tenth of a second that a port waits for octets, and some more on a busy host, what a killed process loses is below 1 s.
FLUSH_NS = 800_000_000
TIME_LIMIT = 1 << 63  # ns since 1970, as int64 holds
