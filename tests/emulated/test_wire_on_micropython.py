"""The wire's golden vectors on real MicroPython: same source, 32-bit integers, and no heap where none is promised."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.emulated

VECTORS = Path(__file__).parent.parent / "vectors" / "wire.json"

# Runs on the board; vectors.json and this are all it has besides the firmware.
SCRIPT = """
import json, micropython
from binascii import hexlify, unhexlify
from freefall_wire import frame, packet, timecode
from freefall_board.ports.rp2_seal import seal_in_place

with open("vectors.json") as file:
    vectors = json.load(file)
faults = 0

def check(what, got, expected):
    global faults
    if got != expected:
        faults += 1
        print("FAULT", what, got, expected)

buf = frame.frame_buffer()
for vector in vectors["frames"]:
    data = unhexlify(vector["packet"])
    size = len(data) + frame.FRAME_OVERHEAD
    for name, seal in (("portable", frame.seal_in_place), ("viper", seal_in_place)):
        buf[frame.PACKET_AT:frame.PACKET_AT + len(data)] = data
        micropython.heap_lock()
        seal(buf, len(data))
        micropython.heap_unlock()
        check(name, hexlify(buf[frame.FRAME_AT:frame.FRAME_AT + size]).decode(), vector["frame"] + "00")

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
print("DONE", faults)
"""


# A board has 230 kB of heap: long streams are for the fast lanes.
LONGEST_STREAM = 700


def test_micropython_agrees_with_the_oracle_and_seals_without_the_heap(micropython_image):
    from freefall.board.emulated.filesystem import build_image
    from freefall.board.emulated.machine import Machine

    golden = json.loads(VECTORS.read_text())
    vectors = {
        "frames": [{"packet": v["packet"], "frame": v["frame"]} for v in golden["frames"] + golden["packets"]],
        "streams": [v for v in golden["streams"] if len(v["octets"]) <= 2 * LONGEST_STREAM],
        "times": golden["times"],
    }
    assert len(vectors["streams"]) > 30
    files = {"main.py": SCRIPT.encode(), "vectors.json": json.dumps(vectors).encode()}
    machine = Machine(micropython_image, build_image(files))
    for _ in range(60):
        machine.run_for(500_000_000)
        if b"DONE" in machine.console or b">>> " in machine.console:
            break
    assert bytes(machine.console).partition(b"MicroPython v")[0].split() == [b"DONE", b"0"], machine.console.decode()
