"""The wire on real MicroPython: same source, 32-bit integers, no heap where none is promised, and one frame whoever seals."""

import json
from hashlib import sha256
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from oracle import codec

pytestmark = pytest.mark.emulated

VECTORS = Path(__file__).parent.parent / "vectors" / "wire.json"

# Runs on the board; vectors.json and this are all it has besides the firmware.
SCRIPT = """
import json, micropython
from binascii import hexlify, unhexlify
from freefall_wire import frame, packet, timecode
from freefall_board.ports import rp2_seal, rp2_seal_asm

with open("vectors.json") as file:
    vectors = json.load(file)

def check(what, got, expected):
    if got != expected:
        print("FAULT", what, got, expected)

buf = frame.frame_buffer()
for vector in vectors["frames"]:
    data = unhexlify(vector["packet"])
    size = len(data) + frame.FRAME_OVERHEAD
    for version in (frame, rp2_seal, rp2_seal_asm):
        buf[frame.PACKET_AT:frame.PACKET_AT + len(data)] = data
        micropython.heap_lock()
        version.seal_in_place(buf, len(data))
        micropython.heap_unlock()
        check(version.__name__, hexlify(buf[frame.FRAME_AT:frame.FRAME_AT + size]).decode(), vector["frame"] + "00")

for vector in vectors["streams"]:
    octets = unhexlify(vector["octets"])
    for step in (len(octets) or 1, 5):
        decoder = frame.FrameDecoder()
        found = []
        for at in range(0, len(octets), step):
            for stretch in decoder.feed(octets[at:at + step]):
                found.append([stretch.offset, stretch.size, stretch.packet and hexlify(stretch.packet).decode(), stretch.reason])
        check(vector["name"], found, vector["stretches"])
        check(vector["name"], decoder.fed_bytes, len(octets))

cuc = bytearray(7)
for seconds, micros, expected in vectors["times"]:
    micropython.heap_lock()
    timecode.put_cuc(cuc, 0, seconds, micros)
    micropython.heap_unlock()
    check("time", hexlify(cuc).decode(), expected)

micropython.heap_lock()
packet.put_primary(buf, 4, 2046, 16383, 248)
packet.put_service(buf, 4, 3, 25, 65535)
packet.put_stream(buf, 4, 255, 5, 0x3FFFFFFF)
micropython.heap_unlock()
print("DONE")
"""


# A board has 230 kB of heap: long streams are for the fast lanes.
LONGEST_STREAM = 700


def booted(image, script, files=()):
    """A board with the firmware and these files that is about to run this script."""
    from freefall.board.emulated.filesystem import build_image
    from freefall.board.emulated.machine import Machine

    return Machine(image, build_image({"main.py": script.encode(), **dict(files)}))


def lines_printed(machine):
    """What the script prints before it says DONE."""
    for _ in range(1200):
        machine.run_for(50_000_000)
        if b"DONE" in machine.console or machine.console.endswith(b">>> "):
            break
    machine.run_for(50_000_000)
    lines = machine.console.partition(b"MicroPython v")[0].decode().split("\r\n")
    assert "DONE" in lines, machine.console.decode()
    return lines[: lines.index("DONE")]


def test_micropython_agrees_with_the_oracle_and_seals_without_the_heap(micropython_image):
    golden = json.loads(VECTORS.read_text())
    vectors = {
        "frames": [{"packet": v["packet"], "frame": v["frame"]} for v in golden["frames"] + golden["packets"]],
        "streams": [v for v in golden["streams"] if len(v["octets"]) <= 2 * LONGEST_STREAM],
        "times": golden["times"],
    }
    assert len(vectors["streams"]) > 30
    assert lines_printed(booted(micropython_image, SCRIPT, {"vectors.json": json.dumps(vectors).encode()})) == []


# --- one frame, whoever seals ---

VERSIONS = ("frame", "rp2_seal", "rp2_seal_asm")

# For every packet of the file a digest of the whole buffer after each version has sealed it, then what the fastest takes for
# a hundred packets of 248 octets and of 20 (without zeros, so that sealing leaves the packet as it was).
SEAL = """
import micropython
from binascii import hexlify
from hashlib import sha256
from time import ticks_diff, ticks_us
from freefall_wire import frame
from freefall_board.ports import rp2_seal, rp2_seal_asm

buf = frame.frame_buffer()
blank = b"\\xa5" * len(buf)

def sealed(version, packet):
    buf[:] = blank
    buf[frame.PACKET_AT:frame.PACKET_AT + len(packet)] = packet
    micropython.heap_lock()
    version.seal_in_place(buf, len(packet))
    micropython.heap_unlock()
    return hexlify(sha256(buf).digest()[:8]).decode()

with open("packets", "rb") as file:
    size = file.read(1)
    while size:
        packet = file.read(size[0])
        print(*[sealed(version, packet) for version in (frame, rp2_seal, rp2_seal_asm)])
        size = file.read(1)

def hundred(packet_len, seal=rp2_seal_asm.seal_in_place, buf=buf):
    rounds = range(100)
    start = ticks_us()
    for _ in rounds:
        seal(buf, packet_len)
    return ticks_diff(ticks_us(), start)

buf[:] = blank
print(hundred(248), hundred(20))
print("DONE")
"""

# Zeros, and what a version that works on words might take for one.
octet = st.one_of(st.just(0), st.sampled_from([1, 0x80, 0xFF]), st.integers(0, 255))
length = st.integers(5, 62).map(lambda words: 4 * words)
runs = st.lists(st.tuples(octet, st.integers(1, 40)), min_size=1, max_size=12).map(
    lambda parts: b"".join(bytes([value]) * count for value, count in parts)
)


def with_crc(head: bytes, crc: int) -> bytes:
    """`head` and four octets more, with this CRC-32: the register is run backwards from its end."""
    register = crc ^ 0xFFFFFFFF
    for _ in range(32):
        register = (register ^ 0xEDB88320) << 1 | 1 if register >> 31 else register << 1
    before = codec.crc32(head) ^ 0xFFFFFFFF
    packet = head + (register ^ before).to_bytes(4, "little")
    assert codec.crc32(packet) == crc
    return packet


@st.composite
def packets(draw):
    """Packets of every legal length; zeros at random, at both ends, in runs; CRCs with zeros."""
    size = draw(length)
    kind = draw(st.integers(0, 4))
    if kind == 0:
        return draw(st.binary(min_size=size, max_size=size))
    if kind == 1:
        return bytes(draw(octet) for _ in range(size))
    if kind == 2:
        return (draw(runs) * size)[:size]
    if kind == 3:
        first, last = draw(st.integers(0, 9)), draw(st.integers(0, 9))
        return bytes(first) + b"\x55" * (size - first - last) + bytes(last)
    crc = int.from_bytes(bytes(draw(octet) for _ in range(4)), "big")
    return with_crc((draw(runs) * size)[: size - 4], crc)


def drawn(strategy, count):
    """So many examples of a strategy."""
    examples = []

    @settings(max_examples=count, phases=[Phase.generate], database=None, deadline=None)
    @given(strategy)
    def collect(example):
        examples.append(example)

    collect()
    return examples


def every_word(value: int) -> bytes:
    """Words with zeros in each of the 16 patterns, the other octets being `value`."""
    return bytes(0 if pattern >> place & 1 else value for pattern in range(16) for place in range(4))


def digest(packet: bytes) -> str:
    """Of the buffer: the oracle's frame and its delimiter where they belong, and nothing else touched."""
    octets = b"\xa5" * 3 + codec.encode_frame(packet) + b"\0"
    return sha256(octets.ljust(259, b"\xa5")).digest()[:8].hex()


def test_every_version_seals_every_packet_into_the_oracles_frame(micropython_image):
    # Every length, of zeros alone and without one by turns; every word; and what hypothesis thinks of.
    given = [fill * size for size, fill in zip(range(20, 249, 4), cycle((b"\0", b"\x55")))]
    given += [every_word(value) for value in (0x01, 0x80, 0xFF)]
    given += drawn(packets(), 200)
    file = b"".join(bytes([len(packet)]) + packet for packet in given)
    *found, times = lines_printed(booted(micropython_image, SEAL, {"packets": file}))
    wrong = [
        f"{version} seals {packet.hex()} wrongly"
        for packet, line in zip(given, found, strict=True)
        for version, got in zip(VERSIONS, line.split(), strict=True)
        if got != digest(packet)
    ]
    assert wrong == []
    long_us, short_us = map(int, times.split())
    assert (long_us - short_us) * 125 / 100 / (248 - 20) < 9.5  # cycles for an octet more, in assembler


# --- words off a word boundary ---

ALIGNED = """
from time import sleep_ms
from freefall_wire import frame
from freefall_board.ports.{version} import seal_in_place

buf = frame.frame_buffer()
seal_in_place(buf, 248)
print("DONE")
sleep_ms(20)
seal_in_place(memoryview(buf)[1:], 20)
"""


class UnalignedAccess(Exception):
    """What a Cortex-M0+ answers with a HardFault."""


def refuse_unaligned(machine):
    """Words off a word boundary end the run; the emulator by itself allows them."""

    def aligned(access):
        def checked(address, *value):
            if address & 3:
                raise UnalignedAccess(hex(address))
            return access(address, *value)

        return checked

    machine.mcu.read_uint32 = aligned(machine.mcu.read_uint32)
    machine.mcu.write_uint32 = aligned(machine.mcu.write_uint32)


@pytest.mark.parametrize("version", ["rp2_seal", "rp2_seal_asm"])
def test_sealing_a_frame_buffer_stays_on_word_boundaries_and_another_buffer_would_fault(micropython_image, version):
    machine = booted(micropython_image, ALIGNED.format(version=version))
    refuse_unaligned(machine)
    with pytest.raises(UnalignedAccess):
        machine.run_for(2_000_000_000)
    assert machine.console == b"DONE\r\n"
