"""What a payload sends, as packets, and what freefall's own decoder makes of it."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from freefall.board.scenario import FILE_NAME, load_scenario
from freefall.board.virtual import VirtualBoard
from freefall.decode import Decoder, LedgerReport, Reject, SamplePacket, rows
from freefall.definition import Definition, load_definition, parse_definition
from freefall_wire import packet as wire
from freefall_wire.frame import FrameDecoder
from oracle import codec

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


SETTINGS = """
[stream.temperature.adjustable]
rate_hz = [0.1, 10.0]
on = true
"""


@pytest.fixture(scope="session")
def settable():
    """A payload with settings."""
    text = (ROOT / "payload_defs" / "vibration" / "payload.toml").read_text(encoding="utf-8")
    return parse_definition(text + SETTINGS, "payload.toml")


@pytest.fixture(scope="session")
def answers(settable):
    """(packet, its name in the layout, items of it) of what a board says of itself when it is asked, made by the oracle."""
    count = iter(range(100))

    def made(make, *values):
        at = {"apid": settable.apid, "sequence_count": next(count), "counter": 0, "time": codec.encode_time(7, 500_000)}
        return make(*values, **at)

    boot = {"boot_count": 4, "version_major": 0, "version_minor": 1, "version_patch": 2, "wire_format": 1}
    boot |= {"definition_id": settable.definition_id, "reset_cause": 3, "slot": 2, "failed_boots": 3}
    verified = {"request": 0x18640002, "code": 5, "number": 1, "value": 7, "limit": 2**32 - 1}
    items = {name.upper(): value for name, value in verified.items()}
    platform = {"begun_ms": 812, "sampling_ms": 1034, "free_heap": 123_456}
    octets = codec.platform(platform, "rp2")
    text = {f"CHARACTER_{n}": ord(letter) for n, letter in enumerate("rp2")}
    told = [(made(codec.event, 1, boot), "BOOT", {"SLOT": 2, "FAILED_BOOTS": 3, "RESET_CAUSE": 3})]
    told += [
        (made(codec.verification, kind, verified), f"TELECOMMAND_{kind.upper()}", items) for kind in codec.VERIFICATIONS.values()
    ]
    told += [
        (made(codec.alive), "ALIVE", {"TIME_SECONDS": 7}),
        (made(codec.parameter, 768, octets), "PLATFORM", {name.upper(): value for name, value in platform.items()} | text),
        (made(codec.parameter, 769, b"rp2"), "NAME", {"COUNT": 3, "CHARACTER_3": 0} | text),
        (
            made(codec.parameter, 1024, codec.settings([250_000, 0])),
            "SETTINGS",
            {"TEMPERATURE_PERIOD_US": 250_000, "TEMPERATURE_ON": 0},
        ),
    ]
    decoder = Decoder(settable)
    for packet, name, _ in told:
        (item,) = decoder.feed(b"\0" + codec.encode_frame(packet) + b"\0")
        assert not isinstance(item, Reject), name
    return told


def stream_of(data: bytes, definition: Definition):
    """The stream of a packet; None for a service packet."""
    number = wire.apid_of(data) - definition.apid - 1
    return definition.streams[number] if number >= 0 else None
