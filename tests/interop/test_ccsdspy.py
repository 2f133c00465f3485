"""ccsdspy reads an exported file of space packets to the same values, by its own splitting and its own fields."""

import warnings

import ccsdspy
import pytest
from ccsdspy.utils import split_by_apid

from freefall.export import CcsdsWriter
from freefall.interop.layout import packets
from freefall_wire.frame import encode
from interop.words import raw_of


@pytest.fixture(scope="session")
def file(run, tmp_path_factory):
    path = tmp_path_factory.mktemp("ccsds") / "run.ccsds"
    with CcsdsWriter(path) as writer:
        for number, data in enumerate(run.packets):
            writer.write([(number, (b"" if number else b"\0") + encode(data) + b"\0")], rejects=[])
    return path


def test_foreign_reader_finds_the_same_samples(run, file):
    by_apid = split_by_apid(str(file))
    tables = {stream.name: [] for stream in run.definition.streams}
    for _, item, table in run.samples():
        tables[item.stream.name].append((item, table))
    for packet in packets(run.definition):
        if packet.stream is None:
            continue
        read = load(by_apid[packet.apid], packet)
        assert len(read["COUNT"]) == len(tables[packet.stream.name])
        for row, (item, table) in enumerate(tables[packet.stream.name]):
            assert read["COUNT"][row] == len(table) and read["INDEX"][row] == item.index
            for channel in packet.stream.channels:
                for sample in range(len(table)):
                    found = word_of(int(read[f"{channel.name.upper()}_{sample}"][row]), channel.raw)
                    assert raw_of(found, channel.raw) == table.raw[channel.name][sample]


def test_foreign_reader_finds_every_packet_and_no_gap(run, file):
    found = split_by_apid(str(file))
    assert sum(len(octets.getvalue()) for octets in found.values()) == sum(map(len, run.packets))
    for octets in found.values():
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # it warns of sequence counts that do not follow each other
            ccsdspy.utils.count_packets(octets)


def turned(word):
    """ccsdspy has no little-endian word of three octets: it is read big-endian and turned round here."""
    return word.order == "little" and word.octets == 3


def word_of(found, raw):
    return int.from_bytes(found.to_bytes(3, "big"), "little") if turned(raw) else found


def load(octets, packet):
    fields = [
        ccsdspy.PacketField(
            item.name,
            "int" if item.kind == "signed" else "uint",
            item.bits,
            bit_offset=item.bit,
            byte_order="big" if turned(item) else item.order,
        )
        for item in packet.items
    ]
    return ccsdspy.FixedLength(fields).load(octets)
