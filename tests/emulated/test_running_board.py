"""What a running board must bear besides sampling: a collection of garbage, allocations, and a user who wants it to stop."""

from unittest.mock import patch

import pytest

from freefall.board.emulated import board as emulated_board
from freefall.definition import load_definition
from freefall.errors import BoardError

pytestmark = pytest.mark.emulated

MS = 1_000_000

COLLECTING = """\
import gc, rp2
from freefall_board.app import build
from freefall_board.boot import Boot
from freefall_board.ports.rp2 import Port

payload = build(Port(), Boot(1))
payload.start()
gc.collect()
channels = []
try:
    while True:
        channels.append(rp2.DMA().channel)
except OSError:
    pass
heap = [bytearray(512) for _ in range(60)]
for _ in range(60):
    payload.step()
    payload._idle(1000)
assert not any(any(octets) for octets in heap), "something writes where nobody lets it"
print("free", channels)
print("stamps", [stream.sampler._words[8] for stream in payload._streams])
raise SystemExit
"""


def test_collection_leaves_alone_what_dma_and_interrupts_use(image, jitter):
    with patch.object(emulated_board, "MAIN", COLLECTING):
        board = emulated_board.EmulatedBoard(load_definition(jitter), image.path)
    for _ in range(1500):
        board.machine.run_for(MS)
        if b"stamps" in board.machine.console or b"Traceback" in board.machine.console:
            break
    said = bytes(board.machine.console).decode()
    # Two channels a bus, two for the stamps, one for the UART: 7 of 12 are in use.
    assert "free [" in said and said.split("free [")[1].split("]")[0].count(",") == 4, said


def test_running_board_stops_at_ctrl_c_and_its_prompt_is_as_ever(image, vibration):
    with patch.object(emulated_board, "MAIN", "import freefall_loader\nfreefall_loader.main()\n"):
        board = emulated_board.EmulatedBoard(load_definition(vibration), image.path)
    for _ in range(500):
        board.advance(MS)
    board.machine.send_usb(b"\r\x03\rimport os, sys; print(os.getcwd(), sys.path)\r")  # at once, as mpremote does
    with pytest.raises(BoardError, match="freefall: stopped; a reset starts the payload again"):
        for _ in range(100):
            board.advance(MS)
    board.machine.run_for(50 * MS)
    assert b"/ ['', '.frozen', '/lib']\r\n" in board.machine.console
