"""SPEC.md executed: its worked examples through freefall_wire, its tables and numbers against the constants of the code."""

import re
import struct
from dataclasses import replace
from pathlib import Path

import pytest

import freefall_wire
from freefall.decode import Decoder
from freefall_wire import cobs, crc, frame, packet, reports, telecommands, timecode
from unit.decode.fake_board import bench_definition

PAGE = (Path(__file__).parents[2] / "firmware" / "freefall_wire" / "SPEC.md").read_text(encoding="utf-8")
FIELD_SIZES = {"u8": 1, "u16": 2, "u32": 4}


def section(title):
    """The text under the heading that starts so, up to the next heading."""
    (text,) = re.findall(rf"^#+ {re.escape(title)}[^\n]*\n(.*?)(?=^#|\Z)", PAGE, re.M | re.S)
    return text


def heading(title):
    """The whole heading line that starts so."""
    (line,) = re.findall(rf"^#+ {re.escape(title)}.*$", PAGE, re.M)
    return line


def tables(text):
    """Every table of a text: a list of rows, each a dict from column title to cell."""
    found = []
    for block in re.findall(r"(?:^\|.*\n)+", text, re.M):
        lines = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in block.splitlines()]
        titles, rule, *rows = lines
        assert all(set(cell) == {"-"} for cell in rule)
        assert all(len(row) == len(titles) for row in rows), block
        found.append([dict(zip(titles, row, strict=True)) for row in rows])
    return found


def octets(cell):
    """The octets in backquotes, `11 22`, or none for the word empty."""
    if cell == "empty":
        return b""
    return bytes.fromhex(re.findall(r"`([0-9a-f ]+)`", cell)[0])


def integers(text, pattern):
    """The integers that the pattern's groups match, exactly once in the text."""
    (found,) = re.findall(pattern, " ".join(text.replace("\n> ", "\n").split()))
    return tuple(int(number) for number in (found if isinstance(found, tuple) else (found,)))


def size_of(fields):
    """Octets of a list of fields such as 'stream number u8, firmware version 3 x u8'."""
    return sum(int(many or 1) * FIELD_SIZES[kind] for many, kind in re.findall(r"(?:(\d) x )?(u\d+)", fields))


def span(cell):
    """(first, last) of a cell such as '4..7' or '2'."""
    first, _, last = cell.partition("..")
    return int(first), int(last or first)


# --- worked examples ---


def test_every_crc_of_the_page_is_ours():
    (rows,) = tables(section("2.1 CRC-32"))
    assert len(rows) >= 2
    for row in rows:
        data, expected = octets(row["input"]), octets(row["CRC-32"])
        text = re.findall(r'\("(.*)"\)', row["input"])
        assert not text or text[0].encode() == data
        assert crc.crc32(data).to_bytes(4, "big") == expected
        buf = bytearray(data + bytes(4))
        crc.put_crc32(buf, 0, len(data))
        assert bytes(buf) == data + expected


def test_every_cobs_example_of_the_page_is_ours():
    (rows,) = tables(section("2.2 COBS"))
    assert len(rows) >= 4
    for row in rows:
        data, expected = octets(row["data"]), octets(row["encoded"])
        buf = bytearray(b"\xee" + data)
        cobs.encode_in_place(buf, 0, len(buf))
        assert bytes(buf) == expected
        assert cobs.decode(expected) == data


def test_every_time_of_the_page_is_ours():
    (rows,) = tables(section("4. Time"))
    assert len(rows) >= 4
    for row in rows:
        seconds, micros, expected = int(row["seconds"]), int(row["microseconds"]), octets(row["octets"])
        buf = bytearray(timecode.CUC_LEN)
        timecode.put_cuc(buf, 0, seconds, micros)
        assert bytes(buf) == expected
        assert timecode.get_cuc(expected, 0) == (seconds, micros)


# --- formats and limits ---


def test_page_and_code_are_of_one_format():
    assert integers(PAGE.splitlines()[0], r"format (\d+)") == (freefall_wire.WIRE_FORMAT,)
    boot = next(row for row in tables(section("5.1 Events"))[1] if row["name"] == "boot")
    assert integers(boot["auxiliary data"], r"wire format u8 \(= (\d+)\)") == (freefall_wire.WIRE_FORMAT,)


def test_lengths_of_packets_and_frames_are_those_of_the_code():
    assert integers(PAGE, r"packet = CCSDS Space Packet, (\d+)\.\.(\d+) octets") == (packet.MIN_LEN, packet.MAX_LEN)
    most = packet.MAX_LEN + frame.CRC_LEN
    assert integers(PAGE, r"a packet of at most (\d+) octets plus its CRC is at most (\d+) octets") == (packet.MAX_LEN, most)
    assert integers(section("2.2 COBS"), r"at most (\d+) octets, never empty") == (most,)
    assert integers(section("8. Receiving"), r"is longer than (\d+) octets") == (frame.MAX_ENCODED,)
    assert frame.MAX_ENCODED == most + 1 <= frame.FRAME_ROOM
    least = packet.MIN_LEN + frame.CRC_LEN
    assert integers(section("8. Receiving"), r"decodes to fewer than (\d+) octets") == (least,)


def test_reasons_of_the_page_are_those_of_the_code_in_their_order():
    text = section("8. Receiving")
    (rows,) = tables(text)
    assert "`fragment` replaces" in " ".join(text.split())
    assert ("fragment", *(row["reason"].strip("`") for row in rows)) == frame.REASONS


def test_rules_of_the_size_check_are_in_numbers_those_of_the_code():
    text = section("8. Receiving")
    buf = bytearray(packet.SOURCE_DATA_AT)
    packet.put_service(buf, 0, reports.EVENT, reports.LOW, 0)
    assert integers(text, r"PUS version other than (\d)") == (buf[6] >> 4,)
    assert integers(text, r"wire format other than (\d)") == (freefall_wire.WIRE_FORMAT,)


def test_numbers_of_the_primary_header_are_those_of_the_code():
    (rows,) = tables(section("3. Packet"))
    fields = {row["field"]: row["value"] for row in rows}
    assert integers(fields["sequence count"], r"modulo (\d+)") == (packet.SEQUENCE_MODULO,)
    assert integers(section("3. Packet"), r"(\d+) is the CCSDS idle APID") == (packet.IDLE_APID,)
    buf = bytearray(packet.MIN_LEN)
    packet.put_primary(buf, 0, 0, 0, packet.MIN_LEN)
    version, kind = int(fields["packet version number"]), int(fields["packet type"][0])
    flag, flags = int(fields["secondary header flag"]), int(fields["sequence flags"][0])
    assert buf[:6] == bytes([version << 5 | kind << 4 | flag << 3, 0, flags << 6, 0, 0, packet.MIN_LEN - 7])


def test_offsets_of_the_service_header_are_those_of_the_code():
    (rows,) = tables(section("5. Service packets"))
    at = {row["field"]: span(row["octet"]) for row in rows}
    assert at["time"] == (packet.SERVICE_TIME_AT, packet.SERVICE_TIME_AT + timecode.CUC_LEN - 1)
    assert integers(section("5. Service packets"), r"Source data follows at octet (\d+)") == (packet.SOURCE_DATA_AT,)
    buf = bytearray(packet.SOURCE_DATA_AT)
    packet.put_service(buf, 0, 0x77, 0x88, 0x99AA)
    status = next(row["field"] for row in rows if "PUS version" in row["field"])
    assert buf[at[status][0]] >> 4 == integers(status, r"PUS version \(bits 7\.\.4\) = (\d)")[0]
    assert buf[at["service type"][0]] == 0x77
    assert buf[at["message subtype"][0]] == 0x88
    first, last = at["message type counter u16"]
    assert buf[first : last + 1] == b"\x99\xaa"


def test_offsets_of_stream_packets_are_those_of_the_code():
    (rows,) = tables(section("6. Stream packets"))
    first = [span(row["octet"].rstrip("."))[0] for row in rows]
    assert first == [packet.STREAM_TIME_AT, packet.COUNT_AT, packet.INDEX_AT, packet.SAMPLES_AT]
    assert f"{packet.SAMPLES_AT} + N x sample size" in section("6. Stream packets")
    buf = bytearray(packet.MIN_LEN)
    packet.put_stream(buf, 0, 0x77, 3, 0x3FFFFFFF)
    assert buf[packet.COUNT_AT : packet.SAMPLES_AT] == b"\x77\xff\xff\xff\xff"


# --- service reports ---


def test_events_of_the_page_are_those_of_the_code():
    title, (source, events) = heading("5.1 Events"), tables(section("5.1 Events"))
    assert integers(title, r"service (\d+), subtypes (\d) informative, (\d) low, (\d) medium, (\d) high") == (
        reports.EVENT,
        reports.INFORMATIVE,
        reports.LOW,
        reports.MEDIUM,
        reports.HIGH,
    )
    assert integers(title, r"packet length (\d+)") == (reports.EVENT_LEN,)
    assert span(source[-1]["source octet"])[1] + 1 == reports.EVENT_LEN - packet.SOURCE_DATA_AT
    assert {int(row["event id"]): int(row["subtype"]) for row in events} == reports.EVENT_SUBTYPE
    layouts = {
        reports.BOOT: reports.BOOT_LAYOUT,
        reports.SENSOR_ABSENT: reports.SENSOR_ABSENT_LAYOUT,
        reports.SENSOR_STOPPED: reports.SENSOR_LAYOUT,
        reports.SENSOR_BACK: reports.SENSOR_LAYOUT,
    }
    for row in events:
        layout = layouts[int(row["event id"])]
        assert struct.calcsize(layout) == 2 + size_of(row["auxiliary data"]), row["name"]
        assert struct.calcsize(layout) <= reports.EVENT_LEN - packet.SOURCE_DATA_AT


def test_reasons_and_reset_causes_of_the_page_are_those_of_the_code():
    text = " ".join(section("5.1 Events").split())
    assert integers(text, r"(\d) no answer, (\d) wrong identity, (\d) would not take its configuration") == (
        reports.NO_ANSWER,
        reports.WRONG_IDENTITY,
        reports.NOT_CONFIGURED,
    )
    assert integers(text, r"(\d) unknown, (\d) power-on or reset pin, (\d) watchdog, (\d) software") == (
        reports.UNKNOWN,
        reports.POWER_ON,
        reports.WATCHDOG,
        reports.SOFTWARE,
    )


def test_page_and_code_have_one_limit_of_sensors_and_streams():
    limits = integers(section("5.1 Events"), r"a payload has at most (\d) sensors and (\d) streams")
    assert limits == (reports.MAX_SENSORS, reports.MAX_STREAMS)


def test_housekeeping_of_the_page_is_that_of_the_code():
    text = section("5.2 Housekeeping")
    title = integers(heading("5.2 Housekeeping"), r"service (\d+), subtype (\d+)")
    assert title == (reports.HOUSEKEEPING, reports.PARAMETER_REPORT)
    assert integers(text, r"SID (\d+), board; packet length (\d+)") == (reports.BOARD_SID, reports.BOARD_LEN)
    assert integers(text, r"SID (\d+) \+ \*k\*, ledger of stream \*k\* \((\d)\.\.(\d)\); packet length (\d+)") == (
        reports.LEDGER_SID,
        0,
        reports.MAX_STREAMS - 1,
        reports.LEDGER_LEN,
    )
    modulo = re.findall(r"modulo 2\^(\d+)", " ".join(text.split()))
    assert len(modulo) == 2 and {1 << int(power) for power in modulo} == {reports.COUNTER_MODULO}
    assert reports.COUNTER_MODULO & reports.COUNTER_MASK == 0


def test_parameters_of_the_page_are_those_of_the_code():
    title = integers(heading("5.3 Parameter values"), r"service (\d+), subtype (\d+); packet length (\d+)")
    assert title == (reports.PARAMETERS, reports.VALUE_REPORT, reports.PARAMETER_LEN)
    rows, parameters = tables(section("5.3 Parameter values"))
    numbers = [int(row["parameter id"].removesuffix(" + sensor number")) for row in parameters]
    assert numbers == [reports.COEFFICIENTS_ID, reports.PLATFORM_ID, reports.NAME_ID, reports.SETTINGS_ID]
    assert size_of(parameters[1]["octets"]) == struct.calcsize(reports.PLATFORM_LAYOUT)
    assert integers(rows[1]["field"], r"number of octets u8, (\d)\.\.(\d+)") == (1, reports.MAX_PARAMETER)
    spans = [span(row["source octet"]) for row in rows]
    assert [first for first, _ in spans] == [0, *(last + 1 for _, last in spans[:-1])]
    assert spans[-1][1] + 1 == struct.calcsize(reports.PARAMETER_LAYOUT) == reports.PARAMETER_LEN - packet.SOURCE_DATA_AT
    sizes = [struct.calcsize(">" + item) for item in re.findall(r"\d*[A-Za-z]", reports.PARAMETER_LAYOUT.lstrip(">"))]
    assert sizes == [last + 1 - first for first, last in spans]
    assert sizes[-1] == reports.MAX_PARAMETER
    assert all(size_of(row["field"]) == size for row, size in zip(rows[:-1], sizes, strict=False))


def test_verifications_of_the_page_are_those_of_the_code():
    title = integers(
        heading("5.4 Verification"),
        r"service (\d+), subtypes (\d) accepted, (\d) refused, (\d) completed, (\d) failed; packet length (\d+)",
    )
    subtypes = (reports.ACCEPTED, reports.REFUSED, reports.COMPLETED, reports.FAILED)
    assert title == (reports.VERIFICATION, *subtypes, reports.VERIFICATION_LEN)
    rows, codes = tables(section("5.4 Verification"))
    assert span(rows[-1]["source octet"])[1] + 1 == struct.calcsize(reports.VERIFICATION_LAYOUT)
    assert struct.calcsize(reports.VERIFICATION_LAYOUT) == reports.VERIFICATION_LEN - packet.SOURCE_DATA_AT
    assert [int(row["code"]) for row in codes] == list(range(8))
    words = {row["reason"].partition(";")[0]: int(row["code"]) for row in codes}
    assert words["no such setting"] == reports.NO_SUCH_SETTING and words["no such function"] == reports.NO_SUCH_FUNCTION
    assert words["value below the least"] == reports.BELOW_LEAST and words["value above the most"] == reports.ABOVE_MOST
    assert integers(heading("5.5 Test"), r"service (\d+), subtype (\d+); packet length (\d+)") == (
        reports.TEST, reports.ALIVE_REPORT, reports.ALIVE_LEN,
    )  # fmt: skip


def test_telecommands_of_the_page_are_those_of_the_code():
    services, examples = tables(section("7.1 Services"))
    assert {(int(row["service"]), int(row["subtype"])) for row in services} == {
        (telecommands.FUNCTIONS, telecommands.PERFORM),
        (telecommands.TEST, telecommands.ARE_YOU_ALIVE),
        (telecommands.PARAMETERS, telecommands.REPORT_VALUES),
        (telecommands.PARAMETERS, telecommands.SET_VALUES),
    }
    assert integers(section("7.1 Services"), r"at most (\d+), numbered") == (telecommands.MAX_SETTINGS,)
    alive = telecommands.telecommand(64, 0, telecommands.TEST, telecommands.ARE_YOU_ALIVE)
    setting = telecommands.telecommand(
        64, 1, telecommands.PARAMETERS, telecommands.SET_VALUES, telecommands.set_values([(0, 500_000)])
    )
    for row, made in zip(examples, (alive, setting), strict=True):
        assert octets(row["packet"]) == made
        assert octets(row["frame"]) == frame.encode(made)
        assert frame.judge(frame.encode(made), packet.is_telecommand) == (made, None)


def test_sample_times_of_the_page_are_those_of_the_decoder():
    fields, examples = tables(section("6.1 Sample times"))
    assert span(fields[0]["sample octet"]) == (0, packet.SAMPLE_TIME_LEN - 1)
    assert integers(section("6.1 Sample times"), r"its size is (\d) octets more") == (packet.SAMPLE_TIME_LEN,)
    definition = bench_definition()
    plain = definition.streams[1]
    size = plain.sample_len + packet.SAMPLE_TIME_LEN
    length = packet.padded(packet.SAMPLES_AT + 2 * size)
    timed = replace(plain, times=True, sample_len=size, samples_per_packet=2, packet_len=length)
    definition = replace(definition, streams=(definition.streams[0], timed))
    assert len(examples) >= 2
    for row in examples:
        buf = bytearray(length)
        packet.put_primary(buf, 0, timed.apid, 0, length)
        buf[packet.STREAM_TIME_AT : packet.COUNT_AT] = octets(row["packet's time"])
        buf[packet.COUNT_AT] = 2
        second = packet.SAMPLES_AT + size
        buf[second : second + packet.SAMPLE_TIME_LEN] = octets(row["own time"])
        (item,) = Decoder(definition).feed(b"\0" + frame.encode(bytes(buf)) + b"\0")
        seconds, micros = row["time of the sample"].removesuffix(" s").split(".")
        assert item.times_ns[1] == (int(seconds) * 10**6 + int(micros)) * 1000
        assert item.raw.shape == (2, plain.sample_len)


@pytest.mark.parametrize(
    "number, layout, length",
    [(0, reports.BOARD_LAYOUT, reports.BOARD_LEN), (1, reports.LEDGER_LAYOUT, reports.LEDGER_LEN)],
    ids=["board", "ledger"],
)
def test_rows_of_a_housekeeping_table_follow_each_other_and_the_layout(number, layout, length):
    rows = tables(section("5.2 Housekeeping"))[number]
    at = 0
    sizes = []
    for row in rows:
        first, last = span(row["source octet"])
        assert first == at, row
        sizes.append(last + 1 - first)
        named = size_of(row["field"])
        assert named in (0, sizes[-1]), row
        at = last + 1
    assert at == struct.calcsize(layout) == length - packet.SOURCE_DATA_AT
    items = re.findall(r"\d*[A-Za-z]", layout.lstrip(">"))
    assert [struct.calcsize(">" + item) for item in items] == sizes


# --- the page against itself ---


@pytest.mark.parametrize("title", ["3. Packet", "5. Service packets", "6. Stream packets"])
def test_octets_of_a_table_follow_each_other(title):
    (rows,) = tables(section(title))
    stops = [span(row["octet"].removesuffix("..")) for row in rows]
    for (_, before), (first, _) in zip(stops, stops[1:], strict=False):
        assert first in (before, before + 1)
