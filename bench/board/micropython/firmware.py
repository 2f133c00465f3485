"""Runs on the board: the firmware as it is, its heap locked once it samples. The jig is told when on-board time began."""

import machine
import micropython

from freefall_board.app import build
from freefall_board.boot import Boot
from freefall_board.ports.rp2 import Port

payload = build(Port(), Boot(1))
clock = payload._clock
machine.mem32[0x40070000] = clock.now - clock.micros  # microseconds, while the seconds are still 0
payload.start()
micropython.heap_lock()
try:
    payload.run()
finally:
    micropython.heap_unlock()
