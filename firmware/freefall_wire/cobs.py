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
    """The data inside `encoded` (bytes) as a bytearray, or None where it is not as SPEC 2.2 has it, or longer than 254 octets."""
    size = len(encoded)
    # Without a zero each code goes forward, and in 254 octets 0xFF points past the end like any code that is too large.
    if not 0 < size <= 254 or 0 in encoded:
        return None
    # Copy once, then hop from code to code and make each a zero: work is per zero, not per octet.
    data = bytearray(encoded)
    at = 0
    while at < size:
        code = data[at]
        data[at] = 0
        at += code
    return data[1:] if at == size else None
