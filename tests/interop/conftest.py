"""What a payload sends, as packets, and what freefall's own decoder makes of it."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from freefall.board.scenario import FILE_NAME, load_scenario
from freefall.board.virtual import VirtualBoard
from freefall.decode import Decoder, LedgerReport, SamplePacket, rows
from freefall.definition import Definition, load_definition
from freefall_wire import packet as wire
from freefall_wire.frame import FrameDecoder

# openc3 would look for its server: a library here, it has none.
os.environ.setdefault("OPENC3_NO_STORE", "1")

ROOT = Path(__file__).parent.parent.parent
PAYLOADS = sorted(path.parent for path in (ROOT / "payload_defs").glob("*/payload.toml"))
_STEP_NS = 50_000_000


@dataclass
class Run:
    """A definition, its packets in order, and by index of the packet what our decoder says of it."""

    definition: Definition
    packets: list[bytes] = field(default_factory=list)
    items: dict[int, object] = field(default_factory=dict)

    def samples(self):
        """(packet's octets, its table) of every stream packet."""
        for number, item in self.items.items():
            if isinstance(item, SamplePacket):
                yield self.packets[number], item, rows(item)

    def ledgers(self):
        """(packet's octets, ledger report)."""
        return [(self.packets[number], item) for number, item in self.items.items() if isinstance(item, LedgerReport)]


def run_payload(folder: Path, packets_a_stream: int = 2, most_s: float = 12.0) -> Run:
    """Run a payload on the virtual board until each stream has sent so many packets."""
    definition = load_definition(folder)
    scenario = folder / FILE_NAME
    signals = load_scenario(scenario, definition) if scenario.exists() else None
    board = VirtualBoard(definition, seed=1, scenario=signals)
    frames, decoder, run = FrameDecoder(), Decoder(definition), Run(definition)
    count = dict.fromkeys(range(len(definition.streams)), 0)
    while min(count.values()) < packets_a_stream and board.now_ns() < most_s * 1e9:
        octets = board.advance(_STEP_NS)
        for stretch in frames.feed(octets):
            assert stretch.packet is not None, stretch.reason
            run.packets.append(bytes(stretch.packet))
        for item in decoder.feed(octets):
            run.items[len(run.items)] = item
            if isinstance(item, SamplePacket):
                count[item.stream.number] += 1
    assert min(count.values()) >= 1, f"streams without a packet in {most_s} s: {count}"
    assert len(run.items) == len(run.packets), "every packet is one item"
    return run


@pytest.fixture(scope="session", params=PAYLOADS, ids=lambda folder: folder.name)
def run(request):
    return run_payload(request.param)


def stream_of(data: bytes, definition: Definition):
    """The stream of a packet; None for a service packet."""
    number = wire.apid_of(data) - definition.apid - 1
    return definition.streams[number] if number >= 0 else None
