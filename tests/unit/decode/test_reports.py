"""Service packets, as literal octets and from the oracle, to reports."""

import pytest

from freefall.decode import (
    Alive,
    BoardReport,
    BootEvent,
    LedgerReport,
    NameReport,
    PlatformReport,
    SensorEvent,
    SettingsReport,
    Verification,
    settings_text,
    slot_text,
    verification_text,
)
from freefall.decode.reports import parse_report
from oracle import codec
from unit.decode import packets
from unit.decode.climate import climate_definition, settable

# APID 100, sequence count 5, 1.5 s; SPEC 5.1 octet by octet.
BOOT = bytes.fromhex(
    "0864 c005 0021"  # primary header
    "20 05 01 0007 0000 00000001800000"  # PUS-C header
    "0001 00000009 000102 01 89abcdef 02 0000000000"  # boot event
)
LEDGER = bytes.fromhex(
    "0864 c006 0041"
    "20 03 19 0008 0000 00000002000000"
    "0101 0007 0000000f 0000000c 00000001 00000002 0000000a 00000002 00000006 00000004 00000003 00000005 0000002a 00000009"
)


def edited(packet: bytes, at: int, octets: bytes) -> bytes:
    return packet[:at] + octets + packet[at + len(octets) :]


def test_parser_reads_a_boot_event(bench):
    assert parse_report(BOOT, bench, 77) == BootEvent(
        time_ns=1_500_000_000,
        host_ns=77,
        boot_count=9,
        firmware="0.1.2",
        definition_id=0x89ABCDEF,
        reset_cause=2,
    )


@pytest.mark.parametrize(
    "octets, slot, failed, text",
    [
        ("00 00", None, 0, ""),
        ("01 00", "a", 0, ", slot a"),
        ("02 00", "b", 0, ", slot b"),
        ("01 03", "a", 3, ", fell back to slot a after 3 failed boots of slot b"),
        ("02 01", "b", 1, ", fell back to slot b after 1 failed boot of slot a"),
        ("00 03", None, 3, ", fell back after 3 failed boots of the other slot"),
        ("03 00", None, 0, ""),
    ],
)
def test_parser_reads_the_slot_of_a_boot_and_whether_the_board_fell_back_to_it(bench, octets, slot, failed, text):
    boot = parse_report(edited(BOOT, 35, bytes.fromhex(octets)), bench)
    assert (boot.slot, boot.failed_boots, slot_text(boot)) == (slot, failed, text)


VALUES = bytes.fromhex("0864 c006 003d 20 14 02 0008 0000 00000002000000")
VERIFIED = bytes.fromhex("0864 c006 001d 20 01 02 0008 0000 00000002000000 1864c001 0005 0000 00000064 000003e8")
ALIVE = bytes.fromhex("0864 c006 000d 20 11 02 0008 0000 00000002000000")


def parameter(octets: str) -> bytes:
    return (VALUES + bytes.fromhex(octets) + bytes(48))[:68]


def test_parser_reads_platform_name_and_settings(bench):
    text = b"micropython 1.26.1 rp2".hex()
    at = 2_000_000_000, 5
    assert parse_report(parameter("0300 1e 00 0102 0304 05060708" + text), bench, 5) == PlatformReport(
        *at, begun_ms=0x0102, sampling_ms=0x0304, free_heap=0x05060708, text="micropython 1.26.1 rp2"
    )
    assert parse_report(parameter("0301 04 00 64656d6f"), bench, 5) == NameReport(*at, "demo")
    definition = settable(climate_definition())
    settings = parse_report(parameter("0400 0c 00 000186a0 00000000 000003e8"), definition, 5)
    assert settings == SettingsReport(*at, (100_000, 0, 1000))
    assert settings_text(settings.values, definition) == "temperature.rate_hz 10, climate.on off, light.rate_hz 1000"


@pytest.mark.parametrize("subtype, kind", [(1, "accepted"), (2, "refused"), (7, "completed"), (8, "failed")])
def test_parser_reads_what_becomes_of_a_telecommand(bench, subtype, kind):
    item = parse_report(edited(VERIFIED, 8, bytes([subtype])), bench, 5)
    at = 2_000_000_000, 5
    assert item == Verification(*at, kind, request=bytes.fromhex("1864c001"), code=5, number=0, value=100, limit=1000)
    assert item.reason == "above the most"


@pytest.mark.parametrize(
    "values, text",
    [
        ({}, "telecommand 1864c001 refused"),
        ({"code": 1}, "telecommand 1864c001 refused: no such service or subtype"),
        ({"code": 3, "number": 5, "limit": 3}, "telecommand 1864c001 refused: no such setting 5"),
        (
            {"code": 4, "number": 0, "value": 500, "limit": 1000},
            "telecommand 1864c001 refused: temperature.rate_hz takes 1 to 1000 samples/s, not 2000",
        ),
        ({"code": 5, "number": 3, "value": 7, "limit": 1}, "telecommand 1864c001 refused: above the most"),
        ({"code": 7, "number": 9}, "telecommand 1864c001 refused: no such function 9"),
        ({"code": 8}, "telecommand 1864c001 refused: unlisted reason 8"),
    ],
)
def test_what_becomes_of_a_telecommand_is_told_in_words(values, text):
    values = {"code": 0, "number": 0, "value": 0, "limit": 0} | values
    item = Verification(0, None, "refused", bytes.fromhex("1864c001"), **values)
    assert verification_text(item, settable(climate_definition())) == text


def test_parser_reads_that_the_board_is_alive(bench):
    assert parse_report(ALIVE, bench, 5) == Alive(2_000_000_000, 5)


def test_parser_reads_a_ledger_report(bench):
    assert parse_report(LEDGER, bench) == LedgerReport(
        time_ns=2_000_000_000,
        host_ns=None,
        stream=bench.streams[1],
        most_waiting=7,
        seen=15,
        taken=12,
        bus_errors=1,
        overruns=2,
        framed=10,
        pending=2,
        samples_sent=6,
        samples_dropped=4,
        packets_sent=3,
        packets_dropped=5,
        longest_read_us=42,
        late=9,
    )


def test_parser_reads_a_board_report(bench):
    packet, reason = codec.judge_frame(packets.board(bench, 4, time_us=3, built=20, dropped=2)[:-1])
    assert reason is None
    assert parse_report(packet, bench) == BoardReport(
        time_ns=3000,
        host_ns=None,
        reset_cause=2,
        streams=2,
        boot_count=4,
        firmware="0.1.2",
        definition_id=bench.definition_id,
        longest_pass_us=900,
        most_queued_octets=261,
        queue_octets=8192,
        service_built=20,
        service_dropped=2,
    )


@pytest.mark.parametrize(
    "event_id, subtype, auxiliary, kind, fields",
    [
        (2, 3, "01 02", "absent", {"reason": 2}),
        (3, 3, "01 00 00000007", "stopped", {"bus_errors": 7}),
        (4, 1, "01 00 00000009", "back", {"bus_errors": 9}),
    ],
)
def test_parser_reads_what_became_of_a_sensor(bench, event_id, subtype, auxiliary, kind, fields):
    auxiliary = bytes.fromhex(auxiliary)
    source = event_id.to_bytes(2, "big") + auxiliary + bytes(18 - len(auxiliary))
    fields["sensor" if kind == "absent" else "stream"] = (bench.sensors if kind == "absent" else bench.streams)[1]
    packet = edited(BOOT[:20] + source, 8, bytes([subtype]))
    assert parse_report(packet, bench) == SensorEvent(1_500_000_000, None, kind, **fields)


@pytest.mark.parametrize(
    "packet",
    {
        "PUS version 1": edited(BOOT, 6, b"\x10"),
        "service 4": edited(BOOT, 7, b"\x04"),
        "severity of another event": edited(BOOT, 8, b"\x03"),
        "severity 5": edited(BOOT, 8, b"\x05"),
        "event 5": edited(BOOT, 20, b"\x00\x05"),
        "event 0": edited(BOOT, 20, b"\x00\x00"),
        "wire format 2": edited(BOOT, 29, b"\x02"),
        "event too long": BOOT + bytes(4),
        "event too short": BOOT[:36],
        "shortest packet": BOOT[:20],
        "housekeeping without a SID": LEDGER[:20],
        "SID of stream 2, which is not there": edited(LEDGER, 20, b"\x01\x02"),
        "SID 2": edited(LEDGER, 20, b"\x00\x02"),
        "ledger too short": LEDGER[:68],
        "ledger too long": LEDGER + bytes(4),
        "sensor 2, which is not there": edited(BOOT[:20] + b"\0\2\2" + bytes(17), 8, b"\x03"),
        "platform of 7 octets": parameter("0300 07 00 01020304050607"),
        "platform whose text is not ASCII": parameter("0300 09 00 0102030405060708 80"),
        "name of no octet": parameter("0301 00 00"),
        "name that is not ASCII": parameter("0301 02 00 64ff"),
        "name with padding": parameter("0301 01 00 6464"),
        "settings of a payload that has none": parameter("0400 04 00 00000001"),
        "parameter 770": parameter("0302 01 00 64"),
        "service 1 subtype 3": edited(VERIFIED, 8, b"\x03"),
        "verification too short": VERIFIED[:32],
        "verification too long": VERIFIED + bytes(4),
        "service 17 subtype 1": edited(ALIVE, 8, b"\x01"),
        "alive too long": ALIVE + bytes(4),
        "stream 2, which is not there": edited(BOOT[:20] + b"\0\3\2" + bytes(17), 8, b"\x03"),
    }.items(),
    ids=lambda case: case[0],
)
def test_parser_refuses_what_the_page_does_not_list(bench, packet):
    assert parse_report(packet[1], bench) is None
