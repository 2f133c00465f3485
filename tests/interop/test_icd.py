"""The interface control document says where everything is: read by it alone, packets give the same raw values."""

import csv
import io
from dataclasses import replace

from freefall.interop import icd_csv, icd_markdown


def test_table_alone_is_enough_to_read_a_packet(run):
    rows = list(csv.DictReader(io.StringIO(icd_csv(run.definition))))
    by_packet: dict[str, list[dict]] = {}
    for row in rows:
        by_packet.setdefault(row["packet"], []).append(row)
    compared = 0
    for data, item, table in run.samples():
        for row in by_packet[f"STREAM_{item.stream.name.upper()}"]:
            name, _, sample = row["item"].rpartition("_")
            channel = next((c for c in item.stream.channels if c.name.upper() == name), None)
            if channel is None or int(sample) >= len(table) or "raw value: bits" in row["meaning"]:
                continue
            assert read(data, row) == table.raw[channel.name][int(sample)]
            compared += 1
    assert compared > 0 or all("raw value: bits" in row["meaning"] for row in rows if row["item"].endswith("_0"))


def read(data, row):
    """The number that a row of the table describes: bits of an integer made of all octets from its first."""
    at, bits = int(row["octet"]), int(row["bits"])
    if row["byte_order"] == "little":
        word = int.from_bytes(data[at : at + bits // 8], "little")
    else:
        start = 8 * at + int(row["bit"]) if int(row["bit"]) < 8 else 0
        word = int.from_bytes(data, "big") >> 8 * len(data) - start - bits & (1 << bits) - 1
    return word - (1 << bits) if row["type"] == "signed" and word >> bits - 1 else word


def test_document_names_every_packet_and_channel(run):
    text = icd_markdown(run.definition)
    for stream in run.definition.streams:
        assert f"## STREAM_{stream.name.upper()}" in text
        for channel in stream.channels:
            assert f"| {channel.name} | {channel.unit} |" in text
    assert f"{run.definition.definition_id:08x}" in text


def test_table_alone_is_enough_to_read_what_a_board_answers(settable, answers):
    rows = list(csv.DictReader(io.StringIO(icd_csv(settable))))
    for data, name, items in answers:
        own = {row["item"]: row for row in rows if row["packet"] == name}
        assert {item: read(data, own[item]) for item in items} == items
        fixed = [row for row in own.values() if row["fixed"]]
        assert all(read(data, row) == int(row["fixed"]) for row in fixed) and len(data) == int(fixed[0]["length"])


def test_document_says_that_a_rate_can_be_set(settable):
    text = icd_markdown(settable)
    assert text.count("at 1 Hz, or what SETTINGS tells") == 2, "in the list, and at its packet"
    quick = replace(settable.streams[1], rate_hz=10.0, samples_per_packet=20)
    several = icd_markdown(replace(settable, streams=(settable.streams[0], quick)))
    assert "Samples are 0.1 s apart, unless SETTINGS tells another period, the first at" in several
    assert several.count("unless SETTINGS") == 1, "the other stream's rate cannot be set"
    assert (
        "| TEMPERATURE_PERIOD_US | unsigned |  | microseconds from sample to sample of stream temperature, 100000 to 10000000"
        in text
    )
