"""COSMOS: openc3 reads our packets by the generated text to the same values."""

import numpy as np
import pytest
from openc3.packets.packet_config import PacketConfig

from freefall.interop import cosmos
from freefall.sensors.channels import Compensated, Limits
from interop.words import is_whole, raw_of


@pytest.fixture(scope="session")
def config(run, tmp_path_factory):
    path = tmp_path_factory.mktemp("cosmos") / "tlm.txt"
    path.write_text(cosmos(run.definition), encoding="utf-8")
    config = PacketConfig()
    config.process_file(str(path), run.definition.name.upper())
    return config


@pytest.fixture
def identify(run, config):
    packets = config.telemetry[run.definition.name.upper()]

    def identify(data):
        known = [packet for packet in packets.values() if packet.identify(data)]
        assert len(known) == 1, [packet.packet_name for packet in known]
        known[0].buffer = data
        return known[0]

    return identify


def test_foreign_reader_knows_every_packet_by_exactly_one_name(run, identify):
    for data in run.packets:
        identify(data)


def test_foreign_reader_finds_the_same_samples(run, identify):
    compared = 0
    for data, item, table in run.samples():
        packet = identify(data)
        assert packet.packet_name == f"STREAM_{item.stream.name.upper()}"
        assert packet.read("COUNT", "RAW") == len(table) and packet.read("INDEX", "RAW") == item.index
        for channel in item.stream.channels:
            for sample in range(len(table)):
                name = f"{channel.name.upper()}_{sample}"
                raw, value = table.raw[channel.name][sample], table.values[channel.name][sample]
                found = packet.read(name, "RAW")
                if isinstance(channel.calibration, Compensated) or not is_whole(channel.raw):
                    assert raw_of(found, channel.raw) == raw
                elif not np.isnan(value):
                    assert found == raw
                    assert packet.read(name, "CONVERTED") == pytest.approx(value, rel=1e-12, abs=1e-300)
                compared += 1
    assert compared > 0


def test_foreign_reader_finds_the_same_ledgers(run, identify):
    for data, report in run.ledgers():
        packet = identify(data)
        for name in ("seen", "taken", "bus_errors", "overruns", "framed", "pending", "samples_sent", "late"):
            assert packet.read(name.upper(), "RAW") == getattr(report, name)


def test_limits_are_those_of_the_definition(run, config):
    packets = config.telemetry[run.definition.name.upper()]
    for stream in run.definition.streams:
        for channel in stream.channels:
            item = packets[f"STREAM_{stream.name.upper()}"].get_item(f"{channel.name.upper()}_0")
            limits = channel.limits or Limits()
            if not channel.limits or isinstance(channel.calibration, Compensated) or not is_whole(channel.raw):
                assert not item.limits.values
                continue
            red_low, yellow_low, yellow_high, red_high = item.limits.values["DEFAULT"]
            assert (yellow_low, yellow_high) == (limits.warning or limits.watch or limits.critical)
            assert (red_low, red_high) == (limits.critical or (-1e300, 1e300))


def test_foreign_reader_knows_what_a_board_answers(settable, answers, tmp_path):
    (tmp_path / "tlm.txt").write_text(cosmos(settable), encoding="utf-8")
    config, target = PacketConfig(), settable.name.upper()
    config.process_file(str(tmp_path / "tlm.txt"), target)
    for data, name, items in answers:
        (packet,) = (known for known in config.telemetry[target].values() if known.identify(data))
        packet.buffer = data
        assert packet.packet_name == name
        assert {item: packet.read(item, "RAW") for item in items} == items
