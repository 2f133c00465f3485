"""Service packets, as literal octets and from the oracle, to reports."""

import pytest

from freefall.decode import BoardReport, BootEvent, LedgerReport, SensorEvent
from freefall.decode.reports import parse_report
from oracle import codec
from unit.decode import packets

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
        "stream 2, which is not there": edited(BOOT[:20] + b"\0\3\2" + bytes(17), 8, b"\x03"),
    }.items(),
    ids=lambda case: case[0],
)
def test_parser_refuses_what_the_page_does_not_list(bench, packet):
    assert parse_report(packet[1], bench) is None
