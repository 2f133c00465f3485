"""Words of 16 bits that each carry a CRC-8, as Sensirion's parts speak: big-endian, polynomial 0x31, initial value 0xFF."""

_POLYNOMIAL = 0x31


def crc8(octets, start, stop):
    """The CRC-8 of octets[start:stop]."""
    crc = 0xFF
    for i in range(start, stop):
        crc ^= octets[i]
        for _ in range(8):
            crc = (crc << 1 ^ _POLYNOMIAL) & 0xFF if crc & 0x80 else crc << 1
    return crc


def word(value):
    """A word as it is written: 3 octets."""
    octets = bytearray((value >> 8, value & 0xFF, 0))
    octets[2] = crc8(octets, 0, 2)
    return bytes(octets)


def words_good(octets):
    """Whether every word of octets, 3 octets each, has its CRC."""
    for i in range(0, len(octets), 3):
        if crc8(octets, i, i + 2) != octets[i + 2]:
            return False
    return True
