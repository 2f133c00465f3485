"""Consistent Overhead Byte Stuffing for data of 1 to 252 octets, SPEC 2.2: always one run, so encoding works in place."""


def encode_in_place(buf, code_at, stop):
    """Encode the octets buf[code_at + 1:stop], using buf[code_at] as the first code octet. Allocates nothing.

    The encoded frame is buf[code_at:stop]. The caller keeps the data within 252 octets.
    """
    for at in range(code_at + 1, stop):
        if buf[at] == 0:
            buf[code_at] = at - code_at
            code_at = at
    buf[code_at] = stop - code_at


def decode(encoded):
    """The data inside `encoded` (bytes without a zero) as a bytearray, or None where a code octet is not as SPEC 2.2 has it."""
    size = len(encoded)
    if not size:
        return None
    # Copy once, then hop from code to code and put the zeros back: work is per zero, not per octet.
    data = bytearray(encoded[1:])
    at = 0
    while True:
        code = encoded[at]
        if code == 0xFF or code == 0:
            return None
        at += code
        if at >= size:
            return data if at == size else None
        data[at - 1] = 0
