"""What a bench engineer writes without freefall: pyserial, COBS, CRC, struct. Prints JSON Lines.

python plain_reader.py PORT
"""

import json
import struct
import sys
import zlib

import serial
from cobs import cobs

VIBRATION = 0x041


def stretches(port):
    """What comes between zeros, until the port goes away."""
    held = b""
    while True:
        try:
            held += port.read(port.in_waiting or 1)
        except serial.SerialException:
            return
        *whole, held = held.split(b"\0")
        yield from filter(None, whole)


def main():
    with serial.Serial(sys.argv[1], 921600, timeout=0.5) as port:
        for stretch in stretches(port):
            decoded = cobs.decode(stretch)
            packet, crc = decoded[:-4], decoded[-4:]
            assert zlib.crc32(packet) == int.from_bytes(crc, "big")
            line = {"packet": packet.hex()}
            if struct.unpack(">H", packet[:2])[0] & 0x7FF == VIBRATION:
                count, index = struct.unpack_from(">BI", packet, 13)
                # Three words of 20 bits for each sample, to the left in three octets; 3.90625 ug a step.
                words = [packet[18 + 3 * i : 21 + 3 * i] for i in range(3 * count)]
                line |= {"index": index, "g": [(int.from_bytes(word, "big", signed=True) >> 4) / 256_000 for word in words]}
            print(json.dumps(line))


main()
