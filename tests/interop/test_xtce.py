"""XTCE: valid against the OMG's schema, and space_packet_parser reads our packets by it to the same values."""

import re
import warnings
from importlib.resources import files

import numpy as np
import pytest
import space_packet_parser
import xmlschema

from freefall.interop import xtce
from freefall.sensors.channels import Compensated
from interop.words import is_whole, raw_of


@pytest.fixture(scope="session")
def schema():
    return xmlschema.XMLSchema(str(files("space_packet_parser") / "xtce" / "schemas" / "SpaceSystem.xsd"))


@pytest.fixture(scope="session")
def reader(run, tmp_path_factory):
    path = tmp_path_factory.mktemp("xtce") / "payload.xml"
    path.write_text(xtce(run.definition), encoding="utf-8")
    return space_packet_parser.load_xtce(path)


def test_document_is_valid_xtce_1_2(run, schema):
    schema.validate(xtce(run.definition))


def parse(reader, data):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it warns when bits are left over
        return reader.parse_bytes(data)


def test_foreign_reader_knows_every_packet(run, reader):
    for data in run.packets:
        assert len(parse(reader, data)) > 7


def test_foreign_reader_finds_the_same_samples(run, reader):
    compared, document = 0, xtce(run.definition)
    for data, item, table in run.samples():
        parsed = parse(reader, data)
        prefix = f"STREAM_{item.stream.name.upper()}"
        assert parsed[f"{prefix}_COUNT"] == len(table) and parsed[f"{prefix}_INDEX"] == item.index
        seconds = parsed[f"{prefix}_TIME_SECONDS"] + parsed[f"{prefix}_TIME_FRACTION"] / 2**24
        assert seconds == pytest.approx(item.time_ns * 1e-9, abs=1e-6)
        for channel in item.stream.channels:
            for sample in range(len(table)):
                name = f"{channel.name.upper()}_{sample}"
                if f"{prefix}_{name}" not in parsed:
                    # XTCE is read bit after bit: of two channels of the same bits it has one, and says so.
                    assert re.search(rf'name="{prefix}"[^>]*without [^>]*\b{name}\b', document)
                    continue
                found = parsed[f"{prefix}_{name}"]
                raw, value = table.raw[channel.name][sample], table.values[channel.name][sample]
                if isinstance(channel.calibration, Compensated) or not is_whole(channel.raw):
                    assert raw_of(int(found.raw_value), channel.raw) == raw
                elif not np.isnan(value):
                    assert int(found.raw_value) == raw
                    assert float(found) == pytest.approx(value, rel=1e-12, abs=1e-300)
                compared += 1
    assert compared > 0


def test_foreign_reader_finds_the_same_ledgers(run, reader):
    assert run.ledgers()
    for data, report in run.ledgers():
        parsed = parse(reader, data)
        prefix = f"LEDGER_{report.stream.name.upper()}"
        for name in ("seen", "taken", "bus_errors", "overruns", "framed", "pending", "samples_sent", "samples_dropped", "late"):
            assert parsed[f"{prefix}_{name.upper()}"] == getattr(report, name)


def test_foreign_reader_knows_what_a_board_answers(settable, answers, schema, tmp_path):
    document = xtce(settable)
    schema.validate(document)
    (tmp_path / "payload.xml").write_text(document, encoding="utf-8")
    reader = space_packet_parser.load_xtce(tmp_path / "payload.xml")
    for data, name, items in answers:
        parsed = parse(reader, data)
        shared = {item: value for item, value in items.items() if item in parsed}
        own = {item: parsed.get(f"{name}_{item}") for item in items.keys() - shared.keys()}
        assert own == {item: items[item] for item in own}, name
        assert shared == {item: parsed[item] for item in shared}, name
    assert "at 1 Hz, or what SETTINGS tells" in document
